//! The objective, and its minimum.
//!
//! | symbol | shape | meaning |
//! | --- | --- | --- |
//! | x, w, W, μ, σ, B, b, λ | | as in the crate's description |
//! | A = B / σ | (d, C) | weights on features as they are |
//! | a = b - μ A | C | biases on them |
//! | z = x A + a | (n, C) | logits |
//! | p, t | (n, C) | softmax of z, or its sigmoid where photographs show sets of classes; the targets, smoothed |
//! | r = w (p - t) | (n, C) | what pulls at each logit |
//!
//! - objective: `Σ wᵢ (-Σₖ tᵢₖ ln pᵢₖ) / W + λ/2 ‖B‖²`; of sets of classes `Σ wᵢ (-Σₖ tᵢₖ ln pᵢₖ + (1 - tᵢₖ) ln (1 - pᵢₖ)) / W +
//!   λ/2 ‖B‖²`, which is the sum of the objectives of C binary regressions
//! - gradient of B: `(xᵀ r - μ Σᵢ rᵢ) / (σ W) + λ B`
//! - gradient of b: `Σᵢ rᵢ / W`
//!
//! Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.4; the features are standardised in the weights and
//! not in memory.

use foliar_kernels::fusion::{Backward, InputGradient, OutputGradient};
use foliar_kernels::pointwise::{self, Pointwise};
use foliar_linalg::{Limits, minimise};

use crate::classifier::Classifier;
use crate::examples::Examples;
use crate::scaling::Scaling;
use crate::solution::{Precision, Solution};

/// Logistic regression of some photographs.
#[derive(Debug)]
pub struct Problem<'a> {
    examples: Examples<'a>,
    /// How much each photograph counts.
    weights: Vec<f64>,
    /// Their sum, above 0.
    total: f64,
    scaling: Scaling,
    product: Pointwise,
}

impl<'a> Problem<'a> {
    /// The problem of `examples`, each of which counts as `weights` says; those that count 0 are left out.
    ///
    /// `None` if the lengths do not go together, a class is out of range, a weight is negative, all of them are 0, or a number
    /// is not finite.
    pub fn new(examples: &Examples<'a>, weights: &[f32]) -> Option<Self> {
        let width = examples.width()?;
        let finite = examples.features.iter().chain(weights).all(|value| value.is_finite());
        if weights.len() != examples.labels.len() || !finite || weights.iter().any(|&weight| weight < 0.0) {
            return None;
        }
        let weights: Vec<f64> = weights.iter().copied().map(f64::from).collect();
        let total: f64 = weights.iter().sum();
        let product = Pointwise::new(weights.len(), width, examples.classes).filter(|_| total > 0.0)?;
        let scaling = Scaling::of(examples.features, width, &weights, total);
        Some(Self { examples: *examples, weights, total, scaling, product })
    }

    /// The minimum of the objective for a `strength` λ above 0, from `start`, or from 0 without one.
    ///
    /// # Panics
    /// If `start` is of another number of features or classes.
    pub fn solve(&self, strength: f64, start: Option<&Solution>, precision: Precision) -> Solution {
        let zeros = || vec![0.0; self.product.weight_len() + self.examples.classes];
        let start = start.map_or_else(zeros, |start| start.parameters.clone());
        let limits = Limits {
            evaluations: precision.evaluations(),
            gradient: precision.gradient(),
            decrease: precision.decrease(),
            first_step: 0.5,
        };
        let mut room = Room::new(&self.product);
        let (parameters, objective) = minimise(&start, None, limits, |point, gradient| {
            self.evaluate(strength, point, gradient, &mut room)
        });
        Solution { parameters, objective }
    }

    /// What `solution` is on features as they are.
    pub fn classifier(&self, solution: &Solution) -> Classifier {
        let (width, classes) = (self.product.inputs(), self.product.outputs());
        let (by_feature, bias) = self.unscaled(&solution.parameters);
        let weight = (0..classes).flat_map(|class| {
            let by_feature = &by_feature;
            (0..width).map(move |feature| by_feature[feature * classes + class])
        });
        Classifier { weight: weight.collect(), bias: bias.iter().map(|&bias| bias as f32).collect() }
    }

    /// (n, C): what `solution` says of all photographs, those that count 0 too.
    pub fn logits(&self, solution: &Solution) -> Vec<f32> {
        let mut room = Room::new(&self.product);
        let (weight, bias) = self.unscaled(&solution.parameters);
        pointwise::forward(&self.product, self.examples.features, None, &weight, None, &mut room.logits);
        for row in room.logits.chunks_exact_mut(bias.len()) {
            row.iter_mut().zip(&bias).for_each(|(logit, bias)| *logit += *bias as f32);
        }
        room.logits
    }

    /// A as floats, and a.
    fn unscaled(&self, parameters: &[f64]) -> (Vec<f32>, Vec<f64>) {
        let classes = self.product.outputs();
        let (by_feature, bias) = parameters.split_at(self.product.weight_len());
        let mut bias = bias.to_vec();
        let mut weight = Vec::with_capacity(by_feature.len());
        let Scaling { mean, inverse_deviation } = &self.scaling;
        for ((row, mean), inverse) in by_feature.chunks_exact(classes).zip(mean).zip(inverse_deviation) {
            for (scaled, bias) in row.iter().zip(&mut bias) {
                let plain = (scaled * inverse) as f32;
                *bias -= mean * f64::from(plain);
                weight.push(plain);
            }
        }
        (weight, bias)
    }

