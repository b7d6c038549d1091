//! The verdict, the few numbers that carry it, and what limits it.

use maud::{Markup, html};

use super::super::verdict::{Standing, verdict as judge};
use super::super::view::{RunView, Scores};
use super::super::words::percent;
use crate::estimate::Estimate;
use crate::layout::number::Number;
use crate::page::parts::{KeyFigure, key_figures, prose, remarks};

pub(super) fn verdict(view: &RunView) -> Markup {
    let verdict = judge(view);
    let colour = match verdict.standing {
        Standing::Sound => "healthy",
        Standing::Unknown => "note",
        Standing::Limited => "warning",
        Standing::Unsound => "error",
    };
    html! {
        section class={ "verdict " (colour) } aria-labelledby="run-verdict" {
            h2 #run-verdict { "Verdict" }
            p.lead { (verdict.lead) }
            (key_figures(&figures(view)))
        }
    }
}

/// Every reservation, and what was not measured.
pub(super) fn limits(view: &RunView) -> Markup {
    let reservations = judge(view).reservations;
    if reservations.is_empty() && view.absent.is_empty() {
        return html! {};
    }
    html! {
        section.limits aria-labelledby="run-limits" {
            h2 #run-limits { "Before you rely on it" }
            @if !reservations.is_empty() { (remarks(&reservations)) }
            @if !view.absent.is_empty() {
                div.finding.note.absent {
                    h3 { span.badge { "Note" } " Not measured" }
                    ul { @for absent in &view.absent { li { strong { (absent.what) } ": " (prose(&absent.why)) } } }
                }
            }
        }
    }
}

fn figure(name: impl Into<String>, value: String, note: String) -> KeyFigure {
    KeyFigure { name: name.into(), value, note }
}

fn measured(name: impl Into<String>, number: Number, estimate: Estimate) -> KeyFigure {
    figure(name, number.shown(estimate.value), estimate.span(number))
}

fn figures(view: &RunView) -> Vec<KeyFigure> {
    let mut figures: Vec<KeyFigure> = view.scores.iter().flat_map(of_scores).collect();
    if let Some(calibration) = &view.calibration {
        figures.push(measured("Calibration error", Number::Plain, calibration.error));
    }
    if let Some(sets) = &view.conformal {
        let found = measured(
            format!("Sets that hold the class, of {}", percent(sets.promised)),
            Number::Percent,
            sets.found,
        );
        figures.push(found);
    }
    if let Some(set) = view.strangers.iter().min_by(|a, b| a.area().total_cmp(&b.area())) {
        let worst = if view.strangers.len() > 1 { "the hardest: " } else { "" };
        figures.push(figure(
            "Leaf or not, area under the curve",
            Number::Plain.shown(set.area()),
            format!("{worst}{}", set.name),
        ));
    }
    if view.test.photographs > 0 {
        figures.push(figure(
            "Tested on",
            Number::Count.shown(view.test.photographs as f64),
            view.test.describe(),
        ));
    }
    figures
}

fn of_scores(scores: &Scores) -> Vec<KeyFigure> {
    let mut figures = vec![
        measured("Accuracy", Number::Percent, scores.accuracy),
        measured("Macro F1", Number::Percent, scores.macro_f1),
        measured("Loss", Number::Plain, scores.loss),
    ];
    if let Some((k, accuracy)) = scores.top.first() {
        figures.insert(1, measured(format!("Among the first {k}"), Number::Percent, *accuracy));
    }
    figures
}
