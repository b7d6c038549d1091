//! An audit as a page by itself.

use foliar_doctor::Severity;
use maud::html;

use super::sections;
use super::view::AuditView;
use crate::page::{Page, Policy};
use crate::remark::Remark;

const STYLE: &str = concat!(
    include_str!("../page/base.css"),
    include_str!("../page/gallery.css"),
    include_str!("../page/tables.css"),
);

/// An audit as one HTML document: light and dark, wide and narrow, on screen and on paper, with its photographs inside and
/// nothing from elsewhere. What the view does not have is left out.
pub fn audit_page(view: &AuditView) -> String {
    let heading = match view.subject.as_str() {
        "" => "Audit of the photographs".to_owned(),
        subject => format!("Audit of {subject}"),
    };
    let heaviest = view.remarks.iter().map(|remark| remark.severity).max();
    let colour = match heaviest {
        Some(Severity::Error) => "error",
        Some(Severity::Warning) => "warning",
        Some(Severity::Note) => "note",
        None => "healthy",
    };
    let article = html! {
        article.foliar-article.foliar-audit {
            section class={ "verdict " (colour) } aria-labelledby="audit-verdict" {
                h2 #audit-verdict { "Verdict" }
                p.lead { (lead(view)) }
            }
            (sections::findings(view))
            (sections::duplicates(view))
            (sections::suspects(view))
            (sections::poor(view))
        }
    };
    let footer =
        "Written by foliar audit. Intervals hold with 95 % confidence. Nothing was moved or deleted.";
    Page { title: &heading, heading: &heading, style: STYLE, policy: Policy::Pictured, article, footer }
        .into_string()
}

fn lead(view: &AuditView) -> String {
    let titles = |severity| {
        let heavy = view.remarks.iter().filter(move |remark| remark.severity == severity);
        heavy.map(Remark::title_within).collect::<Vec<_>>()
    };
    match (titles(Severity::Error), titles(Severity::Warning)) {
        (errors, warnings) if errors.is_empty() && warnings.is_empty() => {
            "Nothing was found that would make figures on these photographs untrustworthy.".to_owned()
        }
        (errors, warnings) => {
            format!("Before you train on them: {}.", [errors, warnings].concat().join("; "))
        }
    }
}
