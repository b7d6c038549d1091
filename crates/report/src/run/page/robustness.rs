//! Accuracy on corrupted photos as a table whose colours say what is lost.

use foliar_results::{Robustness, RobustnessRow};
use maud::{Markup, html};

use crate::layout::number::Number;
use crate::page::parts::gap;

/// Loss of accuracy from which a cell has its strongest colour.
const STRONGEST: f64 = 0.4;

pub(super) fn heat(robustness: &Robustness) -> Markup {
    let Some(clean) = robustness.clean() else { return html! {} };
    let severities = robustness.severities();
    html! {
        div.scroll tabindex="0" role="region" aria-label="Accuracy on corrupted photos" {
            table.heat {
                caption {
                    span {
                        "Accuracy by severity; without corruption " (Number::Percent.shown(clean.value))
                        ". The stronger the colour, the more is lost."
                    }
                }
                thead {
                    tr {
                        th scope="col" { "Corruption" }
                        @for severity in 1..=severities { th scope="col" { (severity) } }
                    }
                }
                tbody {
                    @for row in robustness.corruptions() {
                        tr {
                            th scope="row" { (row.corruption) }
                            @for place in 0..severities { (cell(row, place, clean.value)) }
                        }
                    }
                }
            }
        }
    }
}

fn cell(row: &RobustnessRow, place: usize, clean: f64) -> Markup {
    let accuracy = row.accuracy.get(place).map(|accuracy| accuracy.value);
    let Some(accuracy) = accuracy.filter(|accuracy| accuracy.is_finite()) else {
        return html! { td { (gap()) } };
    };
    let lost = ((clean - accuracy) / STRONGEST).clamp(0.0, 1.0);
    html! { td style={ "--lost:" (format!("{lost:.3}")) } { (Number::Percent.shown(accuracy)) } }
}
