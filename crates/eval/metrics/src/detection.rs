//! How well a score tells photographs that are out of distribution (OOD) from those that a network was made for.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | in_distribution | scores of photographs of the kind that the network was made for |
//! | ood | scores of others; a higher score is less like the training photographs |
//! | G, m_g | groups in distribution, photographs of group g |

use serde::{Deserialize, Serialize};

use crate::bootstrap::Bootstrap;
use crate::error::{MetricsError, check_length, check_proportion};
use crate::estimate::Estimate;
use crate::groups::Groups;

/// What the seed of the resamples of the OOD side differs by.
const OTHER_SIDE: u64 = 0x9e37_79b9_7f4a_7c15;

/// Scores of photographs and which of them belong together.
#[derive(Clone, Copy, Debug)]
pub struct GroupedScores<'a> {
    /// One a photograph, (n).
    pub scores: &'a [f64],
    /// (n).
    pub groups: &'a Groups,
}

/// How well a score tells OOD photographs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detection {
    /// Photographs in distribution.
    pub in_distribution: usize,
    /// Photographs out of distribution.
    pub ood: usize,
    /// Area under the receiver operating characteristic: how often an OOD photograph scores higher than one in distribution,
    /// half where they are equal; 0.5 is a guess, and the value where either is missing.
    pub auroc: Estimate,
}

impl Detection {
    /// From scores, of which the higher is the stranger. Infinite ones are ordered like numbers, and what is not a number
    /// counts as the strangest. In a resample the groups of each side are drawn for themselves.
    ///
    /// # Errors
    /// Groups of another number of photographs than there are scores.
    pub fn new(
        in_distribution: GroupedScores<'_>,
        ood: GroupedScores<'_>,
        bootstrap: &Bootstrap,
    ) -> Result<Self, MetricsError> {
        for side in [in_distribution, ood] {
            check_length("groups", side.groups.photographs(), side.scores.len())?;
        }
        let inside = in_distribution.scores.len();
        let scores: Vec<f64> = in_distribution.scores.iter().chain(ood.scores).copied().map(number).collect();
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
        let mut drawn = vec![0; in_distribution.groups.count()];
        let mut all = vec![0; scores.len()];
        let mut areas = Vec::new();
        let other = Bootstrap { seed: bootstrap.seed ^ OTHER_SIDE, ..*bootstrap };
        other.resample(ood.groups, |number, weights| {
            if inside > 0 {
                bootstrap.draw(in_distribution.groups, number, &mut drawn, &mut all[..inside]);
                all[inside..].copy_from_slice(weights);
                areas.push(weighted(&scores, &order, inside, &all));
            }
        });
        let groups = in_distribution.groups.count().min(ood.groups.count());
        let auroc = weighted(&scores, &order, inside, &vec![1; scores.len()]);
        Ok(Self {
            in_distribution: inside,
            ood: ood.scores.len(),
            auroc: Estimate::new(auroc, bootstrap.interval(&mut areas, groups).unwrap_or([0.0, 1.0])),
        })
    }
}

/// AUROC of weighted photographs: those in distribution first, `order` by ascending score.
fn weighted(scores: &[f64], order: &[usize], inside: usize, weights: &[u32]) -> f64 {
    let sum = |weights: &[u32]| weights.iter().map(|&w| f64::from(w)).sum::<f64>();
    let (whole, others) = (sum(&weights[..inside]), sum(&weights[inside..]));
    // Going up, each OOD photograph is above all in distribution so far and ties with those of its own score.
    let (mut below, mut area) = (0.0, 0.0);
    for tied in order.chunk_by(|&a, &b| scores[a] == scores[b]) {
        let (mut own, mut ood) = (0.0, 0.0);
        for &index in tied {
            *(if index < inside { &mut own } else { &mut ood }) += f64::from(weights[index]);
        }
        area += ood * (below + own / 2.0);
        below += own;
    }
    if whole > 0.0 && others > 0.0 { area / (whole * others) } else { 0.5 }
}

/// How often one of `positives` is larger than one of `negatives`, half where they are equal: the area under the receiver
/// operating characteristic (Hanley and McNeil 1982). 0.5 if either is empty.
pub fn auroc(negatives: &[f64], positives: &[f64]) -> f64 {
    if negatives.is_empty() || positives.is_empty() {
        return 0.5;
    }
    let mut negatives: Vec<f64> = negatives.iter().copied().map(number).collect();
    negatives.sort_unstable_by(f64::total_cmp);
    let below = |score: &f64| {
        let score = number(*score);
        let less = negatives.partition_point(|&other| other < score);
        let equal = negatives[less..].partition_point(|&other| other <= score);
        less as f64 + 0.5 * equal as f64
    };
    positives.iter().map(below).sum::<f64>() / (negatives.len() as f64 * positives.len() as f64)
}

