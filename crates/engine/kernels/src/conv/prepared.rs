//! Convolutions whose weights no longer change.

use super::forward::{Right, direct, panels};
use super::{Conv, winograd};
use crate::activation::Activation;
use crate::aligned::Aligned;
use crate::elementwise::{activate_in_place, add_assign};
use crate::product::{Ends, Panels, Start};

/// Pixels of an image from which on Winograd's convolution is worth the transform of its weights, which each call repeats.
const WINOGRAD_PIXELS: usize = 128;

/// A convolution for prediction alone, with the bias, residual and activation after it: `y = activation(conv(x) + bias +
/// residual)`. Its weights are packed once and not in each call, and what follows the convolution is done to its sums before
/// they are stored.
pub struct Prepared {
    /// Of one image.
    conv: Conv,
    weights: Weights,
    bias: Vec<f32>,
    activation: Activation,
}

enum Weights {
    /// For the direct product.
    Packed(Panels, Aligned),
    /// As they were, for Winograd's convolution: what it makes of them is four times as large.
    Plain(Vec<f32>),
}

impl Prepared {
    /// Packs `weight`, (kernel height, kernel width, in, out). Of `conv` the number of images does not count. There is one
    /// bias for each output channel.
    ///
    /// # Panics
    ///
    /// If a slice is not of the length of its tensor.
    pub fn new(conv: Conv, weight: Vec<f32>, bias: Vec<f32>, activation: Activation) -> Self {
        assert!(weight.len() == conv.weight_len() && bias.len() == conv.channels(), "weights of {conv:?}");
        let weights = if winograd::suits(&conv) && conv.output.h * conv.output.w >= WINOGRAD_PIXELS {
            Weights::Plain(weight)
        } else {
            let layout = panels(&conv);
            let mut packed = Aligned::zeros(layout.packed_len());
            layout.pack_matrix(&mut packed, &weight);
            Weights::Packed(layout, packed)
        };
        Self { conv: conv.of_images(1), weights, bias, activation }
    }

    /// The convolution of one image.
    pub fn conv(&self) -> Conv {
        self.conv
    }

    /// `y = activation(conv(x) + bias + residual)` of so many images. An image's result does not depend on the others.
    ///
    /// # Panics
    ///
    /// If the length of a slice is not that of its tensor.
    pub fn forward(&self, images: usize, x: &[f32], residual: Option<&[f32]>, y: &mut [f32]) {
        let conv = self.conv.of_images(images);
        conv.slide.check(x, y);
        assert!(residual.is_none_or(|residual| residual.len() == y.len()), "residual of {conv:?}");
        if y.is_empty() {
            return;
        }
        match &self.weights {
            Weights::Packed(layout, packed) => {
                direct(&conv, x, Right { layout: *layout, packed }, self.ends(residual), y);
            }
            Weights::Plain(weight) => {
                let bias = Some(&self.bias[..]);
                match residual {
                    None => winograd::forward(&conv, x, weight, bias, self.ends(None).range, y),
                    Some(residual) => {
                        winograd::forward(&conv, x, weight, bias, None, y);
                        add_assign(residual, y);
                        activate_in_place(self.activation, y);
                    }
                }
            }
        }
    }

    /// What its sums begin and end with.
    pub(crate) fn ends<'a>(&'a self, residual: Option<&'a [f32]>) -> Ends<'a> {
        let range = (self.activation != Activation::Identity).then(|| self.activation.range());
        Ends { start: Start::Bias(&self.bias), residual, range }
    }

    /// Its packed weights, unless they are not.
    pub(crate) fn packed(&self) -> Option<(&Panels, &[f32])> {
        match &self.weights {
            Weights::Packed(layout, packed) => Some((layout, packed)),
            Weights::Plain(_) => None,
        }
    }
}
