//! Every number that was understood, and how the log was read.

use foliar_doctor::{CorrectedLoss, Curves, EpochCurve};
use foliar_logread::{Facts, RunLog};
use maud::{Markup, html};

use super::series::{ACCURACIES, Column, LOSSES, is_corrected};
use super::words::{count, metric, number, percent, printed, split};
use crate::page::parts::gap;

/// More rows than this are thinned.
const MOST_ROWS: usize = 400;
/// More series than this are counted only.
const MOST_SERIES: usize = 200;

/// Losses as printed and put right, and accuracies, epoch by epoch.
pub(crate) fn numbers(curves: &Curves, id: &str) -> Markup {
    let epochs = &curves.epochs;
    if epochs.is_empty() {
        return html! {};
    }
    let columns = Columns::of(epochs);
    let stride = epochs.len().div_ceil(MOST_ROWS);
    let last = epochs.len() - 1;
    let rows = || epochs.iter().enumerate().filter(move |(index, _)| index % stride == 0 || *index == last);
    html! {
        section aria-labelledby={ (id) "-numbers" } {
            h2 id={ (id) "-numbers" } { "What was understood" }
            div.scroll tabindex="0" role="region" aria-labelledby={ (id) "-numbers" } {
                table.numbers {
                    caption {
                        span {
                            (count(epochs.len(), "row", "rows")) " of the log"
                            @if stride > 1 { ", one in " (stride) " shown" }
                            @if columns.corrected { ". Mean: the loss per photo behind the printed one." } @else { "." }
                        }
                    }
                    (columns.head())
                    tbody { @for (index, epoch) in rows() { (columns.row(index, epoch)) } }
                }
            }
        }
    }
}

/// Which columns have a number.
struct Columns {
    /// Whether the means differ from what was printed.
    corrected: bool,
    losses: Vec<Column<CorrectedLoss>>,
    accuracies: Vec<Column<f64>>,
}

impl Columns {
    fn of(epochs: &[EpochCurve]) -> Self {
        fn present<T: Copy>(columns: &[Column<T>], epochs: &[EpochCurve]) -> Vec<Column<T>> {
            columns.iter().copied().filter(|column| column.ends(epochs).is_some()).collect()
        }
        let (losses, accuracies) = (present(&LOSSES, epochs), present(&ACCURACIES, epochs));
        Self { corrected: is_corrected(epochs), losses, accuracies }
    }

    fn head(&self) -> Markup {
        html! {
            thead {
                tr {
                    th scope="col" rowspan="2" { "Epoch" }
                    @if self.corrected {
                        @for column in &self.losses {
                            th.group scope="colgroup" colspan="2" { (column.split) " loss" }
                        }
                    } @else if !self.losses.is_empty() {
                        th.group scope="colgroup" colspan=(self.losses.len()) { "loss" }
                    }
                    @if !self.accuracies.is_empty() {
                        th.group scope="colgroup" colspan=(self.accuracies.len()) { "accuracy" }
                    }
                    th scope="col" rowspan="2" { "Line" }
                }
                tr {
                    @for column in &self.losses {
                        @if self.corrected {
                            th scope="col" { "printed" }
                            th scope="col" { "mean" }
                        } @else {
                            th scope="col" { (column.split) }
                        }
                    }
                    @for column in &self.accuracies { th scope="col" { (column.split) } }
                }
            }
        }
    }

    fn row(&self, index: usize, epoch: &EpochCurve) -> Markup {
        html! {
            tr {
                th scope="row" { (epoch.epoch.map_or_else(|| format!("({})", index + 1), printed)) }
                @for column in &self.losses {
                    @let loss = (column.of)(epoch);
                    td { (loss.map_or_else(gap, |loss| printed(loss.printed))) }
                    @if self.corrected { td.mean { (loss.map_or_else(gap, |loss| number(loss.mean))) } }
                }
                @for column in &self.accuracies { td { ((column.of)(epoch).map_or_else(gap, percent)) } }
                td.line { @if epoch.line > 0 { (epoch.line) } }
            }
        }
    }
}

/// What kind of log it was taken for, and what each of its columns.
pub(crate) fn reading(log: &RunLog, id: &str) -> Markup {
    let facts = stated(&log.facts);
    html! {
        section aria-labelledby={ (id) "-reading" } {
            h2 id={ (id) "-reading" } { "How it was read" }
            p {
                @if log.format.is_empty() { "A text" } @else { "Taken for " strong { (log.format) } }
                ", with numbers from " (count(log.understood_lines, "line", "lines"))
                @if log.ignored_lines > 0 { ", nothing from " (count(log.ignored_lines, "other", "others")) }
                "."
                @if !facts.is_empty() { " The log itself states " (facts.join(", ")) "." }
            }
            details {
                summary { (count(log.series.len(), "column", "columns")) }
                div.scroll tabindex="0" role="region" aria-label="Columns of the log" {
                    table.columns {
                        thead {
                            tr {
                                th scope="col" { "Name in the log" }
                                th scope="col" { "Taken for" }
                                th scope="col" { "Measured on" }
                                th scope="col" { "Points" }
                            }
                        }
                        tbody {
                            @for series in log.series.iter().take(MOST_SERIES) {
                                tr {
                                    th scope="row" { (series.name) }
                                    td {
                                        (metric(series.metric))
                                        @if series.within_epoch { ", within epochs" }
                                    }
                                    td { (split(series.split)) }
                                    td.number { (series.points.len()) }
                                }
                            }
                        }
                    }
                }
                @if log.series.len() > MOST_SERIES {
                    p { "and " (count(log.series.len() - MOST_SERIES, "more", "more")) "." }
                }
            }
        }
    }
}

pub(crate) fn stated(facts: &Facts) -> Vec<String> {
    let Facts { classes, batch_size, train_size, validation_size, steps_per_epoch, .. } = *facts;
    let named = [
        (classes, "class", "classes"),
        (train_size, "training photo", "training photos"),
        (validation_size, "validation photo", "validation photos"),
        (steps_per_epoch, "step an epoch", "steps an epoch"),
    ];
    let mut stated: Vec<String> = named
        .into_iter()
        .filter_map(|(value, one, many)| value.map(|value| count(value, one, many)))
        .collect();
    stated.extend(batch_size.map(|size| format!("a batch size of {size}")));
    stated
}
