//! How well a score tells strangers from what a network was made for.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | inside | scores of photographs of the kind that the network was made for |
//! | outside | scores of others; higher is stranger |

use serde::{Deserialize, Serialize};

use crate::error::{MetricsError, check_share};

/// How well a score tells strangers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detection {
    /// Photographs inside.
    pub inside: usize,
    /// Photographs outside.
    pub outside: usize,
    /// Area under the receiver operating characteristic: how often a stranger scores higher than one inside, half where they
    /// are equal; 0.5 is a guess, and the value where either is missing.
    pub auroc: f64,
    /// Share of the strangers that are let in where at least 95 % of those inside are; 0 without strangers.
    pub let_in_at_95: f64,
}

impl Detection {
    /// From scores, of which the higher is the stranger. Infinite ones are ordered like numbers, and what is not a number
    /// counts as the strangest.
    pub fn new(inside: &[f64], outside: &[f64]) -> Self {
        let let_in_at_95 = match sorted(inside).get((0.95 * inside.len() as f64).ceil().max(1.0) as usize - 1)
        {
            Some(&threshold) => {
                let let_in = outside.iter().filter(|&&score| score <= threshold).count();
                let_in as f64 / outside.len().max(1) as f64
            }
            None => f64::from(u8::from(!outside.is_empty())),
        };
        Self { inside: inside.len(), outside: outside.len(), auroc: auroc(inside, outside), let_in_at_95 }
    }
}

/// How often one of `positives` is larger than one of `negatives`, half where they are equal: the area under the receiver
/// operating characteristic (Hanley and McNeil 1982). 0.5 if either is empty.
pub fn auroc(negatives: &[f64], positives: &[f64]) -> f64 {
    if negatives.is_empty() || positives.is_empty() {
        return 0.5;
    }
    let negatives = sorted(negatives);
    let below = |score: &f64| {
        let score = number(*score);
        let less = negatives.partition_point(|&other| other < score);
        let equal = negatives[less..].partition_point(|&other| other <= score);
        less as f64 + 0.5 * equal as f64
    };
    positives.iter().map(below).sum::<f64>() / (negatives.len() as f64 * positives.len() as f64)
}

/// The score up to which a new photograph of the kind of `inside` lies with probability `share` or more: the
/// ⌈(n + 1) share⌉-th smallest, or the largest where there are too few to promise it. Infinite without any score.
///
/// # Errors
/// A `share` that is not above 0 and below 1.
pub fn threshold_of(inside: &[f64], share: f64) -> Result<f64, MetricsError> {
    check_share("share of photographs to be let in", share)?;
    let place = ((inside.len() + 1) as f64 * share - 1e-9).ceil() as usize;
    Ok(sorted(inside).get(place.clamp(1, inside.len().max(1)) - 1).copied().unwrap_or(f64::INFINITY))
}

/// What is not a number is the strangest.
fn number(score: f64) -> f64 {
    if score.is_nan() { f64::INFINITY } else { score }
}

fn sorted(scores: &[f64]) -> Vec<f64> {
    let mut scores: Vec<f64> = scores.iter().copied().map(number).collect();
    scores.sort_unstable_by(f64::total_cmp);
    scores
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_area_is_the_share_of_pairs_in_order(
            negatives in prop::collection::vec(0_i32..12, 1..40),
            positives in prop::collection::vec(3_i32..15, 1..40),
        ) {
            let pair = |a: i32, b: i32| if b > a { 1.0 } else if a == b { 0.5 } else { 0.0 };
            let sum: f64 = negatives.iter().flat_map(|&a| positives.iter().map(move |&b| pair(a, b))).sum();
            let expected = sum / (negatives.len() * positives.len()) as f64;
            let of = |list: &[i32]| list.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
            let (negatives, positives) = (of(&negatives), of(&positives));
            prop_assert!((auroc(&negatives, &positives) - expected).abs() < 1e-12);
            prop_assert!((auroc(&positives, &negatives) + expected - 1.0).abs() < 1e-12);
            let detection = Detection::new(&negatives, &positives);
            prop_assert!((0.0..=1.0).contains(&detection.let_in_at_95));
        }

        #[test]
        fn a_threshold_lets_the_share_in(scores in prop::collection::vec(-5.0_f64..5.0, 1..80), share in 0.01..0.99) {
            let threshold = threshold_of(&scores, share).unwrap();
            let below = scores.iter().filter(|&&score| score <= threshold).count() as f64;
            prop_assert!(below >= (share * scores.len() as f64).floor());
        }
    }

    #[test]
    fn detection_by_hand() {
        let inside: Vec<f64> = (1..=20).map(f64::from).collect();
        let detection = Detection::new(&inside, &[18.0, 19.0, 20.0, 30.0]);
        // 19 of 20 are let in up to 19, and so are two of four strangers.
        assert_eq!(detection.let_in_at_95, 0.5);
        assert!((detection.auroc - (17.5 + 18.5 + 19.5 + 20.0) / 80.0).abs() < 1e-12);
        assert_eq!(threshold_of(&inside, 0.9).unwrap(), 19.0);
        assert_eq!(threshold_of(&inside, 0.99).unwrap(), 20.0);
    }

    #[test]
    fn what_is_missing_or_no_number_does_no_harm() {
        let none = Detection::new(&[], &[]);
        assert_eq!((none.auroc, none.let_in_at_95), (0.5, 0.0));
        assert_eq!(Detection::new(&[], &[1.0]).let_in_at_95, 1.0);
        assert_eq!(Detection::new(&[1.0, f64::INFINITY], &[f64::NAN]).auroc, 0.75);
        assert_eq!(threshold_of(&[], 0.95).unwrap(), f64::INFINITY);
        assert!(threshold_of(&[1.0], 1.0).is_err());
    }
}
