//! Grouped convolutions whose weights no longer change.

use super::{GroupEnds, Grouped};
use crate::activation::Activation;
use crate::aligned::Aligned;
use crate::product::Panels;

/// A grouped convolution for prediction alone, with the bias and activation after it: `y = activation(conv(x) + bias)`. Its
/// weights are packed once and not in each call.
pub struct Prepared {
    /// Of one image.
    conv: Grouped,
    layout: Panels,
    packed: Aligned,
    bias: Vec<f32>,
    activation: Activation,
}

impl Prepared {
    /// Packs `weight`, (kernel height, kernel width, in / groups, out). Of `conv` the number of images does not count. There is
    /// one bias for each output channel.
    ///
    /// # Panics
    ///
    /// If a slice is not of the length of its tensor.
    pub fn new(conv: Grouped, weight: &[f32], bias: Vec<f32>, activation: Activation) -> Self {
        assert!(weight.len() == conv.weight_len() && bias.len() == conv.channels(), "weights of {conv:?}");
        let layout = conv.panels();
        let mut packed = Aligned::zeros(conv.groups * layout.packed_len());
        conv.pack(&layout, weight, &mut packed);
        Self { conv: conv.of_images(1), layout, packed, bias, activation }
    }

    /// The convolution of one image.
    pub fn conv(&self) -> Grouped {
        self.conv
    }

    /// `y = activation(conv(x) + bias)` of so many images. An image's result does not depend on the others.
    ///
    /// # Panics
    ///
    /// If the length of a slice is not that of its tensor.
    pub fn forward(&self, images: usize, x: &[f32], y: &mut [f32]) {
        let conv = self.conv.of_images(images);
        conv.dense.slide.check(x, y);
        if y.is_empty() {
            return;
        }
        let range = (self.activation != Activation::Identity).then(|| self.activation.range());
        let ends = GroupEnds { adds: false, bias: Some(&self.bias), range };
        conv.product(x, &self.layout, &self.packed, ends, y);
    }
}
