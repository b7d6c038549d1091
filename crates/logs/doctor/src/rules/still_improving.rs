//! The last epoch is the best.
//!
//! Idea: if the last validation loss (or accuracy, or training loss where nothing else is printed) is the
//! best of at least four, more epochs are likely to help. Limits: a schedule that ends at a rate of zero has
//! nothing left to improve. The best of a level, noisy row is luck: the last third must be better than the one before it by
//! more than their spread.

use crate::context::Context;
use crate::rows::Column;
use crate::words::{number, quoted};
use crate::{Evidence, Finding, Id, Severity};

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    if context.penalty.is_some() {
        return None;
    }
    // Training alone says nothing where something was validated.
    let validated =
        [Column::ValLoss, Column::ValAccuracy].iter().any(|column| !context.column(*column).is_empty());
    let (column, noun, sign) = [
        (Column::ValLoss, "validation loss", 1.0),
        (Column::ValAccuracy, "validation accuracy", -1.0),
        (Column::TrainLoss, "training loss", 1.0),
    ]
    .into_iter()
    .find(|(column, ..)| {
        context.column(*column).len() >= 4 && !(validated && *column == Column::TrainLoss)
    })?;
    let curve = context.column(column);
    let (&(index, last), rest) = curve.split_last()?;
    let best = rest.iter().map(|(_, reading)| sign * reading.value).fold(f64::INFINITY, f64::min);
    (sign * last.value < best && goes_down(curve.iter().map(|(_, reading)| sign * reading.value))).then(
        || Finding {
            id: Id::StillImproving,
            severity: Severity::Note,
            claim: format!(
                "The last {noun}, {}, is the best so far: the run was still improving when it ended.",
                number(last.value)
            ),
            evidence: vec![Evidence::at(last.line, quoted(&context.rows[index], index, noun, last))],
            confidence: 0.8,
            advice: "Train for more epochs, with a learning rate that decays towards the end.".to_owned(),
            code: None,
        },
    )
}

/// Whether the mean of the last third lies below that of the middle one by more than its own standard error.
fn goes_down(curve: impl Iterator<Item = f64>) -> bool {
    let values: Vec<f64> = curve.collect();
    let third = values.len() / 3;
    if third < 3 {
        return true;
    }
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    let (middle, last) =
        (&values[values.len() - 2 * third..values.len() - third], &values[values.len() - third..]);
    let steps: f64 =
        values[values.len() - 2 * third..].windows(2).map(|pair| (pair[1] - pair[0]).powi(2) / 2.0).sum();
    let noise = (steps / (2 * third - 1) as f64).sqrt() * (2.0 / third as f64).sqrt();
    mean(middle) - mean(last) > noise
}
