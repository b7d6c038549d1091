//! Batch norms with made-up statistics.

use foliar_kernels::Activation;
use foliar_kernels::norm::{self, Affine, ChannelSums, ScaleShift};

use super::Random;

/// A batch norm with made-up statistics.
pub(crate) struct Norm {
    center: Vec<f32>,
    scale: Vec<f32>,
    shift: Vec<f32>,
    pub(crate) inv_std: Vec<f32>,
    pub(crate) activation: Activation,
}

impl Norm {
    pub(crate) fn new(channels: usize, activation: Activation, random: &mut Random) -> Self {
        Self {
            center: random.values(channels),
            scale: random.values(channels),
            shift: random.values(channels),
            inv_std: random.values(channels),
            activation,
        }
    }

    pub(crate) fn scale_shift(&self) -> ScaleShift<'_> {
        let affine = Affine { center: &self.center, scale: &self.scale, shift: &self.shift };
        ScaleShift { affine, activation: self.activation }
    }

    pub(crate) fn apply(&self, x: &[f32]) -> Vec<f32> {
        let mut y = vec![f32::NAN; x.len()];
        norm::apply(x, self.scale_shift(), None, &mut y);
        y
    }

    /// `[dgamma, dbeta]`.
    pub(crate) fn sums(&self, x: &[f32], dy: &[f32]) -> [Vec<f32>; 2] {
        let channels = self.scale.len();
        let (mut dgamma, mut dbeta) = (vec![f32::NAN; channels], vec![f32::NAN; channels]);
        let mut partials = vec![f64::NAN; norm::partials_len(x.len() / channels, channels)];
        let sums = ChannelSums { dgamma: &mut dgamma, dbeta: &mut dbeta };
        norm::backward_sums(x, dy, self.scale_shift(), &self.inv_std, sums, &mut partials);
        [dgamma, dbeta]
    }

    /// g: `dy` where the output `y` passes the activation, and 0 elsewhere.
    pub(crate) fn gate(&self, y: &[f32], dy: &mut [f32]) {
        let stopped = dy.iter_mut().zip(y).filter(|(_, y)| !self.activation.passes(**y));
        stopped.for_each(|(dy, _)| *dy = 0.0);
    }
}
