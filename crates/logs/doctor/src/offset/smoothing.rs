//! By how much the labels were smoothed, if a smoothing explains why a loss does not fall further.
//!
//! | symbol | range | is |
//! | --- | --- | --- |
//! | e | 0..=1 | share of wrong answers of an epoch |
//! | C | 2.. | number of classes, where it is known |
//! | s | 0..1 | share of each target that is spread over all classes |
//! | b(s) | | mean loss of a calibrated model against smoothed labels, see [`crate::entropy`] |
//!
//! For each late epoch b(s) = loss is solved for s, with the two bounds of b and with a value between them. A smoothing gives the
//! same s in all epochs, for the floor does not move; a network that is only unsure gives one that falls. Smoothing is looked for
//! in the training loss first: many programs smooth there alone. A penalty on the weights, a factor and a softmax of probabilities
//! leave a floor too; they need an s that nobody uses, or a start above guessing.

use crate::entropy::smoothed_bounds;
use crate::rows::{Column, Reading, Row};
use crate::scale::reference::{Known, expected};
use crate::setup::RunSetup;

/// Epochs with loss and accuracy that are needed.
const EPOCHS: usize = 5;
/// Most errors: the more there are, the less of a loss is floor.
const ERRORS: f64 = 0.15;
/// Shares that are in use, with a margin.
const SHARES: std::ops::RangeInclusive<f64> = 0.02..=0.25;
/// A first training loss above this many times that of guessing is not that of a mean with smoothed labels; and above this many
/// nats, where the number of classes is not known.
const START: (f64, f64) = (1.35, 7.0);
/// By how much the share may differ between late epochs.
const SPREAD: f64 = 1.5;
/// By how much the loss may still change in the last third.
const LEVEL: f64 = 1.12;
/// How far a loss must lie above what its accuracy explains, as a factor and in nats.
const ABOVE: (f64, f64) = (1.7, 0.08);
/// Numbers of classes that are tried where it is not known.
const CLASSES: [f64; 2] = [2.0, 1000.0];

/// A smoothing that explains a loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Smoothing {
    /// Column of the loss.
    pub(crate) column: Column,
    /// Index of the last row.
    pub(crate) row: usize,
    pub(crate) loss: Reading,
    pub(crate) accuracy: f64,
    /// Least and largest share that explain it.
    pub(crate) share: (f64, f64),
    /// The likeliest share; `None` where the number of classes is not known.
    pub(crate) best: Option<f64>,
}

/// The smoothing of a log whose losses are means, if one explains them.
pub(crate) fn smoothing(rows: &[Row], setup: &RunSetup) -> Option<Smoothing> {
    let begins = rows.first().is_some_and(|row| row.epoch.is_none_or(|epoch| epoch <= 1.0));
    let start = rows.iter().find_map(|row| row.train_loss).map_or(0.0, |loss| loss.value);
    if begins && start > setup.chance_loss().map_or(START.1, |chance| START.0 * chance) {
        return None;
    }
    let of_training = fit(rows, Column::TrainLoss, Column::TrainAccuracy, setup);
    of_training.or_else(|| {
        // A training loss that is far lower would show no floor.
        let alike = |row: &Row| {
            row.train_loss.zip(row.val_loss).is_none_or(|(train, val)| train.value > 0.7 * val.value)
        };
        let with_training = rows.iter().any(|row| row.train_loss.is_some());
        let late = &rows[rows.len() - rows.len().div_ceil(3)..];
        fit(rows, Column::ValLoss, Column::ValAccuracy, setup)
            .filter(|_| with_training && late.iter().all(alike))
    })
}

fn fit(rows: &[Row], loss: Column, accuracy: Column, setup: &RunSetup) -> Option<Smoothing> {
    let pairs: Vec<(usize, Reading, Reading)> = rows
        .iter()
        .enumerate()
        .filter_map(|(index, row)| Some((index, row.get(loss)?, row.get(accuracy)?)))
        .filter(|(_, loss, _)| loss.value.is_finite() && loss.value > 0.0)
        .collect();
    if pairs.len() < EPOCHS {
        return None;
    }
    let late = &pairs[pairs.len() - pairs.len().div_ceil(3)..];
    let samples = if loss == Column::TrainLoss { setup.train_size } else { setup.validation_size };
    let known = Known { classes: setup.classes, samples };
    let far = |&(_, loss, accuracy): &(usize, Reading, Reading)| {
        let e = 1.0 - accuracy.value;
        let need = expected(e, accuracy.resolution, known).log_loss.exp();
        (0.0..ERRORS).contains(&e) && loss.value > ABOVE.0 * need + ABOVE.1
    };
    let (first, last) = (late.first()?, late.last()?);
    let level = first.1.value < LEVEL * last.1.value && last.1.value < 1.05 * first.1.value;
    // A floor is below guessing.
    let beyond = setup.chance_loss().is_some_and(|chance| last.1.value > 0.8 * chance);
    if !late.iter().all(far) || !level || beyond {
        return None;
    }
    let classes = setup.classes.map(|classes| classes as f64);
    let usual = classes.unwrap_or(12.0);
    let shares: Vec<f64> =
        late.iter().map(|pair| solve(pair, usual, between)).collect::<Option<Vec<f64>>>()?;
    let (least, most) = shares.iter().fold((1.0_f64, 0.0_f64), |(low, high), s| (low.min(*s), high.max(*s)));
    let (few, many) = classes.map_or((CLASSES[0], CLASSES[1]), |classes| (classes, classes));
    let share = (solve(last, many, |_, high| high)?, solve(last, few, |low, _| low)?);
    let best = solve(last, usual, between)?;
    (most < SPREAD * least && SHARES.contains(&best) && share.0 > 0.5 * SHARES.start()).then_some(Smoothing {
        column: loss,
        row: last.0,
        loss: last.1,
        accuracy: last.2.value,
        share: (share.0.min(best), share.1.max(best)),
        best: classes.map(|_| best),
    })
}

/// A good model knows much of what it confuses.
fn between(low: f64, high: f64) -> f64 {
    low + 0.3 * (high - low)
}

/// The share at which the loss is what `bound` makes of the two bounds, by bisection; `None` if no share below one half gives it.
fn solve(
    &(_, loss, accuracy): &(usize, Reading, Reading),
    classes: f64,
    bound: fn(f64, f64) -> f64,
) -> Option<f64> {
    let e = (1.0 - accuracy.value).clamp(0.0, 1.0);
    let at = |share: f64| {
        let (low, high) = smoothed_bounds(e, classes, share);
        bound(low, high)
    };
    let (mut low, mut high) = (0.0, 0.5);
    if at(low) > loss.value || at(high) < loss.value {
        return None;
    }
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if at(middle) < loss.value { low = middle } else { high = middle }
    }
    Some(0.5 * (low + high))
}
