//! What an engine holds for training, and the step of the optimiser.

use std::ops::Range;

use foliar_kernels::{norm, update};

use crate::engine::{EngineOptions, Statistics};
use crate::floats::Floats;
use crate::optimizer::Optimizer;
use crate::parameters::Role;
use crate::plan::Plan;
use crate::program::{Program, Step};

/// What only training needs.
pub(super) struct Training {
    pub(super) plan: Plan,
    pub(super) optimizer: Optimizer,
    pub(super) gradients: Vec<f32>,
    /// One for each of [`Optimizer::slots`].
    pub(super) slots: Vec<Vec<f32>>,
    /// Private sums of the kernels.
    pub(super) partials: Floats,
    pub(super) norm_partials: Vec<f64>,
    /// Mean and variance of the batch norm at hand.
    pub(super) moments: Vec<f64>,
    /// Room for the gradient of the batch norm at hand, two values per channel.
    pub(super) coefficients: Vec<f32>,
    pub(super) statistics: Statistics,
    pub(super) average: Option<Average>,
}

/// A moving average of everything that prediction needs.
///
/// After step t it becomes d' a + (1 - d') w with d' = min(d, (1 + t) / (10 + t)), so that the first weights are soon
/// forgotten (the warm-up of TensorFlow's `ExponentialMovingAverage`).
pub(super) struct Average {
    /// d.
    pub(super) decay: f64,
    pub(super) weights: Vec<f32>,
    pub(super) buffers: Vec<f32>,
}

impl Average {
    pub(super) fn update(&mut self, weights: &[f32], buffers: &[f32], step: u64) {
        let step = step as f64;
        let decay = self.decay.min((1.0 + step) / (10.0 + step));
        let share = (1.0 - decay) as f32;
        let pairs = [(&mut self.weights, weights), (&mut self.buffers, buffers)];
        for (average, value) in pairs.into_iter().flat_map(|(a, b)| a.iter_mut().zip(b)) {
            *average += share * (value - *average);
        }
    }
}

impl Training {
    pub(super) fn new(program: &Program, plan: Plan, optimizer: Optimizer, options: &EngineOptions) -> Self {
        let weights = program.parameters.trained_len;
        let (partials, norm_partials) = partials_len(program);
        Self {
            plan,
            optimizer,
            gradients: vec![0.0; weights],
            slots: optimizer.slots().iter().map(|_| vec![0.0; weights]).collect(),
            partials: Floats::zeros(partials),
            norm_partials: vec![0.0; norm_partials],
            moments: vec![0.0; 2 * widest_norm(program)],
            coefficients: vec![0.0; 2 * widest_norm(program)],
            statistics: options.statistics,
            average: options.average.map(|decay| Average { decay, weights: Vec::new(), buffers: Vec::new() }),
        }
    }

    /// Steps the weights of a range; `step` counts from 1.
    pub(super) fn update(&mut self, weights: &mut [f32], range: Range<usize>, learning_rate: f64, step: u64) {
        let (weights, gradients) = (&mut weights[range.clone()], &self.gradients[range.clone()]);
        match (self.optimizer, &mut self.slots[..]) {
            (Optimizer::Sgd { momentum, dampening, nesterov, weight_decay }, slots) => {
                let settings = update::Sgd {
                    learning_rate,
                    momentum,
                    dampening,
                    nesterov,
                    weight_decay,
                    first_step: step == 1,
                };
                let buffer = slots.first_mut().map_or(&mut [][..], |slot| &mut slot[range]);
                update::sgd(weights, gradients, buffer, &settings);
            }
            (Optimizer::AdamW { beta1, beta2, epsilon, weight_decay }, [first, second, ..]) => {
                let settings = update::AdamW { learning_rate, beta1, beta2, epsilon, weight_decay, step };
                update::adamw(weights, gradients, &mut first[range.clone()], &mut second[range], &settings);
            }
            (Optimizer::AdamW { .. }, _) => unreachable!("AdamW has two slots"),
        }
    }

    pub(super) fn gradient_norm(&self) -> f64 {
        // Sums of fixed chunks: the rounding does not depend on threads, and f64 has room for any float32 square.
        let chunks = self.gradients.chunks(4096);
        chunks
            .map(|chunk| chunk.iter().map(|&g| f64::from(g) * f64::from(g)).sum::<f64>())
            .sum::<f64>()
            .sqrt()
    }
}

/// Private sums that the kernels of a program need for any batch up to the planned one: (f32 for weights, f64 for batch
/// norm). A smaller batch may be cut into more parts than a larger one, so every size is asked for.
pub(crate) fn partials_len(program: &Program) -> (usize, usize) {
    let (mut weights, mut norms) = (0, 0);
    for n in 1..=program.batch {
        for step in &program.steps {
            match *step {
                Step::Conv { conv, .. } => {
                    weights = weights.max(conv.of_images(n).partials_len());
                }
                Step::Grouped { conv, .. } => {
                    weights = weights.max(conv.of_images(n).partials_len());
                }
                Step::Pointwise { layer, ref fused } => {
                    let layer = layer.of_rows(program.values[fused.x].of_images(n).rows());
                    weights = weights.max(layer.partials_len());
                    norms = norms.max(layer.norm_partials_len());
                }
                Step::Depthwise { depthwise, .. } => {
                    let depthwise = depthwise.of_images(n);
                    weights = weights.max(depthwise.partials_len());
                    norms = norms.max(depthwise.norm_partials_len());
                }
                Step::Norm { x, .. } => {
                    let shape = program.values[x].of_images(n);
                    norms = norms.max(norm::partials_len(shape.rows(), shape.c()));
                }
                _ => {}
            }
            if step.after().is_some() {
                let shape = program.values[step.output()].of_images(n);
                norms = norms.max(norm::partials_len(shape.rows(), shape.c()));
            }
        }
    }
    (weights, norms)
}

fn widest_norm(program: &Program) -> usize {
    let scales = program.parameters.list.iter().filter(|parameter| parameter.role == Role::NormScale);
    scales.map(|scale| scale.range.len()).max().unwrap_or(0)
}
