//! A classifier as a page: verdict, figures, galleries, audit and how to repeat it, in one file that needs nothing else.

mod classes;
mod mistakes;
pub(crate) mod provenance;
mod robustness;
mod summary;
mod trust;

use maud::{Markup, html};

use super::figure::Figure;
use super::view::RunView;
use crate::audit::sections as audit;
use crate::doctor_page::{figures, findings};
use crate::error::ReportError;
use crate::frame::Frame;
use crate::page::{Breadth, Page, Policy, picture};

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

/// A classifier as one HTML document: light and dark, wide and narrow, on screen and on paper, with its photographs inside
/// and nothing from elsewhere. One script, which the page's policy names by its digest, sorts tables; without it they are
/// plain. What the view does not have is left out, and [`RunView::absent`] is told.
///
/// # Errors
/// [`ReportError::Length`] where lists that belong together have different lengths.
pub fn run_page(view: &RunView) -> Result<String, ReportError> {
    let heading = match view.subject.as_str() {
        "" => "How far this classifier can be trusted",
        subject => subject,
    };
    let page = Page {
        title: heading,
        heading,
        style: STYLE,
        policy: Policy::Pictured,
        article: article(view)?,
        footer: "Written by foliar report. Losses are means in nats; intervals hold with 95 % confidence.",
    };
    Ok(page.into_string())
}

fn article(view: &RunView) -> Result<Markup, ReportError> {
    let drawn = Figure::of(view);
    let shown = |figure: Figure| drawn.contains(&figure);
    Ok(html! {
        article.foliar-article.foliar-run {
            (summary::verdict(view))
            (summary::limits(view))
            @if let Some(diagnosis) = &view.diagnosis {
                div.foliar-doctor {
                    (figures::figures(&diagnosis.series)?)
                    (findings::findings("What the doctor says of the training", &diagnosis.findings))
                }
            }
            @if shown(Figure::Confusion) {
                section aria-labelledby="run-confusion" {
                    h2 #run-confusion { "What is taken for what" }
                    div.figures { (figure(view, Figure::Confusion)?) }
                }
            }
            (classes::classes(view))
            (trust::confidence(view, |one| shown(one).then(|| figure(view, one)).transpose())?)
            (trust::strangers(view))
            @if let Some(robustness) = &view.robustness {
                section aria-labelledby="run-robustness" {
                    h2 #run-robustness { "How it bears worse photographs" }
                    div.figures {
                        (robustness::heat(robustness))
                        @if shown(Figure::Robustness) { (figure(view, Figure::Robustness)?) }
                    }
                }
            }
            (mistakes::worst(&view.worst))
            (mistakes::confident(&view.confident))
            @if let Some(view) = &view.audit {
                (audit::duplicates(view))
                (audit::suspects(view))
                (audit::poor(view))
                (audit::findings(view))
            }
            (provenance::provenance(view))
        }
    })
}

fn figure(view: &RunView, shown: Figure) -> Result<Markup, ReportError> {
    let full = shown == Figure::Confusion && view.model.classes.len() >= MANY_CLASSES;
    let drawn = picture(spoken(shown), |breadth, theme| {
        let width = match breadth {
            Breadth::Narrow => NARROW,
            Breadth::Wide if full => FULL,
            Breadth::Wide => HALF,
        };
        shown.draw(view, &Frame { width, height: shown.natural_height(view, width), theme })
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
        Figure::Confusion => "Confusion matrix: counts of photographs by actual and predicted class.",
        Figure::Classes => "F1 of each class with its interval; the table has the numbers.",
        Figure::Reliability => "Reliability diagram: accuracy against confidence.",
        Figure::RiskCoverage => "Share of wrong answers against the share of photographs answered.",
        Figure::Robustness => {
            "Accuracy against severity, a line for each way of making photographs worse; the table has the numbers."
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
            "Bars that end at the diagonal are probabilities that mean what they say. Below it, the classifier is surer than \
             it is right."
        }
        Figure::RiskCoverage => {
            "The least certain photographs are passed over first; those to the right of the threshold it would rather not answer."
        }
        Figure::Robustness => "At severity 0 the photographs are as they are.",
    }
}
