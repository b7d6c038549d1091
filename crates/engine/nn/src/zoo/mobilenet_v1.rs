//! MobileNet v1 (Howard et al. 2017, table 1), as TensorFlow trained it: `SAME` padding, ReLU6, batch norm with
//! epsilon 1e-3. Names of the layers are those of Keras.

use crate::builder::Builder;
use crate::graph::{Graph, NodeId, Op, Sliding};

/// (output channels at width 1, stride of the depthwise convolution) of the 13 separable layers.
const LAYERS: [(usize, usize); 13] = [
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (1024, 2),
    (1024, 1),
];

/// TensorFlow keeps .999 of the old statistics at each step of a long ImageNet run; a short run on few photographs needs
/// the faster PyTorch default.
const NORM: Op = Op::BatchNorm { epsilon: 1e-3, momentum: 0.1 };

pub(super) fn mobilenet_v1(name: &str, width: f64, classes: usize) -> Graph {
    let scaled = |channels: usize| (channels as f64 * width) as usize;
    let (mut builder, input) = Builder::new(name);
    let x = builder.conv("conv1", input, scaled(32), Sliding::same(3, 2));
    let mut x = normalise(&mut builder, "conv1", x);
    for (index, (channels, stride)) in LAYERS.into_iter().enumerate() {
        let depthwise = format!("conv_dw_{}", index + 1);
        let y = builder.push(&depthwise, Op::Depthwise { window: Sliding::same(3, stride) }, &[x]);
        let y = normalise(&mut builder, &depthwise, y);
        let pointwise = format!("conv_pw_{}", index + 1);
        let y = builder.conv(&pointwise, y, scaled(channels), Sliding::same(1, 1));
        x = normalise(&mut builder, &pointwise, y);
    }
    builder.classify("conv_preds", x, classes)
}

fn normalise(builder: &mut Builder, layer: &str, x: NodeId) -> NodeId {
    let x = builder.push(format!("{layer}_bn"), NORM, &[x]);
    builder.push(format!("{layer}_relu"), Op::Relu6, &[x])
}
