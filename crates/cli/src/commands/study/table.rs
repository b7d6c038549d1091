//! Trials as a text table.

use std::io::{self, Write};

use foliar_bayes::{Best, Parameter, Params, Value};
use foliar_study::{Counts, Definition, State, StoredTrial};

/// One line per trial, with every parameter. The best trial is marked with a star.
pub(super) fn print(
    out: &mut impl Write,
    definition: &Definition,
    trials: &[StoredTrial],
    best: Option<&Best>,
) -> io::Result<()> {
    let rows = rows(definition, trials, best);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    for row in &rows {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| match column {
            1 => format!("{cell:width$}"),
            _ => format!("{cell:>width$}"),
        });
        writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

/// The head of the table, and a row a trial.
pub(in crate::commands) fn rows(
    definition: &Definition,
    trials: &[StoredTrial],
    best: Option<&Best>,
) -> Vec<Vec<String>> {
    let parameters = definition.space.parameters();
    let names = parameters.iter().map(|parameter| parameter.name.clone());
    let head = ["trial", "state", "value"].map(str::to_owned).into_iter().chain(names);
    let head = head.chain(["epochs", "seconds"].map(str::to_owned)).collect();
    let rows = trials.iter().map(|trial| row(parameters, trial, best));
    std::iter::once(head).chain(rows).collect()
}

fn row(parameters: &[Parameter], trial: &StoredTrial, best: Option<&Best>) -> Vec<String> {
    let record = &trial.record;
    let mark = if best.is_some_and(|best| best.id == record.id) { "*" } else { "" };
    let last = || record.reports.iter().rev().map(|report| report.value).find(|value| value.is_finite());
    let value = match (record.value(), trial.state) {
        (Some(value), _) => number(value),
        (None, State::Pruned | State::Running) => {
            last().map_or_else(dash, |value| format!("({})", number(value)))
        }
        (None, _) => dash(),
    };
    let values = parameters.iter().map(|parameter| shown(&record.params, &parameter.name));
    let begin = [format!("{mark}{}", record.id), trial.state.name().to_owned(), value];
    let end = [
        record.reports.len().to_string(),
        trial.seconds().map_or_else(dash, |seconds| format!("{seconds:.1}")),
    ];
    begin.into_iter().chain(values).chain(end).collect()
}

fn dash() -> String {
    "-".to_owned()
}

fn shown(params: &Params, name: &str) -> String {
    match params.get(name) {
        Some(Value::Float(value)) => number(*value),
        Some(other) => other.to_string(),
        None => dash(),
    }
}

/// Four significant digits.
fn number(value: f64) -> String {
    let rounded = format!("{value:.3e}").parse::<f64>().unwrap_or(value);
    if rounded == 0.0 || (1e-4..1e6).contains(&rounded.abs()) {
        rounded.to_string()
    } else {
        format!("{rounded:e}")
    }
}

/// How many trials there are, and which is best.
pub(in crate::commands) fn summary(counts: &Counts, best: Option<&Best>) -> String {
    let states = [
        (counts.finished, "finished"),
        (counts.pruned, "pruned"),
        (counts.infeasible, "infeasible"),
        (counts.failed, "failed"),
        (counts.abandoned, "abandoned"),
        (counts.running, "running"),
        (counts.waiting, "waiting"),
    ];
    let parts: Vec<String> = states
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    let total = counts.total();
    let trials = format!("{total} {}", if total == 1 { "trial" } else { "trials" });
    let trials = if parts.is_empty() { trials } else { format!("{trials}: {}", parts.join(", ")) };
    let Some(best) = best else { return format!("{trials}\nno trial has finished with a value yet") };
    let values: Vec<String> =
        best.params.iter().map(|(name, _)| format!("{name} {}", shown(&best.params, name))).collect();
    let predicted = best.prediction.map_or_else(String::new, |prediction| {
        let (low, high) = (prediction.better.min(prediction.worse), prediction.better.max(prediction.worse));
        format!("; predicted mean {} ({} to {})", number(prediction.value), number(low), number(high))
    });
    format!("{trials}\nbest: trial {} with {}{predicted}: {}", best.id, number(best.value), values.join(", "))
}
