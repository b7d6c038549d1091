//! How well a factor between printed loss and mean loss fits the curves.
//!
//! | symbol       | is                                                                    |
//! | ------------ | --------------------------------------------------------------------- |
//! | `x_t`, `x_v` | ln of the factor of the training and of the validation column          |
//! | `T_i`, `V_i` | printed training and validation loss of epoch `i`                      |
//! | `M(a, b)`    | mean over a curve that falls from `a` to `b`, `(a - b) / ln(a / b)`    |
//!
//! Four kinds of evidence, each a Student density (4 degrees of freedom) with its own spread below and above:
//!
//! 1. `V_i / exp(x_v)` is what the accuracy of epoch `i` leads to expect ([`super::reference`]); no
//!    model has less than `e ln 2`;
//! 2. `T_i / exp(x_t)` likewise, where the training accuracy is printed;
//! 3. the mean over epoch `i` lies between its ends: `T_i / exp(x_t)` is about `M(V_(i-1), V_i) / exp(x_v)`,
//!    closely so
//!    in the first epochs and from below once the model fits its training set better than others;
//! 4. the first epoch starts at guessing: `T_1 / exp(x_t)` is about `M(ln C, V_1 / exp(x_v))`.
//!
//! Epochs of one run stray together (an overconfident model stays so), hence a hundred of them tell little
//! more than a few: each kind counts as at most [`EFFECTIVE`] of its sharpest epochs (a composite likelihood,
//! Varin, Reid and Firth 2011).

use super::reference::{self, Expected, Known};
use crate::entropy::{entropy_bound, least_loss};
use crate::rows::{Reading, Row};

/// How many of its sharpest epochs one kind of evidence counts for.
const EFFECTIVE: f64 = 1.5;
/// The most that breaking the bound of `e ln 2` costs: the loss may be another than cross-entropy.
const BOUND_COST: f64 = 14.0;

/// The most that a first epoch costs whose loss is far above what its errors explain: it may be that unsure.
const UNSURE_COST: f64 = 3.0;
/// By how much such a loss may exceed H(e) + e ln(C - 1).
const UNSURE: f64 = 1.3;

/// Share of runs that start anywhere: far above guessing, or from weights that know the task.
const ODD_STARTS: f64 = 0.02;

/// Range and step of the tables, in ln of the factor.
const LOWEST: f64 = -9.0;
const STEP: f64 = 0.15;
const CELLS: usize = 180;

/// A function of ln of a factor, tabulated.
#[derive(Clone, Debug)]
struct Table(Vec<f64>);

impl Table {
    fn new(function: impl Fn(f64) -> f64) -> Self {
        Self((0..CELLS).map(|cell| function(LOWEST + STEP * cell as f64)).collect())
    }

    fn at(&self, x: f64) -> f64 {
        let place = ((x - LOWEST) / STEP).clamp(0.0, (CELLS - 1) as f64);
        let cell = (place as usize).min(CELLS - 2);
        let share = place - cell as f64;
        self.0[cell] * (1.0 - share) + self.0[cell + 1] * share
    }
}

/// One observation: at which ln of the factor it fits best, and how far it may stray.
#[derive(Clone, Copy, Debug)]
struct Observation {
    centre: f64,
    /// Spread of the factor's logarithm below and above the centre.
    below: f64,
    above: f64,
}

impl Observation {
    /// A loss too high for its accuracy makes the factor look too large, hence the swap of the spreads.
    fn of(loss: f64, expected: Expected) -> Self {
        Self { centre: loss.ln() - expected.log_loss, below: expected.above, above: expected.below }
    }

    fn log_density(&self, x: f64) -> f64 {
        let spread = if x < self.centre { self.below } else { self.above };
        student((x - self.centre) / spread) - (self.below + self.above).ln()
    }

    fn sharpness(&self) -> f64 {
        (self.below + self.above).powi(-2)
    }
}

/// Logarithm of Student's density with 4 degrees of freedom, up to a constant.
fn student(z: f64) -> f64 {
    -2.5 * (z * z / 4.0).ln_1p()
}

