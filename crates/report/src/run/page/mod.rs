//! A classifier as a page: verdict, findings, figures, galleries, audit and how to repeat it, in one file that needs nothing
//! else.

mod classes;
mod confidence;
mod mistakes;
pub(crate) mod provenance;
mod robustness;
mod summary;
pub(crate) mod surroundings;

use foliar_results::RunReport;
use maud::{Markup, html};

use super::figure::Figure;
use crate::audit::sections::{Galleries, findings as audit_findings};
use crate::doctor_page::{figures, findings};
use crate::error::ReportError;
use crate::frame::Frame;
use crate::page::{Breadth, Page, Policy, picture};
use crate::thumbnail::ThumbnailOf;

const STYLE: &str = concat!(
    include_str!("../../page/base.css"),
    include_str!("../../page/figures.css"),
    include_str!("../../page/gallery.css"),
    include_str!("../../page/tables.css"),
    include_str!("../../doctor_page/style.css"),
    include_str!("style.css"),
);

/// Widths in pixels of pictures on narrow pages, and on wide ones over half and over all of the page.
const NARROW: u32 = 380;
const HALF: u32 = 540;
const FULL: u32 = 1000;
/// Classes from which a confusion matrix takes all of a wide page.
const MANY_CLASSES: usize = 7;

/// Cards of a gallery of the audit.
const SHOWN: usize = 12;

/// Where the page gets its small pictures from.
#[derive(Clone, Copy)]
pub struct RunPictures<'a> {
    /// Of photos of the evaluation.
    pub evaluated: ThumbnailOf<'a>,
    /// Of heat maps over photos of the evaluation, for the predicted class.
    pub heat_map: ThumbnailOf<'a>,
    /// Of photos of the audit.
    pub audited: ThumbnailOf<'a>,
}

impl RunPictures<'_> {
    /// No pictures at all.
    pub const NONE: Self = RunPictures { evaluated: &|_| None, heat_map: &|_| None, audited: &|_| None };
}

/// A classifier as one HTML document: light and dark, wide and narrow, on screen and on paper, with its photos inside and
/// nothing from elsewhere. One script, which the page's policy names by its digest, sorts tables; without it they are plain.
/// What the report does not have is left out, and [`RunReport::missing`] is told.
///
/// # Errors
/// [`ReportError::Length`] where lists that belong together have different lengths.
pub fn run_page(report: &RunReport, pictures: &RunPictures<'_>) -> Result<String, ReportError> {
    let heading = match report.subject.as_str() {
        "" => "How far this classifier can be relied on",
        subject => subject,
    };
    let page = Page {
        title: heading,
        heading,
        style: STYLE,
        policy: Policy::Pictured,
        article: article(report, pictures)?,
        footer: "Written by foliar report. Losses are means in nats; intervals hold with 95 % confidence.",
    };
    Ok(page.into_string())
}

fn article(report: &RunReport, pictures: &RunPictures<'_>) -> Result<Markup, ReportError> {
    let drawn = Figure::of(report);
    let shown = |figure: Figure| drawn.contains(&figure);
    let verdict = report.verdict();
    let evaluation = report.evaluation.as_ref();
    Ok(html! {
        article.foliar-article.foliar-run {
            (summary::verdict(&verdict, report))
            (summary::limits(&verdict, report))
            @if let Some(diagnosis) = &report.diagnosis {
                div.foliar-doctor {
                    (figures::figures(&diagnosis.series, "doctor")?)
                    (findings::findings("Diagnosis of the training log", diagnosis, "doctor"))
                }
            }
            @if shown(Figure::Confusion) {
                section aria-labelledby="run-confusion" {
                    h2 #run-confusion { "Confusion matrix" }
                    div.figures { (figure(report, Figure::Confusion)?) }
                }
            }
            (classes::classes(report))
            (surroundings::surroundings(report))
            @if let Some(evaluation) = evaluation {
                (confidence::confidence(evaluation, |one| shown(one).then(|| figure(report, one)).transpose())?)
                (confidence::ood(evaluation))
                @if let Some(robustness) = &evaluation.robustness {
                    section aria-labelledby="run-robustness" {
                        h2 #run-robustness { "Robustness to image corruptions" }
                        div.figures {
                            (robustness::heat(robustness))
                            @if shown(Figure::Robustness) { (figure(report, Figure::Robustness)?) }
                        }
                    }
                }
            }
            (mistakes::mistakes(report, pictures))
            @if let Some(audit) = &report.audit {
                @let galleries = Galleries::new(audit, pictures.audited, SHOWN);
                (galleries.duplicates())
                (galleries.label_issues())
                (galleries.quality())
                (audit_findings(audit))
            }
            (provenance::provenance(report))
        }
    })
}

fn figure(report: &RunReport, shown: Figure) -> Result<Markup, ReportError> {
    let full = shown == Figure::Confusion && report.model.classes.len() >= MANY_CLASSES;
    let drawn = picture(spoken(shown), |breadth, theme| {
        let width = match breadth {
            Breadth::Narrow => NARROW,
            Breadth::Wide if full => FULL,
            Breadth::Wide => HALF,
        };
        shown.draw(report, &Frame { width, height: shown.natural_height(report, width), theme })
    })?;
    Ok(html! {
        figure class={ (shown.name()) @if full { " full" } } {
            (drawn)
            figcaption { (caption(shown)) }
        }
    })
}

/// What a screen reader says in place of a picture.
fn spoken(shown: Figure) -> &'static str {
    match shown {
        Figure::Curves => "Losses and accuracies by epoch.",
        Figure::Confusion => "Confusion matrix: counts of photos by actual and predicted class.",
        Figure::Classes => "F1 of each class with its interval; the table has the numbers.",
        Figure::Reliability => "Reliability diagram: accuracy against confidence.",
        Figure::RiskCoverage => "Share of wrong answers against the share of photos answered.",
        Figure::Robustness => {
            "Accuracy against severity, a line for each corruption; the table has the numbers."
        }
    }
}

/// What a picture does not say by itself.
fn caption(shown: Figure) -> &'static str {
    match shown {
        Figure::Curves | Figure::Classes => "",
        Figure::Confusion => {
            "A row for each actual class; the stronger the colour, the larger its share of the class."
        }
        Figure::Reliability => {
            "Bars that end at the diagonal are calibrated. Below it, the classifier is overconfident."
        }
        Figure::RiskCoverage => {
            "The classifier abstains on the least certain photos first; it does not answer those to the right of the threshold."
        }
        Figure::Robustness => "Severity 0 is without corruption.",
    }
}
