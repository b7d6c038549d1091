//! The forward pass, in training and in evaluation mode.

use std::ops::Range;

use foliar_kernels::dropout::{self, Mask};
use foliar_kernels::{Accumulate, Activation, Nhwc};
use foliar_kernels::{channels, conv, depthwise, elementwise, norm, pool, sigmoid};

use super::{CpuEngine, disjoint};
use crate::engine::Statistics;
use crate::plan::Plan;
use crate::profile::{Direction, Stopwatch};
use crate::program::{NormTensors, Program, Step, ValueId};

/// How batch norms get their statistics.
enum Source<'a> {
    /// From the batch; running statistics take them in.
    Batch(BatchStatistics<'a>),
    /// From the running statistics, which the backward pass will need.
    Fixed { running: &'a [f32], saved: &'a mut [f32] },
    /// From the running statistics.
    Running(&'a [f32]),
}

struct BatchStatistics<'a> {
    running: &'a mut [f32],
    saved: &'a mut [f32],
    moments: &'a mut [f64],
    partials: &'a mut [f64],
    /// Share of the batch in the running statistics; each batch norm's own if `None`.
    momentum: Option<f64>,
}

impl CpuEngine {
    /// Runs the first `count` photographs of the arena through the network in training mode.
    pub(super) fn forward_train(&mut self, count: usize) {
        self.forward_batch(count, None, Some((self.seed, self.steps)));
    }

    /// The same without dropout, with `momentum` as the share of the batch in the running statistics.
    pub(super) fn forward_statistics(&mut self, count: usize, momentum: f64) {
        self.forward_batch(count, Some(momentum), None);
    }

    fn forward_batch(&mut self, count: usize, momentum: Option<f64>, dropping: Option<(u64, u64)>) {
        let Some(training) = &mut self.training else { return };
        let mut statistics = match (training.statistics, momentum) {
            (Statistics::Running, None) => Source::Fixed { running: &self.buffers, saved: &mut self.saved },
            _ => Source::Batch(BatchStatistics {
                momentum,
                running: &mut self.buffers,
                saved: &mut self.saved,
                moments: &mut training.moments,
                partials: &mut training.norm_partials,
            }),
        };
        let mut pass = Pass {
            program: &self.program,
            plan: &training.plan,
            count,
            weights: &self.weights,
            arena: &mut self.arena,
            indices: &mut self.indices,
            affine: &mut self.affine,
            dropping,
            stopwatch: &mut self.stopwatch,
        };
        pass.run(&mut statistics);
    }

    /// The same in evaluation mode.
    pub(super) fn forward_predict(&mut self, count: usize) {
        let mut pass = Pass {
            program: &self.program,
            plan: &self.predicting,
            count,
            weights: &self.weights,
            arena: &mut self.arena,
            indices: &mut self.indices,
            affine: &mut self.affine,
            dropping: None,
            stopwatch: &mut self.stopwatch,
        };
        pass.run(&mut Source::Running(&self.buffers));
    }
}

/// One pass over the steps of a program.
struct Pass<'a> {
    program: &'a Program,
    plan: &'a Plan,
    count: usize,
    weights: &'a [f32],
    arena: &'a mut [f32],
    indices: &'a mut [u8],
    affine: &'a mut [f32],
    /// Seed and step of the masks of dropout, while training.
    dropping: Option<(u64, u64)>,
    stopwatch: &'a mut Stopwatch,
}

