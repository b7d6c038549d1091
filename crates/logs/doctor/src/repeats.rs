//! Values that repeat themselves to the last digit.

use crate::context::Context;
use crate::guessing;
use crate::rows::{Column, Reading};

/// Epochs in a row, up to the last one, with the same value.
pub(crate) const EPOCHS: usize = 4;

/// How many values at the end of `curve` are the same, if they are at least [`EPOCHS`], most of the curve, and have three
/// digits and more.
pub(crate) fn repeats(curve: &[(usize, Reading)]) -> Option<usize> {
    let last = curve.last()?.1;
    let digits = last.resolution > 0.0 && last.value.abs() >= 100.0 * last.resolution;
    let count = curve.iter().rev().take_while(|(_, reading)| reading.value == last.value).count();
    (digits && count >= EPOCHS && 2 * count > curve.len()).then_some(count)
}

/// Whether the validation loss repeats itself while the training loss moves, by a twentieth and more. Not where it is that of
/// guessing: then there is nothing that validation could see.
pub(crate) fn validation_alone(context: &Context<'_>) -> bool {
    let train = context.column(Column::TrainLoss);
    let values = || train.iter().map(|(_, reading)| reading.value);
    let (least, most) = values().fold((f64::INFINITY, 0.0_f64), |(low, high), x| (low.min(x), high.max(x)));
    let repeats = repeats(&context.column(Column::ValLoss)).is_some();
    train.len() >= EPOCHS && most > 1.05 * least && repeats && guessing::exact(context).is_none()
}
