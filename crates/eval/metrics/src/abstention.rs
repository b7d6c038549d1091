//! From which confidence on a classifier may answer so that its answers are wrong at most as often as is borne.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | r | the share of wrong answers that is borne |
//! | δ | how often the promise may be broken: 0.05 for a confidence of 0.95 |
//! | k_t, e_t | photographs answered from threshold t on, errors among them |
//! | f | design effect: how many photographs say as much as one that is independent |
//!
//! A threshold is proven if a classifier that errs with probability r made e_t or fewer errors in k_t answers with probability
//! δ' or less: if the upper bound of Clopper and Pearson is at most r (selection with guaranteed risk: Geifman and El-Yaniv
//! 2017, "Selective Classification for Deep Neural Networks", section 3). Many thresholds are looked at, and the best of many
//! flatters. So they are tested in a fixed sequence (Angelopoulos et al. 2021, "Learn then Test", section 4): from
//! 1/16, 1/8, 1/4, 1/2 and all of the photographs answered on towards lower thresholds, each to its first failure, with
//! δ' = δ / 5 each. The chance that any proven threshold is too low is then at most δ.
//!
//! Photographs of one group err together. k and e are divided by f = 1 + (Σ m² / Σ m - 1) ρ, with m the sizes of the groups
//! and ρ the intraclass correlation of errors (Kish 1965, section 5.4), which is taken as 1 where nothing tells it.

use serde::{Deserialize, Serialize};

use crate::error::{MetricsError, check_length, check_share};
use crate::groups::Groups;
use crate::selective::risk_points;
use crate::share::{at_most, upper_bound_of};

/// Coverages at which a sequence of tests starts.
const STARTS: [f64; 5] = [1.0 / 16.0, 1.0 / 8.0, 1.0 / 4.0, 1.0 / 2.0, 1.0];

/// A confidence from which on answers may be given, and what speaks for it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Abstention {
    /// The lowest confidence that is answered.
    pub threshold: f64,
    /// The share of wrong answers that is borne.
    pub target: f64,
    /// Photographs.
    pub photographs: usize,
    /// Photographs answered.
    pub answered: usize,
    /// Errors among them.
    pub errors: usize,
    /// Upper bound of the share of wrong answers, at most the target.
    pub bound: f64,
}

impl Abstention {
    /// The lowest threshold proven to keep the share of wrong answers at or below `target`, with probability `confidence`
    /// (such as 0.95), from the `confidences` of photographs that the network was not trained on, whether each is `right`,
    /// and their groups. `None` if none is proven: the photographs are too few, or too many are called wrongly.
    ///
    /// # Errors
    /// Lists of different lengths, a confidence outside 0..=1, a target or confidence that is not above 0 and below 1.
    pub fn fit(
        confidences: &[f64],
        right: &[bool],
        groups: &Groups,
        target: f64,
        confidence: f64,
    ) -> Result<Option<Self>, MetricsError> {
        check_share("share of wrong answers that is borne", target)?;
        check_share("confidence of the abstention threshold", confidence)?;
        check_length("groups", groups.photographs(), confidences.len())?;
        let points = risk_points(confidences, right)?;
        let effect = design_effect(right, groups);
        let missing = (1.0 - confidence) / STARTS.len() as f64;
        let proven = |point: usize| {
            let (answered, errors) = (points[point].answered as f64, points[point].errors as f64);
            errors < target * answered && at_most(errors / effect, answered / effect, target) <= missing
        };
        let mut best = None;
        for start in STARTS {
            let first = points.partition_point(|point| point.coverage < start);
            let last = (first..points.len()).take_while(|&point| proven(point)).last();
            best = best.max(last);
        }
        Ok(best.map(|point| {
            let point = points[point];
            let bound = upper_bound_of(point.errors as f64 / effect, point.answered as f64 / effect, missing);
            Self {
                threshold: point.threshold,
                target,
                photographs: confidences.len(),
                answered: point.answered,
                errors: point.errors,
                bound: bound.min(target),
            }
        }))
    }
}

