//! What confidence is worth, and what happens to pictures that show none of the classes.

use maud::{Markup, html};

use super::super::view::{Abstention, Calibration, Conformal, RunView, Strangers};
use super::super::words::{count, percent, points};
use crate::estimate::Estimate;
use crate::layout::number::Number;
use crate::page::parts::estimate;

/// Calibration, abstention and conformal sets, a card each.
pub(super) fn confidence(view: &RunView) -> Markup {
    html! {
        div.cards {
            @if let Some(calibration) = &view.calibration { (calibrated(calibration, view.model.temperature)) }
            @if let Some(abstention) = &view.abstention { (abstaining(abstention)) }
            @if let Some(sets) = &view.conformal { (conformal(sets)) }
        }
    }
}

fn with_span(number: Number, estimate: Estimate) -> String {
    let span = estimate.span(number);
    let span = if span.is_empty() { span } else { format!(" ({span})") };
    format!("{}{span}", number.shown(estimate.value))
}

fn calibrated(calibration: &Calibration, temperature: f64) -> Markup {
    html! {
        div.finding {
            h3 { "Calibration" }
            p {
                "Expected calibration error " (with_span(Number::Plain, calibration.error)) ": confidence and accuracy lie "
                (points(calibration.error.value)) " apart on average."
            }
            @if let Some(excess) = calibration.excess {
                p {
                    "A perfectly calibrated classifier would show some error too on so many photographs. What is left beyond \
                     that: " (with_span(Number::Plain, excess))
                    @if excess.low <= 0.0 && excess.has_interval() { ", no more than chance." } @else { "." }
                }
            }
            p {
                "Brier score " (with_span(Number::Plain, calibration.brier))
                @if temperature > 0.0 { "; outputs are divided by a temperature of " (Number::Plain.shown(temperature)) }
                "."
            }
        }
    }
}

fn abstaining(abstention: &Abstention) -> Markup {
    let at = |place: usize| Some((abstention.coverage.get(place)?, abstention.risk.get(place)?));
    let all = abstention.risk.last();
    html! {
        div.finding {
            h3 { "When it is not sure" }
            @if let Some((coverage, risk)) = abstention.chosen.and_then(at) {
                p {
                    @if let Some(threshold) = abstention.threshold { "Below a confidence of " (percent(threshold)) " it says that it does not know. " }
                    "It then answers " (Number::Percent.shown(*coverage)) " of the photographs and is wrong on "
                    (Number::Percent.shown(*risk)) " of those"
                    @if let Some(all) = all { ", instead of on " (Number::Percent.shown(*all)) " of all" }
                    "."
                }
            } @else if let Some(all) = all {
                p { "It answers every photograph, and is wrong on " (Number::Percent.shown(*all)) " of them: no threshold was set." }
            }
        }
    }
}

fn conformal(sets: &Conformal) -> Markup {
    let total: u64 = sets.sizes.iter().fold(0, |sum, &count| sum.saturating_add(count));
    let summed: f64 = sets.sizes.iter().enumerate().map(|(size, &count)| size as f64 * count as f64).sum();
    html! {
        div.finding {
            h3 { "Sets of classes" }
            p {
                "Instead of one class it can name a set that holds the true one on " (percent(sets.promised))
                " of the photographs. Found: " (with_span(Number::Percent, sets.found)) "."
            }
            @if total > 0 {
                p { "A set has " (Number::Plain.shown(summed / total as f64)) " classes on average:" }
                ul.sizes {
                    @for (size, &count) in sets.sizes.iter().enumerate().filter(|(_, count)| **count > 0) {
                        li {
                            span { @if size == 1 { "1 class" } @else { (size) " classes" } }
                            span.bar style={ "--share:" (format!("{:.3}", count as f64 / total as f64)) } aria-hidden="true" {}
                            span { (Number::Percent.shown(count as f64 / total as f64)) }
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn strangers(sets: &[Strangers]) -> Markup {
    if sets.is_empty() {
        return html! {};
    }
    html! {
        section aria-labelledby="run-strangers" {
            h2 #run-strangers { "Does it know what it does not know?" }
            div.scroll tabindex="0" role="region" aria-labelledby="run-strangers" {
                table {
                    caption {
                        span {
                            "Pictures that show none of its classes, told from the leaves of the test. Area under the curve: 1 is \
                             perfect, 0.5 guessing. Turned away: at the threshold that the classifier uses."
                        }
                    }
                    thead {
                        tr {
                            @for name in ["Pictures", "How many", "Told by", "Area under the curve", "Turned away", "Leaves turned away"] {
                                th scope="col" { (name) }
                            }
                        }
                    }
                    tbody {
                        @for set in sets {
                            tr {
                                th scope="row" { (set.name) }
                                td { (count(set.pictures, "picture", "pictures")) }
                                td { (set.score) }
                                td { (estimate(Number::Plain, set.auroc)) }
                                td { (estimate(Number::Percent, set.rejected)) }
                                td { (estimate(Number::Percent, set.lost)) }
                            }
                        }
                    }
                }
            }
        }
    }
}
