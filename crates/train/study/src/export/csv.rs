//! Trials as CSV, one row per trial.

use std::io::{self, Write};

use foliar_files::cell;

use super::{Export, unix};
use crate::StoredTrial;

/// Columns before and after the parameters. A parameter's column is its name with the prefix `params_`.
const BEFORE: [&str; 3] = ["number", "state", "value"];
const AFTER: [&str; 10] = [
    "seed",
    "seconds",
    "started",
    "ended",
    "attempts",
    "lost_workers",
    "worker",
    "instructions",
    "message",
    "intermediate",
];

pub(super) fn write(out: &mut dyn Write, export: &Export) -> io::Result<()> {
    let mut csv = ::csv::Writer::from_writer(out);
    let names: Vec<&str> =
        export.definition.space.parameters().iter().map(|parameter| parameter.name.as_str()).collect();
    let parameters = names.iter().map(|name| format!("params_{name}"));
    let head = BEFORE.map(str::to_owned).into_iter().chain(parameters).chain(AFTER.map(str::to_owned));
    csv.write_record(head).map_err(io_error)?;
    for trial in &export.trials {
        csv.write_record(record(&names, trial)).map_err(io_error)?;
    }
    csv.flush()
}

fn record(names: &[&str], trial: &StoredTrial) -> Vec<String> {
    fn text<T: ToString>(value: Option<T>) -> String {
        value.map_or_else(String::new, |value| value.to_string())
    }
    let record = &trial.record;
    let reports: Vec<String> = record
        .reports
        .iter()
        .map(|report| format!("{}:{}:{}", report.step.fold, report.step.epoch, report.value))
        .collect();
    let begin = [record.id.to_string(), trial.state.name().to_owned(), text(record.value())];
    let values = names.iter().map(|name| text(record.params.get(name)));
    let end = [
        trial.seed.to_string(),
        text(trial.seconds()),
        text(unix(trial.started)),
        text(unix(trial.ended)),
        trial.attempts.to_string(),
        trial.lost_workers.to_string(),
        text(trial.worker.as_ref()),
        text(trial.instructions.as_ref()),
        text(trial.message.as_ref()),
        reports.join(" "),
    ];
    begin.into_iter().chain(values).chain(end).map(|cell| cell::defused(&cell).into_owned()).collect()
}

/// The operating system's error itself, so that a closed pipe is recognised.
fn io_error(error: ::csv::Error) -> io::Error {
    match error.into_kind() {
        ::csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
