//! Every class with its figures, in a table that sorts.

use maud::{Markup, html};

use super::super::view::{ClassScore, RunView};
use crate::estimate::Estimate;
use crate::layout::number::Number;
use crate::page::parts::{breakable, estimate, gap};

pub(super) fn classes(view: &RunView) -> Markup {
    let Some(scores) = view.scores.as_ref().filter(|scores| !scores.classes.is_empty()) else {
        return html! {};
    };
    let explained = scores.classes.iter().any(|class| class.background.is_some());
    html! {
        section aria-labelledby="run-classes" {
            h2 #run-classes { "Class by class" }
            div.scroll tabindex="0" role="region" aria-labelledby="run-classes" {
                table.sortable.classes {
                    caption { span { (caption(view, explained)) } }
                    thead {
                        tr {
                            @for name in ["Class", "Photographs", "Precision", "Recall", "F1"] { th scope="col" { (name) } }
                            @if explained { th scope="col" { "Beside the leaf" } }
                        }
                    }
                    tbody { @for class in &scores.classes { (row(class, explained)) } }
                }
            }
        }
    }
}

fn caption(view: &RunView, explained: bool) -> String {
    let mut words = "Precision: of the photographs called so, how many are. Recall: of those that are, how many are called \
                     so. F1: both in one number. Below each, its interval."
        .to_owned();
    if explained && let Some(evidence) = &view.evidence {
        words += &format!(
            " Beside the leaf: share of the evidence that lies on the background ({}); the background is {} of the pictures.",
            evidence.method,
            Number::Percent.shown(evidence.area)
        );
    }
    words
}

fn row(class: &ClassScore, explained: bool) -> Markup {
    html! {
        tr {
            th scope="row" { (breakable(&class.name)) }
            td data-value=(class.photographs) { (Number::Count.shown(class.photographs as f64)) }
            @for score in [class.precision, class.recall, class.f1] { (cell(score)) }
            @if explained { (cell(class.background.map(Estimate::point))) }
        }
    }
}

fn cell(score: Option<Estimate>) -> Markup {
    html! {
        @if let Some(score) = score.filter(|score| score.value.is_finite()) {
            td data-value=(score.value) { (estimate(Number::Percent, score)) }
        } @else {
            td { (gap()) }
        }
    }
}
