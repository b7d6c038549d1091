//! What the batch norms do in the pass at hand.

use foliar_kernels::norm::{Affine, InputGradient, ScaleShift};

use crate::engine::Statistics;
use crate::program::{Norm, NormTensors};

/// A batch norm whose statistics are known.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) scale_shift: ScaleShift<'a>,
    /// 1 / standard deviation of each channel.
    pub(super) inv_std: &'a [f32],
    pub(super) tensors: &'a NormTensors,
}

impl<'a> Known<'a> {
    /// From what was saved of all norms.
    pub(super) fn new(saved: &'a [f32], norm: &'a Norm) -> Self {
        let saved = &saved[norm.tensors.saved.clone()];
        let mut quarters = saved.chunks_exact(saved.len() / 4);
        let mut next = || quarters.next().unwrap_or_default();
        let affine = Affine { center: next(), scale: next(), shift: next() };
        let scale_shift = ScaleShift { affine, activation: norm.activation };
        Self { scale_shift, inv_std: next(), tensors: &norm.tensors }
    }

    /// The gradient of the input over a batch of `rows`, once those of the scale and the shift are found.
    pub(super) fn input_gradient<'b>(
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
                InputGradient::of_batch(self.scale_shift, rows, self.inv_std, sums, coefficients)
            }
            Statistics::Running => InputGradient::of_constants(self.scale_shift, coefficients),
        }
    }
}

/// Center, scale, shift and 1 / standard deviation of a norm, to be written.
pub(super) fn quarters(saved: &mut [f32]) -> [&mut [f32]; 4] {
    let mut parts = saved.chunks_exact_mut(saved.len() / 4);
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}
