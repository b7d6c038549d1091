//! The same value to the last digit in every epoch.
//!
//! Idea: a loss of three digits and more that is measured again on changed weights does not repeat itself. A training loss that
//! stays the same means that no weight changes; a validation loss that stays the same while training moves, that validation
//! sees other weights than training changes. Source: the definition of the mean. Limits: a network without errors has stopped for good; one that answers the same
//! whatever it sees is at chance or saturated, which other rules say; a perfect run is for `too-good`.

use crate::context::Context;
use crate::repeats::{EPOCHS, repeats};
use crate::rows::{Column, Reading};
use crate::words::{number, quoted};
use crate::{Evidence, Finding, Id, Severity};

/// Change of a training loss, as a share of it, below which no weight that matters changes.
const STILL: f64 = 1e-4;
/// Readings of it that this takes.
const READINGS: usize = 6;

/// A training loss that has moved by less than [`STILL`] since the first epoch.
fn hardly_moves(context: &Context<'_>, train: &[(usize, Reading)]) -> Option<Finding> {
    let (&(start, first), &(index, last)) = (train.first()?, train.last()?);
    let begins = context.rows[start].epoch.is_none_or(|epoch| epoch <= 1.0);
    let sharp = train.iter().all(|(_, reading)| reading.resolution < 0.2 * STILL * first.value.abs());
    let still =
        train.iter().all(|(_, reading)| (reading.value - first.value).abs() < STILL * first.value.abs());
    (begins && sharp && still && train.len() >= READINGS && first.value != last.value).then(|| Finding {
        id: Id::Frozen,
        severity: Severity::Warning,
        claim: format!(
            "The training loss has moved by less than a ten-thousandth in {} readings, from {} to {}: hardly a weight changes.",
            train.len(),
            first.value,
            last.value
        ),
        evidence: vec![Evidence::at(last.line, quoted(&context.rows[index], index, "training loss", last))],
        confidence: 0.8,
        advice: "Raise the learning rate by ten, again and again, until the loss moves; normalise the inputs; check that the \
            optimiser holds the parameters of this network."
            .to_owned(),
        code: None,
    })
}

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    // A network that makes hardly an error any more has nothing left to change.
    let finished = [Column::TrainAccuracy, Column::ValAccuracy]
        .into_iter()
        .filter_map(|column| context.column(column).last().map(|(_, reading)| reading.value))
        .fold(0.0, f64::max);
    if finished > 0.95 {
        return None;
    }
    let (train, val) = (context.column(Column::TrainLoss), context.column(Column::ValLoss));
    if let Some(finding) = hardly_moves(context, &train) {
        return Some(finding);
    }
    let trained = repeats(&train).filter(|count| *count > EPOCHS);
    let measured = repeats(&val);
    let (curve, noun, count) = match (trained, measured) {
        (Some(count), _) => (&train, "training loss", count),
        (None, Some(count)) => (&val, "validation loss", count),
        _ => return None,
    };
    let &(index, last) = curve.last()?;
    let training = noun == "training loss";
    let claim = if training {
        format!(
            "The training loss is {} in each of the last {count} epochs, the same to the last digit: no weight changes.",
            number(last.value)
        )
    } else {
        format!(
            "The validation loss is {} in each of the last {count} epochs, the same to the last digit, {}",
            number(last.value),
            if train.len() >= EPOCHS {
                "while the training loss moves: validation uses other weights than training changes."
            } else {
                "which changing weights cannot give."
            }
        )
    };
    Some(Finding {
        id: Id::Frozen,
        severity: Severity::Error,
        claim,
        evidence: vec![Evidence::at(last.line, quoted(&context.rows[index], index, noun, last))],
        confidence: 0.9,
        advice: if training {
            "Check that the optimiser holds the parameters of this network (`optimizer.param_groups`), that they require \
                gradients, that the loss is not computed under `no_grad`, and that the learning rate is not 0."
        } else {
            "Check which network is evaluated: a copy, a reloaded checkpoint or a moving average that never moves. A cached \
                result of the first evaluation looks the same."
        }
        .to_owned(),
        code: None,
    })
}
