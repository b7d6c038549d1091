//! The posterior of a fitted Gaussian process.
//!
//! | symbol | shape | meaning |
//! | --- | --- | --- |
//! | `x` | `[d]` | where to predict, unit coordinates |
//! | `κ = k(X, x) + τ²` | `[n]` | covariance with the observations, over `σ²` |
//! | `v = L⁻¹ κ` | `[n]` | with `L Lᵀ = R` |
//! | `μ = mean + κᵀ α` | | posterior mean, in warped units |
//! | `s² = σ² (1 + τ² - vᵀ v)` | | posterior variance of the function itself, without noise |
//!
//! Rasmussen and Williams (2006), algorithm 2.1. Other symbols: see the marginal likelihood.

use foliar_linalg::{Cholesky, dot};

use super::kernel::{Axis, matern};
use super::marginal_likelihood::{Hyperparameters, MEAN_VARIANCE, TrainingSet};
use super::warp::{Excess, unwarp};

/// Added to the noise until the covariance is positive definite.
const JITTERS: [f64; 4] = [0.0, 1e-8, 1e-6, 1e-4];

/// Posterior mean and deviation, in warped units, with their gradients if asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Moments {
    /// `μ`.
    pub(crate) mean: f64,
    /// `s`, above 0.
    pub(crate) deviation: f64,
    /// `[d]`: `dμ / dx`.
    pub(crate) mean_gradient: Vec<f64>,
    /// `[d]`: `ds / dx`.
    pub(crate) deviation_gradient: Vec<f64>,
    covariances: Vec<f64>,
    slopes: Vec<f64>,
}

/// A Gaussian process conditioned on a training set.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    hyperparameters: Hyperparameters,
    axes: Vec<Axis>,
    /// `[d]`: `ℓ⁻²`.
    weights: Vec<f64>,
    /// `[n * d]`.
    inputs: Vec<f64>,
    alpha: Vec<f64>,
    factor: Cholesky,
    /// `σ²`.
    signal: f64,
    mean: f64,
    excess: Option<Excess>,
}

impl Process {
    /// Conditions on `data` with given hyperparameters; none if the covariance matrix is not positive definite.
    pub(crate) fn new(data: &TrainingSet, hyperparameters: Hyperparameters) -> Option<Self> {
        let warped = data.warped(hyperparameters.offset);
        let mean = warped.iter().sum::<f64>() / (warped.len().max(1)) as f64;
        let targets: Vec<f64> = warped.iter().map(|value| value - mean).collect();
        let weights: Vec<f64> = hyperparameters.lengths.iter().map(|length| length.powi(-2)).collect();
        for jitter in JITTERS {
            let mut process = Process {
                hyperparameters: Hyperparameters {
                    noise: hyperparameters.noise + jitter,
                    ..hyperparameters.clone()
                },
                axes: data.axes.clone(),
                weights: weights.clone(),
                inputs: Vec::new(),
                alpha: Vec::new(),
                factor: Cholesky::default(),
                signal: 1.0,
                mean,
                excess: data.excess,
            };
            if data.inputs.iter().all(|input| process.append(input)) {
                let mut alpha = targets.clone();
                process.factor.solve_lower(&mut alpha);
                process.factor.solve_upper(&mut alpha);
                let freedom = (targets.len() as f64 - 1.0).max(1.0);
                let quadratic = dot(&targets, &alpha);
                process.signal = if quadratic > 0.0 { quadratic / freedom } else { 1.0 };
                process.alpha = alpha;
                return Some(process);
            }
        }
        None
    }

    /// Conditions on an imaginary observation of exactly the posterior mean at `input`: the mean does not change anywhere,
    /// and the variance shrinks around `input`. Running trials are modelled this way (the "kriging believer" of
    /// Ginsbourger, Le Riche and Carraro, 2010). A point that adds nothing numerically is skipped.
    pub(crate) fn believe(&mut self, input: &[f64]) {
        if self.append(input) {
            self.alpha.push(0.0);
        }
    }

    fn append(&mut self, input: &[f64]) -> bool {
        let mut row = Vec::with_capacity(self.alpha.len() + 1);
        let mut slopes = Vec::new();
        self.covariances(input, &mut row, &mut slopes);
        row.push(1.0 + MEAN_VARIANCE + self.hyperparameters.noise);
        let extended = self.factor.extend(&row);
        if extended {
            self.inputs.extend_from_slice(input);
        }
        extended
    }

