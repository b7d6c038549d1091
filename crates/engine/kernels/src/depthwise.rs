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

pub use backward::backward;
pub use forward::forward;

use crate::axis::Axis;
use crate::norm::{FAR, ScaleShift};
use crate::shape::{Nhwc, Window};

/// Parts that the rows of a batch are cut into at most, each with private sums.
const PARTS: usize = 32;

/// Floats of a part, about, at least: its first rows are read by its neighbour too.
const PART: usize = 1 << 14;

/// A depthwise convolution: its input and its window.
///
/// Weights are laid out (kernel height, kernel width, channel).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Depthwise {
    /// Shape of the input.
    pub input: Nhwc,
    /// The window; padding is zeros.
    pub window: Window,
}

impl Depthwise {
    /// A depthwise convolution, or `None` if the window does not fit into the padded input.
    pub fn new(input: Nhwc, window: Window) -> Option<Self> {
        window.output(input.h, input.w)?;
        Some(Self { input, window })
    }

    /// Shape of the output.
    ///
    /// # Panics
    ///
    /// If the window does not fit into the padded input, which [`Depthwise::new`] rules out.
    pub fn output(&self) -> Nhwc {
        let Some((h, w)) = self.window.output(self.input.h, self.input.w) else {
            panic!("the window does not fit into the padded input: {self:?}");
        };
        Nhwc::new(self.input.n, h, w, self.input.c)
    }

    /// Number of weights.
    pub const fn weight_len(&self) -> usize {
        self.window.area() * self.input.c
    }

    /// Number of floats that [`backward`] needs for partial sums of the weights' gradient.
    pub const fn partials_len(&self) -> usize {
        PARTS * self.weight_len()
    }

    /// Number of doubles that [`forward`] and [`backward`] need for the partial sums of a batch norm.
    pub const fn norm_partials_len(&self) -> usize {
        PARTS * 2 * self.input.c
    }

    /// Panics unless the slices have the lengths of the input, the weights and the output.
    fn check(&self, x: &[f32], weight: &[f32], y: &[f32]) {
        assert_eq!(x.len(), self.input.len(), "input of {self:?}");
        assert_eq!(weight.len(), self.weight_len(), "weights of {self:?}");
        assert_eq!(y.len(), self.output().len(), "output of {self:?}");
    }

    /// Panics unless a batch norm has as many channels.
    fn check_norm(&self, norm: Option<ScaleShift<'_>>) {
        assert!(norm.is_none_or(|norm| norm.channels() == self.input.c), "channels of the norm of {self:?}");
    }

    /// Whether the input's rows come from memory.
    fn is_far(&self) -> bool {
        self.input.len() >= FAR
    }

    fn axes(&self) -> [Axis; 2] {
        let (input, output) = (self.input, self.output());
        Axis::pair(&self.window, [input.h, input.w], [output.h, output.w])
    }
}

/// Rows of a part of a batch.
fn part_rows(shape: Nhwc) -> usize {
    (shape.n * shape.h).div_ceil(PARTS).max(PART.div_ceil(shape.w * shape.c))
}
