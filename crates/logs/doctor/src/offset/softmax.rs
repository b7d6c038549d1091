//! A softmax of probabilities, inferred from its floor.
//!
//! | symbol  | is                                                                  |
//! | ------- | ------------------------------------------------------------------- |
//! | `C`     | number of classes, known or fitted                                  |
//! | `floor` | `ln(e + C - 1) - 1`, the loss of a network that is right and sure    |
//! | `r`     | error rate of an epoch                                              |
//!
//! The softmax of a one-hot vector costs `floor` where it is right and `floor + 1` where it is wrong, so the
//! mean is `floor + r`. A network that is unsure of everything pays ln C, where the line ends too: an epoch
//! near chance tells nothing.

use super::{Pair, pairs};
use crate::entropy::softmax_floor;
use crate::rows::Row;
use crate::scale::reference::{Known, expected};
use crate::setup::RunSetup;

/// Most classes that are tried where the number is not known; beyond, floors lie too close to tell apart.
const MOST_CLASSES: usize = 60;

/// A column whose losses are those of the softmax of probabilities.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SoftmaxFit {
    pub(crate) classes: usize,
    /// Whether the number of classes was known and not fitted.
    pub(crate) known: bool,
    pub(crate) validation: bool,
    /// Row with the fewest errors, and by how much its loss differs from floor + error rate.
    pub(crate) row: usize,
    pub(crate) residual: f64,
    /// Rows that the fit rests on.
    pub(crate) rows: usize,
}

/// Looks for the double softmax.
pub(crate) fn double_softmax(rows: &[Row], setup: &RunSetup) -> Option<SoftmaxFit> {
    // Both columns come from one criterion: where validation is printed, it must fit.
    let validation = pairs(rows, true);
    let found = if validation.is_empty() {
        fit(&pairs(rows, false), setup, false)
    } else {
        fit(&validation, setup, true)
    };
    // A first epoch may be unsure of everything, and pass the line on its way down.
    let later = rows.first().is_some_and(|row| row.epoch.is_some_and(|epoch| epoch > 1.0));
    found.filter(|fit| fit.rows > 1 || later)
}

fn fit(pairs: &[Pair], setup: &RunSetup, validation: bool) -> Option<SoftmaxFit> {
    let known = setup.classes.is_some();
    // The first epochs may still be unsure of everything.
    let share = if known { 3 } else { 2 };
    let late = &pairs[pairs.len() - pairs.len().div_ceil(share).max(3).min(pairs.len())..];
    let best = late.iter().copied().min_by(|a, b| a.error_rate.total_cmp(&b.error_rate))?;
    let classes = match setup.classes {
        Some(classes) => classes,
        None => (2..=MOST_CLASSES).min_by(|&a, &b| typical(late, a).total_cmp(&typical(late, b)))?,
    };
    let (floor, guess, nearness) =
        (softmax_floor(classes as f64), 1.0 / classes as f64, typical(late, classes));
    let learned = if known && pairs.len() >= 10 { 0.85 } else { 0.65 };
    if !late.iter().all(|pair| pair.loss > floor - 0.002) || best.error_rate > learned * (1.0 - guess) {
        return None;
    }
    let usual =
        expected(best.error_rate, 0.0, Known { classes: Some(classes), samples: setup.validation_size });
    let far_above = best.loss.ln() - usual.log_loss > 1.2 * usual.above.max(0.5);
    // Either a loss that only the floor explains, or one that moves with the errors one to one.
    let (by_floor, by_slope) = match (known, pairs.len()) {
        (true, 1) => (nearness < 0.006, false),
        (true, count) => {
            let steady = nearness < 0.02 || range(late, classes) < 0.02;
            let exact = nearness < 0.02 && range(late, classes) < 0.02;
            (nearness < 0.06 && steady, count >= 10 && exact)
        }
        (false, count) => {
            (count >= 5 && nearness < 0.006 && range(late, classes) < 0.012, count >= 10 && nearness < 0.006)
        }
    };
    ((by_floor && far_above) || (by_slope && slope_is_one(pairs))).then(|| SoftmaxFit {
        classes,
        known,
        validation,
        row: best.row,
        residual: residual(&best, classes),
        rows: late.len(),
    })
}

/// Loss less error rate less floor.
fn residual(pair: &Pair, classes: usize) -> f64 {
    pair.loss - pair.error_rate - softmax_floor(classes as f64)
}

/// Median size of the residuals.
fn typical(pairs: &[Pair], classes: usize) -> f64 {
    let mut residuals: Vec<f64> = pairs.iter().map(|pair| residual(pair, classes).abs()).collect();
    residuals.sort_by(f64::total_cmp);
    residuals[residuals.len() / 2]
}

/// Largest less least residual.
fn range(pairs: &[Pair], classes: usize) -> f64 {
    let residuals = pairs.iter().map(|pair| residual(pair, classes));
    let (low, high) =
        residuals.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
    high - low
}

/// Once the first quarter is over, the loss changes by as much as the error rate.
fn slope_is_one(pairs: &[Pair]) -> bool {
    let pairs = &pairs[pairs.len() / 4..];
    let n = pairs.len() as f64;
    let mean = |read: fn(&Pair) -> f64| pairs.iter().map(read).sum::<f64>() / n;
    let (loss, rate) = (mean(|pair| pair.loss), mean(|pair| pair.error_rate));
    let spread: f64 = pairs.iter().map(|pair| (pair.error_rate - rate).powi(2)).sum();
    let joint: f64 = pairs.iter().map(|pair| (pair.error_rate - rate) * (pair.loss - loss)).sum();
    (spread / n).sqrt() > 0.01 && (0.7..1.45).contains(&(joint / spread))
}
