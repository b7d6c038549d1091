//! The log marginal likelihood of the hyperparameters, its gradient, and the fit that maximises it.
//!
//! | symbol | shape | meaning |
//! | --- | --- | --- |
//! | `n`, `d` | | observations, dimensions |
//! | `ℓ`, `η`, `c` | `[d]`, , | length scales, noise variance over signal variance, offset of the output warp |
//! | `θ = ln (ℓ, η, c)` | `[d + 2]` | what is fitted; `c` only for costs |
//! | `z` | `[n]` | warped targets, less their mean |
//! | `R = k(X, X) + τ² 11ᵀ + η I` | `[n, n]` | covariance over signal variance `σ²`; `τ²` leaves the mean free |
//! | `α = R⁻¹ z`, `Q = zᵀ α` | `[n]`, | `σ² = Q / (n - 1)` at its maximum |
//! | `N = η σ²` | | variance of the noise, in warped units |
//! | `L(θ)` | | `-(n - 1)/2 ln Q - ½ ln |R| - Σ' ln(c + u) - W N + ln p(θ)` |
//!
//! Rasmussen and Williams (2006), eqs. 5.8 and 5.9, with the signal variance maximised out. `Σ'` is the Jacobian of the warp
//! over all observations but the lowest: its excess is 0 by construction, and counting it would reward `c → 0` without limit,
//! a known fault of the shifted log-normal likelihood. `n - 1` makes `L` independent of the warp's units. `W N` keeps `c` above
//! the noise: otherwise the logarithm would turn small lucky differences into large ones.

use super::Axis;
use foliar_linalg::{Cholesky, dot};

use super::kernel::matern;
use super::warp::{Excess, warp};
use foliar_linalg::{Limits, minimise};

/// Variance of the unknown mean, over the signal variance.
pub(crate) const MEAN_VARIANCE: f64 = 10.0;

/// Bounds of `ln ℓ`, `ln η` and `ln c`.
const LENGTH_BOUNDS: (f64, f64) = (-4.6, 4.6);
const NOISE_BOUNDS: (f64, f64) = (-20.7, 2.3);
const OFFSET_BOUNDS: (f64, f64) = (-16.0, 7.0);

/// `W`: noise with a standard deviation of 0.1 in warped units costs one nat.
const NOISE_IN_WARP: f64 = 100.0;

/// `η` of the start that assumes much noise.
const NOISY_START: f64 = 0.1;

/// Normal priors of `ln ℓ - ½ ln d`, `ln η` and `ln c`: mean and standard deviation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Prior {
    length: (f64, f64),
    noise: (f64, f64),
    offset: (f64, f64),
}

/// For costs, which may be measured exactly or with much noise.
const COSTS: Prior = Prior { length: (-1.0, 0.85), noise: (-12.0, 4.0), offset: (4.0, 1.5) };

/// For labels, which step from -1 to 1. A smooth function cannot follow the step. Without a firm prior the fit chooses a
/// length scale so short that a failure affects only its closest neighbours.
const LABELS: Prior = Prior { length: (-0.7, 0.3), noise: (-3.0, 0.5), offset: (0.0, 1.0) };

/// Observations to fit.
#[derive(Debug, Clone)]
pub(crate) struct TrainingSet {
    /// `[d]`: how distances along each coordinate are measured.
    pub(crate) axes: Vec<Axis>,
    /// `[n][d]`: unit coordinates.
    pub(crate) inputs: Vec<Vec<f64>>,
    /// `[n]`: excesses of costs, or labels.
    pub(crate) targets: Vec<f64>,
    /// Maps excesses back to costs; none for labels.
    pub(crate) excess: Option<Excess>,
    prior: Prior,
}

impl TrainingSet {
    /// Finite costs at unit coordinates `inputs`.
    pub(crate) fn of_costs(axes: Vec<Axis>, inputs: Vec<Vec<f64>>, costs: &[f64]) -> Self {
        let excess = Excess::of(costs);
        let targets = costs.iter().map(|&cost| excess.forward(cost)).collect();
        TrainingSet { axes, inputs, targets, excess: Some(excess), prior: COSTS }
    }

    /// Labels of -1 and 1 at unit coordinates `inputs`.
    pub(crate) fn of_labels(axes: Vec<Axis>, inputs: Vec<Vec<f64>>, labels: Vec<f64>) -> Self {
        TrainingSet { axes, inputs, targets: labels, excess: None, prior: LABELS }
    }