/// f, 1 or more.
fn design_effect(right: &[bool], groups: &Groups) -> f64 {
    let n = right.len().max(1) as f64;
    let rate = right.iter().filter(|&&right| !right).count() as f64 / n;
    let residuals: Vec<f64> = right.iter().map(|&right| f64::from(u8::from(!right)) - rate).collect();
    let deviations = vec![(rate * (1.0 - rate)).sqrt(); right.len()];
    let correlation = groups.correlation(&residuals, &deviations).unwrap_or(1.0);
    let square: f64 = groups.sizes().iter().map(|&size| (size * size) as f64).sum();
    1.0 + (square / n - 1.0).max(0.0) * correlation
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Purpose;
    use crate::share::upper_bound;

    fn fit(confidences: &[f64], right: &[bool], target: f64) -> Option<Abstention> {
        Abstention::fit(confidences, right, &Groups::independent(right.len()), target, 0.95).unwrap()
    }

    #[test]
    fn thresholds_by_hand() {
        // 100 photographs without an error: bound 1 - 0.01^(1/100) = 0.045.
        let confidences: Vec<f64> = (1..=100).map(|k| f64::from(k) / 100.0).collect();
        let found = fit(&confidences, &[true; 100], 0.05).unwrap();
        assert_eq!((found.threshold, found.answered), (0.01, 100));
        assert!((found.bound - upper_bound(0, 100, 0.99).unwrap()).abs() < 1e-9);
        assert_eq!(fit(&confidences, &[true; 100], 0.04), None);
        // The same errors at the bottom are left unanswered.
        let right: Vec<bool> = (0..1000).map(|k| k >= 200).collect();
        let confidences: Vec<f64> = (1..=1000).map(|k| f64::from(k) / 1000.0).collect();
        let found = fit(&confidences, &right, 0.05).unwrap();
        assert!((0.15..=0.2).contains(&found.threshold), "{found:?}");
        assert_eq!(found.errors, found.answered - 800);
        assert_eq!(fit(&[], &[], 0.05), None);
        assert_eq!(fit(&confidences, &[false; 1000], 0.5), None);
    }

    #[test]
    fn the_promise_is_kept() {
        // Risk 0.2 (1 - t)² at confidence t: the risk of answers from t on is 0.2 (1 - t)² / 3; from 0.134 on it is 0.05.
        let (mut broken, mut answered) = (0, 0.0);
        for seed in 0..400 {
            let mut stream = Purpose::Bootstrap.stream(seed, 4);
            let confidences: Vec<f64> = (0..600).map(|_| stream.uniform()).collect();
            let right: Vec<bool> =
                confidences.iter().map(|t| stream.uniform() >= 0.2 * (1.0 - t).powi(2)).collect();
            if let Some(found) = fit(&confidences, &right, 0.05) {
                let risk = 0.2 * (1.0 - found.threshold).powi(2) / 3.0;
                broken += usize::from(risk > 0.05);
                answered += 1.0 - found.threshold;
            }
        }
        assert!(broken <= 20, "{broken} of 400");
        assert!(answered / 400.0 > 0.4, "{}", answered / 400.0);
    }

    #[test]
    fn photographs_of_one_leaf_prove_no_more_than_one() {
        let ids: Vec<u64> = (0..400).map(|index| index / 4).collect();
        let confidences: Vec<f64> = (0..400).map(|index| 0.5 + f64::from(index / 4) / 1000.0).collect();
        let of = |groups: &Groups, right: &[bool]| {
            Abstention::fit(&confidences, right, groups, 0.02, 0.95).unwrap()
        };
        assert!(of(&Groups::independent(400), &[true; 400]).is_some());
        assert_eq!(of(&Groups::new(&ids), &[true; 400]), None, "100 leaves do not prove 0.02");
        let in_step: Vec<bool> = ids.iter().map(|id| id % 10 != 0).collect();
        assert!((design_effect(&in_step, &Groups::new(&ids)) - 4.0).abs() < 1e-9);
        assert_eq!(design_effect(&in_step, &Groups::independent(400)), 1.0);
    }

    #[test]
    fn what_can_not_be_is_refused() {
        let groups = Groups::independent(1);
        for (target, confidence) in [(0.0, 0.95), (1.0, 0.95), (f64::NAN, 0.95), (0.1, 1.0)] {
            assert!(Abstention::fit(&[0.5], &[true], &groups, target, confidence).is_err());
        }
        assert!(Abstention::fit(&[0.5], &[true], &Groups::independent(2), 0.1, 0.95).is_err());
    }
}
