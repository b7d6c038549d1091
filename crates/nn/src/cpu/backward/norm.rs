//! Batch norms on their way back, alone and around a depthwise convolution.

use foliar_kernels::Activation;
use foliar_kernels::depthwise::{self, Depthwise, OutputGradient};
use foliar_kernels::norm::{self, Affine, ChannelSums, InputGradient, Normalisation};

use super::Pass;
use crate::cpu::{Training, disjoint};
use crate::engine::Statistics;
use crate::plan::Backward;
use crate::program::{Norm, NormTensors, Step};

/// What a batch norm did in the forward pass.
#[derive(Clone, Copy)]
struct Done<'a> {
    normalisation: Normalisation<'a>,
    inv_std: &'a [f32],
    tensors: &'a NormTensors,
}

impl<'a> Done<'a> {
    fn new(saved: &'a [f32], norm: &'a Norm) -> Self {
        let saved = &saved[norm.tensors.saved.clone()];
        let mut quarters = saved.chunks_exact(saved.len() / 4);
        let mut next = || quarters.next().unwrap_or_default();
        let affine = Affine { center: next(), scale: next(), shift: next() };
        let normalisation = Normalisation { affine, activation: norm.activation };
        Self { normalisation, inv_std: next(), tensors: &norm.tensors }
    }

    /// The norm alone, where the gradient has passed the activation already.
    fn ungated(self) -> Self {
        let normalisation = Normalisation { activation: Activation::Identity, ..self.normalisation };
        Self { normalisation, ..self }
    }

    /// The gradient of the input over a batch of `rows`, once those of the scale and the shift are found.
    fn input_gradient<'b>(
        &self,
        rows: usize,
        statistics: Statistics,
        gradients: &[f32],
        coefficients: &'b mut [f32],
    ) -> InputGradient<'b>
    where
        'a: 'b,
    {
        let NormTensors { scale, shift, .. } = self.tensors;
        let sums = [&gradients[scale.clone()], &gradients[shift.clone()]];
        match statistics {
            Statistics::Batch => {
                InputGradient::of_batch(self.normalisation, rows, self.inv_std, sums, coefficients)
            }
            Statistics::Running => InputGradient::of_constants(self.normalisation, coefficients),
        }
    }
}

fn channel_sums<'a>(gradients: &'a mut [f32], tensors: &NormTensors) -> ChannelSums<'a> {
    let [dgamma, dbeta] = disjoint(gradients, [tensors.scale.clone(), tensors.shift.clone()]);
    ChannelSums { dgamma, dbeta }
}

impl Pass<'_> {
    pub(super) fn norm(&mut self, step: &Step, backward: Backward) {
        let &Step::Norm { x, residual, y, ref norm } = step else { return };
        let mut done = Done::new(self.saved, norm);
        let places = [self.value(x), self.value(y), self.gradient(y)];
        let Training { gradients, norm_partials, .. } = &mut *self.training;
        let sums = channel_sums(gradients, &norm.tensors);
        if residual.is_some() && norm.activation != Activation::Identity {
            let [x, y, dy] = disjoint(self.arena, places);
            norm::backward_residual(x, y, dy, done.normalisation, done.inv_std, sums, norm_partials);
            done = done.ungated();
        } else {
            // The output is not read, and its place may hold another value by now.
            let [x, _, dy] = places;
            let [x, dy] = disjoint(self.arena, [x, dy]);
            norm::backward_sums(x, dy, done.normalisation, done.inv_std, sums, norm_partials);
        }
        if let Some(residual) = residual {
            self.pass_on(y, residual, backward.second);
        }
        let Some(accumulate) = backward.first else { return };
        let (rows, values, dy, dx) =
            (self.shape(x).rows(), self.value(x), self.gradient(y), self.gradient(x));
        let Training { gradients, coefficients, statistics, .. } = &mut *self.training;
        let gradient = done.input_gradient(rows, *statistics, gradients, coefficients);
        if backward.in_place {
            let [values, dy] = disjoint(self.arena, [values, dy]);
            norm::backward_input_in_place(values, dy, &gradient);
        } else {
            let [values, dy, dx] = disjoint(self.arena, [values, dy, dx]);
            norm::backward_input(values, dy, &gradient, accumulate, dx);
        }
    }

    /// The norm after the convolution is gone through on the way, row by row, once its sums are known; and the sums of
    /// the norm before it are found on the way.
    pub(super) fn depthwise(&mut self, step: &Step, backward: Backward) {
        let Step::Depthwise { x, y, depthwise, weight, before, after } = step else { return };
        let conv = Depthwise { input: self.shape(*x), ..*depthwise };
        let before = before.as_ref().map(|norm| Done::new(self.saved, norm));
        let after = after.as_ref().map(|(kept, norm)| (self.value(*kept), Done::new(self.saved, norm)));
        let kept = after.as_ref().map_or(0..0, |(kept, _)| kept.clone());
        let dx = backward.first.map_or(0..0, |_| self.gradient(*x));
        let [values, kept, dy, dx] = disjoint(self.arena, [self.value(*x), kept, self.gradient(*y), dx]);
        let Training { gradients, partials, norm_partials, coefficients, statistics, .. } =
            &mut *self.training;

        let after = after.map(|(_, done)| {
            let sums = channel_sums(gradients, done.tensors);
            norm::backward_sums(kept, dy, done.normalisation, done.inv_std, sums, norm_partials);
            done.input_gradient(conv.output().rows(), *statistics, gradients, coefficients)
        });
        let from = depthwise::Backward {
            x: values,
            before: before.map(|done| done.normalisation),
            weight: &self.weights[weight.clone()],
            dy: match &after {
                Some(gradient) => OutputGradient::Normalised { y: kept, dy, gradient },
                None => OutputGradient::Plain(dy),
            },
        };
        let (scale, shift) =
            before.map_or((0..0, 0..0), |done| (done.tensors.scale.clone(), done.tensors.shift.clone()));
        let [dweight, dgamma, dbeta] = disjoint(gradients, [weight.clone(), scale, shift]);
        let to = match (before, backward.first) {
            (Some(done), _) => depthwise::InputGradient::Gated {
                g: &mut *dx,
                inv_std: done.inv_std,
                sums: ChannelSums { dgamma, dbeta },
                partials: norm_partials,
            },
            (None, Some(accumulate)) => depthwise::InputGradient::Stored(&mut *dx, accumulate),
            (None, None) => depthwise::InputGradient::Unwanted,
        };
        depthwise::backward(&conv, from, to, dweight, partials);
        if let Some(done) = before {
            let rows = conv.input.rows();
            let gradient = done.ungated().input_gradient(rows, *statistics, gradients, coefficients);
            norm::backward_input_in_place(values, dx, &gradient);
        }
    }
}
