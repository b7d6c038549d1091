//! Convolution with windows of one pixel: a matrix product, with the batch norms before and after it.
//!
//! | symbol | meaning | shape |
//! | --- | --- | --- |
//! | x | input; a, what the norm before makes of it | (m, in) |
//! | W | weight | (in, out) |
//! | y | output | (m, out) |
//!
//! - forward: `y = a W`
//! - gradient of the input: `da = dy W^T`
//! - gradient of the weights: `dW = a^T dy`
//!
//! The rows are cut into parts, and these into chunks that stay in the second-level cache: there a and dy are made
//! from what is in memory, and the sums of the norms around are found. Backward, a chunk serves both gradients, so that
//! each tensor is read once; a and dy are then nowhere in memory. Only where there are few rows for many weights, so that
//! private sums of the latter would be larger than the former, both are kept for a second pass.

mod backward;
mod forward;

pub use backward::backward;
pub use forward::forward;

use crate::conv::Conv;
use crate::norm::ScaleShift;
use crate::shape::{Nhwc, Window};

/// Parts that the rows are cut into at most, each with private sums.
const PARTS: usize = 32;

/// Rows of a part are a multiple of this, which every tile of a product divides: there are as few partial tiles as can be.
const TILE_ROWS: usize = 48;

/// A convolution with windows of one pixel, or any product with a matrix of weights.
///
/// Weights are laid out (in, out).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pointwise {
    /// Pixels over all images.
    pub rows: usize,
    /// Input channels, at least 1.
    pub inputs: usize,
    /// Output channels, at least 1.
    pub outputs: usize,
}

impl Pointwise {
    /// Number of weights.
    pub const fn weight_len(&self) -> usize {
        self.inputs * self.outputs
    }

    /// Number of floats that [`backward`] needs for partial sums of the weights' gradient, and for rows that it keeps.
    pub fn partials_len(&self) -> usize {
        if self.is_tall() {
            self.parts() * self.weight_len()
        } else {
            self.rows * (self.inputs + self.outputs) + self.as_conv().partials_len()
        }
    }

    /// Number of doubles that [`forward`] and [`backward`] need for the partial sums of a batch norm.
    pub fn norm_partials_len(&self) -> usize {
        self.parts() * 2 * self.inputs.max(self.outputs)
    }

    /// Whether private sums of the weights' gradient are small beside the rows.
    fn is_tall(&self) -> bool {
        2 * self.parts() * self.weight_len() <= self.rows * (self.inputs + self.outputs)
    }

    fn part_rows(&self) -> usize {
        self.rows.div_ceil(PARTS).next_multiple_of(TILE_ROWS).max(TILE_ROWS)
    }

    fn parts(&self) -> usize {
        self.rows.div_ceil(self.part_rows())
    }

    /// Rows of a chunk of which `floats` floats a row are to stay in the second-level cache.
    fn chunk_rows(floats: usize) -> usize {
        const MOST: usize = 4 * TILE_ROWS;
        let fit = (1 << 17) / floats.max(1) / TILE_ROWS * TILE_ROWS;
        fit.clamp(TILE_ROWS, MOST)
    }

    /// The same as a convolution of one image.
    fn as_conv(&self) -> Conv {
        Conv {
            input: Nhwc::new(1, self.rows, 1, self.inputs),
            channels: self.outputs,
            window: Window::square(1, 1, 0),
        }
    }

    /// Panics unless the slices have the lengths of the input, the weights and the output.
    fn check(&self, x: &[f32], weight: &[f32], y: &[f32]) {
        assert!(self.inputs > 0 && self.outputs > 0, "no channels in {self:?}");
        assert_eq!(x.len(), self.rows * self.inputs, "input of {self:?}");
        assert_eq!(weight.len(), self.weight_len(), "weights of {self:?}");
        assert_eq!(y.len(), self.rows * self.outputs, "output of {self:?}");
    }

    /// Panics unless a batch norm has as many channels as the input.
    fn check_norm(&self, norm: Option<ScaleShift<'_>>) {
        assert!(norm.is_none_or(|norm| norm.channels() == self.inputs), "channels of the norm of {self:?}");
    }
}
