//! From which confidence on a classifier may answer so that its answers are wrong at most as often as the risk level allows.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | r | risk level: the proportion of wrong answers that is borne |
//! | δ | how often the promise may be broken: 0.05 for a confidence of 0.95 |
//! | G | groups |
//! | k_t, e_t | answers from threshold t on, and errors among them, where every group counts once and its photographs share that |
//!
//! A threshold is proven if a classifier that errs with probability r would make e_t or fewer errors in k_t answers with
//! probability δ' or less: if the upper bound of Clopper and Pearson is at most r (selection with guaranteed risk: Geifman and
//! El-Yaniv 2017, "Selective Classification for Deep Neural Networks", section 3). Many thresholds are looked at, and the best of
//! many flatters. So they are tested in a fixed sequence (Angelopoulos et al. 2021, "Learn then Test", section 4): from
//! 1/16, 1/8, 1/4, 1/2 and all of the photographs answered on towards lower thresholds, each to its first failure, with
//! δ' = δ / 5 each. The chance that any proven threshold is too low is then at most δ.
//!
//! Photographs of one group err together, so that a group is one observation. With one photograph of each group drawn at random,
//! answers and errors would be independent throws, and the bound exact. The mean over that draw, of which k and e are made,
//! varies less than the draw does, so that the bound errs on the safe side. What is promised is the risk for one photograph of a
//! group that was not seen.

use serde::{Deserialize, Serialize};

use crate::error::{MetricsError, check_length, check_proportion, check_verdicts};
use crate::groups::Groups;
use crate::proportion::{at_most, upper_bound_of};

/// Coverages at which a sequence of tests starts.
const STARTS: [f64; 5] = [1.0 / 16.0, 1.0 / 8.0, 1.0 / 4.0, 1.0 / 2.0, 1.0];
/// More groups than this times those at hand are not told: nobody will photograph so many.
const MOST: f64 = 1e6;

/// A proven threshold, or what is missing for one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guarantee {
    /// The lowest threshold that is proven.
    Proven(Abstention),
    /// No threshold can be proven.
    NotProvable {
        /// About so many more groups would do, if they are like those at hand; `None` if the classifier errs more often than
        /// the risk level even where it is most confident, which no number of groups mends.
        more_groups: Option<usize>,
    },
}

/// A confidence from which on answers may be given, and what speaks for it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Abstention {
    /// The lowest confidence that is answered.
    pub threshold: f64,
    /// r.
    pub risk_level: f64,
    /// Photographs.
    pub photographs: usize,
    /// G.
    pub groups: usize,
    /// Photographs answered.
    pub answered: usize,
    /// Errors among them.
    pub errors: usize,
    /// Upper bound of the proportion of wrong answers, at most r.
    pub bound: f64,
}

/// Answering from a threshold on.
#[derive(Clone, Copy, Debug)]
struct Point {
    threshold: f64,
    answered: usize,
    errors: usize,
    /// k_t.
    trials: f64,
    /// e_t.
    failures: f64,
}

impl Guarantee {
    /// The lowest threshold proven to keep the proportion of wrong answers at or below `risk_level`, with probability
    /// `confidence` (such as 0.95), from the `confidences` of photographs that the network was not trained on, whether each is
    /// `right`, and their groups.
    ///
    /// # Errors
    /// Lists of different lengths, a confidence outside 0..=1, a risk level or confidence that is not above 0 and below 1.
    pub fn fit(
        confidences: &[f64],
        right: &[bool],
        groups: &Groups,
        risk_level: f64,
        confidence: f64,
    ) -> Result<Self, MetricsError> {
        check_proportion("risk level", risk_level)?;
        check_proportion("confidence of the abstention threshold", confidence)?;
        check_verdicts(confidences, right)?;
        check_length("groups", groups.photographs(), confidences.len())?;
        let points = points(confidences, right, groups);
        let missing = (1.0 - confidence) / STARTS.len() as f64;
        let proves = |trials: f64, failures: f64| {
            failures < risk_level * trials && at_most(failures, trials, risk_level) <= missing
        };
        let firsts = STARTS.map(|start| {
            let needed = (start - 1e-9) * groups.count() as f64;
            points.partition_point(|point| point.trials < needed)
        });
        let mut best = None;
        for first in firsts {
            let last = (first..points.len())
                .take_while(|&place| proves(points[place].trials, points[place].failures))
                .last();
            best = best.max(last);
        }
        let Some(best) = best else {
            let starts = firsts.iter().filter_map(|&first| points.get(first));
            let needed = starts.filter_map(|point| {
                let factor = least_factor(|factor| proves(factor * point.trials, factor * point.failures))?;
                Some(((factor - 1.0) * groups.count() as f64).ceil() as usize)
            });
            // Of no photograph nothing is known: so many groups suffice if all their answers are right.
            let none = || least_factor(|groups| proves(groups, 0.0)).map(|groups| groups.ceil() as usize);
            let more_groups = if points.is_empty() { none() } else { needed.min() };
            return Ok(Self::NotProvable { more_groups });
        };
        let Point { threshold, answered, errors, trials, failures } = points[best];
        Ok(Self::Proven(Abstention {
            threshold,
            risk_level,
            photographs: confidences.len(),
            groups: groups.count(),
            answered,
            errors,
            bound: upper_bound_of(failures, trials, missing).min(risk_level),
        }))
    }

