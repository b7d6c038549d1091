//! Depthwise convolution: every channel has a window of its own.
//!
//! | symbol | meaning | shape |
//! | --- | --- | --- |
//! | x | input | (n, h, w, c) |
//! | k | weights | (kernel h, kernel w, c) |
//! | y | output | (n, h', w', c) |
//!
//! With `(i, a, o)` running over the input pixels, taps and output pixels that meet (see `axis.rs`):
//!
//! - forward: `y[o] = sum(x[i] * k[a])`
//! - gradient of the input: `dx[i] = sum(dy[o] * k[a])`
//! - gradient of the weights: `dk[a] = sum(dy[o] * x[i])`
//!
//! There is so little arithmetic that memory decides. Both passes go through an image row by row and keep the
//! few rows that a window sees in the cache, padded and ready (`band.rs`), so that each tensor is read once.
//! The batch norms around a depthwise convolution join in (`fusion.rs`), and both gradients come from one pass.

mod backward;
mod band;
mod forward;
mod line;
mod prepared;

pub use backward::backward;
pub use forward::forward;
pub use prepared::Prepared;

use std::ops::Deref;

use crate::norm::{FAR, ScaleShift};
use crate::shape::{Nhwc, Window};
use crate::slide::Slide;

/// Parts that the rows of a batch are cut into at most, each with private sums.
const PARTS: usize = 32;

/// Floats of a part, about, at least: its first rows are read by its neighbour too.
const PART: usize = 1 << 14;

/// A depthwise convolution: its input and its window; padding is zeros.
///
/// Weights are laid out (kernel height, kernel width, channel).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Depthwise {
    slide: Slide,
}

impl Deref for Depthwise {
    type Target = Slide;

    #[inline]
    fn deref(&self) -> &Slide {
        &self.slide
    }
}

impl Depthwise {
    /// A depthwise convolution, or `None` if the window does not fit into the padded input, or a tensor is beyond
    /// [`MOST_VALUES`](crate::shape::MOST_VALUES).
    pub fn new(input: Nhwc, window: Window) -> Option<Self> {
        Some(Self { slide: Slide::new(input, input.c, window)? })
    }

    /// The same for `n` images.
    ///
    /// # Panics
    ///
    /// If their tensors are too large: never for fewer images than there are.
    pub fn of_images(self, n: usize) -> Self {
        Self { slide: self.slide.of_images(n) }
    }

    /// Number of weights.
    pub fn weight_len(&self) -> usize {
        self.window.area() * self.input.c
    }

    /// Number of floats that [`backward`] needs for partial sums of the weights' gradient.
    pub fn partials_len(&self) -> usize {
        PARTS * self.weight_len()
    }

    /// Number of doubles that [`forward`] and [`backward`] need for the partial sums of a batch norm.
    pub fn norm_partials_len(&self) -> usize {
        PARTS * 2 * self.input.c
    }

    /// Panics unless the slices have the lengths of the input, the weights and the output.
    fn check(&self, x: &[f32], weight: &[f32], y: &[f32]) {
        self.slide.check(x, y);
        assert_eq!(weight.len(), self.weight_len(), "weights of {self:?}");
    }

    /// Panics unless a batch norm has as many channels.
    fn check_norm(&self, norm: Option<ScaleShift<'_>>) {
        assert!(norm.is_none_or(|norm| norm.channels() == self.input.c), "channels of the norm of {self:?}");
    }

    /// Whether the input's rows come from memory.
    fn is_far(&self) -> bool {
        self.input.len() >= FAR
    }
}

/// Rows of a part of a batch.
fn part_rows(shape: Nhwc) -> usize {
    (shape.n * shape.h).div_ceil(PARTS).max(PART.div_ceil(shape.w * shape.c))
}
