//! Batch norms, alone and around a depthwise convolution.

use foliar_kernels::Activation;
use foliar_kernels::depthwise::{self, Finish};
use foliar_kernels::norm::{self, Affine, Normalisation};

use super::{BatchStatistics, Pass, Source};
use crate::cpu::disjoint;
use crate::program::{Norm, Step, ValueId};

impl Pass<'_> {
    pub(super) fn depthwise(&mut self, step: &Step, statistics: &mut Source<'_>) {
        let Step::Depthwise { x, y, depthwise, weight, before, after } = step else { return };
        let conv = depthwise::Depthwise { input: self.shape(*x), ..*depthwise };
        let channels = conv.input.c;
        if let Some(before) = before {
            self.gather(*x, statistics);
            self.derive(before, *x, 0, statistics);
        }
        let mut output = *y;
        match (after, &*statistics) {
            (Some((_, after)), Source::Running(_)) => self.derive(after, *y, 1, statistics),
            (Some((kept, _)), _) => output = *kept,
            (None, _) => {}
        }
        let before = before.as_ref().map(|norm| normalisation(self.affine, norm.activation, channels, 0));
        let finish = match (after, &mut *statistics) {
            (None, _) | (_, Source::Fixed { .. }) => Finish::Plain,
            (Some((_, norm)), Source::Running(_)) => {
                Finish::Normalise(normalisation(self.affine, norm.activation, channels, 1))
            }
            (Some(_), Source::Batch(BatchStatistics { moments, partials, .. })) => {
                let (mean, variance) = moments[..2 * channels].split_at_mut(channels);
                Finish::Statistics { mean, variance, partials }
            }
        };
        let [values, target] = disjoint(self.arena, [self.place(*x), self.place(output)]);
        depthwise::forward(&conv, values, before, &self.weights[weight.clone()], finish, target);
        if let Some((_, after)) = after.as_ref().filter(|(kept, _)| *kept == output) {
            self.derive(after, output, 1, statistics);
            self.apply(output, None, *y, after.activation, 1);
        }
    }

    /// Finds the mean and variance of `x` where they come from the batch.
    pub(super) fn gather(&self, x: ValueId, statistics: &mut Source<'_>) {
        if let Source::Batch(BatchStatistics { moments, partials, .. }) = statistics {
            let channels = self.shape(x).c;
            let (mean, variance) = moments[..2 * channels].split_at_mut(channels);
            norm::statistics(&self.arena[self.place(x)], channels, mean, variance, partials);
        }
    }

    /// Leaves the center, scale and shift of the batch norm of `x` at place `at` of `self.affine`:
    /// (x - center) γ / σ + shift. Statistics of the batch are those that were found last.
    pub(super) fn derive(&mut self, norm: &Norm, x: ValueId, at: usize, statistics: &mut Source<'_>) {
        let shape = self.shape(x);
        let tensors = &norm.tensors;
        let [center, scale, shift] = thirds(&mut self.affine[at * 3 * shape.c..][..3 * shape.c]);
        let gamma = &self.weights[tensors.scale.clone()];
        let beta = &self.weights[tensors.shift.clone()];
        match statistics {
            Source::Running(running) | Source::Fixed { running, .. } => {
                center.copy_from_slice(&running[tensors.mean.clone()]);
                shift.copy_from_slice(beta);
                for ((scale, gamma), variance) in
                    scale.iter_mut().zip(gamma).zip(&running[tensors.variance.clone()])
                {
                    *scale = gamma * inverse_deviation(f64::from(*variance), tensors.epsilon);
                }
                if let Source::Fixed { running, saved } = statistics {
                    let (affine, inv_std) = saved[tensors.saved.clone()].split_at_mut(3 * shape.c);
                    affine.copy_from_slice(&self.affine[at * 3 * shape.c..][..3 * shape.c]);
                    for (inv_std, variance) in inv_std.iter_mut().zip(&running[tensors.variance.clone()]) {
                        *inv_std = inverse_deviation(f64::from(*variance), tensors.epsilon);
                    }
                }
            }
            Source::Batch(BatchStatistics { running, saved, moments, momentum, .. }) => {
                let (mean, variance) = moments[..2 * shape.c].split_at_mut(shape.c);
                let rows = shape.rows() as f64;
                // PyTorch keeps the unbiased variance, and of a single value none at all.
                let unbias = if rows > 1.0 { rows / (rows - 1.0) } else { 1.0 };
                let momentum = momentum.unwrap_or(f64::from(tensors.momentum));
                let keep = |running: &mut f32, new: f64| {
                    *running = ((1.0 - momentum) * f64::from(*running) + momentum * new) as f32;
                };
                let [running_mean, running_variance] =
                    disjoint(running, [tensors.mean.clone(), tensors.variance.clone()]);
                let (affine, inv_std) = saved[tensors.saved.clone()].split_at_mut(3 * shape.c);
                for c in 0..shape.c {
                    keep(&mut running_mean[c], mean[c]);
                    keep(&mut running_variance[c], variance[c] * unbias);
                    inv_std[c] = inverse_deviation(variance[c], tensors.epsilon);
                    center[c] = mean[c] as f32;
                    scale[c] = gamma[c] * inv_std[c];
                    // What rounding the mean to float32 took off goes into the shift.
                    let rounding = f64::from(center[c]) - mean[c];
                    shift[c] = (f64::from(beta[c]) + rounding * f64::from(scale[c])) as f32;
                }
                affine.copy_from_slice(&self.affine[at * 3 * shape.c..][..3 * shape.c]);
            }
        }
    }

    /// y = activation((x - center) scale + shift + residual), with what [`Self::derive`] left at place `at`.
    pub(super) fn apply(
        &mut self,
        x: ValueId,
        residual: Option<ValueId>,
        y: ValueId,
        activation: Activation,
        at: usize,
    ) {
        let normalisation = normalisation(self.affine, activation, self.shape(x).c, at);
        let (x, y) = (self.place(x), self.place(y));
        match residual.map(|residual| self.place(residual)) {
            Some(residual) => {
                let [x, residual, y] = disjoint(self.arena, [x, residual, y]);
                norm::apply(x, normalisation, Some(residual), y);
            }
            None => {
                let [x, y] = disjoint(self.arena, [x, y]);
                norm::apply(x, normalisation, None, y);
            }
        }
    }
}

/// The batch norm of so many channels at place `at` of `affine`.
fn normalisation(affine: &[f32], activation: Activation, channels: usize, at: usize) -> Normalisation<'_> {
    let (center, rest) = affine[at * 3 * channels..][..3 * channels].split_at(channels);
    let (scale, shift) = rest.split_at(channels);
    Normalisation { affine: Affine { center, scale, shift }, activation }
}

fn thirds(values: &mut [f32]) -> [&mut [f32]; 3] {
    let len = values.len() / 3;
    let (first, rest) = values.split_at_mut(len);
    let (second, third) = rest.split_at_mut(len);
    [first, second, third]
}

fn inverse_deviation(variance: f64, epsilon: f32) -> f32 {
    (1.0 / (variance + f64::from(epsilon)).sqrt()) as f32
}
