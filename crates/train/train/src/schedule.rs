//! The learning rate as a pure function of the step.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | t | step, from 0 |
//! | T | steps of the whole run |
//! | η | the peak, what the user calls the learning rate |
//! | w | share of the steps for warm-up |

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

/// The form of the curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// η throughout, after the warm-up if there is one.
    Constant,
    /// Linear warm-up, then half a cosine down to 0 (Loshchilov and Hutter 2017, SGDR, equation 5, one cycle).
    Cosine,
    /// Half a cosine from η / 25 up to η over the first 30 %, then half a cosine down to η / 250,000 (Smith and Topin
    /// 2018, super-convergence, with the constants of `torch.optim.lr_scheduler.OneCycleLR`). Has its own warm-up.
    OneCycle,
    /// η divided by 10 at each third of the run, after the warm-up if there is one (Mohanty et al. 2016).
    Step,
}

/// A schedule with its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LearningRate {
    /// η, above 0.
    pub peak: f64,
    /// The form.
    pub schedule: Schedule,
    /// w, in [0, 1): the rate rises linearly over this share of the steps. [`Schedule::OneCycle`] ignores it.
    pub warmup: f64,
}

/// Share of [`Schedule::OneCycle`] that rises.
const RISE: f64 = 0.3;
/// Peak over first rate of [`Schedule::OneCycle`].
const FIRST: f64 = 25.0;
/// First rate over last of [`Schedule::OneCycle`].
const LAST: f64 = 1e4;

impl LearningRate {
    /// The rate of step `step` (from 0) of `steps`.
    pub fn at(&self, step: u64, steps: u64) -> f64 {
        let last = steps.saturating_sub(1) as f64;
        let step = step as f64;
        if self.schedule == Schedule::OneCycle {
            let summit = (RISE * steps as f64 - 1.0).max(0.0);
            let (first, lowest) = (self.peak / FIRST, self.peak / FIRST / LAST);
            return if step <= summit && summit > 0.0 {
                half_cosine(first, self.peak, step / summit)
            } else {
                half_cosine(self.peak, lowest, share(step - summit, last - summit))
            };
        }
        let warm = (self.warmup * steps as f64).floor();
        if step < warm {
            return self.peak * (step + 1.0) / (warm + 1.0);
        }
        match self.schedule {
            Schedule::Cosine => half_cosine(self.peak, 0.0, share(step - warm, steps as f64 - warm)),
            Schedule::Step => self.peak * 0.1f64.powf((3.0 * step / steps as f64).floor()),
            Schedule::Constant | Schedule::OneCycle => self.peak,
        }
    }
}

fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { (part / whole).clamp(0.0, 1.0) } else { 0.0 }
}

fn half_cosine(from: f64, to: f64, share: f64) -> f64 {
    to + (from - to) * 0.5 * (1.0 + (PI * share).cos())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rate(schedule: Schedule, warmup: f64) -> LearningRate {
        LearningRate { peak: 0.1, schedule, warmup }
    }

    #[test]
    fn one_cycle_is_pytorchs() {
        // torch.optim.lr_scheduler.OneCycleLR(max_lr=0.1, total_steps=20), steps 0, 1, 5, 12 and 19.
        let expected = [0.004, 0.013_167_184_270_002_522, 0.1, 0.050_000_2, 4.0e-7];
        let one_cycle = rate(Schedule::OneCycle, 0.0);
        for (step, expected) in [0, 1, 5, 12, 19].into_iter().zip(expected) {
            assert!(
                (one_cycle.at(step, 20) - expected).abs() < 1e-9,
                "step {step}: {}",
                one_cycle.at(step, 20)
            );
        }
    }

    #[test]
    fn constant_without_warm_up_is_constant() {
        assert!((0..100).all(|step| rate(Schedule::Constant, 0.0).at(step, 100) == 0.1));
    }

    #[test]
    fn thirds_divide_by_ten() {
        let rates = [0, 10, 20].map(|step| rate(Schedule::Step, 0.0).at(step, 30));
        assert!((rates[1] - 0.01).abs() < 1e-12 && (rates[2] - 0.001).abs() < 1e-12, "{rates:?}");
    }

    proptest! {
        #[test]
        fn rates_lie_between_zero_and_the_peak(steps in 1u64..5000, at in 0.0f64..1.0, warmup in 0.0f64..0.9) {
            let step = (at * steps as f64) as u64;
            for schedule in [Schedule::Constant, Schedule::Cosine, Schedule::OneCycle, Schedule::Step] {
                let value = rate(schedule, warmup).at(step, steps);
                prop_assert!(value > 0.0 && value <= 0.1 + 1e-12, "{schedule:?} {step}/{steps}: {value}");
            }
        }
    }
}
