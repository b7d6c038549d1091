//! Accuracy on worse photographs as a table whose colours say what is lost.

use maud::{Markup, html};

use super::super::view::Robustness;
use crate::layout::number::Number;
use crate::page::parts::gap;

/// Loss of accuracy from which a cell has its strongest colour.
const STRONGEST: f64 = 0.4;

pub(super) fn heat(robustness: &Robustness) -> Markup {
    let clean = Number::Percent.shown(robustness.clean);
    html! {
        div.scroll tabindex="0" role="region" aria-label="Accuracy on worse photographs" {
            table.heat {
                caption { span { "Accuracy, " (clean) " as they are. The stronger the colour, the more is lost." } }
                thead {
                    tr {
                        th scope="col" { "Made worse by" }
                        @for severity in &robustness.severities { th scope="col" { (severity) } }
                    }
                }
                tbody {
                    @for (name, cells) in &robustness.rows {
                        tr {
                            th scope="row" { (name) }
                            @for place in 0..robustness.severities.len() {
                                (cell(cells.get(place).copied().flatten(), robustness.clean))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn cell(accuracy: Option<f64>, clean: f64) -> Markup {
    let Some(accuracy) = accuracy.filter(|accuracy| accuracy.is_finite()) else {
        return html! { td { (gap()) } };
    };
    let lost = ((clean - accuracy) / STRONGEST).clamp(0.0, 1.0);
    html! { td style={ "--lost:" (format!("{lost:.3}")) } { (Number::Percent.shown(accuracy)) } }
}
