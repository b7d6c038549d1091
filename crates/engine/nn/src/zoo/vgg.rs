//! VGG with 16 layers (Simonyan and Zisserman 2014, table 1, column D) and batch norm. Names are those of torchvision's state
//! dict.

use crate::builder::Builder;
use crate::graph::{Graph, NodeId, Op, Sliding};

/// (channels, convolutions) of each stage; pooling ends it.
const STAGES: [(usize, usize); 5] = [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)];
/// Rows and columns that the first linear layer takes.
const PIXELS: usize = 7;
const WIDTH: usize = 4096;

pub(super) fn vgg16_bn(classes: usize) -> Graph {
    let (mut builder, mut x) = Builder::new("vgg16_bn");
    let mut place = 0;
    for (channels, layers) in STAGES {
        for _ in 0..layers {
            let conv = Op::Conv { channels, window: Sliding::new(3, 1, 1), bias: true };
            x = builder.push(format!("features.{place}"), conv, &[x]);
            x = builder.batch_norm(format!("features.{}", place + 1), x);
            x = builder.push(format!("features.{}", place + 2), Op::Relu, &[x]);
            place += 3;
        }
        let pool = Op::MaxPool { window: Sliding::new(2, 2, 0), ceil: false };
        x = builder.push(format!("features.{place}"), pool, &[x]);
        place += 1;
    }
    x = builder.push("pool", Op::AdaptiveAveragePool { size: PIXELS }, &[x]);
    x = hidden(&mut builder, 0, x);
    x = hidden(&mut builder, 3, x);
    builder.push("classifier.6", Op::Linear { features: classes }, &[x]);
    builder.finish()
}

/// A linear layer with ReLU and dropout, at `place` of the classifier.
fn hidden(builder: &mut Builder, place: usize, x: NodeId) -> NodeId {
    let x = builder.push(format!("classifier.{place}"), Op::Linear { features: WIDTH }, &[x]);
    let x = builder.push(format!("classifier.{}", place + 1), Op::Relu, &[x]);
    builder.push(format!("classifier.{}", place + 2), Op::Dropout { rate: 0.5 }, &[x])
}
