//! What is gained by not answering: risk over coverage.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | n, e | photographs, errors among them |
//! | coverage | proportion of the photographs that are answered: those whose confidence is a threshold or more |
//! | risk | proportion of errors among the answered |
//!
//! AURC is the mean risk over the n coverages 1/n, 2/n … 1 (Geifman, Uziel and El-Yaniv 2019, equation 1), with the mean over
//! all orders of photographs of equal confidence. The excess is what is beyond the AURC of the best order, which puts all
//! errors last: Σ_{k ≤ e} k / (n - e + k) / n (their section 4, before the approximation).

use serde::{Deserialize, Serialize};

use crate::bootstrap::Bootstrap;
use crate::error::{MetricsError, check_length, check_verdicts};
use crate::estimate::Estimate;
use crate::groups::Groups;

/// Answering from a confidence upwards.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RiskPoint {
    /// The lowest confidence that is answered.
    pub threshold: f64,
    /// Photographs answered.
    pub answered: usize,
    /// Errors among them.
    pub errors: usize,
    /// answered / n.
    pub coverage: f64,
    /// errors / answered.
    pub risk: f64,
}

/// Risk over coverage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RiskCoverage {
    /// One for each distinct confidence, from the highest: coverage rises to 1.
    pub points: Vec<RiskPoint>,
    /// Area under the curve; 0 without photographs.
    pub area: Estimate,
    /// Its part beyond that of the best order, 0 or more.
    pub excess: Estimate,
}

impl RiskCoverage {
    /// Of photographs of the given `confidences`, each in 0..=1, whether each is `right`, and their groups.
    ///
    /// # Errors
    /// Lists of different lengths, a confidence outside 0..=1.
    pub fn new(
        confidences: &[f64],
        right: &[bool],
        groups: &Groups,
        bootstrap: &Bootstrap,
    ) -> Result<Self, MetricsError> {
        let points = risk_points(confidences, right)?;
        check_length("groups", groups.photographs(), confidences.len())?;
        let mut order: Vec<usize> = (0..confidences.len()).collect();
        order.sort_by(|&a, &b| confidences[b].total_cmp(&confidences[a]));
        let of = |weights: &[u32]| areas(confidences, right, &order, weights);
        let [area, excess] = of(&vec![1; confidences.len()]);
        let mut columns = [Vec::new(), Vec::new()];
        bootstrap.resample(groups, |_, weights| {
            columns.iter_mut().zip(of(weights)).for_each(|(column, value)| column.push(value));
        });
        let [mut areas, mut excesses] = columns;
        let estimate = |value: f64, values: &mut Vec<f64>| {
            Estimate::new(value, bootstrap.interval(values, groups.count()).unwrap_or([value; 2]))
        };
        Ok(Self { points, area: estimate(area, &mut areas), excess: estimate(excess, &mut excesses) })
    }
}

/// Area and excess of photographs with weights, in the `order` of descending confidence.
fn areas(confidences: &[f64], right: &[bool], order: &[usize], weights: &[u32]) -> [f64; 2] {
    let (mut area, mut answered, mut errors) = (0.0, 0_u64, 0_u64);
    for tied in order.chunk_by(|&a, &b| confidences[a] == confidences[b]) {
        let block: u64 = tied.iter().map(|&index| u64::from(weights[index])).sum();
        let wrong: u64 =
            tied.iter().filter(|&&index| !right[index]).map(|&index| u64::from(weights[index])).sum();
        let rate = wrong as f64 / block.max(1) as f64;
        for place in 1..=block {
            area += (errors as f64 + rate * place as f64) / (answered + place) as f64;
        }
        answered += block;
        errors += wrong;
    }
    let best: f64 = (1..=errors).map(|k| k as f64 / (answered - errors + k) as f64).sum();
    let n = answered.max(1) as f64;
    [area / n, ((area - best) / n).max(0.0)]
}

/// What a rule that leaves photographs unanswered does to them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SelectiveRisk {
    /// Photographs.
    pub photographs: usize,
    /// Groups among them.
    pub groups: usize,
    /// Proportion that is answered: the coverage.
    pub answered: Estimate,
    /// Proportion of the answers that is wrong: the selective risk; `None` if nothing is answered.
    pub risk: Option<Estimate>,
}

impl SelectiveRisk {
    /// Of photographs of which some are `answered`, whether each is predicted correctly, and their groups.
    ///
    /// # Errors
    /// Lists of different lengths.
    pub fn new(
        answered: &[bool],
        right: &[bool],
        groups: &Groups,
        bootstrap: &Bootstrap,
    ) -> Result<Self, MetricsError> {
        check_length("verdicts", right.len(), answered.len())?;
        check_length("groups", groups.photographs(), answered.len())?;
        let wrong: Vec<bool> = right.iter().map(|&right| !right).collect();
        let any = answered.iter().any(|&answered| answered);
        Ok(Self {
            photographs: answered.len(),
            groups: groups.count(),
            answered: bootstrap.proportion(answered, groups),
            risk: any.then(|| bootstrap.proportion_of(&wrong, answered, groups)),
        })
    }
}