/// Sum of the log densities, shrunk to what [`EFFECTIVE`] sharpest epochs would say.
fn composite(observations: &[Observation]) -> Table {
    let sharpest = observations.iter().map(Observation::sharpness).fold(0.0, f64::max);
    let equivalent: f64 = observations.iter().map(|one| one.sharpness() / sharpest).sum();
    let weight = if equivalent > EFFECTIVE { EFFECTIVE / equivalent } else { 1.0 };
    Table::new(|x| weight * observations.iter().map(|one| one.log_density(x)).sum::<f64>())
}

/// The fit of every pair of factors to a log.
#[derive(Clone, Debug)]
pub(crate) struct Likelihood {
    train: Option<Table>,
    val: Option<Table>,
    coupling: Option<Table>,
    /// First training loss, first validation loss, as printed.
    start: Option<(f64, Option<f64>)>,
    classes: Option<usize>,
}

impl Likelihood {
    /// From rows of finite, positive losses; `from_scratch` if the first row is the first epoch of training.
    pub(crate) fn new(rows: &[Row], train: Known, val: Known, from_scratch: bool) -> Self {
        let table = |observations: Vec<Observation>, (least, most): (f64, f64)| {
            let table = (!observations.is_empty()).then(|| composite(&observations))?;
            Some(Table::new(|x| {
                let above = ((x - most).max(0.0) * 20.0).min(BOUND_COST);
                table.at(x) - above - ((least - x).max(0.0) * 8.0).min(UNSURE_COST)
            }))
        };
        let val_pairs = pairs(rows, |row| (row.val_loss, row.val_accuracy));
        let train_pairs = pairs(rows, |row| (row.train_loss, row.train_accuracy));
        let first = rows.iter().find_map(|row| row.train_loss.map(|train| (train.value, row.val_loss)));
        Self {
            train: table(against_accuracy(&train_pairs, train), bounds(&train_pairs, train.classes)),
            val: table(against_accuracy(&val_pairs, val), bounds(&val_pairs, val.classes)),
            coupling: table(against_each_other(rows), (f64::NEG_INFINITY, f64::INFINITY)),
            start: first.filter(|_| from_scratch).map(|(train, val)| (train, val.map(|val| val.value))),
            classes: val.classes,
        }
    }

    /// Log likelihood of a pair of factors, given by their logarithms, up to a constant.
    pub(crate) fn at(&self, x_t: f64, x_v: f64) -> f64 {
        let read = |table: &Option<Table>, x: f64| table.as_ref().map_or(0.0, |table| table.at(x));
        let start = self.start.map_or(0.0, |(train, val)| self.start_at(train.ln() - x_t, val, x_v));
        read(&self.train, x_t) + read(&self.val, x_v) + read(&self.coupling, x_t - x_v) + start
    }

    /// Whether accuracies bear on the factor of either column.
    pub(crate) fn is_informed(&self) -> bool {
        self.train.is_some() || self.val.is_some()
    }

    fn start_at(&self, log_mean: f64, val: Option<f64>, x_v: f64) -> f64 {
        let (guessing, unknown) = reference::guessing(self.classes);
        let (centre, fall) = match val {
            Some(val) => {
                let end = (val.ln() - x_v).min(guessing + 1.0);
                (reference::mean_while_falling(guessing.exp(), end.exp()).ln(), (guessing - end).max(0.0))
            }
            None => (guessing - 0.5, 2.0),
        };
        let u = log_mean - centre;
        // The less the first epoch learned, the closer it must be to guessing.
        let below = (0.12 + 0.25 * fall).hypot(unknown);
        let above = (0.15 + 0.12 * fall).hypot(unknown);
        let z = if u < 0.0 { u / below } else { u / above };
        (2.0 * (-0.5 * z * z).exp() / (below + above) + ODD_STARTS / (1.0 + z * z)).ln()
    }
}

