//! Every number of a study.

use maud::{Markup, html};

use super::super::view::{Comparison, CrossValidation, Params, StudyView, Trial};
use super::super::words;
use super::verdict::span;
use crate::layout::number::{Number, fixed};
use crate::page::parts::{estimate, gap};
use foliar_results::Estimate;

/// If there are more trials than this, only some are shown, with the best one among them.
const MOST_ROWS: usize = 500;

/// Scores of the tuned classifier and of the one that is called `other`.
pub(super) fn measures(comparison: &Comparison, other: &str) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label={ "Tuned and " (other) } {
            table.measures {
                thead {
                    tr {
                        th scope="col" { "Test" }
                        th scope="col" { "Tuned" }
                        th scope="col" { (words::capitalised(other)) }
                        th scope="col" { "Difference, by group" }
                    }
                }
                tbody {
                    @for measure in comparison.measures() {
                        tr {
                            th scope="row" { (measure.name) }
                            td { (estimate(measure.number, measure.tuned)) }
                            td { (estimate(measure.number, measure.untuned)) }
                            td { (difference(measure.number, measure.difference)) }
                        }
                    }
                }
            }
        }
    }
}

/// `+4.2 points`, with its interval.
fn difference(number: Number, estimate: Estimate) -> Markup {
    let sign = if estimate.value > 0.0 { "+" } else { "" };
    let value = match number {
        Number::Percent => format!("{} points", fixed(estimate.value * 100.0, 1)),
        number => number.shown(estimate.value),
    };
    html! { (sign) (value) span.interval { (span(number, estimate)) } }
}

/// Parameters of the tuned classifier and of the one that is called `other`.
pub(super) fn params(view: &StudyView, comparison: &Comparison, other: &str) -> Markup {
    let pairs = comparison.tuned.iter().chain(comparison.untuned.iter());
    let both: Params = pairs.map(|(name, value)| (name, value.clone())).collect();
    if both.is_empty() {
        return html! {};
    }
    let shown = |params: &Params, name: &str| params.get(name).map_or_else(gap, words::value);
    html! {
        div.scroll tabindex="0" role="region" aria-label={ "Parameters, tuned and " (other) } {
            table {
                thead {
                    tr {
                        th scope="col" { "Parameter" }
                        th scope="col" { "Tuned" }
                        th scope="col" { (words::capitalised(other)) }
                    }
                }
                tbody {
                    @for (name, _) in words::ordered(view, &both) {
                        tr {
                            th scope="row" { (name) }
                            td { (shown(&comparison.tuned, name)) }
                            td { (shown(&comparison.untuned, name)) }
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn candidates(view: &StudyView, validation: &CrossValidation) -> Markup {
    let mut sorted: Vec<_> = validation.candidates.iter().enumerate().collect();
    sorted.sort_by(|(_, a), (_, b)| a.weight_decay.total_cmp(&b.weight_decay));
    let remark = |place| match (place == validation.best, place == validation.chosen) {
        (true, true) => "best mean, chosen",
        (true, false) => "best mean",
        (false, true) => "chosen",
        (false, false) => "",
    };
    html! {
        div.scroll tabindex="0" role="region" aria-label="Candidates" {
            table {
                thead {
                    tr {
                        th scope="col" { "weight decay" }
                        th scope="col" { "Mean " (view.objective.name) }
                        th scope="col" { "Standard error" }
                        th.remark scope="col" {}
                    }
                }
                tbody {
                    @for (place, candidate) in sorted {
                        tr.chosen[place == validation.chosen] {
                            th scope="row" {
                                @if candidate.weight_decay == 0.0 { "0" } @else { (Number::rough(candidate.weight_decay)) }
                            }
                            @if let Some(mean) = candidate.mean {
                                td { (words::objective(view, mean)) }
                                td { (view.objective.number.shown(candidate.standard_error)) }
                            } @else {
                                td { "diverged" }
                                td { (gap()) }
                            }
                            td.remark { (remark(place)) }
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn trials(view: &StudyView) -> Markup {
    if view.trials.is_empty() {
        return html! {};
    }
    let stride = view.trials.len().div_ceil(MOST_ROWS);
    let shown = |(place, trial): &(usize, &Trial)| place % stride == 0 || view.best == Some(trial.number);
    let rows = || view.trials.iter().enumerate().filter(shown);
    let timed = view.trials.iter().any(|trial| trial.seconds.is_some());
    html! {
        section aria-labelledby="study-trials" {
            h2 #study-trials { "Every trial" }
            div.scroll tabindex="0" role="region" aria-labelledby="study-trials" {
                table.trials {
                    caption { span { (words::census(view)) @if stride > 1 { "; every " (stride) "th is shown" } } }
                    thead {
                        tr {
                            th scope="col" { "Trial" }
                            th scope="col" { (view.objective.name) }
                            th.state scope="col" { "State" }
                            @for parameter in &view.parameters { th scope="col" { (parameter.name) } }
                            th scope="col" { "Epochs" }
                            @if timed { th scope="col" { "Seconds" } }
                        }
                    }
                    tbody {
                        @for (_, trial) in rows() {
                            tr.chosen[view.best == Some(trial.number)] {
                                th scope="row" { (trial.number) }
                                td { (value(view, trial)) }
                                td.state { (trial.state.name()) @if view.best == Some(trial.number) { ", best" } }
                                @for parameter in &view.parameters {
                                    td { (trial.params.get(&parameter.name).map_or_else(gap, words::value)) }
                                }
                                td { (trial.curve.len()) }
                                @if timed { td { (trial.seconds.map_or_else(gap, |seconds| fixed(seconds, 1))) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The value, in brackets if the trial did not run to its end.
fn value(view: &StudyView, trial: &Trial) -> String {
    match (trial.value, trial.reached()) {
        (Some(value), _) => words::objective(view, value),
        (None, Some(value)) => format!("({})", words::objective(view, value)),
        (None, None) => gap(),
    }
}
