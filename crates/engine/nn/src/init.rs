//! First values of the weights.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | n | fan: kh kw out of a convolution that batch norm follows, kh kw in of any other |
//! | σ | standard deviation, √(2 / n) |
//!
//! Convolutions are normal with σ: by fan out where batch norm follows (He et al. 2015, "Delving Deep into Rectifiers",
//! equation 14), else by fan in (equation 10), which keeps the size of activations where nothing else sees to it. A
//! convolution that is the classifier has σ = 0.01. ConvNeXt and vision transformers have the weights of their authors' programs
//! (see [`Scheme`]), whose truncated normal distributions end where no number ever falls. Linear layers are uniform in ± 1 / √inputs as in PyTorch, batch norm
//! scales 1 and shifts 0. Each tensor draws from a ChaCha8 stream of its own, keyed by (seed, name): adding a layer, or
//! widening the classifier, leaves the others as they were.

use foliar_random::Random;

use crate::graph::{Graph, Node, Op};
use crate::parameters::{Parameter, Role};

/// Deviation of a classifier that is a convolution.
const CLASSIFIER_DEVIATION: f64 = 0.01;

/// How the weights of a network begin, by its name: the parts that a network is cut into begin as the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    /// By fans.
    Fans,
    /// torchvision's ConvNeXt, timm's vision transformers and DINOv2: weights normal with σ = 0.02, biases 0. With `patches`, what
    /// makes patches too; else it has PyTorch's default, uniform in ± 1 / √inputs.
    Narrow { patches: bool },
    /// torchvision's vision transformer: layers uniform with Glorot's bound √(6 / (inputs + outputs)), the projection after
    /// attention with ± 1 / √inputs, patches normal with σ = 1 / √inputs, the classifier 0.
    Glorot,
}

impl Scheme {
    fn of(network: &str) -> Self {
        if network.starts_with("convnext") {
            Self::Narrow { patches: true }
        } else if network.starts_with("dinov2") || network.starts_with("vit_small") {
            Self::Narrow { patches: false }
        } else if network.starts_with("vit_b_16") {
            Self::Glorot
        } else {
            Self::Fans
        }
    }
}

/// Deviation of position embeddings, and of weights in [`Scheme::Narrow`].
const NARROW: f64 = 0.02;
/// Deviation of learned tokens and, in [`Scheme::Glorot`], of the biases of a block's layers.
const TINY: f64 = 1e-6;

/// First values of a parameter that the scheme of the network has a rule of its own for.
fn of_scheme(graph: &Graph, parameter: &Parameter, random: &mut Random) -> Option<Vec<f32>> {
    let count = parameter.range.len();
    let node = &graph.nodes[parameter.node];
    let is_patches = matches!(node.op, Op::Conv { .. });
    let uniform = |random: &mut Random, bound: f64| {
        (0..count).map(|_| ((2.0 * random.uniform() - 1.0) * bound) as f32).collect()
    };
    let fan_in = |shape: &[usize]| shape[1..].iter().product::<usize>().max(1) as f64;
    let shape = &parameter.shape[..];
    Some(match (Scheme::of(&graph.name), parameter.role) {
        (_, Role::Position) => normal(random, count, NARROW),
        (Scheme::Glorot, Role::Token) => vec![0.0; count],
        (_, Role::Token) => normal(random, count, TINY),
        (_, Role::ChannelScale) => {
            let Op::ChannelScale { initial } = node.op else { return None };
            vec![initial; count]
        }
        (Scheme::Narrow { patches: false }, Role::ConvWeight) => uniform(random, 1.0 / fan_in(shape).sqrt()),
        (Scheme::Narrow { patches: false }, Role::Bias) if is_patches => {
            let Op::Conv { window, .. } = node.op else { return None };
            uniform(random, 1.0 / ((3 * window.kernel * window.kernel) as f64).sqrt())
        }
        (Scheme::Narrow { .. }, Role::ConvWeight | Role::DepthwiseWeight | Role::LinearWeight) => {
            normal(random, count, NARROW)
        }
        (Scheme::Glorot, Role::ConvWeight) => normal(random, count, 1.0 / fan_in(shape).sqrt()),
        (Scheme::Glorot, Role::LinearWeight) if parameter.node == graph.classifier() => vec![0.0; count],
        (Scheme::Glorot, Role::LinearWeight) if !node.name.ends_with("out_proj") => {
            uniform(random, (6.0 / (fan_in(shape) + shape[0] as f64)).sqrt())
        }
        (Scheme::Glorot, Role::Bias) if node.name.contains(".mlp.") => normal(random, count, TINY),
        _ => return None,
    })
}

/// First values of `parameter` of `graph`, in PyTorch's order.
pub(crate) fn initial(graph: &Graph, parameter: &Parameter, seed: u64) -> Vec<f32> {
    let count = parameter.range.len();
    let mut random = stream(seed, &parameter.name);
    if let Some(values) = of_scheme(graph, parameter, &mut random) {
        return values;
    }
    match (parameter.role, &parameter.shape[..]) {
        (Role::ConvWeight, _) if parameter.node == graph.classifier() => {
            normal(&mut random, count, CLASSIFIER_DEVIATION)
        }
        (Role::ConvWeight, [channels, inputs, height, width]) => {
            let normalised = |node: &Node| {
                matches!(node.op, Op::BatchNorm { .. }) && node.inputs.contains(&parameter.node)
            };
            let fan = if graph.nodes.iter().any(normalised) { channels } else { inputs };
            normal(&mut random, count, (2.0 / (fan * height * width) as f64).sqrt())
        }
        // The fan out of a filter that feeds one channel is its number of taps.
        (Role::DepthwiseWeight, [_, _, height, width]) => {
            normal(&mut random, count, (2.0 / (height * width) as f64).sqrt())
        }
        (Role::LinearWeight, [_, inputs]) => {
            let bound = 1.0 / (*inputs as f64).sqrt();
            (0..count).map(|_| ((2.0 * random.uniform() - 1.0) * bound) as f32).collect()
        }
        (Role::NormScale | Role::RunningVariance, _) => vec![1.0; count],
        _ => vec![0.0; count],
    }
}

fn stream(seed: u64, name: &str) -> Random {
    let digest = blake3::Hasher::new_derive_key("foliar weight initialisation 1")
        .update(&seed.to_le_bytes())
        .update(name.as_bytes())
        .finalize();
    Random::of_digest(*digest.as_bytes())
}

fn normal(random: &mut Random, count: usize, deviation: f64) -> Vec<f32> {
    let mut values = Vec::with_capacity(count + 1);
    while values.len() < count {
        values.extend(random.normal_pair().map(|value| (deviation * value) as f32));
    }
    values.truncate(count);
    values
}