fn risk_points(confidences: &[f64], right: &[bool]) -> Result<Vec<RiskPoint>, MetricsError> {
    check_verdicts(confidences, right)?;
    let mut order: Vec<usize> = (0..confidences.len()).collect();
    order.sort_by(|&a, &b| confidences[b].total_cmp(&confidences[a]));
    let mut points: Vec<RiskPoint> = Vec::new();
    let mut errors = 0;
    for (place, &index) in order.iter().enumerate() {
        errors += usize::from(!right[index]);
        let threshold = confidences[index];
        if order.get(place + 1).is_some_and(|&next| confidences[next] == threshold) {
            continue;
        }
        let answered = place + 1;
        points.push(RiskPoint {
            threshold,
            answered,
            errors,
            coverage: answered as f64 / order.len() as f64,
            risk: errors as f64 / answered as f64,
        });
    }
    Ok(points)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::Purpose;

    fn curve_of(confidences: &[f64], right: &[bool]) -> Result<RiskCoverage, MetricsError> {
        let bootstrap = Bootstrap { resamples: 20, ..Bootstrap::default() };
        RiskCoverage::new(confidences, right, &Groups::independent(right.len()), &bootstrap)
    }

    #[test]
    fn intervals_hold_area_and_selective_risk_as_often_as_promised() {
        // Leaves of 1 to 4 photographs; right with probability of their confidence, in step. The truth from many leaves.
        let draw = |seed: u64, leaves: u64| {
            let mut stream = Purpose::Calibrated.stream(47, seed);
            let (mut confidences, mut right, mut ids) = (Vec::new(), Vec::new(), Vec::new());
            for leaf in 0..leaves {
                let confidence = 0.5 + 0.5 * stream.uniform();
                let is_right = stream.chance(confidence);
                for _ in 0..1 + leaf % 4 {
                    confidences.push(confidence);
                    right.push(is_right);
                    ids.push(leaf);
                }
            }
            (confidences, right, Groups::new(&ids))
        };
        let bootstrap = Bootstrap { resamples: 200, ..Bootstrap::default() };
        let answered = |confidences: &[f64]| confidences.iter().map(|&c| c >= 0.8).collect::<Vec<bool>>();
        let (confidences, right, groups) = draw(1 << 40, 200_000);
        let none = Bootstrap { resamples: 0, ..bootstrap };
        let truth = RiskCoverage::new(&confidences, &right, &groups, &none).unwrap();
        let (mut areas, mut excesses, mut risks) = (0, 0, 0);
        for seed in 0..200 {
            let (confidences, right, groups) = draw(seed, 80);
            let found = RiskCoverage::new(&confidences, &right, &groups, &bootstrap).unwrap();
            areas += usize::from(found.area.contains(truth.area.value));
            excesses += usize::from(found.excess.contains(truth.excess.value));
            let risk = SelectiveRisk::new(&answered(&confidences), &right, &groups, &bootstrap).unwrap();
            risks += usize::from(risk.risk.unwrap().contains(0.1));
        }
        // The proportion among few answers is far from normal.
        assert!(areas >= 180 && risks >= 172, "{areas} {excesses} {risks} of 200");
        let silent =
            SelectiveRisk::new(&[false; 2], &[true; 2], &Groups::independent(2), &bootstrap).unwrap();
        assert_eq!((silent.risk, silent.answered.value), (None, 0.0));
    }

    #[test]
    fn curves_by_hand() {
        let curve = curve_of(&[0.9, 0.8, 0.7, 0.6], &[true, false, true, false]).unwrap();
        let risks: Vec<f64> = curve.points.iter().map(|point| point.risk).collect();
        assert_eq!(risks, [0.0, 0.5, 1.0 / 3.0, 0.5]);
        assert!((curve.area.value - (0.5 + 1.0 / 3.0 + 0.5) / 4.0).abs() < 1e-12);
        // The best order: right, right, wrong, wrong.
        assert!((curve.excess.value - (curve.area.value - (1.0 / 3.0 + 0.5) / 4.0)).abs() < 1e-12);
        // Equal confidences: any order is as likely, and the risk is that of all at every coverage.
        let tied = curve_of(&[0.5; 4], &[true, false, true, false]).unwrap();
        assert_eq!((tied.points.len(), tied.area.value), (1, 0.5));
        let none = curve_of(&[], &[]).unwrap();
        assert_eq!((none.points.len(), none.area.value, none.excess.value), (0, 0.0, 0.0));
        assert!(curve_of(&[f64::NAN], &[true]).is_err());
    }

    proptest! {
        #[test]
        fn ties_are_the_mean_over_all_orders(
            cases in prop::collection::vec((0_u8..4, any::<bool>()), 1..7),
        ) {
            let confidences: Vec<f64> = cases.iter().map(|case| f64::from(case.0) / 4.0).collect();
            let right: Vec<bool> = cases.iter().map(|case| case.1).collect();
            let curve = curve_of(&confidences, &right).unwrap();
            // All orders of the photographs, of which a stable sort keeps those of equal confidence.
            let (mut sum, mut count) = (0.0, 0.0);
            let mut order: Vec<usize> = (0..cases.len()).collect();
            permute(&mut order, 0, &mut |order| {
                let mut sorted = order.to_vec();
                sorted.sort_by(|&a, &b| confidences[b].total_cmp(&confidences[a]));
                let (mut errors, mut area) = (0.0, 0.0);
                for (place, &index) in sorted.iter().enumerate() {
                    errors += f64::from(u8::from(!right[index]));
                    area += errors / (place + 1) as f64;
                }
                sum += area / sorted.len() as f64;
                count += 1.0;
            });
            prop_assert!((curve.area.value - sum / count).abs() < 1e-9);
            prop_assert!(curve.excess.value >= 0.0 && curve.excess.value <= curve.area.value + 1e-12);
            let last = curve.points.last().unwrap();
            prop_assert!(last.coverage == 1.0 && last.errors == right.iter().filter(|&&right| !right).count());
        }
    }

    fn permute(order: &mut Vec<usize>, place: usize, visit: &mut dyn FnMut(&[usize])) {
        if place == order.len() {
            return visit(order);
        }
        for other in place..order.len() {
            order.swap(place, other);
            permute(order, place + 1, visit);
            order.swap(place, other);
        }
    }
}
