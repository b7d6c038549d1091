//! Values that repeat themselves to the last digit.

use crate::context::Context;
use crate::entropy::least_entropy;
use crate::guessing;
use crate::learned::late;
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

/// The last of validation accuracies that are the same to the last digit in five epochs and more, in all but the first at most; with
/// its row and their number.
pub(crate) fn one_share(context: &Context<'_>) -> Option<(usize, Reading, usize)> {
    const SAME: usize = 5;
    let curve = context.best_run(Column::ValAccuracy);
    let &(index, last) = curve.last()?;
    let same = curve.iter().rev().take_while(|(_, reading)| reading.value == last.value).count();
    let digits = last.resolution > 0.0 && last.value >= 100.0 * last.resolution;
    (same >= SAME && same + 1 >= curve.len() && digits).then_some((index, last, same))
}

/// Whether no loss, of training or of validation, comes below the entropy of such an accuracy by more than a tenth: what a network
/// pays that gives the largest class to every photo, and knows its share.
pub(crate) fn costs_one_answer(context: &Context<'_>, share: f64) -> bool {
    const NEARLY: f64 = 0.9;
    let above = |column: Column, accuracy: f64| {
        let curve = context.best_run(column);
        late(&curve).is_none_or(|_| {
            curve.iter().all(|(_, reading)| reading.value > NEARLY * least_entropy(1.0 - accuracy))
        })
    };
    let trained = late(&context.best_run(Column::TrainAccuracy)).unwrap_or(share);
    above(Column::ValLoss, share) && above(Column::TrainLoss, trained) && !context.scale_is_off()
}
