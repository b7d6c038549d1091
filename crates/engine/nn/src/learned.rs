//! Steps with weights of their own that are no products: layer norms, factors and shifts of channels, learned tokens and
//! positions.

use std::ops::Range;

use foliar_kernels::layer_norm::{
    Destination, LayerNorm, scale_channels, scale_channels_backward, scale_channels_in_place, shift_channels,
    shift_channels_backward,
};
use foliar_kernels::tokens::{Insertion, add_positions, add_positions_backward};
use foliar_kernels::{Accumulate, elementwise};

use crate::memory::disjoint;
use crate::plan::Backward;
use crate::program::ValueId;
use crate::weightless::Memory;

/// What such a step does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// Over the channels of each place.
    LayerNorm { epsilon: f32 },
    /// A factor for each channel.
    ChannelScale,
    /// A number that is added to each channel.
    ChannelShift,
    /// Tokens that are put into each photograph's list.
    Token(Insertion),
    /// A number that is added to each channel of each place.
    Positions,
}

/// Such a step.
#[derive(Clone, Debug)]
pub(crate) struct Learned {
    pub(crate) x: ValueId,
    pub(crate) y: ValueId,
    pub(crate) kind: Kind,
    /// The first of its tensors, in the weights.
    pub(crate) weight: Range<usize>,
    /// The shift of a layer norm; empty for the others.
    pub(crate) shift: Range<usize>,
}

impl Learned {
    /// Whether the backward pass reads the input.
    pub(crate) fn reads_input(&self) -> bool {
        matches!(self.kind, Kind::LayerNorm { .. } | Kind::ChannelScale)
    }

    /// Whether the gradient of the input may take the place of the output's.
    pub(crate) fn shares(&self) -> bool {
        !matches!(self.kind, Kind::Token(_))
    }

    /// The forward pass with its two tensors.
    pub(crate) fn forward(&self, memory: &mut Memory<'_>, weight: &[f32], shift: &[f32]) {
        let places = [memory.place(self.x), memory.place(self.y)];
        let [x, y] = disjoint(memory.arena, places);
        match self.kind {
            Kind::LayerNorm { epsilon } => LayerNorm { scale: weight, shift, epsilon }.forward(x, y),
            Kind::ChannelScale => scale_channels(x, weight, Accumulate::Overwrite, y),
            Kind::ChannelShift => shift_channels(x, weight, y),
            Kind::Token(insertion) => insertion.forward(x, weight, y),
            Kind::Positions => add_positions(x, weight, y),
        }
    }

    /// The gradients of its tensors, which are overwritten, and of the input. `places` are those of the input's value, of the
    /// output's gradient and of the input's gradient in `arena`.
    pub(crate) fn backward(
        &self,
        arena: &mut [f32],
        [x, dy, dx]: [Range<usize>; 3],
        weights: &[f32],
        gradients: &mut [f32],
        backward: Backward,
    ) {
        let weight = &weights[self.weight.clone()];
        let [dweight, dshift] = disjoint(gradients, [self.weight.clone(), self.shift.clone()]);
        match (self.kind, backward.first) {
            (Kind::LayerNorm { epsilon }, accumulate) => {
                let norm = LayerNorm { scale: weight, shift: &weights[self.shift.clone()], epsilon };
                match accumulate {
                    None => {
                        let [x, dy] = disjoint(arena, [x, dy]);
                        norm.backward(x, dy, Destination::Unwanted, dweight, dshift);
                    }
                    Some(_) if backward.in_place => {
                        let [x, dy] = disjoint(arena, [x, dy]);
                        norm.backward_in_place(x, dy, dweight, dshift);
                    }
                    Some(accumulate) => {
                        let [x, dy, dx] = disjoint(arena, [x, dy, dx]);
                        norm.backward(x, dy, Destination::Stored(dx, accumulate), dweight, dshift);
                    }
                }
            }
            (Kind::ChannelScale, accumulate) => {
                let [x, gradient] = disjoint(arena, [x, dy.clone()]);
                scale_channels_backward(x, gradient, dweight);
                match accumulate {
                    None => {}
                    Some(_) if backward.in_place => scale_channels_in_place(weight, gradient),
                    Some(accumulate) => {
                        let [dy, dx] = disjoint(arena, [dy, dx]);
                        scale_channels(dy, weight, accumulate, dx);
                    }
                }
            }
            (Kind::Token(insertion), accumulate) => {
                insertion.backward_learned(&arena[dy.clone()], dweight);
                if let Some(accumulate) = accumulate {
                    let [dy, dx] = disjoint(arena, [dy, dx]);
                    insertion.backward_list(dy, accumulate, dx);
                }
            }
            (Kind::ChannelShift | Kind::Positions, accumulate) => {
                match self.kind {
                    Kind::ChannelShift => shift_channels_backward(&arena[dy.clone()], dweight),
                    _ => add_positions_backward(&arena[dy.clone()], dweight),
                }
                if let Some(accumulate) = accumulate.filter(|_| !backward.in_place) {
                    let [dy, dx] = disjoint(arena, [dy, dx]);
                    elementwise::accumulate(dy, accumulate, dx);
                }
            }
        }
    }
}