/// The score up to which a new photograph of the kind of `in_distribution` lies with probability `proportion` or more: the
/// smallest score for which Σ_g #{scores up to it in g} / m_g ≥ proportion (G + 1), or the largest where there are too few groups
/// to promise it. Each group counts once and its photographs share its weight, so that thirty photographs of one leaf weigh no
/// more than one of another (Lee, Barber and Willett 2023, "Distribution-free inference with hierarchical data", section 3); of
/// independent photographs it is the ⌈(n + 1) proportion⌉-th smallest. Infinite without any score.
///
/// # Errors
/// A `proportion` that is not above 0 and below 1, groups of another number of photographs.
pub fn conformal_threshold(in_distribution: GroupedScores<'_>, proportion: f64) -> Result<f64, MetricsError> {
    let GroupedScores { scores, groups } = in_distribution;
    check_proportion("proportion of photos to be accepted", proportion)?;
    check_length("groups", groups.photographs(), scores.len())?;
    let scores: Vec<f64> = scores.iter().copied().map(number).collect();
    let largest = scores.iter().copied().reduce(f64::max).unwrap_or(f64::INFINITY);
    Ok(grouped_quantile(&scores, &groups.weights(), groups.count(), proportion).unwrap_or(largest))
}

/// The smallest value at which the weights of the values up to it reach `proportion` (`groups` + 1); `None` if all do not.
pub(crate) fn grouped_quantile(
    values: &[f64],
    weights: &[f64],
    groups: usize,
    proportion: f64,
) -> Option<f64> {
    let groups = groups as f64 + 1.0;
    // Sums of parts such as 3 / 3 and products such as 0.9 · 10 may miss a whole number by rounding.
    let needed = proportion * groups - 1e-9 * groups;
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut sum = 0.0;
    let reached = order.into_iter().find(|&index| {
        sum += weights[index];
        sum >= needed
    });
    reached.map(|index| values[index])
}

