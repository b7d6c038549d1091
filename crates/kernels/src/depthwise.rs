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
//! The first two are the same gather with the sides exchanged. The loops are bound by memory, not by
//! arithmetic; what matters is that 3 x 3 windows keep their nine weights (or sums) in registers.

mod backward_weight;
mod gather;

pub use backward_weight::backward_weight;

use crate::axis::Axis;
use crate::elementwise::Accumulate;
use crate::shape::{Nhwc, Window};
use gather::{Gather, Toward};

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

    /// Number of floats that [`backward_weight`] needs for partial sums.
    pub fn partials_len(&self) -> usize {
        backward_weight::PARTS * self.weight_len()
    }

    /// Panics unless the slices have the lengths of the input, the weights and the output.
    fn check(&self, x: &[f32], weight: &[f32], y: &[f32]) {
        assert_eq!(x.len(), self.input.len(), "input of {self:?}");
        assert_eq!(weight.len(), self.weight_len(), "weights of {self:?}");
        assert_eq!(y.len(), self.output().len(), "output of {self:?}");
    }

    fn axes(&self) -> [Axis; 2] {
        let (input, output) = (self.input, self.output());
        Axis::pair(&self.window, [input.h, input.w], [output.h, output.w])
    }
}

/// `y = depthwise(x, weight)`.
///
/// # Panics
///
/// If the length of a slice is not that of its tensor.
pub fn forward(conv: &Depthwise, x: &[f32], weight: &[f32], y: &mut [f32]) {
    conv.check(x, weight, y);
    let gather = Gather {
        axes: conv.axes(),
        toward: Toward::Output,
        source: x,
        source_shape: conv.input,
        weight,
        kernel: conv.window.kernel,
        accumulate: Accumulate::Overwrite,
    };
    gather.run(conv.output(), y);
}

/// Gradient of the input from the gradient of the output, `dy`.
///
/// # Panics
///
/// If the length of a slice is not that of its tensor.
pub fn backward_input(conv: &Depthwise, dy: &[f32], weight: &[f32], accumulate: Accumulate, dx: &mut [f32]) {
    conv.check(dx, weight, dy);
    let gather = Gather {
        axes: conv.axes(),
        toward: Toward::Input,
        source: dy,
        source_shape: conv.output(),
        weight,
        kernel: conv.window.kernel,
        accumulate,
    };
    gather.run(conv.input, dx);
}
