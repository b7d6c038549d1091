//! SqueezeNet 1.0 (Iandola et al. 2016, table 1): no batch norm, and a convolution for a classifier. Names are those of
//! torchvision's state dict.

use crate::builder::Builder;
use crate::graph::{Graph, NodeId, Op, Sliding};

/// A layer of the features after the first convolution.
enum Layer {
    Pool,
    /// Channels of the 1 x 1 convolution that squeezes, and of each of the two that expand.
    Fire(usize, usize),
}

use Layer::{Fire, Pool};

/// With their places in torchvision's `features`, which begin at 2.
const LAYERS: [Layer; 11] = [
    Pool,
    Fire(16, 64),
    Fire(16, 64),
    Fire(32, 128),
    Pool,
    Fire(32, 128),
    Fire(48, 192),
    Fire(48, 192),
    Fire(64, 256),
    Pool,
    Fire(64, 256),
];

pub(super) fn squeezenet1_0(classes: usize) -> Graph {
    let (mut builder, input) = Builder::new("squeezenet1_0");
    let mut x = conv(&mut builder, "features.0", input, 96, Sliding::new(7, 2, 0));
    for (index, layer) in LAYERS.into_iter().enumerate() {
        let name = format!("features.{}", index + 2);
        x = match layer {
            Pool => builder.push(name, Op::MaxPool { window: Sliding::new(3, 2, 0), ceil: true }, &[x]),
            Fire(squeeze, expand) => fire(&mut builder, &name, x, squeeze, expand),
        };
    }
    let x = builder.push("classifier.0", Op::Dropout { rate: 0.5 }, &[x]);
    let x = conv(&mut builder, "classifier.1", x, classes, Sliding::new(1, 1, 0));
    builder.push("pool", Op::GlobalAveragePool, &[x]);
    builder.finish()
}

fn fire(builder: &mut Builder, name: &str, x: NodeId, squeeze: usize, expand: usize) -> NodeId {
    let x = conv(builder, &format!("{name}.squeeze"), x, squeeze, Sliding::new(1, 1, 0));
    let narrow = conv(builder, &format!("{name}.expand1x1"), x, expand, Sliding::new(1, 1, 0));
    let wide = conv(builder, &format!("{name}.expand3x3"), x, expand, Sliding::new(3, 1, 1));
    builder.push(format!("{name}.concat"), Op::Concat, &[narrow, wide])
}

/// A convolution with bias and ReLU.
fn conv(builder: &mut Builder, name: &str, x: NodeId, channels: usize, window: Sliding) -> NodeId {
    let x = builder.push(name, Op::Conv { channels, window, bias: true }, &[x]);
    builder.push(format!("{name}.relu"), Op::Relu, &[x])
}
