//! Depthwise convolutions whose weights no longer change.

use super::line::{Ends, Rows, Taps, forward_line};
use super::{Depthwise, part_rows};
use crate::activation::Activation;
use crate::parallel::{Chunks, share_out};
use crate::prefetch::Prefetch;
use crate::shape::Nhwc;

/// A depthwise convolution for prediction alone, with the bias and activation after it: `y = activation(depthwise(x) + bias)`.
/// It reads the rows of an image where they lie.
pub struct Prepared {
    /// Of one image.
    conv: Depthwise,
    weight: Vec<f32>,
    bias: Vec<f32>,
    activation: Activation,
}

impl Prepared {
    /// Takes `weight`, (kernel height, kernel width, channel). Of `conv` the number of images does not count. There is one bias
    /// for each channel.
    ///
    /// # Panics
    ///
    /// If a slice is not of the length of its tensor.
    pub fn new(conv: Depthwise, weight: Vec<f32>, bias: Vec<f32>, activation: Activation) -> Self {
        assert!(weight.len() == conv.weight_len() && bias.len() == conv.output.c, "weights of {conv:?}");
        Self { conv: conv.of_images(1), weight, bias, activation }
    }

    /// The convolution of one image.
    pub fn conv(&self) -> Depthwise {
        self.conv
    }

    /// `y = activation(depthwise(x) + bias)` of so many images. An image's result does not depend on the others.
    ///
    /// # Panics
    ///
    /// If the length of a slice is not that of its tensor.
    pub fn forward(&self, images: usize, x: &[f32], y: &mut [f32]) {
        let conv = self.conv.of_images(images);
        conv.check(x, &self.weight, y);
        let line = conv.output.w * conv.output.c;
        let rows = part_rows(conv.output);
        share_out(Chunks::new(y, (rows * line).max(1)), |part, y| {
            for (index, line) in y.chunks_exact_mut(line).enumerate() {
                self.line(x, part * rows + index, line);
            }
        });
    }

    /// Line number `row` of the output over all images.
    pub(crate) fn line(&self, x: &[f32], row: usize, line: &mut [f32]) {
        let Nhwc { h, w, c, .. } = self.conv.input;
        let (output, window) = (self.conv.output, self.conv.window);
        let (image, row) = (row / output.h, row % output.h);
        let image = &x[image * h * w * c..][..h * w * c];
        let [vertical, _] = self.conv.axes();
        let meeting = vertical.inputs_of(row);
        let ahead = &Prefetch::nothing();
        let rows = Rows::Plain { image, width: w, pad: window.pad.left };
        let taps = Taps { rows, meeting, kernel: window.kernel, weight: &self.weight, ahead };
        let ends = Ends { bias: Some(&self.bias), range: self.activation.range() };
        forward_line(taps, window.stride[1], ends, line);
    }
}
