//! An audit as a page by itself.

use foliar_results::Severity;
use foliar_results::audit::Audit;
use maud::html;

use super::sections::{Galleries, findings};
use crate::page::{Page, Policy};
use crate::thumbnail::ThumbnailOf;

const STYLE: &str = concat!(
    include_str!("../page/base.css"),
    include_str!("../page/gallery.css"),
    include_str!("../page/tables.css"),
);
/// Cards of a gallery.
const SHOWN: usize = 48;

/// An audit as one HTML document: light and dark, wide and narrow, on screen and on paper, with its photos inside and
/// nothing from elsewhere. `thumbnail` is asked for the photos that are shown.
pub fn audit_page(audit: &Audit, thumbnail: ThumbnailOf<'_>) -> String {
    let heading = match audit.name() {
        "" => "Audit of the photos".to_owned(),
        name => format!("Audit of {name}"),
    };
    let heaviest = audit.findings.iter().map(|finding| finding.severity).max();
    let colour = match heaviest {
        Some(Severity::Error) => "error",
        Some(Severity::Warning) => "warning",
        Some(Severity::Note) => "note",
        None => "healthy",
    };
    let galleries = Galleries::new(audit, thumbnail, SHOWN);
    let article = html! {
        article.foliar-article.foliar-audit {
            section class={ "verdict " (colour) } aria-labelledby="audit-verdict" {
                h2 #audit-verdict { "Verdict" }
                p.lead { (lead(audit)) }
            }
            (findings(audit))
            (galleries.duplicates())
            (galleries.label_issues())
            (galleries.quality())
        }
    };
    let footer =
        "Written by foliar audit. Intervals hold with 95 % confidence. No file was moved or deleted.";
    Page { title: &heading, heading: &heading, style: STYLE, policy: Policy::Pictured, article, footer }
        .into_string()
}

fn lead(audit: &Audit) -> String {
    let titles = |severity| {
        let heavy = audit.findings.iter().filter(move |finding| finding.severity == severity);
        heavy.map(|finding| finding.id.title().to_lowercase()).collect::<Vec<_>>()
    };
    match (titles(Severity::Error), titles(Severity::Warning)) {
        (errors, warnings) if errors.is_empty() && warnings.is_empty() => {
            "No problem was found that would make results on these photos misleading.".to_owned()
        }
        (errors, warnings) => {
            format!("Before you train on them: {}.", [errors, warnings].concat().join("; "))
        }
    }
}