    /// What is proven, if anything is.
    pub fn proven(self) -> Option<Abstention> {
        match self {
            Self::Proven(abstention) => Some(abstention),
            Self::NotProvable { .. } => None,
        }
    }
}

/// The least factor, 1 or more, at which `holds` begins to hold; `None` if it does not up to [`MOST`].
fn least_factor(holds: impl Fn(f64) -> bool) -> Option<f64> {
    let (mut low, mut high) = (1.0, 1.0);
    while !holds(high) {
        low = high;
        high *= 2.0;
        if high > MOST {
            return None;
        }
    }
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if holds(middle) { high = middle } else { low = middle }
    }
    Some(high)
}

/// One for each distinct confidence, from the highest.
fn points(confidences: &[f64], right: &[bool], groups: &Groups) -> Vec<Point> {
    let weights = groups.weights();
    let mut order: Vec<usize> = (0..confidences.len()).collect();
    order.sort_by(|&a, &b| confidences[b].total_cmp(&confidences[a]));
    let mut point = Point { threshold: 1.0, answered: 0, errors: 0, trials: 0.0, failures: 0.0 };
    let blocks = order.chunk_by(|&a, &b| confidences[a] == confidences[b]);
    let after = |tied: &[usize]| {
        for &index in tied {
            point.threshold = confidences[index];
            point.answered += 1;
            point.trials += weights[index];
            if !right[index] {
                point.errors += 1;
                point.failures += weights[index];
            }
        }
        point
    };
    blocks.map(after).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::proportion::upper_bound;
    use crate::random::Purpose;

    fn fit(confidences: &[f64], right: &[bool], risk_level: f64) -> Guarantee {
        Guarantee::fit(confidences, right, &Groups::independent(right.len()), risk_level, 0.95).unwrap()
    }

    #[test]
    fn thresholds_by_hand() {
        // 100 photographs without an error: bound 1 - 0.01^(1/100) = 0.045.
        let confidences: Vec<f64> = (1..=100).map(|k| f64::from(k) / 100.0).collect();
        let found = fit(&confidences, &[true; 100], 0.05).proven().unwrap();
        assert_eq!((found.threshold, found.answered), (0.01, 100));
        assert!((found.bound - upper_bound(0, 100, 0.99).unwrap()).abs() < 1e-9);
        // ln 0.01 / ln 0.96 = 112.8
        assert_eq!(fit(&confidences, &[true; 100], 0.04), Guarantee::NotProvable { more_groups: Some(13) });
        // The same errors at the bottom are left unanswered.
        let right: Vec<bool> = (0..1000).map(|k| k >= 200).collect();
        let confidences: Vec<f64> = (1..=1000).map(|k| f64::from(k) / 1000.0).collect();
        let found = fit(&confidences, &right, 0.05).proven().unwrap();
        assert!((0.15..=0.2).contains(&found.threshold), "{found:?}");
        assert_eq!(found.errors, found.answered - 800);
        assert_eq!(fit(&[], &[], 0.05), Guarantee::NotProvable { more_groups: Some(90) });
        assert_eq!(fit(&confidences, &[false; 1000], 0.5), Guarantee::NotProvable { more_groups: None });
    }

    #[test]
    fn so_many_more_groups_as_are_told_do() {
        // One in twenty errs, at any confidence: twice, five times as many groups of the same kind.
        let of = |count: usize| {
            let confidences: Vec<f64> =
                (0..count).map(|k| (k * 7919 % count) as f64 / count as f64).collect();
            let right: Vec<bool> = (0..count).map(|k| k % 20 != 10).collect();
            fit(&confidences, &right, 0.1)
        };
        let Guarantee::NotProvable { more_groups: Some(more) } = of(40) else { panic!("{:?}", of(40)) };
        assert!((40..400).contains(&more), "{more}");
        assert!(of(2 * (40 + more)).proven().is_some());
    }

    /// Groups of 1 to `most` photographs of one confidence t. A group is wrong throughout with probability a = 0.2 (1 - t)² c,
    /// and each photograph besides with probability b = 0.2 (1 - t)² (1 - c).
    fn drawn(seed: u64, groups: u64, most: usize, in_step: f64) -> (Vec<f64>, Vec<bool>, Groups) {
        let mut stream = Purpose::Calibrated.stream(53, seed);
        let (mut confidences, mut right, mut ids) = (Vec::new(), Vec::new(), Vec::new());
        for group in 0..groups {
            let t = stream.uniform();
            let rate = 0.2 * (1.0 - t).powi(2);
            let together = stream.chance(rate * in_step);
            for _ in 0..1 + stream.below(most) {
                confidences.push(t);
                right.push(!(together || stream.chance(rate * (1.0 - in_step))));
                ids.push(group);
            }
        }
        (confidences, right, Groups::new(&ids))
    }

    /// Risk of answers from t on: the mean of a + b - a b over confidences t to 1.
    fn risk(t: f64, in_step: f64) -> f64 {
        let rate = |x: f64| 0.2 * (1.0 - x).powi(2);
        let at = |x: f64| 1.0 - (1.0 - rate(x) * in_step) * (1.0 - rate(x) * (1.0 - in_step));
        (0..1000).map(|k| at(t + (1.0 - t) * (f64::from(k) + 0.5) / 1000.0)).sum::<f64>() / 1000.0
    }

    #[test]
    fn the_promise_is_kept() {
        for (groups, most, in_step, least) in [(600, 1, 0.0, 0.4), (600, 8, 1.0, 0.4), (300, 8, 0.5, 0.1)] {
            let (mut broken, mut answered, mut by_photograph) = (0, 0.0, 0);
            for seed in 0..400 {
                let (confidences, right, ids) = drawn(seed, groups, most, in_step);
                let of = |groups: &Groups| {
                    Guarantee::fit(&confidences, &right, groups, 0.05, 0.95).unwrap().proven()
                };
                let breaks = |found: Option<Abstention>| {
                    usize::from(found.is_some_and(|found| risk(found.threshold, in_step) > 0.05))
                };
                let found = of(&ids);
                broken += breaks(found);
                answered += found.map_or(0.0, |found| 1.0 - found.threshold) / 400.0;
                by_photograph += breaks(of(&Groups::independent(right.len())));
            }
            assert!(broken <= 20, "{groups} {most} {in_step}: {broken} of 400");
            assert!(answered > least, "{groups} {most} {in_step}: {answered}");
            // Taken for independent, photographs that err in step prove what is not so.
            assert!(in_step < 1.0 || by_photograph > 40, "{by_photograph} of 400");
        }
    }

    #[test]
    fn photographs_of_one_leaf_prove_no_more_than_one() {
        let ids: Vec<u64> = (0..400).map(|index| index / 4).collect();
        let confidences: Vec<f64> = (0..400).map(|index| 0.5 + f64::from(index / 4) / 1000.0).collect();
        let of = |groups: &Groups| Guarantee::fit(&confidences, &[true; 400], groups, 0.02, 0.95).unwrap();
        assert!(of(&Groups::independent(400)).proven().is_some());
        let Guarantee::NotProvable { more_groups: Some(more) } = of(&Groups::new(&ids)) else {
            panic!("100 leaves do not prove 0.02")
        };
        // ln 0.01 / ln 0.98 = 227.9
        assert_eq!(more, 128);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let groups = Groups::independent(1);
        for (risk_level, confidence) in [(0.0, 0.95), (1.0, 0.95), (f64::NAN, 0.95), (0.1, 1.0)] {
            assert!(Guarantee::fit(&[0.5], &[true], &groups, risk_level, confidence).is_err());
        }
        assert!(Guarantee::fit(&[0.5], &[true], &Groups::independent(2), 0.1, 0.95).is_err());
    }

    proptest! {
        #[test]
        fn copies_within_a_group_change_nothing(
            cases in prop::collection::vec((0_u8..20, 0_u8..10), 1..80), copies in 1_usize..6,
        ) {
            let of = |copies: usize| {
                let repeat = |index: usize| vec![index; copies];
                let places: Vec<usize> = (0..cases.len()).flat_map(repeat).collect();
                let confidences: Vec<f64> = places.iter().map(|&i| f64::from(cases[i].0) / 20.0).collect();
                let right: Vec<bool> = places.iter().map(|&i| cases[i].1 > 0).collect();
                let ids: Vec<u64> = places.iter().map(|&i| i as u64).collect();
                Guarantee::fit(&confidences, &right, &Groups::new(&ids), 0.2, 0.95).unwrap()
            };
            match (of(1), of(copies)) {
                (Guarantee::Proven(one), Guarantee::Proven(many)) => prop_assert_eq!(one.threshold, many.threshold),
                (one, many) => prop_assert_eq!(one, many),
            }
        }
    }
}
