//! MobileNet v2 (Sandler et al. 2018, "Inverted Residuals and Linear Bottlenecks", table 2) at width 1. Names are those of
//! torchvision's state dict.

use crate::builder::Builder;
use crate::graph::{Graph, NodeId, Op, Sliding};

/// (expansion, output channels, units, stride of the first) of each stage.
const STAGES: [(usize, usize, usize, usize); 7] = [
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
];

pub(super) fn mobilenet_v2(classes: usize) -> Graph {
    let (mut builder, input) = Builder::new("mobilenet_v2");
    let x = builder.conv("features.0.0", input, 32, Sliding::new(3, 2, 1));
    let mut x = normalise(&mut builder, "features.0", x);
    let (mut inputs, mut place) = (32, 1);
    for (expansion, outputs, units, first_stride) in STAGES {
        for index in 0..units {
            let stride = if index == 0 { first_stride } else { 1 };
            x = unit(&mut builder, place, x, Widths { inputs, expansion, outputs }, stride);
            (inputs, place) = (outputs, place + 1);
        }
    }
    let x = builder.conv("features.18.0", x, 1280, Sliding::new(1, 1, 0));
    let x = normalise(&mut builder, "features.18", x);
    let x = builder.push("pool", Op::GlobalAveragePool, &[x]);
    let x = builder.push("classifier.0", Op::Dropout { rate: 0.2 }, &[x]);
    builder.push("classifier.1", Op::Linear { features: classes }, &[x]);
    builder.finish()
}

struct Widths {
    inputs: usize,
    expansion: usize,
    outputs: usize,
}

/// An inverted residual: 1 x 1 to more channels unless the expansion is 1, depthwise, 1 x 1 to the outputs without activation.
fn unit(builder: &mut Builder, place: usize, x: NodeId, widths: Widths, stride: usize) -> NodeId {
    let Widths { inputs, expansion, outputs } = widths;
    let layers = format!("features.{place}.conv");
    let (mut y, mut next) = (x, 0);
    if expansion != 1 {
        y = builder.conv(format!("{layers}.0.0"), y, inputs * expansion, Sliding::new(1, 1, 0));
        y = normalise(builder, &format!("{layers}.0"), y);
        next = 1;
    }
    let window = Sliding::new(3, stride, 1);
    y = builder.push(format!("{layers}.{next}.0"), Op::Depthwise { window }, &[y]);
    y = normalise(builder, &format!("{layers}.{next}"), y);
    y = builder.conv(format!("{layers}.{}", next + 1), y, outputs, Sliding::new(1, 1, 0));
    y = builder.batch_norm(format!("{layers}.{}", next + 2), y);
    if stride == 1 && inputs == outputs {
        y = builder.push(format!("features.{place}.add"), Op::Add, &[x, y]);
    }
    y
}

fn normalise(builder: &mut Builder, layer: &str, x: NodeId) -> NodeId {
    let x = builder.batch_norm(format!("{layer}.1"), x);
    builder.push(format!("{layer}.2"), Op::Relu6, &[x])
}
