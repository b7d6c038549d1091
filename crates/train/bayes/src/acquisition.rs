//! The acquisition function: log expected improvement plus the log probability of being feasible.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | `μ`, `s` | posterior mean and deviation of the warped cost |
//! | `μ*` | incumbent: the lowest posterior mean at an observed point; under noise the lowest cost is mostly luck |
//! | `z = (μ* - μ) / s` | |
//! | `m`, `v` | posterior mean and deviation of the feasibility label, noise included |
//! | `p = Φ(m / v)` | probability of being feasible |
//! | `a = ln s + ln h(z) + ln p + W min(0, ln 2p)` | acquisition |
//!
//! The plain product of improvement and probability is not enough. Where the cost falls towards an infeasible region, the
//! expected improvement inside that region is so large that even a tiny probability does not outweigh it. `W` makes a point
//! that is more likely to fail than to succeed a last resort.
//!
//! Ament et al. (2023), eq. 8, for the first two terms; Gardner et al., "Bayesian Optimization with Inequality Constraints"
//! (2014), eq. 4, for the product with the probability; least-squares classification with a probit for the probability:
//! Rasmussen and Williams (2006), section 6.5.

use crate::gp::{Moments, Process};
use crate::normal::{Slope, ln_distribution, ln_improvement};

/// `W`.
const LAST_RESORT: f64 = 20.0;

/// The models that the acquisition function uses.
#[derive(Debug, Clone)]
pub(crate) struct Acquisition {
    /// Model of the warped costs, with running trials believed.
    pub(crate) costs: Process,
    /// Model of the labels, 1 for feasible and -1 for infeasible; none while no trial was infeasible.
    pub(crate) feasibility: Option<Process>,
    /// `μ*`.
    pub(crate) incumbent: f64,
}

impl Acquisition {
    /// `a` at unit coordinates `point`.
    pub(crate) fn value(&self, point: &[f64], moments: &mut Moments) -> f64 {
        let improvement = self.ln_expected_improvement(point, moments);
        let chance = self.feasibility.as_ref().map_or(0.0, |labels| {
            labels.predict(point, moments);
            chance_worth(moments.mean / moments.deviation.hypot(labels.noise_deviation())).value
        });
        improvement + chance
    }

    /// Log expected improvement at `point`, in warped units.
    pub(crate) fn ln_expected_improvement(&self, point: &[f64], moments: &mut Moments) -> f64 {
        self.costs.predict(point, moments);
        let z = (self.incumbent - moments.mean) / moments.deviation;
        moments.deviation.ln() + ln_improvement(z).value
    }

    /// `a` and its gradient at `point`.
    pub(crate) fn value_with_gradient(
        &self,
        point: &[f64],
        gradient: &mut [f64],
        moments: &mut Moments,
    ) -> f64 {
        self.costs.predict_with_gradient(point, moments);
        let z = (self.incumbent - moments.mean) / moments.deviation;
        let improvement = ln_improvement(z);
        let mut value = moments.deviation.ln() + improvement.value;
        for (axis, slope) in gradient.iter_mut().enumerate() {
            let (mean, deviation) = (moments.mean_gradient[axis], moments.deviation_gradient[axis]);
            *slope = (deviation - improvement.derivative * (mean + z * deviation)) / moments.deviation;
        }
        if let Some(labels) = &self.feasibility {
            labels.predict_with_gradient(point, moments);
            let deviation = moments.deviation.hypot(labels.noise_deviation());
            let chance = chance_worth(moments.mean / deviation);
            value += chance.value;
            for (axis, slope) in gradient.iter_mut().enumerate() {
                let spread = moments.deviation_gradient[axis] * moments.deviation / deviation;
                let ratio = (moments.mean_gradient[axis] - moments.mean / deviation * spread) / deviation;
                *slope += chance.derivative * ratio;
            }
        }
        value
    }
}

/// `ln p + W min(0, ln 2p)` for `p = Φ(z)`.
fn chance_worth(z: f64) -> Slope {
    let Slope { value, derivative } = ln_distribution(z);
    let below = (value + std::f64::consts::LN_2).min(0.0);
    let factor = if below < 0.0 { 1.0 + LAST_RESORT } else { 1.0 };
    Slope { value: value + LAST_RESORT * below, derivative: factor * derivative }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gp::{Axis, Hyperparameters, TrainingSet};

    fn acquisition(feasibility: bool) -> Acquisition {
        let axes = vec![Axis::Ordered; 2];
        let inputs: Vec<Vec<f64>> =
            [[0.1, 0.2], [0.4, 0.8], [0.7, 0.5], [0.9, 0.1]].map(|x| x.to_vec()).to_vec();
        let hyperparameters = Hyperparameters { lengths: vec![0.4, 0.3], noise: 1e-4, offset: 1.0 };
        let data = TrainingSet::of_costs(axes.clone(), inputs.clone(), &[2.0, 0.5, 1.0, 4.0]);
        let costs = Process::new(&data, hyperparameters.clone()).unwrap();
        let labels = TrainingSet::of_labels(axes, inputs, vec![1.0, 1.0, -1.0, 1.0]);
        let feasibility = feasibility.then(|| Process::new(&labels, hyperparameters).unwrap());
        let incumbent = costs.mean(&[0.4, 0.8], &mut Moments::default());
        Acquisition { costs, feasibility, incumbent }
    }

    #[test]
    fn the_gradient_agrees_with_differences() {
        for feasibility in [false, true] {
            let acquisition = acquisition(feasibility);
            for point in [[0.35, 0.7], [0.69, 0.52], [0.401, 0.801], [0.05, 0.95]] {
                let (mut gradient, mut moments) = ([0.0; 2], Moments::default());
                let value = acquisition.value_with_gradient(&point, &mut gradient, &mut moments);
                assert!((value - acquisition.value(&point, &mut moments)).abs() < 1e-12);
                for axis in 0..2 {
                    let mut at = |step: f64| {
                        let mut moved = point;
                        moved[axis] += step;
                        acquisition.value(&moved, &mut moments)
                    };
                    let difference = (at(1e-6) - at(-1e-6)) / 2e-6;
                    let error = (difference - gradient[axis]).abs();
                    assert!(error < 1e-5 * (1.0 + difference.abs()), "{point:?} {axis}: {error}");
                }
            }
        }
    }

    #[test]
    fn an_infeasible_neighbourhood_is_worth_less() {
        let (with, without) = (acquisition(true), acquisition(false));
        let mut moments = Moments::default();
        let mut loss =
            |point: [f64; 2]| without.value(&point, &mut moments) - with.value(&point, &mut moments);
        assert!(loss([0.7, 0.5]) > 2.0);
        assert!(loss([0.7, 0.5]) > loss([0.15, 0.25]) + 1.0);
    }
}
