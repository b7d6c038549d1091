//! The backward pass: the mirror of `forward`, step by step from the last to the first.

mod norm;

use std::ops::Range;

use foliar_kernels::conv::grouped;
use foliar_kernels::dropout::{self, Mask};
use foliar_kernels::{Accumulate, Activation, Nhwc};
use foliar_kernels::{
    channels, conv, curve, depthwise, elementwise, hellinger, pointwise, pool, stochastic_depth, tokens,
};

use super::{CpuEngine, Training, disjoint};
use crate::plan::Backward;
use crate::profile::Direction;
use crate::program::{Program, Step, ValueId};
use crate::recompute::BackwardOp;

impl CpuEngine {
    /// Fills the gradients of all weights, from the gradient of the logits that lies in the arena.
    pub(super) fn backward(&mut self, count: usize) {
        self.stopwatch.begin();
        let backward_ops = self.training.as_ref().map_or(0, |training| training.plan.backward_ops.len());
        for index in 0..backward_ops {
            let Some(training) = &mut self.training else { return };
            match training.plan.backward_ops[index] {
                BackwardOp::Recompute(step) => {
                    self.again(step, count);
                    self.stopwatch.lap(Direction::Forward, step);
                }
                BackwardOp::Gradients(step) => {
                    let mut pass = Pass {
                        program: &self.program,
                        training,
                        count,
                        weights: &self.weights,
                        arena: &mut self.arena,
                        indices: &self.indices,
                        saved: &self.saved,
                        dropping: (self.seed, self.steps),
                    };
                    pass.step(step, &self.program.steps[step]);
                    self.stopwatch.lap(Direction::Backward, step);
                }
            }
        }
    }
}

struct Pass<'a> {
    program: &'a Program,
    training: &'a mut Training,
    count: usize,
    weights: &'a [f32],
    arena: &'a mut [f32],
    indices: &'a [u8],
    saved: &'a [f32],
    /// Seed and step of the masks of dropout.
    dropping: (u64, u64),
}

