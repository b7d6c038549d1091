//! What is gained by not answering: risk over coverage.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | n, e | photographs, errors among them |
//! | coverage | share of the photographs that are answered: those whose confidence is a threshold or more |
//! | risk | share of errors among the answered |
//!
//! AURC is the mean risk over the n coverages 1/n, 2/n … 1 (Geifman, Uziel and El-Yaniv 2019, equation 1), with the mean over
//! all orders of photographs of equal confidence. The excess is what is beyond the AURC of the best order, which puts all
//! errors last: Σ_{k ≤ e} k / (n - e + k) / n (their section 4, before the approximation).

use serde::{Deserialize, Serialize};

use crate::error::{MetricsError, check_verdicts};

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
    pub area: f64,
    /// Its part beyond that of the best order, 0 or more.
    pub excess: f64,
}

impl RiskCoverage {
    /// Of photographs of the given `confidences`, each in 0..=1, and whether each is `right`.
    ///
    /// # Errors
    /// Lists of different lengths, a confidence outside 0..=1.
    pub fn new(confidences: &[f64], right: &[bool]) -> Result<Self, MetricsError> {
        let points = risk_points(confidences, right)?;
        let n = confidences.len();
        let (mut area, mut answered, mut errors) = (0.0, 0, 0);
        for point in &points {
            let block = (point.answered - answered) as f64;
            let rate = (point.errors - errors) as f64 / block;
            for place in 1..=point.answered - answered {
                area += (errors as f64 + rate * place as f64) / (answered + place) as f64;
            }
            (answered, errors) = (point.answered, point.errors);
        }
        let best: f64 = (1..=errors).map(|k| k as f64 / (n - errors + k) as f64).sum();
        let n = n.max(1) as f64;
        Ok(Self { points, area: area / n, excess: ((area - best) / n).max(0.0) })
    }
}

pub(crate) fn risk_points(confidences: &[f64], right: &[bool]) -> Result<Vec<RiskPoint>, MetricsError> {
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

    #[test]
    fn curves_by_hand() {
        let curve = RiskCoverage::new(&[0.9, 0.8, 0.7, 0.6], &[true, false, true, false]).unwrap();
        let risks: Vec<f64> = curve.points.iter().map(|point| point.risk).collect();
        assert_eq!(risks, [0.0, 0.5, 1.0 / 3.0, 0.5]);
        assert!((curve.area - (0.5 + 1.0 / 3.0 + 0.5) / 4.0).abs() < 1e-12);
        // The best order: right, right, wrong, wrong.
        assert!((curve.excess - (curve.area - (1.0 / 3.0 + 0.5) / 4.0)).abs() < 1e-12);
        // Equal confidences: any order is as likely, and the risk is that of all at every coverage.
        let tied = RiskCoverage::new(&[0.5; 4], &[true, false, true, false]).unwrap();
        assert_eq!((tied.points.len(), tied.area), (1, 0.5));
        let none = RiskCoverage::new(&[], &[]).unwrap();
        assert_eq!((none.points.len(), none.area, none.excess), (0, 0.0, 0.0));
        assert!(RiskCoverage::new(&[f64::NAN], &[true]).is_err());
    }

    proptest! {
        #[test]
        fn ties_are_the_mean_over_all_orders(
            cases in prop::collection::vec((0_u8..4, any::<bool>()), 1..7),
        ) {
            let confidences: Vec<f64> = cases.iter().map(|case| f64::from(case.0) / 4.0).collect();
            let right: Vec<bool> = cases.iter().map(|case| case.1).collect();
            let curve = RiskCoverage::new(&confidences, &right).unwrap();
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
            prop_assert!((curve.area - sum / count).abs() < 1e-9);
            prop_assert!(curve.excess >= 0.0 && curve.excess <= curve.area + 1e-12);
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