    /// Number of observations.
    pub(crate) fn len(&self) -> usize {
        self.inputs.len()
    }

    /// Warped targets before centring.
    pub(crate) fn warped(&self, offset: f64) -> Vec<f64> {
        match self.excess {
            Some(_) => self.targets.iter().map(|&excess| warp(excess, offset)).collect(),
            None => self.targets.clone(),
        }
    }
}

/// Hyperparameters of a Gaussian process.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Hyperparameters {
    /// `ℓ`, in unit coordinates.
    pub(crate) lengths: Vec<f64>,
    /// `η`.
    pub(crate) noise: f64,
    /// `c`.
    pub(crate) offset: f64,
}

impl Hyperparameters {
    /// The mode of the prior.
    pub(crate) fn prior(data: &TrainingSet) -> Self {
        let Prior { length, noise, offset } = data.prior;
        let dimensions = data.axes.len();
        Hyperparameters {
            lengths: vec![(length.0 + 0.5 * (dimensions as f64).ln()).exp(); dimensions],
            noise: noise.0.exp(),
            offset: offset.0.exp(),
        }
    }

    /// The starting points of a full fit: the prior mode, and a point with much noise and longer length scales. The
    /// likelihood often has a maximum near each.
    pub(crate) fn starts(data: &TrainingSet) -> Vec<Self> {
        let prior = Hyperparameters::prior(data);
        let lengths = prior.lengths.iter().map(|length| 2.0 * length).collect();
        let noisy = Hyperparameters { lengths, noise: NOISY_START, ..prior.clone() };
        vec![prior, noisy]
    }

    fn to_logs(&self) -> Vec<f64> {
        let rest = [self.noise, self.offset];
        self.lengths.iter().chain(&rest).map(|value| value.ln()).collect()
    }

    fn from_logs(logs: &[f64]) -> Self {
        let dimensions = logs.len() - 2;
        Hyperparameters {
            lengths: logs[..dimensions].iter().map(|log| log.exp()).collect(),
            noise: logs[dimensions].exp(),
            offset: logs[dimensions + 1].exp(),
        }
    }

    /// The best fit to `data` that `evaluations` calls from each of `starts` find, and its `-L`.
    pub(crate) fn fit(data: &TrainingSet, starts: &[Hyperparameters], evaluations: usize) -> (Self, f64) {
        let marginal_likelihood = MarginalLikelihood::new(data);
        let dimensions = data.axes.len();
        let mut bounds = vec![LENGTH_BOUNDS; dimensions];
        bounds.extend([NOISE_BOUNDS, OFFSET_BOUNDS]);
        let limits = Limits { evaluations, gradient: 1e-3, decrease: 1e-4, first_step: 0.5 };
        let mut best = (Hyperparameters::prior(data), f64::INFINITY);
        for start in starts {
            let (logs, value) = minimise(&start.to_logs(), Some(&bounds), limits, |logs, gradient| {
                marginal_likelihood.evaluate(logs, gradient)
            });
            if value < best.1 {
                best = (Hyperparameters::from_logs(&logs), value);
            }
        }
        best
    }
}

/// A training set with the quantities that all evaluations share.
struct MarginalLikelihood<'a> {
    data: &'a TrainingSet,
    /// `[d][n (n - 1) / 2]`: `Δⱼ²` of every pair, row by row.
    squares: Vec<Vec<f64>>,
}

impl<'a> MarginalLikelihood<'a> {
    fn new(data: &'a TrainingSet) -> Self {
        let squares = data.axes.iter().enumerate().map(|(axis, kind)| {
            let pairs = (0..data.len()).flat_map(|row| (0..row).map(move |column| (row, column)));
            pairs
                .map(|(row, column)| {
                    kind.difference(data.inputs[row][axis], data.inputs[column][axis]).powi(2)
                })
                .collect()
        });
        MarginalLikelihood { data, squares: squares.collect() }
    }

