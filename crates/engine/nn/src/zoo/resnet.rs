//! Residual networks (He et al. 2015, "Deep Residual Learning for Image Recognition", table 1), in the form called
//! v1.5: the stride of a bottleneck stands in its 3 x 3 convolution. Names are those of torchvision's state dict.

use crate::builder::Builder;
use crate::graph::{Graph, NodeId, Op, Sliding};

/// The unit that a stage repeats.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Block {
    /// Two 3 x 3 convolutions.
    Basic,
    /// 1 x 1, 3 x 3, 1 x 1, the last four times as wide.
    Bottleneck,
    /// The same, twice as wide inside, with the 3 x 3 convolution in 32 groups: ResNeXt's 32x4d (Xie et al. 2016, "Aggregated
    /// Residual Transformations for Deep Neural Networks", table 1).
    Aggregated,
}

/// Groups of [`Block::Aggregated`].
const GROUPS: usize = 32;

impl Block {
    fn expansion(self) -> usize {
        match self {
            Block::Basic => 1,
            Block::Bottleneck | Block::Aggregated => 4,
        }
    }
}

pub(super) fn resnet(name: &str, block: Block, depths: [usize; 4], classes: usize) -> Graph {
    let (mut builder, input) = Builder::new(name);
    let x = builder.conv("conv1", input, 64, Sliding::new(7, 2, 3));
    let x = builder.batch_norm("bn1", x);
    let x = builder.push("relu", Op::Relu, &[x]);
    let mut x = builder.push("maxpool", Op::MaxPool { window: Sliding::new(3, 2, 1), ceil: false }, &[x]);
    let mut inputs = 64;
    for (stage, depth) in depths.into_iter().enumerate() {
        let width = 64 << stage;
        for index in 0..depth {
            let stride = if stage > 0 && index == 0 { 2 } else { 1 };
            let name = format!("layer{}.{index}", stage + 1);
            x = unit(&mut builder, &name, block, x, Widths { inputs, width }, stride);
            inputs = width * block.expansion();
        }
    }
    builder.classify("fc", x, classes)
}

/// Channels that enter a unit, and those of its inner convolutions.
struct Widths {
    inputs: usize,
    width: usize,
}

fn unit(builder: &mut Builder, name: &str, block: Block, x: NodeId, widths: Widths, stride: usize) -> NodeId {
    let Widths { inputs, width } = widths;
    let outputs = width * block.expansion();
    let dense = |channels: usize, window: Sliding| Op::Conv { channels, window, bias: false };
    let layers: &[Op] = match block {
        Block::Basic => &[dense(width, Sliding::new(3, stride, 1)), dense(outputs, Sliding::new(3, 1, 1))],
        Block::Bottleneck => &[
            dense(width, Sliding::new(1, 1, 0)),
            dense(width, Sliding::new(3, stride, 1)),
            dense(outputs, Sliding::new(1, 1, 0)),
        ],
        Block::Aggregated => &[
            dense(2 * width, Sliding::new(1, 1, 0)),
            Op::GroupedConv { channels: 2 * width, groups: GROUPS, window: Sliding::new(3, stride, 1) },
            dense(outputs, Sliding::new(1, 1, 0)),
        ],
    };
    let mut y = x;
    for (index, &layer) in layers.iter().enumerate() {
        y = builder.push(format!("{name}.conv{}", index + 1), layer, &[y]);
        y = builder.batch_norm(format!("{name}.bn{}", index + 1), y);
        if index + 1 < layers.len() {
            y = builder.push(format!("{name}.relu{}", index + 1), Op::Relu, &[y]);
        }
    }
    let identity = if stride != 1 || inputs != outputs {
        let projected = builder.conv(format!("{name}.downsample.0"), x, outputs, Sliding::new(1, stride, 0));
        builder.batch_norm(format!("{name}.downsample.1"), projected)
    } else {
        x
    };
    let sum = builder.push(format!("{name}.add"), Op::Add, &[y, identity]);
    builder.push(format!("{name}.relu"), Op::Relu, &[sum])
}
