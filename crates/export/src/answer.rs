//! From logits and features to what the classifier says, as [`foliar_model::Uncertainty::assess`] does it.
//!
//! | symbol | shape | meaning |
//! | --- | --- | --- |
//! | p | (n, C) | probabilities |
//! | r | (n, 1) | sum of all but the largest: 1 - p of the most probable class, exact where that is tiny |
//! | s | (n, C) | score of each class, 1 - p; r for the most probable one |
//!
//! Thresholds of a bundle are often the very value of a photo that it was calibrated on. Single precision must not move that photo to
//! the other side, so each bound is wider by [`ROUNDING`] of itself.

use foliar_model::Uncertainty;

use crate::distance::distance;
use crate::ops::{Binary, Ops};

/// How far single precision may be off, as a share.
const ROUNDING: f64 = 1e-5;
/// The same where a threshold is 0.
const LEAST: f64 = 1e-12;

/// What a network gives.
pub(crate) struct Outputs<V> {
    /// (n, C).
    pub(crate) logits: V,
    /// What stands before the classifier, averaged over the picture, (n, width), where it is asked for.
    pub(crate) features: Option<V>,
}

/// What a classifier says of n photos.
pub(crate) struct Answers<V> {
    /// (n, C).
    pub(crate) probabilities: V,
    /// Which classes are in the prediction set, (n, C).
    pub(crate) set: Option<V>,
    /// In units of the threshold, (n).
    pub(crate) distance: Option<V>,
    /// The class, or -1, (n).
    pub(crate) answer: V,
}

/// Appends the nodes from `outputs` to what is said. Without `uncertainty` every photo gets an answer.
pub(crate) fn answers<B: Ops>(
    b: &mut B,
    outputs: &Outputs<B::Value>,
    temperature: f64,
    uncertainty: Option<&Uncertainty>,
    classes: usize,
) -> Answers<B::Value> {
    b.enter("probabilities");
    let scale = b.float((1.0 / temperature) as f32);
    let logits = b.binary(Binary::Mul, &outputs.logits, &scale);
    let probabilities = b.softmax(&logits);
    b.enter("answer");
    let top = b.arg_max(&logits);
    let Some(uncertainty) = uncertainty else {
        let answer = b.remove(&top, 1);
        return Answers { probabilities, set: None, distance: None, answer };
    };
    let level = uncertainty.level();
    let numbers = b.ints(&(0..classes as i64).collect::<Vec<_>>());
    let is_top = b.binary(Binary::Equal, &numbers, &top);
    let (zero, one) = (b.float(0.0), b.float(1.0));
    let others = b.select(&is_top, &zero, &probabilities);
    let rest = b.sum(&others, 1, true);

    b.enter("set");
    let missing = b.binary(Binary::Sub, &one, &probabilities);
    let scores = b.select(&is_top, &rest, &missing);
    let (scores_below, shares_above) = bounds(&level.sets.thresholds);
    let bound = b.floats(&[classes], &scores_below);
    let low = b.binary(Binary::LessOrEqual, &scores, &bound);
    let bound = b.floats(&[classes], &shares_above);
    let high = b.binary(Binary::GreaterOrEqual, &probabilities, &bound);
    let set = b.binary(Binary::And, &low, &high);

    b.enter("answer");
    let bound = b.float(widened(1.0 - level.threshold));
    let mut answered = b.binary(Binary::LessOrEqual, &rest, &bound);
    let detector = uncertainty.ood.as_ref().zip(outputs.features.as_ref());
    let distance = detector.map(|(ood, features)| distance(b, features, ood));
    if let Some(distance) = &distance {
        b.enter("answer");
        let bound = b.float(widened(1.0));
        // A distance that is no number is below no bound.
        let near = b.binary(Binary::LessOrEqual, distance, &bound);
        let near = b.insert(&near, 1);
        answered = b.binary(Binary::And, &answered, &near);
    }
    let unknown = b.int(-1);
    let answer = b.select(&answered, &top, &unknown);
    let answer = b.remove(&answer, 1);
    Answers { probabilities, set: Some(set), distance, answer }
}

/// For each class, what its score must not be above and its probability not below to be in the set: of the two, the smaller number is
/// the exact one, and the other bound holds always.
fn bounds(thresholds: &[f64]) -> (Vec<f32>, Vec<f32>) {
    let of = |&threshold: &f64| match threshold {
        ..=0.5 => (widened(threshold), -1.0),
        _ => (2.0, ((1.0 - threshold) * (1.0 - ROUNDING) - LEAST) as f32),
    };
    thresholds.iter().map(of).unzip()
}

fn widened(bound: f64) -> f32 {
    (bound * (1.0 + ROUNDING) + LEAST) as f32
}

/// The one row of values of one photo.
pub(crate) fn single<B: Ops>(b: &mut B, answers: Answers<B::Value>) -> Answers<B::Value> {
    b.enter("single");
    Answers {
        probabilities: b.remove(&answers.probabilities, 0),
        set: answers.set.map(|value| b.remove(&value, 0)),
        distance: answers.distance.map(|value| b.remove(&value, 0)),
        answer: b.remove(&answers.answer, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_never_tighter_than_the_threshold_and_hardly_wider() {
        for threshold in [0.0, 1e-7, 1e-3, 0.3, 0.5, 0.7, 0.999, 0.999_962, 1.0 - 1e-7, 1.0] {
            let (scores, shares) = bounds(&[threshold]);
            let is_in = |share: f64| (1.0 - share) as f32 <= scores[0] && share as f32 >= shares[0];
            let smaller = threshold.min(1.0 - threshold);
            assert!(is_in(1.0 - threshold), "{threshold}");
            // A photo that is outside by a ten thousandth of what is to be told apart stays outside.
            let beyond = 1.0 - threshold - 1e-4 * smaller;
            assert!(smaller < 1e-4 || !is_in(beyond), "{threshold}");
            assert!(threshold < 0.5 || threshold == 1.0 || !is_in(beyond), "{threshold}");
        }
    }
}
