//! RegNetY (Radosavovic et al. 2020, "Designing Network Design Spaces", table 4). Names are those of torchvision's state dict.
//!
//! The paper gives the widths by a rule of three numbers; here stand the widths that follow from them.

use super::excitation::{Excitation, excite};
use crate::builder::Builder;
use crate::graph::{Graph, NodeId, Op, Sliding};

/// A network of the family.
#[derive(Clone, Copy)]
pub(super) struct Design {
    /// Channels of each stage.
    widths: [usize; 4],
    /// Units of each stage.
    depths: [usize; 4],
    /// Channels of a group.
    group: usize,
}

pub(super) const Y_400MF: Design = Design { widths: [48, 104, 208, 440], depths: [1, 3, 6, 6], group: 8 };
pub(super) const Y_800MF: Design = Design { widths: [64, 144, 320, 784], depths: [1, 3, 8, 2], group: 16 };
pub(super) const Y_1_6GF: Design = Design { widths: [48, 120, 336, 888], depths: [2, 6, 17, 2], group: 24 };
pub(super) const Y_3_2GF: Design = Design { widths: [72, 216, 576, 1512], depths: [2, 5, 13, 1], group: 24 };

/// Channels of the first convolution.
const FIRST: usize = 32;
/// The squeeze of a unit has its input channels divided by this.
const SQUEEZE: f64 = 4.0;

pub(super) fn regnet_y(name: &str, design: Design, classes: usize) -> Graph {
    let (mut builder, input) = Builder::new(name);
    let b = &mut builder;
    let mut x = layer(b, "stem", input, dense(FIRST, Sliding::new(3, 2, 1)));
    let mut inputs = FIRST;
    for (stage, (width, depth)) in design.widths.into_iter().zip(design.depths).enumerate() {
        for index in 0..depth {
            let name = format!("trunk_output.block{0}.block{0}-{index}", stage + 1);
            let widths = Widths { inputs, outputs: width, group: design.group };
            x = unit(b, &name, x, widths, if index == 0 { 2 } else { 1 });
            inputs = width;
        }
    }
    builder.classify("fc", x, classes)
}

const fn dense(channels: usize, window: Sliding) -> Op {
    Op::Conv { channels, window, bias: false }
}

struct Widths {
    inputs: usize,
    outputs: usize,
    /// Channels of a group.
    group: usize,
}

/// A residual unit: 1 x 1, 3 x 3 in groups, squeeze-and-excitation, 1 x 1, all equally wide.
fn unit(b: &mut Builder, name: &str, x: NodeId, widths: Widths, stride: usize) -> NodeId {
    let Widths { inputs, outputs, group } = widths;
    let identity = if stride != 1 || inputs != outputs {
        normalised(b, &format!("{name}.proj"), x, dense(outputs, Sliding::new(1, stride, 0)))
    } else {
        x
    };
    let y = layer(b, &format!("{name}.f.a"), x, dense(outputs, Sliding::new(1, 1, 0)));
    let (groups, window) = (outputs / group, Sliding::new(3, stride, 1));
    let y = layer(b, &format!("{name}.f.b"), y, Op::GroupedConv { channels: outputs, groups, window });
    let squeezed = (inputs as f64 / SQUEEZE).round_ties_even() as usize;
    let (activation, gate) = (Op::Relu, Op::Sigmoid);
    let excitation = Excitation { squeezed, width: outputs, activation, gate };
    let y = excite(b, &format!("{name}.f.se"), y, excitation);
    let y = normalised(b, &format!("{name}.f.c"), y, dense(outputs, Sliding::new(1, 1, 0)));
    let sum = b.push(format!("{name}.add"), Op::Add, &[y, identity]);
    b.push(format!("{name}.activation"), Op::Relu, &[sum])
}

/// A convolution with batch norm and ReLU.
fn layer(b: &mut Builder, name: &str, x: NodeId, convolution: Op) -> NodeId {
    let x = normalised(b, name, x, convolution);
    b.push(format!("{name}.2"), Op::Relu, &[x])
}

/// A convolution with batch norm.
fn normalised(b: &mut Builder, name: &str, x: NodeId, convolution: Op) -> NodeId {
    let x = b.push(format!("{name}.0"), convolution, &[x]);
    b.batch_norm(format!("{name}.1"), x)
}
