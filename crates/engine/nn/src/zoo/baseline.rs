//! The plain convolutional network that a project starts from.
//!
//! 3 x 3 convolutions with batch norm and ReLU, maximum pooling between them, global average pooling and a linear
//! classifier: five stages of 32 to 256 channels, 0.98 million parameters, 0.2 thousand million multiply-adds at 128
//! pixels.

use crate::builder::Builder;
use crate::graph::{Graph, NodeId, Op, Sliding};

/// (channels, stride of the convolution, whether pooling follows) of each layer.
const LAYERS: [(usize, usize, bool); 5] =
    [(32, 1, true), (64, 1, true), (128, 1, true), (256, 1, true), (256, 1, false)];

pub(super) fn baseline(classes: usize) -> Graph {
    let (mut builder, mut x) = Builder::new("baseline");
    for (index, (channels, stride, pooled)) in LAYERS.into_iter().enumerate() {
        x = layer(&mut builder, index + 1, x, channels, stride);
        if pooled {
            x = builder.push(
                format!("pool{}", index + 1),
                Op::MaxPool { window: Sliding::new(2, 2, 0), ceil: false },
                &[x],
            );
        }
    }
    builder.classify("fc", x, classes)
}

fn layer(builder: &mut Builder, number: usize, x: NodeId, channels: usize, stride: usize) -> NodeId {
    let x = builder.conv(format!("conv{number}"), x, channels, Sliding::new(3, stride, 1));
    let x = builder.batch_norm(format!("bn{number}"), x);
    builder.push(format!("relu{number}"), Op::Relu, &[x])
}