    fn covariances(&self, point: &[f64], covariances: &mut Vec<f64>, slopes: &mut Vec<f64>) {
        covariances.clear();
        slopes.clear();
        for input in self.inputs.chunks_exact(self.axes.len()) {
            let mut square = 0.0;
            for axis in 0..point.len() {
                let difference = self.axes[axis].difference(point[axis], input[axis]);
                square += self.weights[axis] * difference * difference;
            }
            let (correlation, slope) = matern(square);
            covariances.push(correlation + MEAN_VARIANCE);
            slopes.push(slope);
        }
    }

    /// `μ` at `point`, in warped units.
    pub(crate) fn mean(&self, point: &[f64], moments: &mut Moments) -> f64 {
        self.covariances(point, &mut moments.covariances, &mut moments.slopes);
        self.mean + dot(&moments.covariances, &self.alpha)
    }

    /// Mean and deviation at `point` into `moments`, without gradients.
    pub(crate) fn predict(&self, point: &[f64], moments: &mut Moments) {
        moments.mean = self.mean(point, moments);
        self.factor.solve_lower(&mut moments.covariances);
        moments.deviation = self.deviation_of(&moments.covariances);
    }

    /// Mean, deviation and their gradients at `point` into `moments`. The gradient along an unordered axis is 0.
    pub(crate) fn predict_with_gradient(&self, point: &[f64], moments: &mut Moments) {
        self.predict(point, moments);
        self.factor.solve_upper(&mut moments.covariances);
        let dimensions = self.axes.len();
        for gradient in [&mut moments.mean_gradient, &mut moments.deviation_gradient] {
            gradient.clear();
            gradient.resize(dimensions, 0.0);
        }
        let inputs = self.inputs.chunks_exact(dimensions);
        for (place, (input, slope)) in inputs.zip(&moments.slopes).enumerate() {
            let mean_share = 2.0 * slope * self.alpha[place];
            let variance_share = -2.0 * slope * moments.covariances[place];
            for axis in 0..dimensions {
                if self.axes[axis] == Axis::Ordered {
                    let pull = self.weights[axis] * (point[axis] - input[axis]);
                    moments.mean_gradient[axis] += mean_share * pull;
                    moments.deviation_gradient[axis] += variance_share * pull;
                }
            }
        }
        for slope in &mut moments.deviation_gradient {
            *slope *= self.signal / moments.deviation;
        }
    }

    fn deviation_of(&self, solved: &[f64]) -> f64 {
        // Rounding leaves about 1e-14 of the prior variance.
        let share = (1.0 + MEAN_VARIANCE - dot(solved, solved)).max(1e-14);
        (self.signal * share).sqrt()
    }

    /// Deviation of the noise, in warped units.
    pub(crate) fn noise_deviation(&self) -> f64 {
        (self.signal * self.hyperparameters.noise).sqrt()
    }

    /// The length scales, noise ratio and offset that it was built with.
    pub(crate) fn hyperparameters(&self) -> &Hyperparameters {
        &self.hyperparameters
    }

    /// The cost that a warped value stands for; for labels the value itself.
    pub(crate) fn cost(&self, warped: f64) -> f64 {
        match self.excess {
            Some(excess) => excess.backward(unwarp(warped, self.hyperparameters.offset)),
            None => warped,
        }
    }