    /// `-L(θ)`, and its gradient into `gradient`; infinite where `R` is not positive definite.
    fn evaluate(&self, logs: &[f64], gradient: &mut [f64]) -> f64 {
        let theta = Hyperparameters::from_logs(logs);
        let (count, dimensions) = (self.data.len(), self.squares.len());
        let weights: Vec<f64> = theta.lengths.iter().map(|length| length.powi(-2)).collect();

        let pairs = count * count.saturating_sub(1) / 2;
        let mut distances = vec![0.0; pairs];
        for (squares, weight) in self.squares.iter().zip(&weights) {
            for (distance, square) in distances.iter_mut().zip(squares) {
                *distance += weight * square;
            }
        }
        let mut covariance = Vec::with_capacity(pairs + count);
        let mut slopes = distances;
        let mut pair = 0;
        for row in 0..count {
            for _ in 0..row {
                let (correlation, slope) = matern(slopes[pair]);
                covariance.push(correlation + MEAN_VARIANCE);
                slopes[pair] = slope;
                pair += 1;
            }
            covariance.push(1.0 + MEAN_VARIANCE + theta.noise);
        }
        let Some(factor) = Cholesky::of(&covariance) else { return f64::INFINITY };

        let warped = self.data.warped(theta.offset);
        let mean = warped.iter().sum::<f64>() / count as f64;
        let targets: Vec<f64> = warped.iter().map(|value| value - mean).collect();
        let mut alpha = targets.clone();
        factor.solve_lower(&mut alpha);
        factor.solve_upper(&mut alpha);
        let quadratic = dot(&targets, &alpha).max(1e-300);
        let freedom = (count as f64 - 1.0).max(1.0);
        let in_warp = if self.data.excess.is_some() { NOISE_IN_WARP * theta.noise / freedom } else { 0.0 };
        let mut value = 0.5 * (freedom * quadratic.ln() + factor.ln_determinant()) + in_warp * quadratic;

        gradient.fill(0.0);
        let inverse = factor.inverse();
        // Twice the derivative of the value by Q.
        let ratio = freedom / quadratic + 2.0 * in_warp;
        // dL / dR for a pair counts both (a, b) and (b, a).
        let (mut pair, mut entry) = (0, 0);
        let mut trace = 0.0;
        for row in 0..count {
            for column in 0..row {
                slopes[pair] *= ratio * alpha[row] * alpha[column] - inverse[entry];
                pair += 1;
                entry += 1;
            }
            trace += 0.5 * (ratio * alpha[row] * alpha[row] - inverse[entry]);
            entry += 1;
        }
        for axis in 0..dimensions {
            gradient[axis] = 2.0 * weights[axis] * dot(&slopes, &self.squares[axis]);
        }
        gradient[dimensions] = in_warp * quadratic - theta.noise * trace;

        if self.data.excess.is_some() {
            let lowest = lowest_of(&self.data.targets);
            // Centring the targets equals centring their weights.
            let centre = alpha.iter().sum::<f64>() / count as f64;
            for (place, (&excess, weight)) in self.data.targets.iter().zip(&alpha).enumerate() {
                let sum = theta.offset + excess;
                gradient[dimensions + 1] -= ratio * (weight - centre) * excess / sum;
                if place != lowest {
                    value += sum.ln();
                    gradient[dimensions + 1] += theta.offset / sum;
                }
            }
        }
        value + self.data.prior.penalty(logs, gradient)
    }
}

fn lowest_of(values: &[f64]) -> usize {
    (1..values.len()).fold(0, |lowest, place| if values[place] < values[lowest] { place } else { lowest })
}

