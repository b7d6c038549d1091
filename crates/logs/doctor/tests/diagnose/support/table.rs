//! Logs written by hand.

use foliar_doctor::{Diagnosis, Id, Severity};
use foliar_logread::{Metric, Point, RunLog, Series, Split};

/// Adds a column with one value an epoch, from epoch 1 on, in rows of their own line.
pub(crate) fn with(
    mut log: RunLog,
    name: &str,
    split: Option<Split>,
    metric: Metric,
    values: &[f64],
) -> RunLog {
    let points = values.iter().enumerate().map(|(row, &value)| Point {
        row,
        epoch: Some(row as f64 + 1.0),
        step: None,
        value,
        resolution: 1e-6,
        line: row + 1,
    });
    let points = points.collect();
    log.series.push(Series { name: name.to_owned(), split, metric, within_epoch: false, points });
    log
}

/// A log of training loss, validation loss and validation accuracy.
pub(crate) fn three(train: &[f64], val: &[f64], accuracy: &[f64]) -> RunLog {
    let log = with(RunLog::default(), "train_loss", Some(Split::Train), Metric::Loss, train);
    let log = with(log, "val_loss", Some(Split::Validation), Metric::Loss, val);
    with(log, "val_acc", Some(Split::Validation), Metric::Accuracy, accuracy)
}

/// Whether `id` is among the findings.
pub(crate) fn finds(diagnosis: &Diagnosis, id: Id) -> bool {
    diagnosis.findings.iter().any(|finding| finding.id == id)
}

/// Names of everything above a note.
pub(crate) fn warnings(diagnosis: &Diagnosis) -> Vec<&'static str> {
    let above = diagnosis.findings.iter().filter(|finding| finding.severity > Severity::Note);
    above.map(|finding| finding.id.name()).collect()
}
