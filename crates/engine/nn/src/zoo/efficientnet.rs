//! EfficientNet (Tan and Le 2019, table 1, and section 5.1 for the larger ones) and EfficientNetV2 (Tan and Le 2021, table 4)
//! with squeeze-and-excitation and stochastic depth. Names are those of torchvision's state dict.

use super::excitation::{Excitation, divisible, excite};
use crate::builder::Builder;
use crate::graph::{Graph, NodeId, Op, Sliding};

/// Units of equal width.
#[derive(Clone, Copy)]
struct Stage {
    kind: Kind,
    expansion: usize,
    kernel: usize,
    /// Of the first unit.
    stride: usize,
    outputs: usize,
    units: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// 1 x 1 to more channels, depthwise, squeeze-and-excitation, 1 x 1 to the outputs.
    Inverted,
    /// A dense convolution to more channels, 1 x 1 to the outputs.
    Fused,
}

const fn inverted(expansion: usize, kernel: usize, stride: usize, outputs: usize, units: usize) -> Stage {
    Stage { kind: Kind::Inverted, expansion, kernel, stride, outputs, units }
}

const fn fused(expansion: usize, kernel: usize, stride: usize, outputs: usize, units: usize) -> Stage {
    Stage { kind: Kind::Fused, expansion, kernel, stride, outputs, units }
}

/// Of EfficientNet-B0.
const STAGES: [Stage; 7] = [
    inverted(1, 3, 1, 16, 1),
    inverted(6, 3, 2, 24, 2),
    inverted(6, 5, 2, 40, 2),
    inverted(6, 3, 2, 80, 3),
    inverted(6, 5, 1, 112, 3),
    inverted(6, 5, 2, 192, 4),
    inverted(6, 3, 1, 320, 1),
];
const V2_S: [Stage; 6] = [
    fused(1, 3, 1, 24, 2),
    fused(4, 3, 2, 48, 4),
    fused(4, 3, 2, 64, 4),
    inverted(4, 3, 2, 128, 6),
    inverted(6, 3, 1, 160, 9),
    inverted(6, 3, 2, 256, 15),
];
/// The squeeze of a unit has its input channels divided by this.
const SQUEEZE: usize = 4;
/// Rate of stochastic depth that the last unit almost reaches; it rises evenly from 0 at the first one.
const DEPTH_RATE: f32 = 0.2;
/// Widths are multiples of this.
const DIVISOR: usize = 8;

/// EfficientNet-B0 made wider and deeper by these factors.
pub(super) fn efficientnet(name: &str, [wider, deeper]: [f64; 2], dropout: f32, classes: usize) -> Graph {
    let width = |channels: usize| divisible(channels as f64 * wider, DIVISOR);
    let stages = STAGES.map(|stage| Stage {
        outputs: width(stage.outputs),
        units: (stage.units as f64 * deeper).ceil() as usize,
        ..stage
    });
    let ends = Ends { first: width(32), last: 4 * width(320), dropout, epsilon: 1e-5 };
    network(name, &stages, ends, classes)
}

pub(super) fn efficientnet_v2_s(classes: usize) -> Graph {
    network("efficientnet_v2_s", &V2_S, Ends { first: 24, last: 1280, dropout: 0.2, epsilon: 1e-3 }, classes)
}

/// What stands around the stages.
struct Ends {
    /// Channels of the first convolution.
    first: usize,
    /// Channels of the last one.
    last: usize,
    dropout: f32,
    /// Of every batch norm.
    epsilon: f32,
}

fn network(name: &str, stages: &[Stage], ends: Ends, classes: usize) -> Graph {
    let (builder, input) = Builder::new(name);
    let mut b = Network { builder, epsilon: ends.epsilon };
    let mut x = b.layer("features.0", input, dense(ends.first, Sliding::new(3, 2, 1)));
    let all: usize = stages.iter().map(|stage| stage.units).sum();
    let (mut inputs, mut place) = (ends.first, 0);
    for (index, &stage) in stages.iter().enumerate() {
        for number in 0..stage.units {
            let stride = if number == 0 { stage.stride } else { 1 };
            let name = format!("features.{}.{number}", index + 1);
            let rate = DEPTH_RATE * place as f32 / all as f32;
            x = b.unit(&name, x, inputs, Stage { stride, ..stage }, rate);
            (inputs, place) = (stage.outputs, place + 1);
        }
    }
    let x = b.layer(&format!("features.{}", stages.len() + 1), x, dense(ends.last, Sliding::new(1, 1, 0)));
    let mut builder = b.builder;
    let x = builder.push("pool", Op::GlobalAveragePool, &[x]);
    let x = builder.push("classifier.0", Op::Dropout { rate: ends.dropout }, &[x]);
    builder.push("classifier.1", Op::Linear { features: classes }, &[x]);
    builder.finish()
}

const fn dense(channels: usize, window: Sliding) -> Op {
    Op::Conv { channels, window, bias: false }
}

struct Network {
    builder: Builder,
    epsilon: f32,
}

impl Network {
    /// A residual unit; the residual is there where the shapes are equal.
    fn unit(&mut self, name: &str, x: NodeId, inputs: usize, stage: Stage, rate: f32) -> NodeId {
        let Stage { kind, expansion, kernel, stride, outputs, .. } = stage;
        let (width, window) = (inputs * expansion, Sliding::new(kernel, stride, kernel / 2));
        let (mut y, mut next) = (x, 0);
        let mut layer = || {
            next += 1;
            format!("{name}.block.{}", next - 1)
        };
        match kind {
            Kind::Inverted => {
                if expansion != 1 {
                    y = self.layer(&layer(), y, dense(width, Sliding::new(1, 1, 0)));
                }
                y = self.layer(&layer(), y, Op::Depthwise { window });
                let (activation, gate) = (Op::Silu, Op::Sigmoid);
                let excitation = Excitation { squeezed: inputs / SQUEEZE, width, activation, gate };
                y = excite(&mut self.builder, &layer(), y, excitation);
                y = self.normalised(&layer(), y, dense(outputs, Sliding::new(1, 1, 0)));
            }
            Kind::Fused if expansion == 1 => y = self.layer(&layer(), y, dense(outputs, window)),
            Kind::Fused => {
                y = self.layer(&layer(), y, dense(width, window));
                y = self.normalised(&layer(), y, dense(outputs, Sliding::new(1, 1, 0)));
            }
        }
        if stride == 1 && inputs == outputs {
            if rate > 0.0 {
                y = self.builder.push(format!("{name}.stochastic_depth"), Op::StochasticDepth { rate }, &[y]);
            }
            y = self.builder.push(format!("{name}.add"), Op::Add, &[y, x]);
        }
        y
    }

    /// A convolution with batch norm and SiLU.
    fn layer(&mut self, name: &str, x: NodeId, convolution: Op) -> NodeId {
        let x = self.normalised(name, x, convolution);
        self.builder.push(format!("{name}.2"), Op::Silu, &[x])
    }

    /// A convolution with batch norm.
    fn normalised(&mut self, name: &str, x: NodeId, convolution: Op) -> NodeId {
        let x = self.builder.push(format!("{name}.0"), convolution, &[x]);
        self.builder.push(format!("{name}.1"), Op::BatchNorm { epsilon: self.epsilon, momentum: 0.1 }, &[x])
    }
}
