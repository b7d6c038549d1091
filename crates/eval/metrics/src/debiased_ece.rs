//! How much of a calibration error is more than chance.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | p_i, y_i | confidence of photograph i, and 1 if it was predicted correctly, else 0 |
//! | ECE(y) | expected calibration error of the outcomes y |
//! | y⁰ | outcomes of a perfectly calibrated model of the same confidences: 1 with probability p_i |
//! | ρ | intraclass correlation of y - p within groups |
//!
//! Even a perfectly calibrated model has an ECE above 0 on finitely many photographs; the fewer, the larger. What it would
//! be is found by drawing y⁰ (consistency resampling: Bröcker and Smith 2007, "Increasing the Reliability of Reliability
//! Diagrams"). Photographs of one group err together: each group draws with one throw for all of its photographs with
//! probability ρ, else each photograph has a throw of its own. The excess is ECE(y) - mean ECE(y⁰).
//!
//! A resample of the bootstrap repeats photographs, which raises its ECE by chance alone. Its excess is therefore taken over
//! the mean ECE of y⁰ with the weights of that same resample.

use serde::{Deserialize, Serialize};

use crate::bootstrap::Bootstrap;
use crate::error::{MetricsError, check_length, check_verdicts};
use crate::estimate::Estimate;
use crate::groups::Groups;
use crate::random::Purpose;
use crate::reliability::{Binning, Reliability};

/// Draws of y⁰ for the expectation.
const DRAWS: usize = 1000;
/// Draws of y⁰ that all resamples share, a bit each.
const POOL: usize = u64::BITS as usize;
/// Draws of the pool in one resample.
const PER_RESAMPLE: usize = 7;
/// What is judged in one pass over the photographs.
const AT_ONCE: usize = 8;

/// A calibration error, what chance makes of it, and what is left.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DebiasedEce {
    /// Expected calibration error of the photographs.
    pub error: f64,
    /// Its mean for a perfectly calibrated model with the same confidences.
    pub expected: f64,
    /// The first minus the second. The interval errs on the wide side where the model is calibrated: there it holds 0 nearly
    /// always.
    pub excess: Estimate,
    /// Probability of an error at least as large for a perfectly calibrated model: the sharper judge of whether there is an
    /// excess at all. Above 0, by the number of draws.
    pub p_value: f64,
}

impl DebiasedEce {
    /// Of photographs of the given `confidences`, each in 0..=1, whether each is `right`, and their groups.
    ///
    /// # Errors
    /// Lists of different lengths, a confidence outside 0..=1.
    pub fn new(
        confidences: &[f64],
        right: &[bool],
        groups: &Groups,
        binning: Binning,
        bootstrap: &Bootstrap,
    ) -> Result<Self, MetricsError> {
        check_verdicts(confidences, right)?;
        check_length("groups", groups.photographs(), confidences.len())?;
        let mut reliability = Reliability::<AT_ONCE>::new(confidences, binning);
        let found = |index: usize| u64::from(right[index]);
        let [error, ..] = reliability.errors(|_| 1, found);
        let calibrated = Calibrated::new(confidences, right, groups, &reliability);
        let mut pool = vec![0_u64; confidences.len()];
        let (mut sum, mut as_large) = (0.0, 0);
        for batch in 0..DRAWS / AT_ONCE {
            calibrated.draw(bootstrap.seed, batch * AT_ONCE, AT_ONCE, &mut pool);
            for drawn in reliability.errors(|_| 1, |index| pool[index]) {
                sum += drawn;
                as_large += usize::from(drawn >= error - 1e-12);
            }
        }
        let expected = sum / DRAWS as f64;
        calibrated.draw(bootstrap.seed, DRAWS, POOL, &mut pool);
        let mut values = Vec::with_capacity(bootstrap.resamples);
        bootstrap.resample(groups, |number, weights| {
            let turn = (number * PER_RESAMPLE % POOL) as u32;
            let outcomes = |index: usize| pool[index].rotate_right(turn) << 1 | found(index);
            let [found, by_chance @ ..] = reliability.errors(|index| weights[index], outcomes);
            values.push(found - by_chance.iter().sum::<f64>() / PER_RESAMPLE as f64);
        });
        let p_value = (as_large + 1) as f64 / (DRAWS + 1) as f64;
        let value = error - expected;
        let interval = bootstrap.interval(&mut values, groups.count()).unwrap_or([value; 2]);
        Ok(Self { error, expected, excess: Estimate::new(value, interval), p_value })
    }
}

/// A perfectly calibrated model with the confidences of another.
struct Calibrated<'a> {
    /// Places of the photographs by ascending confidence: the order of the throws.
    order: Vec<u32>,
    confidences: &'a [f64],
    groups: &'a Groups,
    /// ρ.
    correlation: f64,
}