    /// `dy / dg` at a warped value: units of cost per unit of warped cost.
    pub(crate) fn cost_slope(&self, warped: f64) -> f64 {
        self.excess.map_or(1.0, |excess| excess.scale() * self.hyperparameters.offset * warped.exp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hyperparameters(noise: f64) -> Hyperparameters {
        Hyperparameters { lengths: vec![0.3, 0.6, 1.0], noise, offset: 0.5 }
    }

    fn process(noise: f64) -> (Process, Vec<Vec<f64>>, Vec<f64>) {
        let axes = vec![Axis::Ordered, Axis::Ordered, Axis::Unordered];
        let inputs: Vec<Vec<f64>> = [[0.1, 0.9, 0.25], [0.5, 0.2, 0.75], [0.8, 0.6, 0.25], [0.3, 0.4, 0.75]]
            .map(|x| x.to_vec())
            .to_vec();
        let costs = vec![3.0, 1.0, 2.0, 7.0];
        let data = TrainingSet::of_costs(axes, inputs.clone(), &costs);
        (Process::new(&data, hyperparameters(noise)).unwrap(), inputs, costs)
    }

    #[test]
    fn the_posterior_of_a_repeated_label_in_closed_form() {
        let data = TrainingSet::of_labels(vec![Axis::Ordered], vec![vec![0.5], vec![0.5]], vec![1.0, 3.0]);
        let hyperparameters = Hyperparameters { lengths: vec![1.0], noise: 0.5, offset: 1.0 };
        let process = Process::new(&data, hyperparameters).unwrap();
        let mut moments = Moments::default();
        process.predict(&[0.5], &mut moments);
        // Centred targets ∓1 at one place: the mean stays 2, and Q = 2 · 1 / noise = 4 = σ². With prior variance p, R has p
        // everywhere and the noise added on its diagonal: the share of variance left is p - 2 p² / (2 p + noise).
        let p = 1.0 + MEAN_VARIANCE;
        assert!((moments.mean - 2.0).abs() < 1e-12);
        assert!((moments.deviation - (4.0 * (p - 2.0 * p * p / (2.0 * p + 0.5))).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn without_noise_it_passes_through_the_observations() {
        let (process, inputs, costs) = process(1e-10);
        let mut moments = Moments::default();
        for (input, cost) in inputs.iter().zip(&costs) {
            process.predict(input, &mut moments);
            assert!((process.cost(moments.mean) - cost).abs() < 1e-6);
            assert!(moments.deviation < 1e-3);
        }
    }

    #[test]
    fn far_away_it_returns_to_the_mean() {
        let data = TrainingSet::of_labels(vec![Axis::Ordered], vec![vec![0.0], vec![0.1]], vec![-1.0, 1.0]);
        let hyperparameters = Hyperparameters { lengths: vec![0.01], noise: 1e-6, offset: 1.0 };
        let process = Process::new(&data, hyperparameters).unwrap();
        let mut moments = Moments::default();
        process.predict(&[1.0], &mut moments);
        assert!(moments.mean.abs() < 1e-9);
    }

    #[test]
    fn gradients_agree_with_differences() {
        let (process, ..) = process(1e-3);
        let point = [0.45, 0.55, 0.25];
        let mut moments = Moments::default();
        process.predict_with_gradient(&point, &mut moments);
        for axis in 0..2 {
            let at = |step: f64| {
                let mut moved = point;
                moved[axis] += step;
                let mut moments = Moments::default();
                process.predict(&moved, &mut moments);
                (moments.mean, moments.deviation)
            };
            let (above, below) = (at(1e-6), at(-1e-6));
            assert!(((above.0 - below.0) / 2e-6 - moments.mean_gradient[axis]).abs() < 1e-7);
            assert!(((above.1 - below.1) / 2e-6 - moments.deviation_gradient[axis]).abs() < 1e-7);
        }
        assert_eq!((moments.mean_gradient[2], moments.deviation_gradient[2]), (0.0, 0.0));
    }

    #[test]
    fn believing_keeps_the_mean_and_shrinks_the_deviation() {
        let (process, ..) = process(1e-3);
        let mut believing = process.clone();
        believing.believe(&[0.7, 0.3, 0.25]);
        let (mut before, mut after) = (Moments::default(), Moments::default());
        for point in [[0.7, 0.3, 0.25], [0.6, 0.3, 0.25], [0.1, 0.1, 0.75]] {
            process.predict(&point, &mut before);
            believing.predict(&point, &mut after);
            assert!((before.mean - after.mean).abs() < 1e-12);
            assert!(after.deviation < before.deviation);
        }
        believing.predict(&[0.7, 0.3, 0.25], &mut after);
        assert!(after.deviation < 0.1 * before.deviation);
    }

    #[test]
    fn repeated_points_without_noise_do_not_fail() {
        let inputs = vec![vec![0.5]; 6];
        let data = TrainingSet::of_costs(vec![Axis::Ordered], inputs, &[1.0, 1.0, 1.0, 1.0, 1.0, 1.0]);
        let hyperparameters = Hyperparameters { lengths: vec![1.0], noise: 0.0, offset: 1.0 };
        let process = Process::new(&data, hyperparameters).unwrap();
        let mut moments = Moments::default();
        process.predict(&[0.5], &mut moments);
        assert!((process.cost(moments.mean) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_slope_is_that_of_the_cost() {
        let (process, ..) = process(1e-3);
        let difference = (process.cost(0.8 + 1e-6) - process.cost(0.8 - 1e-6)) / 2e-6;
        assert!((process.cost_slope(0.8) - difference).abs() < 1e-6);
    }
}