impl Pass<'_> {
    fn shape(&self, value: ValueId) -> Nhwc {
        self.program.values[value].of_images(self.count)
    }

    fn value(&self, value: ValueId) -> Range<usize> {
        let start = self.training.plan.again[value].start;
        start..start + self.shape(value).len()
    }

    fn gradient(&self, value: ValueId) -> Range<usize> {
        let start = self.training.plan.gradients[value].start;
        start..start + self.shape(value).len()
    }

    fn step(&mut self, index: usize, step: &Step) {
        let backward = self.training.plan.backward[index];
        match *step {
            Step::Conv { x, y, conv, ref weight, ref bias, ref after } => {
                if let Some(after) = after {
                    self.through(after, y);
                }
                let conv = conv.of_images(self.count);
                let [values, dy] = disjoint(self.arena, [self.value(x), self.gradient(y)]);
                let Training { gradients, partials, .. } = &mut *self.training;
                let (dweight, dbias) = weight_and_bias(gradients, weight, bias);
                conv::backward_weight(&conv, values, dy, dweight, dbias, partials);
                if let Some(accumulate) = backward.first {
                    let [dx, dy] = disjoint(self.arena, [self.gradient(x), self.gradient(y)]);
                    conv::backward_input(&conv, dy, &self.weights[weight.clone()], accumulate, dx);
                }
            }
            Step::Grouped { x, y, conv, ref weight, ref after } => {
                if let Some(after) = after {
                    self.through(after, y);
                }
                let conv = conv.of_images(self.count);
                let [values, dy] = disjoint(self.arena, [self.value(x), self.gradient(y)]);
                let Training { gradients, partials, .. } = &mut *self.training;
                grouped::backward_weight(&conv, values, dy, &mut gradients[weight.clone()], partials);
                if let Some(accumulate) = backward.first {
                    let [dx, dy] = disjoint(self.arena, [self.gradient(x), self.gradient(y)]);
                    grouped::backward_input(&conv, dy, &self.weights[weight.clone()], accumulate, dx);
                }
            }
            Step::Pointwise { layer, ref fused } => {
                let layer = layer.of_rows(self.shape(fused.x).rows());
                self.fused(fused, backward, |from, to, dweight, partials| {
                    pointwise::backward(&layer, from, to, dweight, partials);
                });
            }
            Step::Depthwise { depthwise, ref fused } => {
                let conv = depthwise.of_images(self.count);
                self.fused(fused, backward, |from, to, dweight, partials| {
                    depthwise::backward(&conv, from, to, dweight, partials);
                });
            }
            Step::Norm { x, residual, y, ref norm, joined } => {
                self.norm(x, residual, y, norm, backward);
                if !joined {
                    self.norm_input(x, residual, y, norm, backward);
                }
            }
            Step::Activate { x, y, activation } => self.activate(x, y, activation, backward),
            Step::MaxPool { x, y, pool, ref indices } => {
                let Some(accumulate) = backward.first else { return };
                let pool = pool.of_images(self.count);
                let indices = &self.indices[indices.start..indices.start + pool.output().len()];
                let [dx, dy] = disjoint(self.arena, [self.gradient(x), self.gradient(y)]);
                pool::max_backward(&pool, dy, indices, accumulate, dx);
            }
            Step::AveragePool { x, y, pool } => {
                let Some(accumulate) = backward.first else { return };
                let pool = pool.of_images(self.count);
                let [dx, dy] = disjoint(self.arena, [self.gradient(x), self.gradient(y)]);
                pool::average_backward(&pool, pool::Divisor::Window, dy, accumulate, dx);
            }
            Step::AdaptivePool { x, y } => {
                let Some(accumulate) = backward.first else { return };
                let (input, size) = (self.shape(x), self.shape(y).h());
                let [dx, dy] = disjoint(self.arena, [self.gradient(x), self.gradient(y)]);
                pool::adaptive_average_backward(input, size, dy, accumulate, dx);
            }
            Step::Curve { x, y, curve } => {
                let Some(accumulate) = backward.first else { return };
                let kept = self.value(if curve.keeps_output() { y } else { x });
                if backward.in_place {
                    let [kept, dy] = disjoint(self.arena, [kept, self.gradient(y)]);
                    curve::backward_in_place(curve, kept, dy);
                } else {
                    let [kept, dy, dx] = disjoint(self.arena, [kept, self.gradient(y), self.gradient(x)]);
                    curve::backward(curve, kept, dy, accumulate, dx);
                }
            }
            Step::Dropout { x, y, rate, node } => {
                let Some(accumulate) = backward.first else { return };
                let (seed, step) = self.dropping;
                let mask = Mask::new(seed, step, node as u64, rate);
                if backward.in_place {
                    let place = self.gradient(y);
                    dropout::apply_in_place(mask, &mut self.arena[place]);
                } else {
                    let [dy, dx] = disjoint(self.arena, [self.gradient(y), self.gradient(x)]);
                    dropout::apply(mask, dy, accumulate, dx);
                }
            }
            Step::StochasticDepth { x, y, rate, node } => {
                let Some(accumulate) = backward.first else { return };
                let (seed, step) = self.dropping;
                let (mask, image) = (Mask::new(seed, step, node as u64, rate), self.shape(x).image_len());
                if backward.in_place {
                    let place = self.gradient(y);
                    stochastic_depth::apply_in_place(mask, image, &mut self.arena[place]);
                } else {
                    let [dy, dx] = disjoint(self.arena, [self.gradient(y), self.gradient(x)]);
                    stochastic_depth::apply(mask, image, dy, accumulate, dx);
                }
            }
            Step::Learned(ref learned) => {
                let places = [self.value(learned.x), self.gradient(learned.y), self.gradient(learned.x)];
                learned.backward(self.arena, places, self.weights, &mut self.training.gradients, backward);
            }
            Step::Attention { x, y, attention } => {
                let Some(accumulate) = backward.first else { return };
                let attention = attention.of_images(self.count);
                let places = [self.value(x), self.gradient(y), self.gradient(x)];
                let [values, dy, dx] = disjoint(self.arena, places);
                attention.backward(values, dy, accumulate, dx);
            }
            Step::PickToken { x, y, place } => {
                let Some(accumulate) = backward.first else { return };
                let list = self.shape(x);
                let [dy, dx] = disjoint(self.arena, [self.gradient(y), self.gradient(x)]);
                tokens::pick_backward(list.c(), list.h() * list.w(), place, dy, accumulate, dx);
            }
            Step::Hellinger { x, y } => {
                let Some(accumulate) = backward.first else { return };
                let channels = self.shape(x).c();
                let [values, dy, dx] =
                    disjoint(self.arena, [self.value(x), self.gradient(y), self.gradient(x)]);
                hellinger::backward(channels, values, dy, accumulate, dx);
            }
            Step::GlobalPool { x, y } => {
                let Some(accumulate) = backward.first else { return };
                let input = self.shape(x);
                let [dx, dy] = disjoint(self.arena, [self.gradient(x), self.gradient(y)]);
                pool::global_average_backward(input, dy, accumulate, dx);
            }
            Step::Add { a, b, y } => {
                self.pass_on(y, a, backward.first);
                self.pass_on(y, b, backward.second);
            }
            Step::Concat { a, b, y } => {
                self.part(y, a, 0, backward.first);
                self.part(y, b, self.shape(a).c(), backward.second);
            }
            Step::Scale { x, factor, y } => self.scale(x, factor, y, backward),
        }
    }

    /// Gives the gradient of the channels of `from` from `offset` on to `to`.
    fn part(&mut self, from: ValueId, to: ValueId, offset: usize, accumulate: Option<Accumulate>) {
        let Some(accumulate) = accumulate else { return };
        let (total, width) = (self.shape(from).c(), self.shape(to).c());
        let [dy, dx] = disjoint(self.arena, [self.gradient(from), self.gradient(to)]);
        channels::concat_backward(total, offset, width, dy, accumulate, dx);
    }

    fn scale(&mut self, x: ValueId, factor: ValueId, y: ValueId, backward: Backward) {
        let shape = self.shape(x);
        if let Some(accumulate) = backward.second {
            let places = [self.value(x), self.gradient(y), self.gradient(factor)];
            let [values, dy, dfactor] = disjoint(self.arena, places);
            channels::scale_backward_factor(shape, values, dy, accumulate, dfactor);
        }
        if let Some(accumulate) = backward.first {
            let places = [self.value(factor), self.gradient(y), self.gradient(x)];
            let [values, dy, dx] = disjoint(self.arena, places);
            channels::scale_backward_image(shape, dy, values, accumulate, dx);
        }
    }

    /// Gives the gradient of `from` to `to` unchanged.
    fn pass_on(&mut self, from: ValueId, to: ValueId, accumulate: Option<Accumulate>) {
        let Some(accumulate) = accumulate else { return };
        let [dy, dx] = disjoint(self.arena, [self.gradient(from), self.gradient(to)]);
        elementwise::accumulate(dy, accumulate, dx);
    }

    fn activate(&mut self, x: ValueId, y: ValueId, activation: Activation, backward: Backward) {
        let Some(accumulate) = backward.first else { return };
        if backward.in_place {
            let [values, dy] = disjoint(self.arena, [self.value(y), self.gradient(y)]);
            elementwise::activate_backward_in_place(activation, values, dy);
        } else {
            let [values, dy, dx] = disjoint(self.arena, [self.value(y), self.gradient(y), self.gradient(x)]);
            elementwise::activate_backward(activation, values, dy, accumulate, dx);
        }
    }
}

fn weight_and_bias<'a>(
    gradients: &'a mut [f32],
    weight: &Range<usize>,
    bias: &Option<Range<usize>>,
) -> (&'a mut [f32], Option<&'a mut [f32]>) {
    match bias {
        Some(bias) => {
            let [weight, bias] = disjoint(gradients, [weight.clone(), bias.clone()]);
            (weight, Some(bias))
        }
        None => (&mut gradients[weight.clone()], None),
    }
}
