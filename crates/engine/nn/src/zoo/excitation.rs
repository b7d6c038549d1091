//! Squeeze-and-excitation (Hu et al. 2017), with the names that torchvision gives its layers.

use crate::builder::Builder;
use crate::graph::{NodeId, Op, Sliding};

/// How the means of the channels become factors.
#[derive(Clone, Copy)]
pub(super) struct Excitation {
    /// Channels between the two layers.
    pub(super) squeezed: usize,
    /// Channels of the image.
    pub(super) width: usize,
    /// After the first layer.
    pub(super) activation: Op,
    /// After the second one.
    pub(super) gate: Op,
}

/// Each channel of `x` is scaled by a number in 0 to 1 that the means of all channels give.
pub(super) fn excite(builder: &mut Builder, name: &str, x: NodeId, excitation: Excitation) -> NodeId {
    let Excitation { squeezed, width, activation, gate } = excitation;
    let window = Sliding::new(1, 1, 0);
    let s = builder.push(format!("{name}.avgpool"), Op::GlobalAveragePool, &[x]);
    let s = builder.push(format!("{name}.fc1"), Op::Conv { channels: squeezed, window, bias: true }, &[s]);
    let s = builder.push(format!("{name}.activation"), activation, &[s]);
    let s = builder.push(format!("{name}.fc2"), Op::Conv { channels: width, window, bias: true }, &[s]);
    let s = builder.push(format!("{name}.scale_activation"), gate, &[s]);
    builder.push(format!("{name}.scale"), Op::Scale, &[x, s])
}

/// The multiple of `divisor` that is nearest to `channels`, but at least nine tenths of it: how torchvision rounds the widths
/// of MobileNets and EfficientNets.
pub(super) fn divisible(channels: f64, divisor: usize) -> usize {
    let nearest = ((channels + divisor as f64 / 2.0) as usize / divisor * divisor).max(divisor);
    if (nearest as f64) < 0.9 * channels { nearest + divisor } else { nearest }
}
