//! The last epoch is the best.
//!
//! Idea: if the last validation loss (or accuracy, or training loss where nothing else is printed) is the
//! best of at least four, more epochs are likely to help. Limits: a schedule that ends at a rate of zero has
//! nothing left to improve.

use crate::context::Context;
use crate::rows::Column;
use crate::words::{number, quoted};
use crate::{Evidence, Finding, Id, Severity};

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    if context.penalty.is_some() {
        return None;
    }
    let (column, noun, sign) = [
        (Column::ValLoss, "validation loss", 1.0),
        (Column::ValAccuracy, "validation accuracy", -1.0),
        (Column::TrainLoss, "training loss", 1.0),
    ]
    .into_iter()
    .find(|(column, ..)| context.column(*column).len() >= 4)?;
    let curve = context.column(column);
    let (&(index, last), rest) = curve.split_last()?;
    let best = rest.iter().map(|(_, reading)| sign * reading.value).fold(f64::INFINITY, f64::min);
    (sign * last.value < best).then(|| Finding {
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
    })
}
