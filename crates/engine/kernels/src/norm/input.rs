//! The backward pass's second half: the gradient of the input, with the batch's statistics depending on it.

use super::{Affine, Rows, ScaleShift, rows_of};
use crate::elementwise::{Accumulate, CHUNK};
use crate::isa::level::{ChannelGroup, Level, every};
use crate::isa::vector::Vector;
use crate::parallel::{Chunks, chunk_of, share_out};

/// The gradient of a batch norm's input as a function of the input and the output's gradient: per channel
/// `dx = scale * (g - offset + slope * (x - center))`.
///
/// Over m rows `offset` is `dbeta / m` and `slope` is `-dgamma * inv_std / m`, which makes it
/// `gamma * inv_std / m * (m * g - dbeta - xhat * dgamma)`; both are 0 where the statistics are constants.
#[derive(Clone, Copy, Debug)]
pub struct InputGradient<'a> {
    scale_shift: ScaleShift<'a>,
    offset: &'a [f32],
    slope: &'a [f32],
}

impl<'a> InputGradient<'a> {
    /// With statistics of a batch of `rows` rows: `inv_std` is `1 / sqrt(biased variance + epsilon)`, `dgamma`
    /// and `dbeta` are what [`super::backward_sums`] found. `memory` is room for two values per channel.
    ///
    /// If a residual follows the norm, g is what [`super::backward_residual`] left, and the activation of
    /// `scale_shift` has to be the identity.
    ///
    /// # Panics
    ///
    /// If there is not one value per channel.
    pub fn of_batch(
        scale_shift: ScaleShift<'a>,
        rows: usize,
        inv_std: &[f32],
        [dgamma, dbeta]: [&[f32]; 2],
        memory: &'a mut [f32],
    ) -> Self {
        let channels = scale_shift.channels();
        assert!(
            [inv_std, dgamma, dbeta].iter().all(|values| values.len() == channels),
            "one value per channel"
        );
        let rows = rows as f64;
        let (offset, slope) = memory[..2 * channels].split_at_mut(channels);
        for channel in 0..channels {
            let inv_std = f64::from(inv_std[channel]);
            offset[channel] = (f64::from(dbeta[channel]) / rows) as f32;
            slope[channel] = (-f64::from(dgamma[channel]) * inv_std / rows) as f32;
        }
        Self { scale_shift, offset, slope }
    }

    /// Where the statistics were constants. `memory` is room for two values per channel.
    ///
    /// # Panics
    ///
    /// If there is not one center, scale and shift per channel, or too little memory.
    pub fn of_constants(scale_shift: ScaleShift<'a>, memory: &'a mut [f32]) -> Self {
        let channels = scale_shift.channels();
        memory[..2 * channels].fill(0.0);
        let (offset, slope) = memory[..2 * channels].split_at(channels);
        Self { scale_shift, offset, slope }
    }
}

/// Gradient of the input from the gradient of the output.
///
/// # Panics
///
/// If the lengths disagree or `x` is not a whole number of rows.
pub fn backward_input(
    x: &[f32],
    dy: &[f32],
    gradient: &InputGradient<'_>,
    accumulate: Accumulate,
    dx: &mut [f32],
) {
    assert!(dy.len() == x.len() && dx.len() == x.len(), "lengths differ");
    let channels = gradient.scale_shift.channels();
    rows_of(x, channels);
    let piece = CHUNK.div_ceil(channels) * channels;
    let place = Rows::of(x.len());
    share_out(Chunks::new(dx, piece), |index, dx| {
        let dy = Gradient::From(chunk_of(dy, piece, index), accumulate);
        backward_input_rows(chunk_of(x, piece, index), dy, gradient, place, dx);
    });
}

/// [`backward_input`], with the result written over `dy`.
///
/// # Panics
///
/// If the lengths disagree or `x` is not a whole number of rows.
pub fn backward_input_in_place(x: &[f32], dy: &mut [f32], gradient: &InputGradient<'_>) {
    assert_eq!(dy.len(), x.len(), "lengths differ");
    let channels = gradient.scale_shift.channels();
    rows_of(x, channels);
    let piece = CHUNK.div_ceil(channels) * channels;
    let place = Rows::of(x.len());
    share_out(Chunks::new(dy, piece), |index, dy| {
        backward_input_rows(chunk_of(x, piece, index), Gradient::InPlace, gradient, place, dy);
    });
}

/// Where the gradient of the output is.
#[derive(Clone, Copy)]
pub(crate) enum Gradient<'a> {
    /// Where the result goes.
    InPlace,
    /// In a slice of its own.
    From(&'a [f32], Accumulate),
}

impl<'a> Gradient<'a> {
    /// The part for `len` elements from `start` on.
    #[inline(always)]
    fn part(self, start: usize, len: usize) -> Self {
        match self {
            Self::InPlace => Self::InPlace,
            Self::From(dy, accumulate) => Self::From(&dy[start..][..len], accumulate),
        }
    }
}

multiversion!(
    /// [`backward_input`] for some rows, on this thread.
    pub(crate) fn backward_input_rows(
        x: &[f32],
        dy: Gradient<'_>,
        gradient: &InputGradient<'_>,
        place: Rows,
        dx: &mut [f32],
    ) = input_body
);

#[inline(always)]
fn input_body<L: Level>(
    level: L,
    x: &[f32],
    dy: Gradient<'_>,
    gradient: &InputGradient<'_>,
    place: Rows,
    dx: &mut [f32],
) {
    let channels = gradient.offset.len();
    let strip = place.strip(channels) * channels;
    for (index, (dx, x)) in dx.chunks_mut(strip).zip(x.chunks(strip)).enumerate() {
        let dy = dy.part(index * strip, x.len());
        level.for_each_group(channels, &mut InputStrip { x, dy, gradient, dx });
    }
}

struct InputStrip<'a> {
    x: &'a [f32],
    dy: Gradient<'a>,
    gradient: &'a InputGradient<'a>,
    dx: &'a mut [f32],
}

impl<L: Level> ChannelGroup<L> for InputStrip<'_> {
    #[inline(always)]
    fn run<V: Vector<L>>(&mut self, level: L, channel: usize) {
        let InputGradient { scale_shift: ScaleShift { affine, activation }, offset, slope } = self.gradient;
        let Affine { center, scale, shift } = affine;
        let channels = offset.len();
        let (center, scale) = (V::load(level, &center[channel..]), V::load(level, &scale[channel..]));
        let shift = V::load(level, &shift[channel..]);
        let (offset, slope) = (V::load(level, &offset[channel..]), V::load(level, &slope[channel..]));
        let gated = activation.gate().is_some();
        let [above, upto] = activation.gate().unwrap_or_default();
        let (above, upto) = (V::splat(level, above), V::splat(level, upto));
        for at in every(channels, channel, self.x.len()) {
            let deviation = V::load(level, &self.x[at..]).sub(center);
            let dx = &mut self.dx[at..];
            let dy = match self.dy {
                Gradient::InPlace => V::load(level, dx),
                Gradient::From(dy, _) => V::load(level, &dy[at..]),
            };
            let g = if gated { dy.keep_within(deviation.mul_add(scale, shift), above, upto) } else { dy };
            let gradient = deviation.mul_add(slope, g.sub(offset)).mul(scale);
            match self.dy {
                Gradient::InPlace | Gradient::From(_, Accumulate::Overwrite) => gradient.store(dx),
                Gradient::From(_, Accumulate::Add) => V::load(level, dx).add(gradient).store(dx),
            }
        }
    }
}
