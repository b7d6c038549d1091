//! What confidence is worth, and what happens to pictures that show none of the classes.

use maud::{Markup, html};

use super::super::figure::Figure;
use super::super::view::{Abstention, Calibration, Conformal, RunView};
use super::super::words::{percent, points};
use crate::error::ReportError;
use crate::estimate::Estimate;
use crate::layout::number::Number;
use crate::page::parts::{estimate, gap};

/// Calibration, abstention and conformal sets: the pictures that `figure` has, and a card each.
pub(super) fn confidence(
    view: &RunView,
    figure: impl Fn(Figure) -> Result<Option<Markup>, ReportError>,
) -> Result<Markup, ReportError> {
    if view.calibration.is_none() && view.abstention.is_none() && view.conformal.is_none() {
        return Ok(html! {});
    }
    Ok(html! {
        section aria-labelledby="run-confidence" {
            h2 #run-confidence { "What its confidence is worth" }
            div.figures {
                div.figures.stacked {
                    @if let Some(drawn) = figure(Figure::Reliability)? { (drawn) }
                    @if let Some(calibration) = &view.calibration { (calibrated(calibration, view.model.temperature)) }
                }
                div.figures.stacked {
                    @if let Some(drawn) = figure(Figure::RiskCoverage)? { (drawn) }
                    @if let Some(abstention) = &view.abstention { (abstaining(abstention)) }
                    @if let Some(sets) = &view.conformal { (conformal(sets)) }
                }
            }
        }
    })
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
                @if sets.sizes.first().is_some_and(|&empty| empty > 0) {
                    p {
                        "A set is empty where no class fits as well as the true one does on " (percent(sets.promised))
                        " of the photographs it was fitted on: many are empty where it errs less often than sets may, or where \
                         these photographs are unlike those."
                    }
                }
            }
        }
    }
}

pub(super) fn strangers(view: &RunView) -> Markup {
    let sets = &view.strangers;
    let Some(first) = sets.first() else { return html! {} };
    html! {
        section aria-labelledby="run-strangers" {
            h2 #run-strangers { "Does it know what it does not know?" }
            div.scroll tabindex="0" role="region" aria-labelledby="run-strangers" {
                table {
                    caption {
                        span {
                            "Pictures that show none of its classes, told from the leaves of the test. Area: under the receiver \
                             operating characteristic; 1 is perfect, 0.5 guessing."
                            @if let Some(lost) = view.turned_away { " Of the leaves, " (with_span(Number::Percent, lost)) " are turned away too." }
                        }
                    }
                    thead {
                        tr {
                            th scope="col" { "Pictures" }
                            th scope="col" { "How many" }
                            @for (score, _) in &first.auroc { th scope="col" { "Area by " (score) } }
                            th scope="col" { "Turned away" }
                            th scope="col" { "Given a name" }
                        }
                    }
                    tbody {
                        @for set in sets {
                            tr {
                                th scope="row" { (set.name) }
                                td { (Number::Count.shown(set.pictures as f64)) }
                                @for place in 0..first.auroc.len() {
                                    td { @if let Some((_, area)) = set.auroc.get(place) { (estimate(Number::Plain, *area)) } @else { (gap()) } }
                                }
                                td { (Number::Percent.shown(set.rejected)) }
                                td { (Number::Percent.shown(set.named)) }
                            }
                        }
                    }
                }
            }
        }
    }
}
