//! Batch norms folded into the weights before them.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | w, b | weights of a convolution to one channel, its bias |
//! | μ, σ² | running mean and variance of the channel |
//! | γ, β, ε | scale, shift and epsilon of the norm |
//! | s | γ / sqrt(σ² + ε) |
//!
//! `γ (w x + b - μ) / sqrt(σ² + ε) + β = (s w) x + (β + s (b - μ))`, computed in double precision and rounded once.

use std::ops::Range;

use foliar_kernels::Activation;
use foliar_kernels::norm::{Affine, ScaleShift};

use super::layers::Convolution;
use crate::program::{NormTensors, Program};
use crate::tensor::StateDict;

/// All tensors of a network, as the kernels have them.
pub(super) struct Tensors {
    weights: Vec<f32>,
    /// Running statistics.
    buffers: Vec<f32>,
}

impl Tensors {
    /// Those of `state`, which has all of them.
    pub(super) fn new(program: &Program, state: &StateDict) -> Self {
        let parameters = &program.parameters;
        let mut tensors =
            Self { weights: vec![0.0; parameters.trained_len], buffers: vec![0.0; parameters.buffers_len] };
        for parameter in &parameters.list {
            let flat = if parameter.role.is_trained() { &mut tensors.weights } else { &mut tensors.buffers };
            if let Some(tensor) = state.tensors.get(&parameter.name) {
                parameter.pack(&tensor.data, &mut flat[parameter.range.clone()]);
            }
        }
        tensors
    }

    /// A tensor that is trained.
    pub(super) fn part(&self, range: &Range<usize>) -> Vec<f32> {
        self.weights[range.clone()].to_vec()
    }

    /// Weights and biases of a convolution to `channels` channels with its norm in them.
    pub(super) fn folded(&self, layer: &Convolution, channels: usize) -> (Vec<f32>, Vec<f32>) {
        let weight = &self.weights[layer.weight.clone()];
        let bias = |channel: usize| {
            layer.bias.as_ref().map_or(0.0, |bias| f64::from(self.weights[bias.start + channel]))
        };
        let Some(norm) = &layer.norm else {
            let Some(scale) = &layer.scale else {
                return (weight.to_vec(), (0..channels).map(|channel| bias(channel) as f32).collect());
            };
            let scale = &self.weights[scale.clone()];
            let scaled =
                weight.chunks_exact(channels).flat_map(|row| row.iter().zip(scale).map(|(w, s)| w * s));
            let shifts = scale.iter().enumerate().map(|(channel, &s)| (bias(channel) * f64::from(s)) as f32);
            return (scaled.collect(), shifts.collect());
        };
        let at = |range: &Range<usize>, channel: usize| f64::from(self.weights[range.start + channel]);
        let mean = |channel: usize| f64::from(self.buffers[norm.mean.start + channel]);
        let scales: Vec<f64> =
            (0..channels).map(|channel| at(&norm.scale, channel) * self.inverse(norm, channel)).collect();
        let shifts = scales.iter().enumerate();
        let shifts = shifts.map(|(c, scale)| (at(&norm.shift, c) + scale * (bias(c) - mean(c))) as f32);
        let scaled = weight.chunks_exact(channels).flat_map(|row| {
            row.iter().zip(&scales).map(|(&weight, scale)| (f64::from(weight) * scale) as f32)
        });
        (scaled.collect(), shifts.collect())
    }

    /// 1 / standard deviation of a channel.
    fn inverse(&self, norm: &NormTensors, channel: usize) -> f64 {
        let variance = f64::from(self.buffers[norm.variance.start + channel]);
        1.0 / (variance + f64::from(norm.epsilon)).sqrt()
    }

    /// A norm that no convolution takes in.
    pub(super) fn fixed(&self, norm: &NormTensors, activation: Activation) -> FixedNorm {
        let gamma = &self.weights[norm.scale.clone()];
        FixedNorm {
            center: self.buffers[norm.mean.clone()].to_vec(),
            scale: gamma.iter().enumerate().map(|(c, &gamma)| gamma * self.inverse(norm, c) as f32).collect(),
            shift: self.weights[norm.shift.clone()].to_vec(),
            activation,
        }
    }
}

/// A batch norm with its running statistics, and the activation after it.
pub(super) struct FixedNorm {
    center: Vec<f32>,
    scale: Vec<f32>,
    shift: Vec<f32>,
    activation: Activation,
}

impl FixedNorm {
    pub(super) fn scale_shift(&self) -> ScaleShift<'_> {
        let affine = Affine { center: &self.center, scale: &self.scale, shift: &self.shift };
        ScaleShift { affine, activation: self.activation }
    }
}
