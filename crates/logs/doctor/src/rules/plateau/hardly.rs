//! Runs that hardly move: accuracies that stay low, losses that stay where a cut log begins, and a share of next to nothing.
//!
//! Where the number of classes is not known, an accuracy that never rose may be guessing, the share of the largest class, or all that a
//! small network can do. That nothing is gained by more of the same holds for each of them.

use crate::context::Context;
use crate::learned::late;
use crate::rows::{Column, Reading};
use crate::words::{number, percent, quoted};
use crate::{Evidence, Finding, Id, Severity};

type Curve = [(usize, Reading)];

pub(super) fn find(context: &Context<'_>) -> Option<Finding> {
    if context.is_own {
        return None;
    }
    low(context).or_else(|| from_the_middle(context)).or_else(|| next_to_nothing(context))
}

/// Least and largest value.
fn range(curve: &Curve) -> (f64, f64) {
    let values = curve.iter().map(|(_, reading)| reading.value);
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)))
}

/// Accuracies of both below one half that rise by less than five points in eight epochs, while the training loss hardly falls.
fn low(context: &Context<'_>) -> Option<Finding> {
    const EPOCHS: usize = 8;
    const HALF: f64 = 0.5;
    const RISE: f64 = 0.05;
    const FALL: f64 = 0.15;
    let [learned, judged] = [Column::TrainAccuracy, Column::ValAccuracy].map(|column| context.column(column));
    let losses = context.column(Column::TrainLoss);
    let stays = |curve: &Curve| {
        let first = curve.first().map_or(0.0, |(_, reading)| reading.value);
        curve.len() >= EPOCHS && range(curve).1 < HALF && late(curve).is_some_and(|end| end < first + RISE)
    };
    let (first, end) = (losses.first()?.1.value, late(&losses)?);
    let level = losses.len() >= EPOCHS && first > 0.0 && end > (1.0 - FALL) * first;
    let alike = late(&learned)? < late(&judged)? + RISE;
    let (&(start, from), &(index, to)) = (judged.first()?, judged.last()?);
    (stays(&learned) && stays(&judged) && level && alike).then(|| Finding {
        id: Id::Plateau,
        severity: Severity::Warning,
        claim: format!(
            "In {} epochs next to nothing was learned: the validation accuracy goes from {} to {}, that of training is no better, and \
                the training loss goes from {} to {}.",
            judged.len(),
            percent(from.value),
            percent(to.value),
            number(first),
            number(losses.last().map_or(end, |(_, reading)| reading.value))
        ),
        evidence: vec![
            Evidence::at(from.line, quoted(&context.rows[start], start, "validation accuracy", from)),
            Evidence::at(to.line, quoted(&context.rows[index], index, "validation accuracy", to)),
        ],
        confidence: 0.8,
        advice: "Try to overfit a hundred photos. If that fails, normalise the inputs, check the labels, and try learning rates ten times \
            higher and lower. If it succeeds, train a larger network or more of its layers."
            .to_owned(),
        code: None,
    })
}

/// Losses without an accuracy, of a log that begins in the middle of a run: training is level, validation ends where it began.
fn from_the_middle(context: &Context<'_>) -> Option<Finding> {
    const BEGUN: f64 = 10.0;
    const READINGS: usize = 8;
    const LEVEL: f64 = 0.06;
    const NEAR: f64 = 0.1;
    let told =
        [Column::TrainAccuracy, Column::ValAccuracy].iter().any(|column| !context.column(*column).is_empty());
    let [train, val] = [Column::TrainLoss, Column::ValLoss].map(|column| context.best_run(column));
    let begun =
        train.iter().find_map(|(index, _)| context.rows[*index].epoch).is_some_and(|epoch| epoch >= BEGUN);
    let (least, most) = range(&train);
    let level = train.len() >= READINGS && least > 0.0 && most < (1.0 + LEVEL) * least;
    let third = val.len() / 3;
    let (before, now) = (late(val.get(..third)?)?, late(&val)?);
    let stays = val.len() >= READINGS && (now - before).abs() < NEAR * before.abs();
    let (&(start, from), &(index, to)) = (val.first()?, val.last()?);
    (!told && begun && level && stays).then(|| Finding {
        id: Id::Plateau,
        severity: Severity::Note,
        claim: format!(
            "From {} to the end nothing moves: the training loss stays between {} and {}, and the validation loss goes from {} to {}.",
            crate::words::epoch_name(&context.rows[start], start),
            number(least),
            number(most),
            number(from.value),
            number(to.value)
        ),
        evidence: vec![
            Evidence::at(from.line, quoted(&context.rows[start], start, "validation loss", from)),
            Evidence::at(to.line, quoted(&context.rows[index], index, "validation loss", to)),
        ],
        confidence: 0.8,
        advice: "More epochs of the same will not help. Lower the learning rate once, then stop; compare the loss with that of the best \
            constant answer, and with that of the first epochs."
            .to_owned(),
        code: None,
    })
}

/// A training accuracy of next to nothing that is the same to the last digit in ten lines, beside a level loss.
fn next_to_nothing(context: &Context<'_>) -> Option<Finding> {
    const LINES: usize = 10;
    const SHARE: f64 = 0.05;
    const LEVEL: f64 = 1.05;
    let (losses, accuracies) = (context.column(Column::TrainLoss), context.column(Column::TrainAccuracy));
    let (least, most) = range(&losses);
    let (low, high) = range(&accuracies);
    let still = accuracies.len() >= LINES && low == high && low > 0.0 && low < SHARE;
    let level = losses.len() >= LINES && least > 0.0 && most < LEVEL * least;
    let &(index, last) = accuracies.last()?;
    (still && level).then(|| Finding {
        id: Id::Plateau,
        severity: Severity::Warning,
        claim: format!(
            "In {} lines the training accuracy is {} to the last digit, and the loss stays between {} and {}: nothing is learned.",
            accuracies.len(),
            percent(last.value),
            number(least),
            number(most)
        ),
        evidence: vec![Evidence::at(
            last.line,
            quoted(&context.rows[index], index, "training accuracy", last),
        )],
        confidence: 0.8,
        advice: "Try to overfit a single batch. If that fails, the gradient is cut, the weights are frozen, or the learning rate is far \
            too small; check that labels and outputs are of one form."
            .to_owned(),
        code: None,
    })
}
