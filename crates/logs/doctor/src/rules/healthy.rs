//! Nothing above a note was found.
//!
//! Idea: the absence of every warning, said with what was looked at. Limits: a log shows no leakage between
//! training and validation, and nothing about photographs of another field.

use crate::context::Context;
use crate::rows::Column;
use crate::words::{number, percent, quoted};
use crate::{Evidence, Finding, Id, Severity};

pub(crate) fn find(context: &Context<'_>) -> Finding {
    let last = |column| context.column(column).last().copied();
    let claim = match (last(Column::ValAccuracy), last(Column::ValLoss), last(Column::TrainLoss)) {
        (Some((_, accuracy)), Some((_, loss)), _) => format!(
            "Nothing is wrong with this log: the validation loss ends at {} and the accuracy at {}, and the \
                two fit together.",
            number(loss.value),
            percent(accuracy.value)
        ),
        (Some((_, accuracy)), None, _) => {
            format!("Nothing is wrong with this log: the accuracy ends at {}.", percent(accuracy.value))
        }
        (None, Some((_, loss)), _) | (None, None, Some((_, loss))) => format!(
            "Nothing is wrong with this log as far as it goes: the loss ends at {}.",
            number(loss.value)
        ),
        (None, None, None) => {
            "Nothing wrong was found, but the log holds no loss and no accuracy to judge by.".to_owned()
        }
    };
    let evidence = [(Column::ValLoss, "validation loss"), (Column::ValAccuracy, "validation accuracy")]
        .into_iter()
        .filter_map(|(column, noun)| {
            let (index, reading) = last(column)?;
            Some(Evidence::at(reading.line, quoted(&context.rows[index], index, noun, reading)))
        })
        .collect();
    let both = !context.column(Column::ValLoss).is_empty() && !context.column(Column::ValAccuracy).is_empty();
    Finding {
        id: Id::Healthy,
        severity: Severity::Note,
        claim,
        evidence,
        confidence: if both { 0.9 } else { 0.6 },
        advice: "Before trusting it in the field: check that no plant stands on both sides of the split, \
            measure the calibration, and try photographs from elsewhere."
            .to_owned(),
        code: None,
    }
}
