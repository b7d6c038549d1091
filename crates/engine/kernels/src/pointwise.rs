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
    rows: usize,
    /// The rows, one at least, as a column of pixels.
    conv: Conv,
}

impl Pointwise {
    /// A product for `rows` pixels over all images, from `inputs` channels to `outputs`; `None` if there are no channels, or
    /// a matrix is beyond [`MOST_VALUES`](crate::shape::MOST_VALUES).
    pub fn new(rows: usize, inputs: usize, outputs: usize) -> Option<Self> {
        let conv = Conv::new(Nhwc::new(1, rows.max(1), 1, inputs)?, outputs, Window::PIXEL)?;
        (inputs > 0 && outputs > 0).then_some(Self { rows, conv })
    }

    /// The same for `rows` pixels.
    ///
    /// # Panics
    ///
    /// If a matrix is too large: never for fewer pixels than there are.
    pub fn of_rows(&self, rows: usize) -> Self {
        let Some(layer) = Self::new(rows, self.inputs(), self.outputs()) else {
            panic!("{rows} pixels are too many for {self:?}");
        };
        layer
    }

    /// Pixels over all images.
    #[inline]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Input channels, at least 1.
    #[inline]
    pub fn inputs(&self) -> usize {
        self.conv.input.c
    }

    /// Output channels, at least 1.
    #[inline]
    pub fn outputs(&self) -> usize {
        self.conv.channels()
    }

    /// Number of weights.
    pub fn weight_len(&self) -> usize {
        self.inputs() * self.outputs()
    }

    /// Number of floats that [`backward`] needs for partial sums of the weights' gradient, and for rows that it keeps.
    pub fn partials_len(&self) -> usize {
        if self.is_tall() {
            self.parts() * self.weight_len()
        } else {
            self.rows() * (self.inputs() + self.outputs()) + self.conv.partials_len()
        }
    }

    /// Number of doubles that [`forward`] and [`backward`] need for the partial sums of a batch norm.
    pub fn norm_partials_len(&self) -> usize {
        self.parts() * 2 * self.inputs().max(self.outputs())
    }

    /// Whether private sums of the weights' gradient are small beside the rows.
    fn is_tall(&self) -> bool {
        2 * self.parts() * self.weight_len() <= self.rows() * (self.inputs() + self.outputs())
    }

    fn part_rows(&self) -> usize {
        self.rows().div_ceil(PARTS).next_multiple_of(TILE_ROWS).max(TILE_ROWS)
    }

    fn parts(&self) -> usize {
        self.rows().div_ceil(self.part_rows())
    }

    /// Rows of a chunk of which `floats` floats a row are to stay in the second-level cache.
    fn chunk_rows(floats: usize) -> usize {
        const MOST: usize = 4 * TILE_ROWS;
        let fit = (1 << 17) / floats.max(1) / TILE_ROWS * TILE_ROWS;
        fit.clamp(TILE_ROWS, MOST)
    }

    /// Panics unless the slices have the lengths of the input, the weights and the output.
    fn check(&self, x: &[f32], weight: &[f32], y: &[f32]) {
        assert_eq!(x.len(), self.rows() * self.inputs(), "input of {self:?}");
        assert_eq!(weight.len(), self.weight_len(), "weights of {self:?}");
        assert_eq!(y.len(), self.rows() * self.outputs(), "output of {self:?}");
    }

    /// Panics unless a batch norm has as many channels as the input.
    fn check_norm(&self, norm: Option<ScaleShift<'_>>) {
        assert!(norm.is_none_or(|norm| norm.channels() == self.inputs()), "channels of the norm of {self:?}");
    }
}
