//! Dense two-dimensional convolution, and with windows of one pixel the fully connected layer.
//!
//! | symbol | meaning | shape |
//! | --- | --- | --- |
//! | x | input | (n, h, w, in) |
//! | W | weight | (kernel h, kernel w, in, out) |
//! | b | bias | (out) |
//! | y | output | (n, h', w', out) |
//! | P(x) | what the window sees at each output pixel | (n h' w', kernel h x kernel w x in) |
//!
//! - forward: `y = P(x) W + b`
//! - gradient of the weights: `dW = P(x)^T dy`, `db = column sums of dy`
//! - gradient of the input: a convolution of `dy` with the weights turned around. With a stride, each
//!   residue of the input's pixels modulo the stride sees a part of the taps of its own, and is a
//!   convolution of stride 1 with these.
//!
//! All three are products of `product.rs`, which reads the windows where they lie: P is never in memory. [`Prepared`] is the
//! forward pass with weights that no longer change.

mod backward_input;
mod backward_weight;
mod forward;
pub mod grouped;
mod prepared;
mod windows;
mod winograd;

pub use backward_input::backward_input;
pub use backward_weight::backward_weight;
pub use forward::forward;
pub use prepared::Prepared;

use std::ops::Deref;

use crate::shape::{Nhwc, Window, values};
use crate::slide::Slide;

/// A dense convolution: its input, its number of output channels and its window; padding is zeros.
///
/// Weights are laid out (kernel height, kernel width, in, out).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Conv {
    slide: Slide,
}

impl Deref for Conv {
    type Target = Slide;

    #[inline]
    fn deref(&self) -> &Slide {
        &self.slide
    }
}

impl Conv {
    /// A convolution, or `None` if the window does not fit into the padded input, or a tensor is beyond
    /// [`MOST_VALUES`](crate::shape::MOST_VALUES).
    pub fn new(input: Nhwc, channels: usize, window: Window) -> Option<Self> {
        values(&[window.area(), input.c, channels])?;
        Some(Self { slide: Slide::new(input, channels, window)? })
    }

    /// The same for `n` images.
    ///
    /// # Panics
    ///
    /// If their tensors are too large: never for fewer images than there are.
    pub fn of_images(self, n: usize) -> Self {
        Self { slide: self.slide.of_images(n) }
    }

    /// Output channels.
    #[inline]
    pub fn channels(&self) -> usize {
        self.output.c
    }

    /// Number of weights that make one output value: kernel height x kernel width x input channels.
    pub fn patch_len(&self) -> usize {
        self.window.area() * self.input.c
    }

    /// Number of weights.
    pub fn weight_len(&self) -> usize {
        self.channels() * self.patch_len()
    }

    /// Number of floats that [`backward_weight`] needs for partial sums.
    pub fn partials_len(&self) -> usize {
        if winograd::suits(self) {
            return winograd::partials_len(self);
        }
        backward_weight::Partition::of(self).partials_len(self)
    }

    /// Panics unless the slices have the lengths of the input, the weights and the output.
    fn check(&self, x: &[f32], weight: &[f32], y: &[f32]) {
        self.slide.check(x, y);
        assert_eq!(weight.len(), self.weight_len(), "weights of {self:?}");
    }
}