    /// The objective at `point`; `gradient` is overwritten.
    fn evaluate(&self, strength: f64, point: &[f64], gradient: &mut [f64], room: &mut Room) -> f64 {
        let Examples { features, classes, .. } = self.examples;
        let Room { logits, products, partials, pull } = room;
        let (weight, bias) = self.unscaled(point);
        pointwise::forward(&self.product, features, None, &weight, None, logits);
        pull.fill(0.0);
        let mut loss = 0.0;
        let mut exact = vec![0.0; classes];
        for (place, (row, &counts)) in logits.chunks_exact_mut(classes).zip(&self.weights).enumerate() {
            if counts == 0.0 {
                row.fill(0.0);
                continue;
            }
            for ((exact, &logit), bias) in exact.iter_mut().zip(&*row).zip(&bias) {
                *exact = f64::from(logit) + bias;
            }
            loss += counts * self.examples.surprise(place, &mut exact);
            for ((value, pull), excess) in row.iter_mut().zip(&mut *pull).zip(&exact) {
                *value = (counts * excess) as f32;
                *pull += f64::from(*value);
            }
        }
        let from = Backward { x: features, before: None, weight: &weight, dy: OutputGradient::Plain(logits) };
        pointwise::backward(&self.product, from, InputGradient::Unwanted, products, partials);
        let (of_weights, of_bias) = gradient.split_at_mut(self.product.weight_len());
        let mut penalty = 0.0;
        let Scaling { mean, inverse_deviation } = &self.scaling;
        let rows = of_weights.chunks_exact_mut(classes).zip(products.chunks_exact(classes));
        let rows = rows.zip(point.chunks_exact(classes)).zip(mean.iter().zip(inverse_deviation));
        for (((gradient, products), weights), (mean, inverse)) in rows {
            for (class, (gradient, &weight)) in gradient.iter_mut().zip(weights).enumerate() {
                let centred = f64::from(products[class]) - mean * pull[class];
                *gradient = centred * inverse / self.total + strength * weight;
                penalty += weight * weight;
            }
        }
        of_bias.iter_mut().zip(&*pull).for_each(|(gradient, pull)| *gradient = pull / self.total);
        loss / self.total + strength / 2.0 * penalty
    }
}

/// Scratch of an evaluation.
struct Room {
    /// z, then r.
    logits: Vec<f32>,
    /// xᵀ r.
    products: Vec<f32>,
    partials: Vec<f32>,
    /// Σᵢ rᵢ.
    pull: Vec<f64>,
}

impl Room {
    fn new(product: &Pointwise) -> Self {
        Self {
            logits: vec![0.0; product.rows() * product.outputs()],
            products: vec![0.0; product.weight_len()],
            partials: vec![0.0; product.partials_len()],
            pull: vec![0.0; product.outputs()],
        }
    }
}

#[cfg(test)]
mod tests {
    use foliar_kernels::binary_loss::Targets;
    use foliar_kernels::distillation::{Taught, UNLABELLED};

    use super::*;

    #[test]
    fn the_gradient_is_the_slope_of_the_objective() {
        let features = [0.5, -1.0, 2.0, 0.0, 1.5, 1.0, -0.5, 3.0, 1.0, 2.5];
        // Nothing, the first class, the last two.
        let sets = [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0];
        let said = [0.4, -1.0, 0.3, 2.0, 0.1, -0.6, 1.2, 0.8, -2.0, 0.0, 0.7, 0.5, -0.3, 0.9, 1.6];
        let taught = Taught { logits: &said, share: 0.7, temperature: 2.0 };
        for (targets, first) in [
            (Targets::OneOf, 0),
            (Targets::AnyOf(&sets), 0),
            (Targets::Taught(taught), 0),
            (Targets::Taught(taught), UNLABELLED),
        ] {
            let labels = &[first, 1, 2, 1, 0];
            let examples =
                Examples { features: &features, labels, targets, classes: 3, label_smoothing: 0.1 };
            let problem = Problem::new(&examples, &[1.0, 2.0, 0.5, 0.0, 1.0]).expect("a problem");
            let mut room = Room::new(&problem.product);
            let point: Vec<f64> = (0..9).map(|place| f64::from(place % 4) * 0.3 - 0.4).collect();
            let mut gradient = vec![0.0; 9];
            problem.evaluate(0.2, &point, &mut gradient, &mut room);
            for axis in 0..9 {
                let mut value_at = |step: f64| {
                    let mut moved = point.clone();
                    moved[axis] += step;
                    problem.evaluate(0.2, &moved, &mut [0.0; 9], &mut room)
                };
                let slope = (value_at(1e-2) - value_at(-1e-2)) / 2e-2;
                assert!((slope - gradient[axis]).abs() < 1e-4, "{axis}: {slope} {}", gradient[axis]);
            }
        }
    }
}
