//! A window that slides over a batch of images: what convolutions and poolings have in common.

use crate::axis::Axis;
use crate::shape::{Nhwc, Window, values};

/// A window over a batch of images, and the shape of what is made of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slide {
    pub(crate) input: Nhwc,
    pub(crate) window: Window,
    pub(crate) output: Nhwc,
}

impl Slide {
    /// A window over `input` that makes `channels` channels. `None` if it does not fit into the padded images, or these, what
    /// a window sees or the output are beyond [`MOST_VALUES`](crate::shape::MOST_VALUES).
    pub(crate) fn new(input: Nhwc, channels: usize, window: Window) -> Option<Self> {
        let (h, w) = window.output(input.h, input.w)?;
        let [padded_h, padded_w] = window.padded(input.h, input.w)?;
        values(&[padded_h, padded_w, input.c])?;
        values(&[window.area(), input.c])?;
        Some(Self { input, window, output: Nhwc::new(input.n, h, w, channels)? })
    }

    pub(crate) fn of_images(self, n: usize) -> Self {
        Self { input: self.input.of_images(n), output: self.output.of_images(n), ..self }
    }

    /// Shape of the input.
    #[inline]
    pub const fn input(&self) -> Nhwc {
        self.input
    }

    /// The window.
    #[inline]
    pub const fn window(&self) -> Window {
        self.window
    }

    /// Shape of the output.
    #[inline]
    pub const fn output(&self) -> Nhwc {
        self.output
    }

    pub(crate) fn axes(&self) -> [Axis; 2] {
        let (input, output) = (self.input, self.output);
        Axis::pair(&self.window, [input.h, input.w], [output.h, output.w])
    }

    /// Panics unless the slices have the lengths of the input and the output.
    pub(crate) fn check(&self, x: &[f32], y: &[f32]) {
        assert_eq!(x.len(), self.input.len(), "input of {self:?}");
        assert_eq!(y.len(), self.output.len(), "output of {self:?}");
    }
}
