//! Batch norms on their way back, alone and around convolutions.

use foliar_kernels::Activation;
use foliar_kernels::fusion::{self, InputGradient, OutputGradient};
use foliar_kernels::norm::{self, ChannelSums};

use super::Pass;
use crate::cpu::norms::Known;
use crate::cpu::{Training, disjoint};
use crate::plan::Backward;
use crate::program::{Fused, Norm, NormTensors, ValueId};

fn channel_sums<'a>(gradients: &'a mut [f32], tensors: &NormTensors) -> ChannelSums<'a> {
    let [dgamma, dbeta] = disjoint(gradients, [tensors.scale.clone(), tensors.shift.clone()]);
    ChannelSums { dgamma, dbeta }
}

impl Pass<'_> {
    /// Finds the gradients of a norm and of the residual after it. If there is a residual the output's gradient becomes g.
    pub(super) fn norm(
        &mut self,
        x: ValueId,
        residual: Option<ValueId>,
        y: ValueId,
        norm: &Norm,
        passing: Backward,
    ) {
        let Known { scale_shift, inv_std, .. } = Known::new(self.saved, norm);
        let places = [self.value(x), self.value(y), self.gradient(y)];
        let Training { gradients, norm_partials, .. } = &mut *self.training;
        let sums = channel_sums(gradients, &norm.tensors);
        if residual.is_some() && norm.activation != Activation::Identity {
            let [x, y, dy] = disjoint(self.arena, places);
            norm::backward_residual(x, y, dy, scale_shift, inv_std, sums, norm_partials);
        } else {
            // The output is not read, and its place may hold another value by now.
            let [x, _, dy] = places;
            let [x, dy] = disjoint(self.arena, [x, dy]);
            norm::backward_sums(x, dy, scale_shift, inv_std, sums, norm_partials);
        }
        if let Some(residual) = residual {
            self.pass_on(y, residual, passing.second);
        }
    }

    /// The gradient of a norm's input, once those of the norm are known.
    pub(super) fn norm_input(
        &mut self,
        x: ValueId,
        residual: Option<ValueId>,
        y: ValueId,
        norm: &Norm,
        passing: Backward,
    ) {
        let Some(accumulate) = passing.first else { return };
        let mut known = Known::new(self.saved, norm);
        if residual.is_some() {
            known.scale_shift.activation = Activation::Identity;
        }
        let (rows, values, dy, dx) =
            (self.shape(x).rows(), self.value(x), self.gradient(y), self.gradient(x));
        let Training { gradients, coefficients, statistics, .. } = &mut *self.training;
        let gradient = known.input_gradient(rows, *statistics, gradients, coefficients);
        if passing.in_place {
            let [values, dy] = disjoint(self.arena, [values, dy]);
            norm::backward_input_in_place(values, dy, &gradient);
        } else {
            let [values, dy, dx] = disjoint(self.arena, [values, dy, dx]);
            norm::backward_input(values, dy, &gradient, accumulate, dx);
        }
    }

    /// Takes the gradient of a value through the norm after it, in place.
    pub(super) fn through(&mut self, after: &Norm, y: ValueId) {
        let (rows, places) = (self.shape(y).rows(), [self.value(y), self.gradient(y)]);
        let Training { gradients, coefficients, statistics, .. } = &mut *self.training;
        let known = Known::new(self.saved, after);
        let gradient = known.input_gradient(rows, *statistics, gradients, coefficients);
        let [values, dy] = disjoint(self.arena, places);
        norm::backward_input_in_place(values, dy, &gradient);
    }

    /// A convolution with the norms around it: the gradient goes through the one after it row by row, and the sums of the
    /// one before it are found on the way.
    pub(super) fn fused(
        &mut self,
        fused: &Fused,
        passing: Backward,
        convolve: impl FnOnce(fusion::Backward<'_>, InputGradient<'_>, &mut [f32], &mut [f32]),
    ) {
        let Fused { x, y, weight, before, after } = fused;
        let rows = self.shape(*y).rows();
        let before = before.as_ref().map(|norm| Known::new(self.saved, norm));
        let after = after.as_ref().map(|norm| Known::new(self.saved, norm));
        let kept = after.map_or(0..0, |_| self.value(*y));
        let dx = passing.first.map_or(0..0, |_| self.gradient(*x));
        let [values, kept, dy, dx] = disjoint(self.arena, [self.value(*x), kept, self.gradient(*y), dx]);
        let Training { gradients, partials, norm_partials, coefficients, statistics, .. } =
            &mut *self.training;
        let after = after.map(|known| known.input_gradient(rows, *statistics, gradients, coefficients));
        let from = fusion::Backward {
            x: values,
            before: before.map(|known| known.scale_shift),
            weight: &self.weights[weight.clone()],
            dy: match &after {
                Some(gradient) => OutputGradient::Normalised { y: kept, dy, gradient },
                None => OutputGradient::Plain(dy),
            },
        };
        let (scale, shift) =
            before.map_or((0..0, 0..0), |known| (known.tensors.scale.clone(), known.tensors.shift.clone()));
        let [dweight, dgamma, dbeta] = disjoint(gradients, [weight.clone(), scale, shift]);
        let to = match (before, passing.first) {
            (Some(known), _) => InputGradient::Gated {
                g: dx,
                inv_std: known.inv_std,
                sums: ChannelSums { dgamma, dbeta },
                partials: norm_partials,
            },
            (None, Some(accumulate)) => InputGradient::Stored(dx, accumulate),
            (None, None) => InputGradient::Unwanted,
        };
        convolve(from, to, dweight, partials);
    }
}
