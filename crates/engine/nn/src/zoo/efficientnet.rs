//! EfficientNet-B0 (Tan and Le 2019, table 1) with squeeze-and-excitation (Hu et al. 2017). Names are those of torchvision's
//! state dict.
//!
//! Stochastic depth, which torchvision applies to the residuals while training, is left out; dropout is not.

use crate::builder::Builder;
use crate::graph::{Graph, NodeId, Op, Sliding};

/// Units of equal width.
#[derive(Clone, Copy)]
struct Stage {
    expansion: usize,
    kernel: usize,
    /// Of the first unit.
    stride: usize,
    outputs: usize,
    units: usize,
}

const fn stage(expansion: usize, kernel: usize, stride: usize, outputs: usize, units: usize) -> Stage {
    Stage { expansion, kernel, stride, outputs, units }
}

const STAGES: [Stage; 7] = [
    stage(1, 3, 1, 16, 1),
    stage(6, 3, 2, 24, 2),
    stage(6, 5, 2, 40, 2),
    stage(6, 3, 2, 80, 3),
    stage(6, 5, 1, 112, 3),
    stage(6, 5, 2, 192, 4),
    stage(6, 3, 1, 320, 1),
];
/// The squeeze of a unit has its input channels divided by this.
const SQUEEZE: usize = 4;

pub(super) fn efficientnet_b0(classes: usize) -> Graph {
    let (mut builder, input) = Builder::new("efficientnet_b0");
    let x = builder.conv("features.0.0", input, 32, Sliding::new(3, 2, 1));
    let mut x = normalise(&mut builder, "features.0", x);
    let mut inputs = 32;
    for (index, stage) in STAGES.into_iter().enumerate() {
        for number in 0..stage.units {
            let stride = if number == 0 { stage.stride } else { 1 };
            let name = format!("features.{}.{number}", index + 1);
            x = unit(&mut builder, &name, x, inputs, Stage { stride, ..stage });
            inputs = stage.outputs;
        }
    }
    let x = builder.conv("features.8.0", x, 1280, Sliding::new(1, 1, 0));
    let x = normalise(&mut builder, "features.8", x);
    let x = builder.push("pool", Op::GlobalAveragePool, &[x]);
    let x = builder.push("classifier.0", Op::Dropout { rate: 0.2 }, &[x]);
    builder.push("classifier.1", Op::Linear { features: classes }, &[x]);
    builder.finish()
}

/// 1 x 1 to more channels unless the expansion is 1, depthwise, squeeze-and-excitation, 1 x 1 to the outputs.
fn unit(builder: &mut Builder, name: &str, x: NodeId, inputs: usize, stage: Stage) -> NodeId {
    let Stage { expansion, kernel, stride, outputs, .. } = stage;
    let width = inputs * expansion;
    let layer = |place: usize| format!("{name}.block.{place}");
    let (mut y, mut next) = (x, 0);
    if expansion != 1 {
        y = builder.conv(format!("{}.0", layer(next)), y, width, Sliding::new(1, 1, 0));
        y = normalise(builder, &layer(next), y);
        next += 1;
    }
    let window = Sliding::new(kernel, stride, kernel / 2);
    y = builder.push(format!("{}.0", layer(next)), Op::Depthwise { window }, &[y]);
    y = normalise(builder, &layer(next), y);
    y = excite(builder, &layer(next + 1), y, inputs / SQUEEZE, width);
    y = builder.conv(format!("{}.0", layer(next + 2)), y, outputs, Sliding::new(1, 1, 0));
    y = builder.batch_norm(format!("{}.1", layer(next + 2)), y);
    if stride == 1 && inputs == outputs {
        y = builder.push(format!("{name}.add"), Op::Add, &[y, x]);
    }
    y
}

/// Squeeze-and-excitation: each channel is scaled by a number in (0, 1) that the means of all channels give.
fn excite(builder: &mut Builder, name: &str, x: NodeId, squeezed: usize, width: usize) -> NodeId {
    let window = Sliding::new(1, 1, 0);
    let s = builder.push(format!("{name}.avgpool"), Op::GlobalAveragePool, &[x]);
    let s = builder.push(format!("{name}.fc1"), Op::Conv { channels: squeezed, window, bias: true }, &[s]);
    let s = builder.push(format!("{name}.activation"), Op::Silu, &[s]);
    let s = builder.push(format!("{name}.fc2"), Op::Conv { channels: width, window, bias: true }, &[s]);
    let s = builder.push(format!("{name}.scale_activation"), Op::Sigmoid, &[s]);
    builder.push(format!("{name}.scale"), Op::Scale, &[x, s])
}

fn normalise(builder: &mut Builder, layer: &str, x: NodeId) -> NodeId {
    let x = builder.batch_norm(format!("{layer}.1"), x);
    builder.push(format!("{layer}.2"), Op::Silu, &[x])
}
