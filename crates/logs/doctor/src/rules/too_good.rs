//! No error at all, from the first epoch on.
//!
//! Idea: a network begins with random outputs, so its first epochs hold errors. A loss of 0 and an accuracy of 1 in
//! all of them mean that there is nothing to tell apart: one class in the labels, or the label among the inputs. Source: the
//! loss of guessing, ln C > 0. Limits: a log that starts after training, and easy data after transfer learning, which still
//! has a loss above 0.
//! Validation that repeats training to the last digit was measured on the same set.

use crate::context::Context;
use crate::rows::{Column, Reading};
use crate::words::{number, quoted};
use crate::{Evidence, Finding, Id, Severity};

const EPOCHS: usize = 3;
/// Share of right answers in a first epoch that has no errors of a network that learns.
const NEARLY: f64 = 0.999;

pub(crate) fn find(context: &Context<'_>) -> Option<Finding> {
    no_loss(context)
        .or_else(|| no_error(context))
        .or_else(|| validation_without_loss(context))
        .or_else(|| one_set(context))
}

/// Whether validation repeats what training measured, to the last digit.
pub(crate) fn is_one_set(context: &Context<'_>) -> bool {
    const VALUES: usize = 3;
    let pairs = |one: Column, other: Column| -> Vec<(Reading, Reading)> {
        context.rows.iter().filter_map(|row| row.get(one).zip(row.get(other))).collect()
    };
    let losses = pairs(Column::TrainLoss, Column::ValLoss);
    let accuracies = pairs(Column::TrainAccuracy, Column::ValAccuracy);
    let same = |pairs: &[(Reading, Reading)]| {
        pairs.iter().all(|(train, val)| train.value == val.value && train.value.is_finite())
    };
    let mut values: Vec<f64> = losses
        .iter()
        .map(|(train, _)| *train)
        .filter(|train| train.resolution > 0.0 && train.value.abs() >= 100.0 * train.resolution)
        .map(|train| train.value)
        .collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    let whole = losses.len() == context.column(Column::ValLoss).len();
    whole && values.len() >= VALUES && same(&losses) && same(&accuracies)
}

/// Training and validation that are the same to the last digit in all epochs.
fn one_set(context: &Context<'_>) -> Option<Finding> {
    let (index, last) = *context.column(Column::ValLoss).last().filter(|_| is_one_set(context))?;
    Some(Finding {
        id: Id::TooGood,
        severity: Severity::Error,
        claim: format!(
            "The losses of training and validation are equal to the last digit in all {} lines: validation is measured on the \
                training set, so nothing here says what the model is worth on anything else.",
            context.column(Column::ValLoss).len()
        ),
        evidence: vec![
            Evidence::at(last.line, quoted(&context.rows[index], index, "validation loss", last)),
            Evidence::at(last.line, quoted(&context.rows[index], index, "training loss", last)),
        ],
        confidence: 0.93,
        advice: "Split the photos before training, and give the held-out part to validation: the same set was given twice. Check \
            that no photo and no plant is in both."
            .to_owned(),
        code: None,
    })
}

/// No error while training, in any epoch from the first one on.
fn no_error(context: &Context<'_>) -> Option<Finding> {
    let curve = context.column(Column::TrainAccuracy);
    let &(index, first) = curve.first()?;
    let begins = context.rows[index].epoch.is_some_and(|epoch| epoch <= 1.0);
    let perfect = curve.len() >= EPOCHS && curve.iter().all(|(_, reading)| reading.value >= 1.0);
    // The accuracy of the points of a map, nearly all of which are of one kind, errs in a few of them at first.
    let judged = context.column(Column::ValAccuracy);
    let nearly = first.value >= NEARLY
        && curve.len() >= EPOCHS
        && curve[1..].iter().all(|(_, reading)| reading.value >= 1.0)
        && judged.len() >= EPOCHS
        && judged.iter().all(|(_, reading)| reading.value >= 1.0);
    (begins && (perfect || nearly)).then(|| Finding {
        id: Id::TooGood,
        severity: Severity::Warning,
        claim: "The training accuracy is 100 % from the start, although a network makes errors while it learns. Either \
            the task is trivial, the run went on from a finished one, or the network is shown the answer."
            .to_owned(),
        evidence: vec![Evidence::at(first.line, quoted(&context.rows[index], index, "training accuracy", first))],
        confidence: 0.7,
        advice: "Check that no label is part of the input, such as a caption or a colour of the border, and that photos of one \
            class do not all come from one camera."
            .to_owned(),
        code: None,
    })
}

/// A validation without any loss, while training still errs.
fn validation_without_loss(context: &Context<'_>) -> Option<Finding> {
    /// The least loss of a clipped probability in single precision is 1.2e-7.
    const NOTHING: f64 = 1e-5;
    let losses = context.column(Column::ValLoss);
    let without =
        losses.iter().rev().take_while(|(_, reading)| (0.0..NOTHING).contains(&reading.value)).count();
    let trained = context.column(Column::TrainAccuracy);
    let errs = trained.last().is_some_and(|(_, reading)| reading.value < 0.97);
    let &(index, last) = losses.last().filter(|_| without >= EPOCHS && errs)?;
    Some(Finding {
        id: Id::TooGood,
        severity: Severity::Error,
        claim: format!(
            "The validation loss is {} in the last {without} epochs while training still makes errors: validation holds photos of one \
                class only, or its labels are among its inputs.",
            number(last.value)
        ),
        evidence: vec![Evidence::at(last.line, quoted(&context.rows[index], index, "validation loss", last))],
        confidence: 0.9,
        advice: "Count the validation labels of each class. A split by the order of files puts one class into validation: shuffle \
            before splitting."
            .to_owned(),
        code: Some("print(torch.bincount(torch.cat([labels for _, labels in val_loader])))".to_owned()),
    })
}

/// No loss at all.
fn no_loss(context: &Context<'_>) -> Option<Finding> {
    let (loss, accuracy, index, reading) =
        [(Column::ValLoss, Column::ValAccuracy), (Column::TrainLoss, Column::TrainAccuracy)]
            .into_iter()
            .find_map(|(loss, accuracy)| {
                let (losses, accuracies) = (context.column(loss), context.column(accuracy));
                let perfect = losses.len().max(accuracies.len()) >= EPOCHS
                    && losses.iter().all(|(_, reading)| reading.value.abs() <= reading.resolution.min(1e-4))
                    && accuracies.iter().all(|(_, reading)| reading.value >= 1.0);
                let &(index, reading) = losses.first().or(accuracies.first()).filter(|_| perfect)?;
                (!losses.is_empty()).then_some((losses.len(), accuracies.len(), index, reading))
            })?;
    Some(Finding {
        id: Id::TooGood,
        severity: Severity::Error,
        claim: format!(
            "The loss is 0 in all {loss} epochs{}: there is nothing to tell apart. Either all labels are of one class, \
                or the network is shown the answer.",
            if accuracy > 0 { " and the accuracy 1" } else { "" }
        ),
        evidence: vec![Evidence::at(reading.line, quoted(&context.rows[index], index, "loss", reading))],
        confidence: 0.93,
        advice: "Count the labels of each class as the network receives them. Check that a softmax has more than one output, \
            and that no label is part of the input."
            .to_owned(),
        code: Some("print(torch.bincount(torch.cat([labels for _, labels in train_loader])))".to_owned()),
    })
}
