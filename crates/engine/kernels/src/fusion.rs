//! What convolutions do for the batch norms around them, which then need few passes over memory of their own.
//!
//! | pass | norm before the convolution | norm after it |
//! | --- | --- | --- |
//! | forward | applied as rows are read; its output is stored nowhere | its statistics are found while rows are in the cache |
//! | backward | g and its sums are found as rows of the gradient leave | the gradient of its input is made as rows are read |
//!
//! The symbols are those of `norm.rs`.

use std::ops::Range;

use crate::elementwise::Accumulate;
use crate::norm::{self, ChannelSums, Gradient, Rows, ScaleShift, apply_rows, backward_input_rows};
use crate::prefetch::touch;

/// Where the mean and biased variance of each channel of an output are left, for a batch norm that follows; both are
/// overwritten, with zeros if there are no rows.
#[derive(Debug)]
pub struct OutputStatistics<'a> {
    /// One value per channel.
    pub mean: &'a mut [f64],
    /// One value per channel.
    pub variance: &'a mut [f64],
    /// Scratch of as many doubles as the convolution's `norm_partials_len` says.
    pub partials: &'a mut [f64],
}

/// What the backward pass starts from.
#[derive(Clone, Copy, Debug)]
pub struct Backward<'a> {
    /// The input of the forward pass.
    pub x: &'a [f32],
    /// What the forward pass did with the input first.
    pub before: Option<ScaleShift<'a>>,
    /// The weights.
    pub weight: &'a [f32],
    /// The gradient of the output.
    pub dy: OutputGradient<'a>,
}

/// Where the gradient of the output comes from.
#[derive(Clone, Copy, Debug)]
pub enum OutputGradient<'a> {
    /// It is here.
    Plain(&'a [f32]),
    /// From the batch norm that followed.
    Normalised {
        /// The output of the convolution.
        y: &'a [f32],
        /// The gradient of the norm's output.
        dy: &'a [f32],
        /// The gradient of the norm's input as a function of both.
        gradient: &'a norm::InputGradient<'a>,
    },
}

impl<'a> OutputGradient<'a> {
    /// Its rows, made as they are read, and the two tensors that they are made from, or one of them twice.
    pub(crate) fn source(self) -> (Source<'a>, [&'a [f32]; 2]) {
        match self {
            Self::Plain(dy) => (Source::Plain(dy), [dy; 2]),
            Self::Normalised { y, dy, gradient } => (Source::Gradient { x: y, dy, gradient }, [y, dy]),
        }
    }
}

/// What becomes of the gradient of the input.
#[derive(Debug)]
pub enum InputGradient<'a> {
    /// It is not wanted.
    Unwanted,
    /// It is stored.
    Stored(&'a mut [f32], Accumulate),
    /// It goes through the activation of the norm before: g is stored, and the norm's sums over it are found.
    Gated {
        /// `dx * activation'`, overwritten.
        g: &'a mut [f32],
        /// `1 / sqrt(biased variance + epsilon)` per channel.
        inv_std: &'a [f32],
        /// The gradients of the norm.
        sums: ChannelSums<'a>,
        /// Scratch of as many doubles as the convolution's `norm_partials_len` says.
        partials: &'a mut [f64],
    },
}

/// What rows are made from: whole batches.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    /// Values as they are.
    Plain(&'a [f32]),
    /// Values under a batch norm and its activation.
    Normalised(&'a [f32], ScaleShift<'a>),
    /// The gradient of a batch norm's input `x` from the gradient of its output.
    Gradient { x: &'a [f32], dy: &'a [f32], gradient: &'a norm::InputGradient<'a> },
}

impl<'a> Source<'a> {
    /// The input of a convolution.
    pub(crate) fn of_input(x: &'a [f32], before: Option<ScaleShift<'a>>) -> Self {
        before.map_or(Self::Plain(x), |norm| Self::Normalised(x, norm))
    }

    /// Whether the rows are in memory as they are.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self, Self::Plain(_))
    }

    /// What is read to make the elements of `range`, as far as there are any.
    #[inline(always)]
    pub(crate) fn needs(&self, range: Range<usize>) -> [&'a [f32]; 2] {
        match *self {
            Self::Plain(x) | Self::Normalised(x, _) => [part(x, range), &[]],
            Self::Gradient { x, dy, .. } => [part(x, range.clone()), part(dy, range)],
        }
    }

    /// Reads what the elements of `range` are made from, in order, so that it is near.
    #[inline(always)]
    pub(crate) fn touch(&self, range: Range<usize>) {
        for values in self.needs(range) {
            touch(values);
        }
    }

    /// The elements of `range`, made in `room` unless they are in memory.
    pub(crate) fn read<'b>(&self, range: Range<usize>, room: &'b mut [f32]) -> &'b [f32]
    where
        'a: 'b,
    {
        if let Self::Plain(values) = *self {
            return &values[range];
        }
        let room = &mut room[..range.len()];
        self.write(range, room);
        room
    }

    /// Writes the elements of `range` to `destination`, which is as long.
    pub(crate) fn write(&self, range: Range<usize>, destination: &mut [f32]) {
        match *self {
            Self::Plain(values) => destination.copy_from_slice(&values[range]),
            Self::Normalised(x, scale_shift) => {
                apply_rows(&x[range], scale_shift, None, Rows::Near, destination);
            }
            Self::Gradient { x, dy, gradient } => {
                let dy = Gradient::From(&dy[range.clone()], Accumulate::Overwrite);
                backward_input_rows(&x[range], dy, gradient, Rows::Near, destination);
            }
        }
    }
}

/// The part of `values` that lies in `range`.
#[inline(always)]
fn part(values: &[f32], range: Range<usize>) -> &[f32] {
    &values[range.start.min(values.len())..range.end.min(values.len())]
}