impl Prior {
    /// `-ln p(θ)` up to a constant; adds its gradient.
    fn penalty(&self, logs: &[f64], gradient: &mut [f64]) -> f64 {
        let dimensions = logs.len() - 2;
        let length = (self.length.0 + 0.5 * (dimensions as f64).ln(), self.length.1);
        let priors = std::iter::repeat_n(length, dimensions).chain([self.noise, self.offset]);
        let mut sum = 0.0;
        for (((mean, deviation), log), slope) in priors.zip(logs).zip(gradient) {
            let distance = (log - mean) / deviation;
            sum += 0.5 * distance * distance;
            *slope += distance / deviation;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data() -> TrainingSet {
        let inputs: Vec<Vec<f64>> = (0..9)
            .map(|place| {
                let place = f64::from(place);
                vec![(place * 0.37).fract(), (place * 0.71).fract(), if place > 4.0 { 0.25 } else { 0.75 }]
            })
            .collect();
        let costs: Vec<f64> = inputs.iter().map(|x| (3.0 * x[0]).exp() + x[1] * x[1] + x[2]).collect();
        TrainingSet::of_costs(vec![Axis::Ordered, Axis::Ordered, Axis::Unordered], inputs, &costs)
    }

    #[test]
    fn the_gradient_agrees_with_differences() {
        let costs = data();
        let labels = TrainingSet { excess: None, ..costs.clone() };
        for data in [costs, labels] {
            let marginal_likelihood = MarginalLikelihood::new(&data);
            let logs = [-0.7, 0.2, 0.5, -4.0, -1.5];
            let mut gradient = [0.0; 5];
            marginal_likelihood.evaluate(&logs, &mut gradient);
            for place in 0..5 {
                let at = |step: f64| {
                    let mut moved = logs;
                    moved[place] += step;
                    marginal_likelihood.evaluate(&moved, &mut [0.0; 5])
                };
                let difference = (at(1e-5) - at(-1e-5)) / 2e-5;
                assert!((difference - gradient[place]).abs() < 1e-6 * (1.0 + difference.abs()), "{place}");
            }
        }
    }

    #[test]
    fn the_value_of_two_observations_in_closed_form() {
        let inputs = vec![vec![0.2], vec![0.6]];
        let data = TrainingSet::of_costs(vec![Axis::Ordered], inputs, &[1.0, 3.0]);
        let hyperparameters = Hyperparameters { lengths: vec![0.5], noise: 0.1, offset: 2.0 };
        let logs = hyperparameters.to_logs();
        let value = MarginalLikelihood::new(&data).evaluate(&logs, &mut [0.0; 3]);

        // R = [a b; b a], z = ±w / 2 with w the difference of the warped targets: Q = w² / (2 (a - b)).
        let s = 5_f64.sqrt() * 0.4 / 0.5;
        let b = (1.0 + s + s * s / 3.0) * (-s).exp() + MEAN_VARIANCE;
        let a = 1.0 + MEAN_VARIANCE + 0.1;
        let w = (1.0_f64 / 2.0).ln_1p();
        let quadratic = w * w / (2.0 * (a - b));
        let in_warp = NOISE_IN_WARP * 0.1 * quadratic;
        let exact = in_warp + 0.5 * quadratic.ln() + 0.5 * (a * a - b * b).ln() + (2.0_f64 + 1.0).ln();
        assert!((value - exact - COSTS.penalty(&logs, &mut [0.0; 3])).abs() < 1e-12);
    }

    #[test]
    fn the_likelihood_does_not_depend_on_the_units_of_the_objective() {
        let data = data();
        let costs: Vec<f64> = data.targets.iter().map(|&u| 1e6 * u - 5e7).collect();
        let scaled = TrainingSet::of_costs(data.axes.clone(), data.inputs.clone(), &costs);
        let logs = [-0.7, 0.2, 0.5, -4.0, -1.5];
        let value = |data: &TrainingSet| MarginalLikelihood::new(data).evaluate(&logs, &mut [0.0; 5]);
        assert!((value(&data) - value(&scaled)).abs() < 1e-6);
    }

    #[test]
    fn noise_and_length_scales_are_learned() {
        let mut inputs = Vec::new();
        let mut costs = Vec::new();
        for place in 0..60_u32 {
            let (x, y) = ((f64::from(place) * 0.618_034).fract(), (f64::from(place) * 0.754_878).fract());
            inputs.push(vec![x, y]);
            // Noise of deviation 0.1 from a fixed, patternless sequence.
            let noise =
                0.1 * 12_f64.sqrt() * ((f64::from(place) * 12.9898).sin() * 43_758.545_3).fract().abs();
            costs.push((6.0 * x).sin() + noise);
        }
        let data = TrainingSet::of_costs(vec![Axis::Ordered; 2], inputs, &costs);
        let (fitted, _) = Hyperparameters::fit(&data, &Hyperparameters::starts(&data), 60);
        assert!(fitted.lengths[1] > 3.0 * fitted.lengths[0], "{fitted:?}");
        let process = crate::gp::Process::new(&data, fitted).unwrap();
        let mut moments = crate::gp::Moments::default();
        let middle = process.mean(&[0.5, 0.5], &mut moments);
        let noise = process.noise_deviation() * process.cost_slope(middle);
        assert!((0.05..0.2).contains(&noise), "{noise}");
    }
}
