//! Steps that have no weights, which training and prediction share.

use std::ops::Range;

use foliar_kernels::dropout::{self, Mask};
use foliar_kernels::{Accumulate, Nhwc};
use foliar_kernels::{channels, curve, elementwise, hellinger, pool, stochastic_depth, tokens};

use crate::memory::disjoint;
use crate::program::{Step, ValueId};

/// The memory of one forward pass.
pub(crate) struct Memory<'a> {
    /// Shape of each value, for the largest batch.
    pub(crate) shapes: &'a [Nhwc],
    /// Place of each value in the arena.
    pub(crate) places: &'a [Range<usize>],
    /// Photographs of this batch.
    pub(crate) count: usize,
    pub(crate) arena: &'a mut [f32],
    /// Positions that maximum pooling remembers.
    pub(crate) indices: &'a mut [u8],
}

impl Memory<'_> {
    /// Shape of a value for this batch.
    pub(crate) fn shape(&self, value: ValueId) -> Nhwc {
        self.shapes[value].of_images(self.count)
    }

    /// Where the photographs of this batch lie in the arena.
    pub(crate) fn place(&self, value: ValueId) -> Range<usize> {
        let start = self.places[value].start;
        start..start + self.shape(value).len()
    }

    /// Runs a step that has no weights. `dropping` are the seed and the step of the masks of dropout, while training.
    pub(crate) fn run(&mut self, step: &Step, dropping: Option<(u64, u64)>) {
        match *step {
            Step::Activate { x, y, activation } => {
                let [x, y] = disjoint(self.arena, [self.place(x), self.place(y)]);
                elementwise::activate(activation, x, y);
            }
            Step::MaxPool { x, y, pool, ref indices } => {
                let pool = pool.of_images(self.count);
                let [x, y] = [self.place(x), self.place(y)];
                let indices = &mut self.indices[indices.start..indices.start + y.len()];
                let [x, y] = disjoint(self.arena, [x, y]);
                pool::max_forward(&pool, x, y, indices);
            }
            Step::AveragePool { x, y, pool } => {
                let pool = pool.of_images(self.count);
                let [x, y] = disjoint(self.arena, [self.place(x), self.place(y)]);
                pool::average_forward(&pool, pool::Divisor::Window, x, y);
            }
            Step::AdaptivePool { x, y } => {
                let (input, size) = (self.shape(x), self.shape(y).h());
                let [x, y] = disjoint(self.arena, [self.place(x), self.place(y)]);
                pool::adaptive_average_forward(input, size, x, y);
            }
            Step::Curve { x, y, curve } => {
                let [x, y] = disjoint(self.arena, [self.place(x), self.place(y)]);
                curve::forward(curve, x, y);
            }
            Step::Dropout { x, y, rate, node } => {
                let [x, y] = disjoint(self.arena, [self.place(x), self.place(y)]);
                match dropping {
                    Some((seed, step)) => {
                        dropout::apply(Mask::new(seed, step, node as u64, rate), x, Accumulate::Overwrite, y);
                    }
                    None => elementwise::copy(x, y),
                }
            }
            Step::StochasticDepth { x, y, rate, node } => {
                let image = self.shape(x).image_len();
                let [x, y] = disjoint(self.arena, [self.place(x), self.place(y)]);
                match dropping {
                    Some((seed, step)) => {
                        let mask = Mask::new(seed, step, node as u64, rate);
                        stochastic_depth::apply(mask, image, x, Accumulate::Overwrite, y);
                    }
                    None => elementwise::copy(x, y),
                }
            }
            Step::Attention { x, y, attention } => {
                let attention = attention.of_images(self.count);
                let [x, y] = disjoint(self.arena, [self.place(x), self.place(y)]);
                attention.forward(x, y);
            }
            Step::PickToken { x, y, place } => {
                let list = self.shape(x);
                let [x, y] = disjoint(self.arena, [self.place(x), self.place(y)]);
                tokens::pick(list.c(), list.h() * list.w(), place, x, y);
            }
            Step::Hellinger { x, y } => {
                let channels = self.shape(x).c();
                let [x, y] = disjoint(self.arena, [self.place(x), self.place(y)]);
                hellinger::forward(channels, x, y);
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
                let widths = [self.shape(a).c(), self.shape(b).c()];
                let [a, b, y] = disjoint(self.arena, [self.place(a), self.place(b), self.place(y)]);
                channels::concat_forward(widths, a, b, y);
            }
            Step::Scale { x, factor, y } => {
                let shape = self.shape(x);
                let [x, factor, y] = disjoint(self.arena, [self.place(x), self.place(factor), self.place(y)]);
                channels::scale_forward(shape, x, factor, y);
            }
            Step::Conv { .. }
            | Step::Grouped { .. }
            | Step::Pointwise { .. }
            | Step::Depthwise { .. }
            | Step::Norm { .. }
            | Step::Learned(_) => {
                unreachable!("a step that has weights")
            }
        }
    }
}
