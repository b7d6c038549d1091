//! The same value to the last digit in every epoch.
//!
//! Idea: a loss of three digits and more that is measured again on changed weights does not repeat itself. A training loss that
//! stays the same means that no weight changes; a validation loss that stays the same while training moves, that validation
//! sees other weights than training changes. Source: the definition of the mean. Limits: a network without errors has stopped for good; one that answers the same
//! whatever it sees is at chance or saturated, which other rules say; a perfect run is for `too-good`.

use crate::context::Context;
use crate::repeats::{EPOCHS, repeats};
use crate::rows::{Column, Reading};
use crate::words::{number, percent, quoted};
use crate::{Evidence, Finding, Id, Severity};

/// Change of a training loss, as a share of it, below which no weight that matters changes.
const STILL: f64 = 1e-4;
/// Readings of it that this takes.
const READINGS: usize = 6;

/// Validations in a row with the same accuracy that chance does not explain.
const ANSWERS: usize = 6;
/// Fewer validation photos give the same accuracy again by chance.
const PHOTOS: usize = 200;

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

/// A validation accuracy that stays the same to the last digit while the losses move.
fn same_answers(context: &Context<'_>, train: &[(usize, Reading)]) -> Option<Finding> {
    let curve = context.column(Column::ValAccuracy);
    let count = repeats(&curve).filter(|count| *count >= ANSWERS)?;
    let many = context.validation_size().is_some_and(|size| size >= PHOTOS);
    let &(index, last) = curve.last()?;
    let since = curve[curve.len() - count].0;
    let moves = |losses: &[(usize, Reading)], by: f64| {
        let values = losses.iter().filter(|(row, _)| *row >= since).map(|(_, reading)| reading.value);
        let (least, most) = values.fold((f64::INFINITY, 0.0_f64), |(low, high), x| (low.min(x), high.max(x)));
        most > by * least
    };
    let (trained_on, held_back) = (moves(train, 1.05), moves(&context.column(Column::ValLoss), 1.1));
    // A network that knows the training photos better, or worse, answers differently: that is for other rules.
    let (_, trained) = *context.column(Column::TrainAccuracy).last()?;
    let alike = (trained.value - last.value).abs() < 0.05;
    (many && trained_on && held_back && alike).then(|| {
        Finding {
            id: Id::Frozen,
            severity: Severity::Warning,
            claim: format!(
                "The validation accuracy is {} in each of the last {count} epochs, to the last digit, while the losses move: \
                    very probably the network gives one class to every photo, the largest.",
                percent(last.value)
            ),
            evidence: vec![Evidence::at(
                last.line,
                quoted(&context.rows[index], index, "validation accuracy", last),
            )],
            confidence: 0.8,
            advice: "Count how often each class is predicted, and compare the accuracy with the share of the largest class. If \
                they are equal, weigh the classes, judge by balanced accuracy, and try to overfit a single batch."
                .to_owned(),
            code: Some("print(torch.bincount(outputs.argmax(1)), torch.bincount(labels))".to_owned()),
        }
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
    if let Some(finding) = hardly_moves(context, &train).or_else(|| same_answers(context, &train)) {
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
