//! Optimiser steps on flat slices: PyTorch's formulas, in its order of float32 operations.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | p, g | parameters and their gradient |
//! | b | momentum buffer of SGD |
//! | m, v | running means of the gradient and its square in AdamW |
//! | t | number of this step, from 1 |
//!
//! Hyperparameters are f64 and are combined in f64 before they are rounded, as PyTorch's are. Every
//! product and sum is rounded on its own, so that a step is the same on every processor; PyTorch fuses
//! some of them, which changes the last bit.
//!
//! Sources: Sutskever et al. 2013 (momentum), Loshchilov and Hutter 2019 (AdamW), `torch.optim.SGD` and
//! `torch.optim.AdamW`.

use crate::elementwise::CHUNK;
use crate::isa::level::Level;
use crate::parallel::{Chunks, chunk_of, share_out};

/// Hyperparameters of one step of stochastic gradient descent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    /// Learning rate.
    pub learning_rate: f64,
    /// Share of the momentum buffer that is kept, in [0, 1).
    pub momentum: f64,
    /// Share of the gradient that does not enter the momentum buffer, in [0, 1].
    pub dampening: f64,
    /// Whether to look ahead along the momentum (Nesterov).
    pub nesterov: bool,
    /// Coupled (L2) weight decay: added to the gradient as `weight_decay * p`.
    pub weight_decay: f64,
    /// Whether the momentum buffer has not been written yet: it becomes the gradient, undampened.
    pub first_step: bool,
}

/// One step of SGD:
/// `g += weight_decay p; b = momentum b + (1 - dampening) g; p -= learning_rate b`, or `p -= learning_rate (g + momentum b)` with
/// Nesterov. Without momentum `b` is neither read nor written and may be empty.
///
/// # Panics
///
/// If the lengths differ.
pub fn sgd(params: &mut [f32], grads: &[f32], momentum_buffer: &mut [f32], step: &Sgd) {
    assert_eq!(params.len(), grads.len(), "lengths differ");
    if step.momentum == 0.0 {
        share_out(Chunks::new(params, CHUNK), |index, params| {
            plain_chunk(params, chunk_of(grads, CHUNK, index), step);
        });
        return;
    }
    assert_eq!(params.len(), momentum_buffer.len(), "lengths differ");
    let shares = (Chunks::new(params, CHUNK), Chunks::new(momentum_buffer, CHUNK));
    share_out(shares, |index, (params, buffer)| {
        momentum_chunk(params, chunk_of(grads, CHUNK, index), buffer, step);
    });
}

#[inline(always)]
fn plain_body(_: impl Level, params: &mut [f32], grads: &[f32], step: &Sgd) {
    let (negative_lr, decay) = (-step.learning_rate as f32, step.weight_decay as f32);
    for (p, &g) in params.iter_mut().zip(grads) {
        *p += negative_lr * decayed(g, decay, *p);
    }
}
multiversion!(fn plain_chunk(params: &mut [f32], grads: &[f32], step: &Sgd) = plain_body);

#[inline(always)]
fn momentum_body(_: impl Level, params: &mut [f32], grads: &[f32], buffer: &mut [f32], step: &Sgd) {
    let (negative_lr, decay) = (-step.learning_rate as f32, step.weight_decay as f32);
    let (momentum, gain) = (step.momentum as f32, (1.0 - step.dampening) as f32);
    for ((p, &g), b) in params.iter_mut().zip(grads).zip(buffer) {
        let g = decayed(g, decay, *p);
        *b = if step.first_step { g } else { *b * momentum + gain * g };
        let direction = if step.nesterov { g + momentum * *b } else { *b };
        *p += negative_lr * direction;
    }
}
multiversion!(
    fn momentum_chunk(params: &mut [f32], grads: &[f32], buffer: &mut [f32], step: &Sgd) = momentum_body
);

/// The gradient with coupled weight decay. Without decay the parameter is not touched, so that an infinite
/// one does not turn into NaN.
#[inline(always)]
fn decayed(g: f32, decay: f32, p: f32) -> f32 {
    if decay == 0.0 { g } else { g + decay * p }
}

/// Hyperparameters of one step of AdamW.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamW {
    /// Learning rate.
    pub learning_rate: f64,
    /// Decay of the running mean of the gradient, in [0, 1).
    pub beta1: f64,
    /// Decay of the running mean of the squared gradient, in [0, 1).
    pub beta2: f64,
    /// Added to the denominator.
    pub epsilon: f64,
    /// Decoupled weight decay: `p` shrinks by `learning_rate * weight_decay` of itself.
    pub weight_decay: f64,
    /// Number of this step, from 1.
    pub step: u64,
}

/// One step of AdamW:
/// `p *= 1 - learning_rate weight_decay; m += (1 - beta1) (g - m); v = beta2 v + (1 - beta2) g^2;`
/// `p -= learning_rate / (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)`. `m` and `v` are zeros before the
/// first step.
///
/// # Panics
///
/// If the lengths differ.
pub fn adamw(params: &mut [f32], grads: &[f32], m: &mut [f32], v: &mut [f32], step: &AdamW) {
    let len = params.len();
    assert!(grads.len() == len && m.len() == len && v.len() == len, "lengths differ");
    let shares = (Chunks::new(params, CHUNK), Chunks::new(m, CHUNK), Chunks::new(v, CHUNK));
    share_out(shares, |index, (params, m, v)| {
        adamw_chunk(params, chunk_of(grads, CHUNK, index), m, v, step);
    });
}

#[inline(always)]
fn adamw_body(_: impl Level, params: &mut [f32], grads: &[f32], m: &mut [f32], v: &mut [f32], step: &AdamW) {
    let power = step.step as f64;
    let shrink = (1.0 - step.learning_rate * step.weight_decay) as f32;
    let (weight, decay, gain) = (1.0 - step.beta1, step.beta2 as f32, (1.0 - step.beta2) as f32);
    let step_size = (-(step.learning_rate / (1.0 - step.beta1.powf(power)))) as f32;
    let correction = (1.0 - step.beta2.powf(power)).sqrt() as f32;
    let epsilon = step.epsilon as f32;
    for (((p, &g), m), v) in params.iter_mut().zip(grads).zip(m).zip(v) {
        *p *= shrink;
        *m = lerp(*m, g, weight as f32);
        *v = *v * decay + gain * g * g;
        let denominator = v.sqrt() / correction + epsilon;
        *p += step_size * *m / denominator;
    }
}
multiversion!(
    fn adamw_chunk(params: &mut [f32], grads: &[f32], m: &mut [f32], v: &mut [f32], step: &AdamW) = adamw_body
);

/// `start + weight (end - start)`, from the nearer end, as `torch.lerp`.
#[inline(always)]
fn lerp(start: f32, end: f32, weight: f32) -> f32 {
    if weight < 0.5 { start + weight * (end - start) } else { end - (end - start) * (1.0 - weight) }
}
