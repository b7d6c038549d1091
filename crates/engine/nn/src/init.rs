//! First values of the weights.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | n | fan: kh kw out of a convolution that batch norm follows, kh kw in of any other |
//! | σ | standard deviation, √(2 / n) |
//!
//! Convolutions are normal with σ: by fan out where batch norm follows (He et al. 2015, "Delving Deep into Rectifiers",
//! equation 14), else by fan in (equation 10), which keeps the size of activations where nothing else sees to it. A
//! convolution that is the classifier has σ = 0.01. Linear layers are uniform in ± 1 / √inputs as in PyTorch, batch norm
//! scales 1 and shifts 0. Each tensor draws from a ChaCha8 stream of its own, keyed by (seed, name): adding a layer, or
//! widening the classifier, leaves the others as they were.

use foliar_random::Random;

use crate::graph::{Graph, Node, Op};
use crate::parameters::{Parameter, Role};

/// Deviation of a classifier that is a convolution.
const CLASSIFIER_DEVIATION: f64 = 0.01;

/// First values of `parameter` of `graph`, in PyTorch's order.
pub(crate) fn initial(graph: &Graph, parameter: &Parameter, seed: u64) -> Vec<f32> {
    let count = parameter.range.len();
    let mut random = stream(seed, &parameter.name);
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
