//! The mean loss to expect of a model that errs so often, and how far real ones stray from it.
//!
//! | symbol  | is                                                                          |
//! | ------- | --------------------------------------------------------------------------- |
//! | `e`     | error rate of the samples that the loss was measured on                     |
//! | `C`     | number of classes                                                           |
//! | `n`     | number of those samples                                                     |
//! | `r(e)`  | expected mean loss: `H(e) + w e ln(C - 1)`, `w` from 0.3 to 1 towards chance |
//! | `u`     | `ln(mean loss / r(e))`                                                      |
//!
//! `H(e)` and `H(e) + e ln(C - 1)` bound a calibrated model (see [`crate::entropy`]); which of them is nearer
//! depends on how much is known about the wrong ones: much of a good model, nothing of one that guesses. Real
//! runs scatter around with a standard deviation of about 0.4 in `u`; far more upwards while the loss still
//! falls fast (sure of little) and downwards where errors can be counted on one hand.

use crate::entropy::{entropy, entropy_bound};

/// Number of classes to reckon with where none is known.
const USUAL_CLASSES: f64 = 12.0;
/// Number of samples to reckon with where none is known.
const USUAL_SAMPLES: f64 = 700.0;

/// What a loss is expected to be: `ln r` and the spread of `u` on either side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Expected {
    pub(crate) log_loss: f64,
    pub(crate) below: f64,
    pub(crate) above: f64,
}

/// Setup that the expectation depends on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Known {
    pub(crate) classes: Option<usize>,
    /// Samples behind the accuracy.
    pub(crate) samples: Option<usize>,
}

/// The expectation for error rate `e`, printed to within `resolution`.
pub(crate) fn expected(e: f64, resolution: f64, known: Known) -> Expected {
    let classes = known.classes.map_or(USUAL_CLASSES, |classes| classes as f64);
    let samples = known.samples.map_or(USUAL_SAMPLES, |samples| samples as f64);
    let guessing = 1.0 - 1.0 / classes;
    let errors = (e * samples).max(0.0);
    let least = (0.5 / samples).max(0.3 * resolution);
    let rate = e.max(least);
    let weight = (0.3 + 0.7 * rate / guessing).min(1.0);
    let loss = entropy(rate.min(guessing)) + weight * (entropy_bound(rate, classes) - entropy(rate));
    let rounding = 0.3 * resolution / rate;
    let counting = 0.7 / (errors + 0.3);
    let unknown_size = if known.samples.is_none() && errors < 1.0 { 1.0 } else { 0.0 };
    let unknown_classes = if known.classes.is_none() { (0.7 * rate).powi(2) } else { 0.0 };
    let spread = 0.16 + counting + rounding * rounding + unknown_size + unknown_classes;
    let beyond_chance = if e > guessing + 0.05 { 4.0 } else { 0.0 };
    Expected { log_loss: loss.ln(), below: spread.sqrt(), above: (spread + 0.09 + beyond_chance).sqrt() }
}

/// What the training loss of the first epoch lies between: guessing, and where the epoch ends.
///
/// The mean over a curve that falls exponentially from `a` to `b` is `(a - b) / ln(a / b)`.
pub(crate) fn mean_while_falling(a: f64, b: f64) -> f64 {
    if a > 0.0 && b > 0.0 && (a / b - 1.0).abs() > 1e-6 { (a - b) / (a / b).ln() } else { a }
}

/// ln of the loss of guessing, with its spread: `ln ln C`, or that of a usual number of classes.
pub(crate) fn guessing(classes: Option<usize>) -> (f64, f64) {
    match classes {
        Some(classes) => ((classes as f64).ln().ln(), 0.1),
        None => (USUAL_CLASSES.ln().ln(), 0.5),
    }
}
