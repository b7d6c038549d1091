//! ConvNeXt (Liu et al. 2022, "A ConvNet for the 2020s", section 2) with stochastic depth. Names are those of torchvision's state
//! dict.

use crate::builder::Builder;
use crate::graph::{Graph, NodeId, Op, Sliding};

/// Channels of each stage of the tiny and the small network.
const CHANNELS: [usize; 4] = [96, 192, 384, 768];
const NORM: Op = Op::LayerNorm { epsilon: 1e-6 };
/// What the factors of layer scale begin with.
const LAYER_SCALE: f32 = 1e-6;
/// A block's inner layer has so many times its channels.
const EXPANSION: usize = 4;

/// The network with `blocks` in each stage. The rate of stochastic depth rises evenly from 0 at the first block to `depth_rate` at
/// the last one.
pub(super) fn convnext(name: &str, blocks: [usize; 4], depth_rate: f32, classes: usize) -> Graph {
    let (mut builder, input) = Builder::new(name);
    let mut x = patches(&mut builder, "features.0.0", input, CHANNELS[0], 4);
    x = builder.push("features.0.1", NORM, &[x]);
    let (mut place, last) = (0, blocks.iter().sum::<usize>() - 1);
    for (stage, (count, channels)) in blocks.into_iter().zip(CHANNELS).enumerate() {
        if stage > 0 {
            let name = format!("features.{}", 2 * stage);
            x = builder.push(format!("{name}.0"), NORM, &[x]);
            x = patches(&mut builder, &format!("{name}.1"), x, channels, 2);
        }
        for number in 0..count {
            let rate = depth_rate * place as f32 / last as f32;
            x = block(&mut builder, &format!("features.{}.{number}", 2 * stage + 1), x, channels, rate);
            place += 1;
        }
    }
    let x = builder.push("avgpool", Op::GlobalAveragePool, &[x]);
    let x = builder.push("classifier.0", NORM, &[x]);
    builder.push("classifier.2", Op::Linear { features: classes }, &[x]);
    builder.finish()
}

/// A convolution whose windows do not overlap.
fn patches(builder: &mut Builder, name: &str, x: NodeId, channels: usize, side: usize) -> NodeId {
    let window = Sliding::new(side, side, 0);
    builder.push(name, Op::Conv { channels, window, bias: true }, &[x])
}

fn block(builder: &mut Builder, name: &str, x: NodeId, channels: usize, rate: f32) -> NodeId {
    let layer = |place: usize| format!("{name}.block.{place}");
    let y = builder.push(layer(0), Op::Depthwise { window: Sliding::new(7, 1, 3) }, &[x]);
    let y = builder.push(format!("{}.bias", layer(0)), Op::ChannelShift, &[y]);
    let y = builder.push(layer(2), NORM, &[y]);
    let y = builder.push(layer(3), Op::PixelLinear { features: EXPANSION * channels }, &[y]);
    let y = builder.push(layer(4), Op::Gelu, &[y]);
    let y = builder.push(layer(5), Op::PixelLinear { features: channels }, &[y]);
    let mut y = builder.push(format!("{name}.layer_scale"), Op::ChannelScale { initial: LAYER_SCALE }, &[y]);
    if rate > 0.0 {
        y = builder.push(format!("{name}.stochastic_depth"), Op::StochasticDepth { rate }, &[y]);
    }
    builder.push(format!("{name}.add"), Op::Add, &[y, x])
}
