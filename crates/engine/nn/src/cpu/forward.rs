//! The forward pass, in training and in evaluation mode.

mod norm;

use std::ops::Range;

use foliar_kernels::Nhwc;
use foliar_kernels::conv::grouped;
use foliar_kernels::{conv, depthwise, pointwise};

use super::{CpuEngine, disjoint};
use crate::engine::Statistics;
use crate::profile::{Direction, Stopwatch};
use crate::program::{Program, Step, ValueId};
use crate::weightless::Memory;

/// How batch norms get their statistics.
enum Source<'a> {
    /// From the batch; running statistics take them in.
    Batch(BatchStatistics<'a>),
    /// From the running statistics.
    Running(&'a [f32]),
    /// They are known from an earlier pass.
    Known,
}

struct BatchStatistics<'a> {
    /// What takes in the statistics of the batch.
    running: &'a mut [f32],
    /// The running statistics by which batch norms go, if it is not those of the batch.
    fixed: Option<&'a [f32]>,
    moments: &'a mut [f64],
    partials: &'a mut [f64],
    /// Share of the batch in the running statistics; each batch norm's own if `None`.
    momentum: Option<f64>,
}

impl CpuEngine {
    /// Runs the first `count` photographs of the arena through the network in training mode.
    pub(super) fn forward_train(&mut self, count: usize) {
        let Some(training) = &self.training else { return };
        self.forward_batch(count, training.statistics, None, Some((self.seed, self.steps)));
    }

    /// The same without dropout, with `momentum` as the share of the batch in the running statistics.
    pub(super) fn forward_statistics(&mut self, count: usize, momentum: f64) {
        self.forward_batch(count, Statistics::Batch, Some(momentum), None);
    }

    /// Runs them through the network in evaluation mode, and returns what the running statistics would be if they were those of this
    /// batch.
    pub(super) fn forward_observing(&mut self, count: usize) -> Vec<f32> {
        let fixed = self.buffers.clone();
        let mut observed = std::mem::take(&mut self.buffers);
        if let Some(training) = &mut self.training {
            let mut statistics = Source::Batch(BatchStatistics {
                running: &mut observed,
                fixed: Some(&fixed),
                moments: &mut training.moments,
                partials: &mut training.norm_partials,
                momentum: Some(1.0),
            });
            let memory = Memory {
                shapes: &self.program.values,
                places: &training.plan.values,
                count,
                arena: &mut self.arena,
                indices: &mut self.indices,
            };
            Pass {
                program: &self.program,
                memory,
                weights: &self.weights,
                saved: &mut self.saved,
                dropping: None,
                stopwatch: &mut self.stopwatch,
            }
            .run(&mut statistics);
        }
        self.buffers = fixed;
        observed
    }

    fn forward_batch(
        &mut self,
        count: usize,
        statistics: Statistics,
        momentum: Option<f64>,
        dropping: Option<(u64, u64)>,
    ) {
        let Some(training) = &mut self.training else { return };
        let mut statistics = match statistics {
            Statistics::Running => Source::Running(&self.buffers),
            Statistics::Batch => Source::Batch(BatchStatistics {
                running: &mut self.buffers,
                fixed: None,
                moments: &mut training.moments,
                partials: &mut training.norm_partials,
                momentum,
            }),
        };
        let mut pass = Pass {
            program: &self.program,
            memory: Memory {
                shapes: &self.program.values,
                places: &training.plan.values,
                count,
                arena: &mut self.arena,
                indices: &mut self.indices,
            },
            weights: &self.weights,
            saved: &mut self.saved,
            dropping,
            stopwatch: &mut self.stopwatch,
        };
        pass.run(&mut statistics);
    }

    /// Computes the output of a step again for the backward pass.
    pub(super) fn again(&mut self, step: usize, count: usize) {
        let Some(training) = &mut self.training else { return };
        let mut pass = Pass {
            program: &self.program,
            memory: Memory {
                shapes: &self.program.values,
                places: &training.plan.again,
                count,
                arena: &mut self.arena,
                indices: &mut self.indices,
            },
            weights: &self.weights,
            saved: &mut self.saved,
            dropping: Some((self.seed, self.steps)),
            stopwatch: &mut self.stopwatch,
        };
        pass.step(&self.program.steps[step], &mut Source::Known);
    }

    /// The same in evaluation mode.
    pub(super) fn forward_predict(&mut self, count: usize) {
        let mut pass = Pass {
            program: &self.program,
            memory: Memory {
                shapes: &self.program.values,
                places: &self.predicting.values,
                count,
                arena: &mut self.arena,
                indices: &mut self.indices,
            },
            weights: &self.weights,
            saved: &mut self.saved,
            dropping: None,
            stopwatch: &mut self.stopwatch,
        };
        pass.run(&mut Source::Running(&self.buffers));
    }
}

/// One pass over the steps of a program.
struct Pass<'a> {
    program: &'a Program,
    memory: Memory<'a>,
    weights: &'a [f32],
    saved: &'a mut [f32],
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
        self.memory.shape(value)
    }

    /// Where the photographs of this batch lie in the arena.
    fn place(&self, value: ValueId) -> Range<usize> {
        self.memory.place(value)
    }

    fn step(&mut self, step: &Step, statistics: &mut Source<'_>) {
        let weights = self.weights;
        match *step {
            Step::Conv { x, y, conv, ref weight, ref bias, ref after } => {
                let conv = conv.of_images(self.memory.count);
                let [x, out] = disjoint(self.memory.arena, [self.place(x), self.place(y)]);
                let bias = bias.clone().map(|bias| &weights[bias]);
                conv::forward(&conv, x, &weights[weight.clone()], bias, out);
                if let Some(after) = after {
                    self.gather(after, y, statistics);
                }
            }
            Step::Grouped { x, y, conv, ref weight, ref after } => {
                let conv = conv.of_images(self.memory.count);
                let [x, out] = disjoint(self.memory.arena, [self.place(x), self.place(y)]);
                grouped::forward(&conv, x, &weights[weight.clone()], out);
                if let Some(after) = after {
                    self.gather(after, y, statistics);
                }
            }
            Step::Pointwise { layer, ref fused } => {
                let layer = layer.of_rows(self.shape(fused.x).rows());
                self.fused(fused, statistics, |of| {
                    pointwise::forward(&layer, of.x, of.before, of.weight, of.statistics, of.y);
                });
            }
            Step::Depthwise { depthwise, ref fused } => {
                let conv = depthwise.of_images(self.memory.count);
                self.fused(fused, statistics, |of| {
                    depthwise::forward(&conv, of.x, of.before, of.weight, of.statistics, of.y);
                });
            }
            Step::Norm { x, residual, y, ref norm, joined } => {
                if !(joined && matches!(statistics, Source::Batch(_))) {
                    self.gather(norm, x, statistics);
                }
                self.apply(norm, x, residual, y);
            }
            Step::Learned(ref learned) => {
                let [weight, shift] = [&learned.weight, &learned.shift].map(|range| &weights[range.clone()]);
                learned.forward(&mut self.memory, weight, shift);
            }
            ref step => self.memory.run(step, self.dropping),
        }
    }
}
