//! Batch norms, alone and around convolutions.

use foliar_kernels::Nhwc;
use foliar_kernels::fusion::OutputStatistics;
use foliar_kernels::norm::{self, ScaleShift};

use super::{BatchStatistics, Pass, Source};
use crate::cpu::disjoint;
use crate::cpu::norms::{Known, quarters};
use crate::program::{Fused, Norm, ValueId};

/// What a convolution between norms works on.
pub(super) struct Operands<'a> {
    pub(super) x: &'a [f32],
    pub(super) before: Option<ScaleShift<'a>>,
    pub(super) weight: &'a [f32],
    pub(super) statistics: Option<OutputStatistics<'a>>,
    pub(super) y: &'a mut [f32],
}

impl Pass<'_> {
    /// A convolution with the norms around it.
    pub(super) fn fused(
        &mut self,
        fused: &Fused,
        statistics: &mut Source<'_>,
        convolve: impl FnOnce(Operands<'_>),
    ) {
        let Fused { x, y, weight, before, after } = fused;
        if let (Some(before), Source::Running(running)) = (before, &*statistics) {
            self.fix(before, running);
        }
        let channels = self.shape(*y).c();
        let [x, target] = disjoint(self.memory.arena, [self.place(*x), self.place(*y)]);
        let found = match (after, &mut *statistics) {
            (Some(_), Source::Batch(BatchStatistics { moments, partials, .. })) => {
                let (mean, variance) = moments[..2 * channels].split_at_mut(channels);
                Some(OutputStatistics { mean, variance, partials })
            }
            _ => None,
        };
        convolve(Operands {
            x,
            before: before.as_ref().map(|before| Known::new(self.saved, before).scale_shift),
            weight: &self.weights[weight.clone()],
            statistics: found,
            y: target,
        });
        if let (Some(after), Source::Batch(batch)) = (after, statistics) {
            self.derive(after, self.shape(*y), batch);
        }
    }

    /// Finds what the norm of `x` does.
    pub(super) fn gather(&mut self, norm: &Norm, x: ValueId, statistics: &mut Source<'_>) {
        match statistics {
            Source::Batch(batch) => {
                let shape = self.shape(x);
                let (mean, variance) = batch.moments[..2 * shape.c()].split_at_mut(shape.c());
                norm::statistics(
                    &self.memory.arena[self.place(x)],
                    shape.c(),
                    mean,
                    variance,
                    batch.partials,
                );
                self.derive(norm, shape, batch);
            }
            Source::Running(running) => self.fix(norm, running),
            Source::Known => {}
        }
    }

    /// Saves what a norm does with a batch whose moments were found: (x - center) scale + shift, where scale is γ / σ.
    fn derive(&mut self, norm: &Norm, shape: Nhwc, batch: &mut BatchStatistics<'_>) {
        let tensors = &norm.tensors;
        let [center, scale, shift, inv_std] = quarters(&mut self.saved[tensors.saved.clone()]);
        let gamma = &self.weights[tensors.scale.clone()];
        let beta = &self.weights[tensors.shift.clone()];
        let (mean, variance) = batch.moments[..2 * shape.c()].split_at_mut(shape.c());
        let rows = shape.rows() as f64;
        // PyTorch keeps the unbiased variance, and of a single value none at all.
        let unbias = if rows > 1.0 { rows / (rows - 1.0) } else { 1.0 };
        let momentum = batch.momentum.unwrap_or(f64::from(tensors.momentum));
        let keep = |running: &mut f32, new: f64| {
            *running = ((1.0 - momentum) * f64::from(*running) + momentum * new) as f32;
        };
        let [running_mean, running_variance] =
            disjoint(batch.running, [tensors.mean.clone(), tensors.variance.clone()]);
        for c in 0..shape.c() {
            keep(&mut running_mean[c], mean[c]);
            keep(&mut running_variance[c], variance[c] * unbias);
        }
        if let Some(fixed) = batch.fixed {
            return self.fix(norm, fixed);
        }
        for c in 0..shape.c() {
            inv_std[c] = inverse_deviation(variance[c], tensors.epsilon);
            center[c] = mean[c] as f32;
            scale[c] = gamma[c] * inv_std[c];
            // What rounding the mean to float32 took off goes into the shift.
            let rounding = f64::from(center[c]) - mean[c];
            shift[c] = (f64::from(beta[c]) + rounding * f64::from(scale[c])) as f32;
        }
    }

    /// Saves what a norm does with the running statistics.
    fn fix(&mut self, norm: &Norm, running: &[f32]) {
        let tensors = &norm.tensors;
        let [center, scale, shift, inv_std] = quarters(&mut self.saved[tensors.saved.clone()]);
        center.copy_from_slice(&running[tensors.mean.clone()]);
        shift.copy_from_slice(&self.weights[tensors.shift.clone()]);
        let gamma = &self.weights[tensors.scale.clone()];
        for (c, &variance) in running[tensors.variance.clone()].iter().enumerate() {
            inv_std[c] = inverse_deviation(f64::from(variance), tensors.epsilon);
            scale[c] = gamma[c] * inv_std[c];
        }
    }

    /// y = activation((x - center) scale + shift + residual).
    pub(super) fn apply(&mut self, norm: &Norm, x: ValueId, residual: Option<ValueId>, y: ValueId) {
        let scale_shift = Known::new(self.saved, norm).scale_shift;
        let (x, y) = (self.place(x), self.place(y));
        match residual.map(|residual| self.place(residual)) {
            Some(residual) => {
                let [x, residual, y] = disjoint(self.memory.arena, [x, residual, y]);
                norm::apply(x, scale_shift, Some(residual), y);
            }
            None => {
                let [x, y] = disjoint(self.memory.arena, [x, y]);
                norm::apply(x, scale_shift, None, y);
            }
        }
    }
}

fn inverse_deviation(variance: f64, epsilon: f32) -> f32 {
    (1.0 / (variance + f64::from(epsilon)).sqrt()) as f32
}