impl Pass<'_> {
    fn run(&mut self, statistics: &mut Source<'_>) {
        let program = self.program;
        self.stopwatch.begin();
        for (index, step) in program.steps.iter().enumerate() {
            self.step(step, statistics);
            self.stopwatch.lap(Direction::Forward, index);
        }
    }

    fn shape(&self, value: ValueId) -> Nhwc {
        Nhwc { n: self.count, ..self.program.values[value] }
    }

    /// Where the photographs of this batch lie in the arena.
    fn place(&self, value: ValueId) -> Range<usize> {
        let start = self.plan.values[value].start;
        start..start + self.shape(value).len()
    }

    fn step(&mut self, step: &Step, statistics: &mut Source<'_>) {
        let weights = self.weights;
        match *step {
            Step::Conv { x, y, conv, ref weight, ref bias } => {
                let conv = conv.of_images(self.count);
                let [x, y] = disjoint(self.arena, [self.place(x), self.place(y)]);
                let bias = bias.clone().map(|bias| &weights[bias]);
                conv::forward(&conv, x, &weights[weight.clone()], bias, y);
            }
            Step::Depthwise { x, y, depthwise, ref weight } => {
                let depthwise = depthwise::Depthwise { input: self.shape(x), ..depthwise };
                let [x, y] = disjoint(self.arena, [self.place(x), self.place(y)]);
                depthwise::forward(&depthwise, x, &weights[weight.clone()], y);
            }
            Step::Norm { x, residual, y, activation, ref tensors } => {
                self.norm(x, tensors, statistics);
                self.apply(x, residual, y, activation);
            }
            Step::Activate { x, y, activation } => {
                let [x, y] = disjoint(self.arena, [self.place(x), self.place(y)]);
                elementwise::activate(activation, x, y);
            }
            Step::MaxPool { x, y, pool, ref indices } => {
                let pool = pool::Pool { input: self.shape(x), ..pool };
                let [x, y] = [self.place(x), self.place(y)];
                let indices = &mut self.indices[indices.start..indices.start + y.len()];
                let [x, y] = disjoint(self.arena, [x, y]);
                pool::max_forward(&pool, x, y, indices);
            }
            Step::AveragePool { x, y, pool } => {
                let pool = pool::Pool { input: self.shape(x), ..pool };
                let [x, y] = disjoint(self.arena, [self.place(x), self.place(y)]);
                pool::average_forward(&pool, pool::Divisor::Window, x, y);
            }
            Step::AdaptivePool { x, y } => {
                let (input, size) = (self.shape(x), self.shape(y).h);
                let [x, y] = disjoint(self.arena, [self.place(x), self.place(y)]);
                pool::adaptive_average_forward(input, size, x, y);
            }
            Step::Silu { x, y } => {
                let [x, y] = disjoint(self.arena, [self.place(x), self.place(y)]);
                sigmoid::silu_forward(x, y);
            }
            Step::Sigmoid { x, y } => {
                let [x, y] = disjoint(self.arena, [self.place(x), self.place(y)]);
                sigmoid::sigmoid_forward(x, y);
            }
            Step::Dropout { x, y, rate, node } => {
                let [x, y] = disjoint(self.arena, [self.place(x), self.place(y)]);
                match self.dropping {
                    Some((seed, step)) => {
                        dropout::apply(Mask::new(seed, step, node as u64, rate), x, Accumulate::Overwrite, y);
                    }
                    None => elementwise::copy(x, y),
                }
            }
            Step::GlobalPool { x, y } => {
                let input = self.shape(x);
                let [x, y] = disjoint(self.arena, [self.place(x), self.place(y)]);
                pool::global_average_forward(input, x, y);
            }
            Step::Add { a, b, y } => {
                let [a, b, y] = disjoint(self.arena, [self.place(a), self.place(b), self.place(y)]);
                elementwise::add(a, b, y);
            }
            Step::Concat { a, b, y } => {
                let widths = [self.shape(a).c, self.shape(b).c];
                let [a, b, y] = disjoint(self.arena, [self.place(a), self.place(b), self.place(y)]);
                channels::concat_forward(widths, a, b, y);
            }
            Step::Scale { x, factor, y } => {
                let shape = self.shape(x);
                let [x, factor, y] = disjoint(self.arena, [self.place(x), self.place(factor), self.place(y)]);
                channels::scale_forward(shape, x, factor, y);
            }
        }
    }

    /// Leaves the center, scale and shift of the batch norm of `x` in `self.affine`: (x - center) γ / σ + shift.
    fn norm(&mut self, x: ValueId, tensors: &NormTensors, statistics: &mut Source<'_>) {
        let shape = self.shape(x);
        let place = self.place(x);
        let [center, scale, shift] = thirds(&mut self.affine[..3 * shape.c]);
        let gamma = &self.weights[tensors.scale.clone()];
        let beta = &self.weights[tensors.shift.clone()];
        match statistics {
            Source::Running(running) | Source::Fixed { running, .. } => {
                center.copy_from_slice(&running[tensors.mean.clone()]);
                shift.copy_from_slice(beta);
                for ((scale, gamma), variance) in
                    scale.iter_mut().zip(gamma).zip(&running[tensors.variance.clone()])
                {
                    *scale = gamma * inverse_deviation(f64::from(*variance), tensors.epsilon);
                }
                if let Source::Fixed { running, saved } = statistics {
                    let (mean, inv_std) = saved[tensors.saved.clone()].split_at_mut(shape.c);
                    mean.copy_from_slice(&running[tensors.mean.clone()]);
                    for (inv_std, variance) in inv_std.iter_mut().zip(&running[tensors.variance.clone()]) {
                        *inv_std = inverse_deviation(f64::from(*variance), tensors.epsilon);
                    }
                }
            }
            Source::Batch(BatchStatistics { running, saved, moments, partials, momentum }) => {
                let (mean, variance) = moments[..2 * shape.c].split_at_mut(shape.c);
                norm::statistics(&self.arena[place], shape.c, mean, variance, partials);
                let rows = shape.rows() as f64;
                // PyTorch keeps the unbiased variance, and of a single value none at all.
                let unbias = if rows > 1.0 { rows / (rows - 1.0) } else { 1.0 };
                let momentum = momentum.unwrap_or(f64::from(tensors.momentum));
                let keep = |running: &mut f32, new: f64| {
                    *running = ((1.0 - momentum) * f64::from(*running) + momentum * new) as f32;
                };
                let [running_mean, running_variance] =
                    disjoint(running, [tensors.mean.clone(), tensors.variance.clone()]);
                let (saved_mean, inv_std) = saved[tensors.saved.clone()].split_at_mut(shape.c);
                for c in 0..shape.c {
                    keep(&mut running_mean[c], mean[c]);
                    keep(&mut running_variance[c], variance[c] * unbias);
                    saved_mean[c] = mean[c] as f32;
                    inv_std[c] = inverse_deviation(variance[c], tensors.epsilon);
                    center[c] = saved_mean[c];
                    scale[c] = gamma[c] * inv_std[c];
                    // What rounding the mean to float32 took off goes into the shift.
                    let rounding = f64::from(center[c]) - mean[c];
                    shift[c] = (f64::from(beta[c]) + rounding * f64::from(scale[c])) as f32;
                }
            }
        }
    }

    /// y = activation((x - center) scale + shift + residual).
    fn apply(&mut self, x: ValueId, residual: Option<ValueId>, y: ValueId, activation: Activation) {
        let channels = self.shape(x).c;
        let (x, y) = (self.place(x), self.place(y));
        let residual = residual.map(|residual| self.place(residual));
        let [center, scale, shift] = thirds(&mut self.affine[..3 * channels]);
        let affine = norm::Affine { center, scale, shift };
        match residual {
            Some(residual) => {
                let [x, residual, y] = disjoint(self.arena, [x, residual, y]);
                norm::apply(x, affine, Some(residual), activation, y);
            }
            None => {
                let [x, y] = disjoint(self.arena, [x, y]);
                norm::apply(x, affine, None, activation, y);
            }
        }
    }
}

fn thirds(values: &mut [f32]) -> [&mut [f32]; 3] {
    let len = values.len() / 3;
    let (first, rest) = values.split_at_mut(len);
    let (second, third) = rest.split_at_mut(len);
    [first, second, third]
}

fn inverse_deviation(variance: f64, epsilon: f32) -> f32 {
    (1.0 / (variance + f64::from(epsilon)).sqrt()) as f32
}