/// Loss, accuracy and how much the loss still fell into and out of each epoch.
struct Pair {
    loss: Reading,
    accuracy: Reading,
    fall: f64,
}

fn pairs(rows: &[Row], columns: impl Fn(&Row) -> (Option<Reading>, Option<Reading>)) -> Vec<Pair> {
    let mut pairs: Vec<Pair> = rows
        .iter()
        .filter_map(|row| match columns(row) {
            (Some(loss), Some(accuracy)) => Some(Pair { loss, accuracy, fall: 0.0 }),
            _ => None,
        })
        .collect();
    let losses: Vec<f64> = pairs.iter().map(|pair| pair.loss.value.ln()).collect();
    for (index, pair) in pairs.iter_mut().enumerate() {
        let next = losses.get(index + 1).map(|next| losses[index] - next);
        let previous = index.checked_sub(1).map(|previous| losses[previous] - losses[index]);
        // A lone epoch may be the first of many.
        pair.fall = next.or(previous).unwrap_or(0.7).clamp(0.0, 2.0);
    }
    pairs
}

/// Loss against what the accuracy of the same samples leads to expect.
///
/// An epoch whose loss lies higher above its expectation than a later one's was unsure: its factor may be as
/// much too large.
fn against_accuracy(pairs: &[Pair], known: Known) -> Vec<Observation> {
    let mut observations: Vec<Observation> = pairs
        .iter()
        .map(|pair| {
            let e = (1.0 - pair.accuracy.value).clamp(0.0, 1.0);
            let mut expected = reference::expected(e, pair.accuracy.resolution, known);
            let rounding = 0.3 * pair.loss.resolution / pair.loss.value;
            expected.above = expected.above.hypot(1.2 * pair.fall).hypot(rounding);
            expected.below = expected.below.hypot(rounding);
            Observation::of(pair.loss.value, expected)
        })
        .collect();
    let mut least = f64::INFINITY;
    for observation in observations.iter_mut().rev() {
        least = least.min(observation.centre);
        observation.below = observation.below.hypot(0.4 * (observation.centre - least));
    }
    observations
}

/// The largest ln of a factor that leaves every epoch the `e ln 2` that it needs, and the least that leaves the first one within
/// reach of what its errors cost a calibrated model, where the classes are known.
fn bounds(pairs: &[Pair], classes: Option<usize>) -> (f64, f64) {
    let least = |pair: &Pair| {
        let e = 1.0 - pair.accuracy.value - 0.5 * pair.accuracy.resolution;
        if e > 1e-9 { pair.loss.value.ln() - least_loss(e).ln() } else { f64::INFINITY }
    };
    let unsure = pairs.first().zip(classes).map_or(f64::NEG_INFINITY, |(pair, classes)| {
        let e = 1.0 - pair.accuracy.value;
        let most = UNSURE * entropy_bound(e, classes as f64);
        if most > 0.0 { pair.loss.value.ln() - most.ln() } else { f64::NEG_INFINITY }
    });
    (unsure, pairs.iter().map(least).fold(f64::INFINITY, f64::min))
}

/// Training loss of an epoch against the validation losses at its ends: observations of `x_t - x_v`.
fn against_each_other(rows: &[Row]) -> Vec<Observation> {
    let both: Vec<(f64, f64)> =
        rows.iter().filter_map(|row| Some((row.train_loss?.value, row.val_loss?.value))).collect();
    let ends = both.windows(2).enumerate().map(|(index, pair)| {
        let age = (index + 1) as f64;
        let between = reference::mean_while_falling(pair[0].1, pair[1].1);
        Observation { centre: pair[1].0.ln() - between.ln(), below: 0.4 + 0.12 * age, above: 0.5 }
    });
    let observations: Vec<Observation> = ends.take(12).collect();
    match (observations.is_empty(), both.first()) {
        (true, Some(&(train, val))) => {
            vec![Observation { centre: train.ln() - val.ln() - 0.5, below: 1.0, above: 1.2 }]
        }
        _ => observations,
    }
}
