//! Losses that are a mean plus something: tried before any factor, because a floor looks like a factor that
//! grows.
//!
//! | offset         | sign                                                                               |
//! | -------------- | ---------------------------------------------------------------------------------- |
//! | double softmax | loss = `ln(e + C - 1) - 1` + error rate, nearly exactly, once the network is sure  |
//! | smoothing      | loss = entropy of the smoothed labels, far above what the accuracy explains, level   |
//! | weight penalty | both losses far too high, nearly equal, not falling while the accuracy rises       |
//!
//! A loss that is smaller than its errors allow is not a cross-entropy at all; one that begins with the variance of a label is a
//! squared error.

mod penalty;
mod smoothing;
mod softmax;
mod squares;

pub(crate) use penalty::{Penalty, inferred_penalty, printed_penalty};
pub(crate) use smoothing::{Smoothing, smoothing};
pub(crate) use softmax::{SoftmaxFit, double_softmax};
pub(crate) use squares::{guessed_squares, is_squared};

use foliar_logread::Series;

use crate::entropy::least_loss;
use crate::rows::Row;

/// Loss and error rate of one row.
#[derive(Clone, Copy, Debug)]
struct Pair {
    row: usize,
    loss: f64,
    error_rate: f64,
}

/// Finite, positive losses of one split with the error rates beside them.
fn pairs(rows: &[Row], validation: bool) -> Vec<Pair> {
    let read = |row: &Row| {
        if validation { (row.val_loss, row.val_accuracy) } else { (row.train_loss, row.train_accuracy) }
    };
    let pair = |(index, row): (usize, &Row)| {
        let (loss, accuracy) = read(row);
        let loss = loss?.value;
        let error_rate = (1.0 - accuracy?.value).clamp(0.0, 1.0);
        (loss.is_finite() && loss > 0.0).then_some(Pair { row: index, loss, error_rate })
    };
    rows.iter().enumerate().filter_map(pair).collect()
}

/// Whether a network of several outputs prints the accuracy of each: `acc_day`, `acc_rain`.
pub(crate) fn has_heads(series: &[Series]) -> bool {
    let named = |series: &&Series| {
        let name = series.name.to_lowercase();
        let of_head = ["acc_", "accuracy_"].iter().filter_map(|start| name.split(start).nth(1)).next();
        let plain =
            ["top", "epoch", "step", "best", "ema", "mean", "avg", "macro", "micro", "train", "val", "test"];
        of_head.is_some_and(|head| {
            head.starts_with(|first: char| first.is_alphabetic())
                && !plain.iter().any(|word| head.starts_with(word))
        })
    };
    series.iter().filter(named).filter(|series| !series.points.is_empty()).count() >= 2
}

/// Whether a score of overlap (Dice, Jaccard) is told: then the loss may hold one, and an accuracy counts pixels.
pub(crate) fn is_overlap(series: &[Series]) -> bool {
    let overlap = |series: &Series| {
        let name = series.name.to_lowercase();
        ["dice", "iou", "jaccard", "dsc"].iter().any(|word| name.contains(word))
    };
    series.iter().any(overlap)
}

/// Whether the accuracy is never above 3 % and the loss below what so many errors must cost: then it is
/// not a cross-entropy of these classes.
pub(crate) fn is_foreign(rows: &[Row]) -> bool {
    let columns = [true, false].map(|validation| pairs(rows, validation));
    columns.iter().find(|pairs| pairs.len() >= 2).is_some_and(|pairs| {
        let least = pairs.iter().map(|pair| pair.error_rate).fold(1.0, f64::min);
        let too_small = pairs.iter().filter(|pair| pair.loss < 0.9 * least_loss(least)).count();
        least >= 0.97 && 3 * too_small >= 2 * pairs.len()
    })
}
