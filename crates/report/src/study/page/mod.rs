//! A study as a page: verdict, warnings, comparison, charts and every trial, in one self-contained file.

mod tables;
mod verdict;

use maud::{Markup, html};

use super::figure::Figure;
use super::view::{Domain, StudyView};
use super::words;
use crate::error::ReportError;
use crate::frame::Frame;
use crate::layout::axis::Scale;
use crate::page::{Breadth, Page, Policy, picture};

const STYLE: &str = concat!(
    include_str!("../../page/base.css"),
    include_str!("../../page/figures.css"),
    include_str!("style.css")
);

/// Widths in pixels of pictures on narrow pages, and on wide ones over half and over all of the page.
const NARROW: u32 = 380;
const HALF: u32 = 540;
const FULL: u32 = 1000;
/// Largest height of the curves in pixels.
const CURVES: u32 = 420;

/// A study as one HTML document: light and dark, wide and narrow, on screen and on paper, without scripts, fonts or other
/// external files. Parts that the view does not have are left out.
///
/// # Errors
/// [`ReportError::Length`] where the surface is not as large as its axes say.
pub fn study_page(view: &StudyView) -> Result<String, ReportError> {
    let heading = match view.subject.as_str() {
        "" => "Tuning result".to_owned(),
        subject => format!("Tuning {subject}"),
    };
    let page = Page {
        title: &heading,
        heading: &heading,
        style: STYLE,
        policy: Policy::Still,
        article: article(view)?,
        footer: "Written by foliar tune. Losses are in nats per photo. Intervals are 95 % bootstrap intervals that resample whole groups (leaves).",
    };
    Ok(page.into_string())
}

fn article(view: &StudyView) -> Result<Markup, ReportError> {
    let figures = Figure::of(view);
    let search: Vec<Figure> = figures
        .iter()
        .copied()
        .filter(|figure| !matches!(figure, Figure::Comparison | Figure::CrossValidation))
        .collect();
    Ok(html! {
        article.foliar-article.foliar-study {
            (verdict::gain(view))
            @if let Some(verdict) = &view.verdict { (verdict::classifier(verdict)) }
            (warnings(&view.warnings))
            @if let Some(comparison) = &view.comparison {
                section aria-labelledby="study-comparison" {
                    h2 #study-comparison { "Tuned and untuned" }
                    div.figures {
                        div.figures.stacked {
                            @if figures.contains(&Figure::Comparison) { (figure(view, Figure::Comparison, false)?) }
                            (tables::measures(comparison, "untuned"))
                        }
                        (tables::params(view, comparison, "untuned"))
                    }
                }
            }
            @if let Some(comparison) = &view.against_default {
                section aria-labelledby="study-default" {
                    h2 #study-default { "Tuned and foliar's default" }
                    p { (verdict::compared(comparison, "default")) }
                    div.figures {
                        (tables::measures(comparison, "default"))
                        (tables::params(view, comparison, "default"))
                    }
                }
            }
            @if !search.is_empty() {
                section aria-labelledby="study-search" {
                    h2 #study-search { "The search" }
                    div.figures { @for &shown in &search { (figure(view, shown, is_full(shown, view, &search))?) } }
                }
            }
            @if let Some(validation) = &view.cross_validation {
                section aria-labelledby="study-weight-decay" {
                    h2 #study-weight-decay { "Weight decay by cross-validation" }
                    div.figures {
                        @if figures.contains(&Figure::CrossValidation) { (figure(view, Figure::CrossValidation, false)?) }
                        (tables::candidates(view, validation))
                    }
                }
            }
            (tables::trials(view))
        }
    })
}

fn warnings(warnings: &[String]) -> Markup {
    if warnings.is_empty() {
        return html! {};
    }
    html! {
        section aria-labelledby="study-warnings" {
            h2 #study-warnings { "Warnings" }
            ul.findings role="list" {
                @for warning in warnings {
                    li.finding.warning { p { span.badge { "Warning" } " " (words::capitalised(warning)) } }
                }
            }
        }
    }
}

/// Whether a chart takes the full width of a wide page. History and curves do if no other chart is beside them.
fn is_full(shown: Figure, view: &StudyView, search: &[Figure]) -> bool {
    let many = |figure: Figure| match figure {
        Figure::Slices => view.parameters.len() > 2,
        Figure::Parallel => view.parameters.len() > 3,
        _ => false,
    };
    let beside = [Figure::Slices, Figure::Parallel]
        .into_iter()
        .filter(|figure| search.contains(figure) && !many(*figure));
    match shown {
        Figure::History => !search.contains(&Figure::Contour) && !search.contains(&Figure::Importance),
        Figure::Curves => beside.count() % 2 == 0,
        _ => many(shown),
    }
}

fn figure(view: &StudyView, shown: Figure, full: bool) -> Result<Markup, ReportError> {
    let drawn = picture(&spoken(view, shown), |breadth, theme| {
        let width = match breadth {
            Breadth::Narrow => NARROW,
            Breadth::Wide if full => FULL,
            Breadth::Wide => HALF,
        };
        let height = match shown {
            Figure::Curves => shown.natural_height(view, width).min(CURVES),
            _ => shown.natural_height(view, width),
        };
        shown.draw(view, &Frame { width, height, theme })
    })?;
    Ok(html! {
        figure class={ (shown.name()) @if full { " full" } } {
            (drawn)
            @if let Some(caption) = caption(view, shown) { figcaption { (caption) } }
        }
    })
}

/// The text of a chart for screen readers.
fn spoken(view: &StudyView, shown: Figure) -> String {
    let objective = &view.objective.name;
    match shown {
        Figure::Comparison => "The tuned and the untuned classifier with their intervals.".to_owned(),
        Figure::History => {
            format!("The {objective} of every trial and the best so far. {}.", words::census(view))
        }
        Figure::Contour => {
            format!("The predicted {objective} over two parameters, and the trials.")
        }
        Figure::Slices => format!("The {objective} of every trial against each parameter."),
        Figure::Parallel => {
            format!("A line for each finished trial through its parameter values to its {objective}.")
        }
        Figure::Importance => "The importance of each parameter.".to_owned(),
        Figure::Curves => format!("The {objective} of every trial over its epochs."),
        Figure::CrossValidation => {
            "Means over the folds with their standard errors, by weight decay.".to_owned()
        }
    }
}

/// The caption of a chart.
fn caption(view: &StudyView, shown: Figure) -> Option<&'static str> {
    let has_momentum = || {
        let axes = view.surface.iter().flat_map(|surface| [&surface.x, &surface.y]);
        let domains = axes.filter_map(|name| view.parameter(name)).map(|parameter| &parameter.domain);
        domains.into_iter().any(|domain| matches!(domain, Domain::Float { scale: Scale::Momentum, .. }))
    };
    match shown {
        Figure::Contour if has_momentum() => Some(
            "Momentum is on a scale of 1 − momentum, because a step grows with rate / (1 − momentum): along the valley, a \
             higher momentum has the same effect as a higher rate.",
        ),
        Figure::Importance => Some(
            "Shares of the variance of the modelled objective over the whole space. A parameter with a small share can stay \
             at its default.",
        ),
        Figure::CrossValidation => Some(
            "All candidates use the same folds and seeds. Of the candidates within one standard error of the best, the \
             largest weight decay gives the simplest model.",
        ),
        _ => None,
    }
}
