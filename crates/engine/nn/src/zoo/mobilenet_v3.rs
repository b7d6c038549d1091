//! MobileNetV3 (Howard et al. 2019, "Searching for MobileNetV3", tables 1 and 2) at width 1. Names are those of torchvision's
//! state dict.

use super::excitation::{Excitation, divisible, excite};
use crate::builder::Builder;
use crate::graph::{Graph, NodeId, Op, Sliding};

/// A unit: kernel of the depthwise convolution, channels within, output channels, whether there is squeeze-and-excitation, the
/// activation, stride.
type Unit = (usize, usize, usize, bool, Op, usize);

const RELU: Op = Op::Relu;
const SWISH: Op = Op::HardSwish;

const SMALL: [Unit; 11] = [
    (3, 16, 16, true, RELU, 2),
    (3, 72, 24, false, RELU, 2),
    (3, 88, 24, false, RELU, 1),
    (5, 96, 40, true, SWISH, 2),
    (5, 240, 40, true, SWISH, 1),
    (5, 240, 40, true, SWISH, 1),
    (5, 120, 48, true, SWISH, 1),
    (5, 144, 48, true, SWISH, 1),
    (5, 288, 96, true, SWISH, 2),
    (5, 576, 96, true, SWISH, 1),
    (5, 576, 96, true, SWISH, 1),
];
const LARGE: [Unit; 15] = [
    (3, 16, 16, false, RELU, 1),
    (3, 64, 24, false, RELU, 2),
    (3, 72, 24, false, RELU, 1),
    (5, 72, 40, true, RELU, 2),
    (5, 120, 40, true, RELU, 1),
    (5, 120, 40, true, RELU, 1),
    (3, 240, 80, false, SWISH, 2),
    (3, 200, 80, false, SWISH, 1),
    (3, 184, 80, false, SWISH, 1),
    (3, 184, 80, false, SWISH, 1),
    (3, 480, 112, true, SWISH, 1),
    (3, 672, 112, true, SWISH, 1),
    (5, 672, 160, true, SWISH, 2),
    (5, 960, 160, true, SWISH, 1),
    (5, 960, 160, true, SWISH, 1),
];
/// Channels of the first convolution.
const FIRST: usize = 16;
/// The last convolution has the last unit's outputs times this.
const LAST: usize = 6;
/// Epsilon is torchvision's. Its momentum of .01 is for the many steps of a run on ImageNet; a short run on few photographs needs
/// the faster default.
const NORM: Op = Op::BatchNorm { epsilon: 1e-3, momentum: 0.1 };

pub(super) fn mobilenet_v3_small(classes: usize) -> Graph {
    network("mobilenet_v3_small", &SMALL, 1024, classes)
}

pub(super) fn mobilenet_v3_large(classes: usize) -> Graph {
    network("mobilenet_v3_large", &LARGE, 1280, classes)
}

/// The units, and a classifier with one hidden layer of so many features.
fn network(name: &str, units: &[Unit], hidden: usize, classes: usize) -> Graph {
    let (mut builder, input) = Builder::new(name);
    let b = &mut builder;
    let mut x = layer(b, "features.0", input, dense(FIRST, Sliding::new(3, 2, 1)), SWISH);
    let mut inputs = FIRST;
    for (index, &of) in units.iter().enumerate() {
        x = unit(b, &format!("features.{}", index + 1), x, inputs, of);
        inputs = of.2;
    }
    let last = dense(LAST * inputs, Sliding::new(1, 1, 0));
    let x = layer(b, &format!("features.{}", units.len() + 1), x, last, SWISH);
    let x = b.push("avgpool", Op::GlobalAveragePool, &[x]);
    let x = b.push("classifier.0", Op::Linear { features: hidden }, &[x]);
    let x = b.push("classifier.1", SWISH, &[x]);
    let x = b.push("classifier.2", Op::Dropout { rate: 0.2 }, &[x]);
    b.push("classifier.3", Op::Linear { features: classes }, &[x]);
    builder.finish()
}

const fn dense(channels: usize, window: Sliding) -> Op {
    Op::Conv { channels, window, bias: false }
}

/// 1 x 1 to more channels unless they are as many, depthwise, squeeze-and-excitation perhaps, 1 x 1 to the outputs without
/// activation.
fn unit(b: &mut Builder, name: &str, x: NodeId, inputs: usize, of: Unit) -> NodeId {
    let (kernel, width, outputs, squeezes, activation, stride) = of;
    let (mut y, mut next) = (x, 0);
    let mut place = || {
        next += 1;
        format!("{name}.block.{}", next - 1)
    };
    if width != inputs {
        y = layer(b, &place(), y, dense(width, Sliding::new(1, 1, 0)), activation);
    }
    let window = Sliding::new(kernel, stride, kernel / 2);
    y = layer(b, &place(), y, Op::Depthwise { window }, activation);
    if squeezes {
        let squeezed = divisible((width / 4) as f64, 8);
        let (activation, gate) = (Op::Relu, Op::HardSigmoid);
        y = excite(b, &place(), y, Excitation { squeezed, width, activation, gate });
    }
    let last = place();
    y = b.conv(format!("{last}.0"), y, outputs, Sliding::new(1, 1, 0));
    y = b.push(format!("{last}.1"), NORM, &[y]);
    if stride == 1 && inputs == outputs {
        y = b.push(format!("{name}.add"), Op::Add, &[y, x]);
    }
    y
}

/// A convolution with batch norm and activation.
fn layer(b: &mut Builder, name: &str, x: NodeId, convolution: Op, activation: Op) -> NodeId {
    let x = b.push(format!("{name}.0"), convolution, &[x]);
    let x = b.push(format!("{name}.1"), NORM, &[x]);
    b.push(format!("{name}.2"), activation, &[x])
}