/// What is not a number is the strangest.
fn number(score: f64) -> f64 {
    if score.is_nan() { f64::INFINITY } else { score }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::Purpose;

    fn detection(inside: &[f64], outside: &[f64]) -> Detection {
        let [a, b] = [inside, outside].map(|side| Groups::independent(side.len()));
        let bootstrap = Bootstrap { resamples: 100, ..Bootstrap::default() };
        let inside = GroupedScores { scores: inside, groups: &a };
        Detection::new(inside, GroupedScores { scores: outside, groups: &b }, &bootstrap).unwrap()
    }

    fn threshold(scores: &[f64], proportion: f64) -> Result<f64, MetricsError> {
        conformal_threshold(GroupedScores { scores, groups: &Groups::independent(scores.len()) }, proportion)
    }

    proptest! {
        #[test]
        fn the_area_is_the_proportion_of_pairs_in_order(
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
            let found = detection(&negatives, &positives);
            prop_assert!((found.auroc.value - expected).abs() < 1e-12);
            let figure = found.auroc;
            prop_assert!(0.0 <= figure.low && figure.low <= figure.high && figure.high <= 1.0);
        }

        #[test]
        fn a_threshold_accepts_the_proportion(
            scores in prop::collection::vec(-5.0_f64..5.0, 1..80), proportion in 0.01..0.99,
        ) {
            let threshold = threshold(&scores, proportion).unwrap();
            let below = scores.iter().filter(|&&score| score <= threshold).count() as f64;
            prop_assert!(below >= (proportion * scores.len() as f64).floor());
        }

        #[test]
        fn repeated_photographs_of_a_group_count_once(
            scores in prop::collection::vec(-5.0_f64..5.0, 1..40), copies in 1_usize..30,
        ) {
            let mut longer = scores.clone();
            longer.extend(vec![scores[0]; copies]);
            let ids: Vec<u64> = (0..scores.len() as u64).chain(vec![0; copies]).collect();
            let groups = Groups::new(&ids);
            let grouped = GroupedScores { scores: &longer, groups: &groups };
            prop_assert_eq!(conformal_threshold(grouped, 0.9).unwrap(), threshold(&scores, 0.9).unwrap());
        }
    }

    #[test]
    fn detection_by_hand() {
        let inside: Vec<f64> = (1..=20).map(f64::from).collect();
        let found = detection(&inside, &[18.0, 19.0, 20.0, 30.0]);
        assert!((found.auroc.value - (17.5 + 18.5 + 19.5 + 20.0) / 80.0).abs() < 1e-12);
        assert_eq!(threshold(&inside, 0.9).unwrap(), 19.0);
        assert_eq!(threshold(&inside, 0.99).unwrap(), 20.0);
    }

    #[test]
    fn a_group_of_copies_does_not_move_the_threshold() {
        // 40 leaves of one photograph, and one of 30 near-identical ones with a high score.
        let mut scores: Vec<f64> = (0..40).map(f64::from).collect();
        scores.extend((0..30).map(|i| 100.0 + f64::from(i) / 100.0));
        let ids: Vec<u64> = (0..70).map(|i| i.min(40)).collect();
        let groups = Groups::new(&ids);
        let found = conformal_threshold(GroupedScores { scores: &scores, groups: &groups }, 0.9).unwrap();
        assert_eq!(found, 37.0);
        assert!(threshold(&scores, 0.9).unwrap() > 100.0);
    }

    #[test]
    fn photographs_of_new_groups_are_accepted_as_often_as_promised() {
        // Scores of a group are nearly one; groups have 1 to 20 photographs.
        let draw = |stream: &mut foliar_random::Random, groups: u64| {
            let (mut scores, mut ids) = (Vec::new(), Vec::new());
            for group in 0..groups {
                let common = stream.normal();
                for _ in 0..1 + stream.below(20) {
                    scores.push(common + 0.1 * stream.normal());
                    ids.push(group);
                }
            }
            (scores, Groups::new(&ids))
        };
        let mut accepted = 0.0;
        for trial in 0..300 {
            let mut stream = Purpose::Calibrated.stream(31, trial);
            let (scores, groups) = draw(&mut stream, 39);
            let threshold =
                conformal_threshold(GroupedScores { scores: &scores, groups: &groups }, 0.9).unwrap();
            let (fresh, groups) = draw(&mut stream, 50);
            let weighed = fresh.iter().zip(groups.weights()).filter(|(score, _)| **score <= threshold);
            accepted += weighed.map(|(_, weight)| weight).sum::<f64>() / 50.0;
        }
        let mean = accepted / 300.0;
        assert!((0.89..0.93).contains(&mean), "{mean}");
    }

    #[test]
    fn intervals_hold_the_area_as_often_as_promised() {
        // Normal scores one deviation apart: the area is Φ(1 / √2). Groups of 3 share their score.
        let truth = crate::distributions::normal_cdf(0.5_f64.sqrt());
        let bootstrap = Bootstrap { resamples: 200, ..Bootstrap::default() };
        let mut covered = 0;
        for trial in 0..200 {
            let mut stream = Purpose::Calibrated.stream(37, trial);
            let mut side = |shift: f64, groups: u64| {
                let scores: Vec<f64> = (0..groups).flat_map(|_| [stream.normal() + shift; 3]).collect();
                (scores, Groups::new(&(0..3 * groups).map(|i| i / 3).collect::<Vec<_>>()))
            };
            let (inside, outside) = (side(0.0, 60), side(1.0, 40));
            let inside = GroupedScores { scores: &inside.0, groups: &inside.1 };
            let outside = GroupedScores { scores: &outside.0, groups: &outside.1 };
            covered +=
                usize::from(Detection::new(inside, outside, &bootstrap).unwrap().auroc.contains(truth));
        }
        assert!((180..=198).contains(&covered), "{covered} of 200");
    }

    #[test]
    fn what_is_missing_or_no_number_does_no_harm() {
        let none = detection(&[], &[]);
        assert_eq!(none.auroc.value, 0.5);
        assert_eq!(detection(&[], &[1.0]).auroc.value, 0.5);
        assert_eq!(detection(&[1.0, f64::INFINITY], &[f64::NAN]).auroc.value, 0.75);
        assert_eq!(threshold(&[], 0.95).unwrap(), f64::INFINITY);
        assert!(threshold(&[1.0], 1.0).is_err());
        let groups = Groups::independent(2);
        assert!(conformal_threshold(GroupedScores { scores: &[1.0], groups: &groups }, 0.9).is_err());
    }
}