impl<'a> Calibrated<'a> {
    fn new(
        confidences: &'a [f64],
        right: &[bool],
        groups: &'a Groups,
        reliability: &Reliability<AT_ONCE>,
    ) -> Self {
        // What is wrong with the confidences of a whole range is no agreement within groups.
        let residuals = reliability.residuals(right);
        let deviations: Vec<f64> = confidences.iter().map(|p| (p * (1.0 - p)).max(0.0).sqrt()).collect();
        let correlation = groups.correlation(&residuals, &deviations).unwrap_or(0.0);
        Self { order: reliability.order().to_vec(), confidences, groups, correlation }
    }

    /// Draws y⁰ `count` times into as many bits of each photograph, the first the lowest. The draws are numbered from
    /// `first`.
    fn draw(&self, seed: u64, first: usize, count: usize, outcomes: &mut [u64]) {
        outcomes.fill(0);
        for bit in 0..count {
            let mut stream = Purpose::Calibrated.stream(seed, (first + bit) as u64);
            let mut common: Vec<Option<f64>> = Vec::new();
            if self.correlation > 0.0 {
                common.extend((0..self.groups.count()).map(|_| {
                    let (together, throw) = (stream.uniform() < self.correlation, stream.uniform());
                    together.then_some(throw)
                }));
            }
            for &index in &self.order {
                let index = index as usize;
                let group = self.groups.of()[index] as usize;
                let throw = common.get(group).copied().flatten().unwrap_or_else(|| stream.uniform());
                outcomes[index] |= u64::from(throw < self.confidences[index]) << bit;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Confidences and outcomes of `groups` groups of `size` photographs; right with probability p^`power`, in step within a
    /// group if `together`.
    fn simulated(
        seed: u64,
        groups: usize,
        size: usize,
        power: f64,
        together: bool,
    ) -> (Vec<f64>, Vec<bool>, Groups) {
        let mut stream = Purpose::Bootstrap.stream(seed, 3);
        let (mut confidences, mut right, mut ids) = (Vec::new(), Vec::new(), Vec::new());
        for group in 0..groups {
            let (common, throw) = (stream.uniform(), stream.uniform());
            for _ in 0..size {
                let p = 1.0 - 0.5 * (common + 0.1 * stream.uniform()).min(1.0).powi(2);
                let own = stream.uniform();
                confidences.push(p);
                right.push((if together { throw } else { own }) < p.powf(power));
                ids.push(group as u64);
            }
        }
        (confidences, right, Groups::new(&ids))
    }

    #[test]
    fn a_calibrated_model_has_no_excess_about_as_often_as_promised() {
        let bootstrap = Bootstrap { resamples: 200, ..Bootstrap::default() };
        for (groups, size, together) in [(60, 1, false), (400, 1, false), (60, 4, true), (60, 4, false)] {
            let (mut holds, mut rejected, mut sum) = (0, 0, 0.0);
            for seed in 0..100 {
                let (confidences, right, groups) = simulated(seed, groups, size, 1.0, together);
                let found =
                    DebiasedEce::new(&confidences, &right, &groups, Binning::default(), &bootstrap).unwrap();
                holds += usize::from(found.excess.contains(0.0));
                rejected += usize::from(found.p_value <= 0.05);
                sum += found.excess.value / found.expected / 100.0;
            }
            assert!(holds >= 90, "{groups} {size} {together}: {holds} of 100, mean excess {sum}");
            assert!(rejected <= 13, "{groups} {size} {together}: {rejected} of 100");
            assert!(sum.abs() < 0.08, "{groups} {size} {together}: mean excess {sum}");
        }
    }

    #[test]
    fn an_overconfident_model_has_one() {
        let (confidences, right, groups) = simulated(1, 600, 1, 3.0, false);
        for binning in [Binning::EqualWidth(15), Binning::EqualMass(15)] {
            let found =
                DebiasedEce::new(&confidences, &right, &groups, binning, &Bootstrap::default()).unwrap();
            assert!(found.excess.low > 0.05 && found.p_value < 0.001, "{found:?}");
            assert!((found.error - found.expected - found.excess.value).abs() < 1e-12);
        }
    }

    #[test]
    fn nothing_and_certainty_do_no_harm() {
        let of = |confidences: &[f64], right: &[bool]| {
            let groups = Groups::independent(right.len());
            DebiasedEce::new(confidences, right, &groups, Binning::default(), &Bootstrap::default())
        };
        let none = of(&[], &[]).unwrap();
        assert_eq!((none.error, none.expected, none.excess.interval()), (0.0, 0.0, [0.0; 2]));
        let certain = of(&[1.0; 5], &[true; 5]).unwrap();
        assert_eq!((certain.error, certain.expected, certain.excess.value), (0.0, 0.0, 0.0));
        assert_eq!(certain.p_value, 1.0);
        assert!(
            of(&[f64::NAN], &[true]).is_err() && of(&[1.5], &[true]).is_err() && of(&[], &[true]).is_err()
        );
    }
}
