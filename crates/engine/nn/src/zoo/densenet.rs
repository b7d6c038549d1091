//! DenseNet-121 (Huang et al. 2016, "Densely Connected Convolutional Networks", table 1). Names are those of torchvision's
//! state dict.

use crate::builder::Builder;
use crate::graph::{Graph, NodeId, Op, Sliding};

/// Layers of each block.
const BLOCKS: [usize; 4] = [6, 12, 24, 16];
/// Channels that a layer adds.
const GROWTH: usize = 32;
/// Channels between the two convolutions of a layer.
const BOTTLENECK: usize = 4 * GROWTH;

pub(super) fn densenet121(classes: usize) -> Graph {
    let (mut builder, input) = Builder::new("densenet121");
    let x = builder.conv("features.conv0", input, 2 * GROWTH, Sliding::new(7, 2, 3));
    let x = normalise(&mut builder, "features", "0", x);
    let pool = Op::MaxPool { window: Sliding::new(3, 2, 1), ceil: false };
    let mut x = builder.push("features.pool0", pool, &[x]);
    let mut channels = 2 * GROWTH;
    for (block, layers) in BLOCKS.into_iter().enumerate() {
        let number = block + 1;
        for layer in 1..=layers {
            x = grow(&mut builder, &format!("features.denseblock{number}.denselayer{layer}"), x);
            channels += GROWTH;
        }
        if number < BLOCKS.len() {
            channels /= 2;
            x = halve(&mut builder, &format!("features.transition{number}"), x, channels);
        }
    }
    let x = normalise(&mut builder, "features", "5", x);
    builder.classify("classifier", x, classes)
}

/// A layer of a dense block: its input, and the channels that it adds.
fn grow(builder: &mut Builder, name: &str, x: NodeId) -> NodeId {
    let y = normalise(builder, name, "1", x);
    let y = builder.conv(format!("{name}.conv1"), y, BOTTLENECK, Sliding::new(1, 1, 0));
    let y = normalise(builder, name, "2", y);
    let y = builder.conv(format!("{name}.conv2"), y, GROWTH, Sliding::new(3, 1, 1));
    builder.push(format!("{name}.concat"), Op::Concat, &[x, y])
}

/// Half the channels and half the pixels a side.
fn halve(builder: &mut Builder, name: &str, x: NodeId, channels: usize) -> NodeId {
    let x = normalise(builder, name, "", x);
    let x = builder.conv(format!("{name}.conv"), x, channels, Sliding::new(1, 1, 0));
    builder.push(format!("{name}.pool"), Op::AveragePool { window: Sliding::new(2, 2, 0) }, &[x])
}

fn normalise(builder: &mut Builder, name: &str, number: &str, x: NodeId) -> NodeId {
    let x = builder.batch_norm(format!("{name}.norm{number}"), x);
    builder.push(format!("{name}.relu{number}"), Op::Relu, &[x])
}
