//! Whether a log proves that the network learned something that generalises.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | C | number of classes, where it is known |
//! | p | validation accuracy at the end: the median of the last third |
//! | n | validation photos; 300 where unknown |
//! | σ | standard error of an accuracy: √(p (1 - p) / n) |
//!
//! Proof is an accuracy that is clearly above guessing (p > 1 / C + 4 σ; above one half where C is unknown, since no
//! balanced task is guessed better), one that rose by more than noise since the first epoch (4 √2 σ), a loss below 0.9 ln C,
//! or, where C is unknown, a loss that fell by a tenth and more. Everything on validation photos, in three epochs or more.

use crate::context::Context;
use crate::rows::{Column, Reading};

/// Epochs with a validation that a judgement needs; two will do for an accuracy above the guessing of known classes.
pub(crate) const EPOCHS: usize = 3;
/// Validation photos that are assumed where nothing tells their number.
const ASSUMED: f64 = 300.0;

/// What is missing for a judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gap {
    /// No loss and no accuracy at all.
    Curves,
    /// Nothing was measured on photos that are not trained on.
    Validation,
    /// So many epochs with a validation are fewer than [`EPOCHS`].
    Epochs(usize),
    /// The values are those of guessing, as far as can be told.
    Proof,
}

/// What is missing to say that the network learned; `None` if nothing is.
pub(crate) fn gap(context: &Context<'_>) -> Option<Gap> {
    let [accuracy, loss] = [Column::ValAccuracy, Column::ValLoss].map(|column| context.column(column));
    let trained = [Column::TrainAccuracy, Column::TrainLoss].map(|column| context.column(column).len());
    let epochs = accuracy.len().max(loss.len());
    match epochs {
        0 if trained == [0, 0] => Some(Gap::Curves),
        0 => Some(Gap::Validation),
        2 if context.setup.classes.is_some() && by_accuracy(context, &accuracy) => None,
        _ if epochs < EPOCHS => Some(Gap::Epochs(epochs)),
        _ if by_accuracy(context, &accuracy) || by_loss(context, &loss) => None,
        _ => Some(Gap::Proof),
    }
}

/// The median of the last third, at least of one value.
pub(crate) fn late(curve: &[(usize, Reading)]) -> Option<f64> {
    let mut values: Vec<f64> =
        curve[curve.len() - curve.len().div_ceil(3)..].iter().map(|(_, reading)| reading.value).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

fn by_accuracy(context: &Context<'_>, curve: &[(usize, Reading)]) -> bool {
    let (Some(first), Some(end)) = (curve.first(), late(curve)) else { return false };
    let size = context.validation_size().map_or(ASSUMED, |size| size as f64);
    let error = |p: f64| (p * (1.0 - p) / size).max(0.25 / size / size).sqrt();
    let guess = context.setup.classes.map_or(0.5, |classes| 1.0 / classes as f64);
    end > guess + 4.0 * error(guess) || end > first.1.value + 4.0 * std::f64::consts::SQRT_2 * error(end)
}

fn by_loss(context: &Context<'_>, curve: &[(usize, Reading)]) -> bool {
    let (Some(first), Some(end)) = (curve.first(), late(curve)) else { return false };
    let mean = end / context.factors().1;
    match context.setup.chance_loss() {
        Some(chance) if !context.scale_is_off() => mean < 0.9 * chance,
        _ => end > 0.0 && end < 0.9 * first.1.value,
    }
}
