//! The backward pass's second half: the gradient of the input, with the batch's statistics depending on it.

use rayon::prelude::*;

use super::{Batch, Sums, rows_of, strip_rows};
use crate::elementwise::{Accumulate, CHUNK};
use crate::isa::level::{ChannelGroup, Level, every};
use crate::isa::vector::Vector;
use crate::scratch;

/// Gradient of the input, `dx = gamma * inv_std / m * (m * g - dbeta - xhat * dgamma)` over `m` rows.
///
/// # Panics
///
/// If the lengths disagree or `x` is not a whole number of rows.
pub fn backward_input(
    x: &[f32],
    g: &[f32],
    batch: Batch<'_>,
    sums: Sums<'_>,
    accumulate: Accumulate,
    dx: &mut [f32],
) {
    assert!(g.len() == x.len() && dx.len() == x.len(), "lengths differ");
    with_coefficients(x, batch, sums, |coefficients| {
        let piece = CHUNK.div_ceil(batch.mean.len()) * batch.mean.len();
        dx.par_chunks_mut(piece)
            .zip(x.par_chunks(piece))
            .zip(g.par_chunks(piece))
            .for_each(|((dx, x), g)| input_piece(x, Gradient::From(g, accumulate), coefficients, dx));
    });
}

/// [`backward_input`], with the result written over `g`.
///
/// # Panics
///
/// If the lengths disagree or `x` is not a whole number of rows.
pub fn backward_input_in_place(x: &[f32], g: &mut [f32], batch: Batch<'_>, sums: Sums<'_>) {
    assert_eq!(g.len(), x.len(), "lengths differ");
    with_coefficients(x, batch, sums, |coefficients| {
        let piece = CHUNK.div_ceil(batch.mean.len()) * batch.mean.len();
        g.par_chunks_mut(piece)
            .zip(x.par_chunks(piece))
            .for_each(|(g, x)| input_piece(x, Gradient::InPlace, coefficients, g));
    });
}

/// Per channel: `dx = scale * (g - offset + slope * (x - mean))`.
#[derive(Clone, Copy)]
struct Coefficients<'a> {
    mean: &'a [f32],
    /// `gamma * inv_std`
    scale: &'a [f32],
    /// `dbeta / m`
    offset: &'a [f32],
    /// `-dgamma * inv_std / m`
    slope: &'a [f32],
}

fn with_coefficients(x: &[f32], batch: Batch<'_>, sums: Sums<'_>, work: impl FnOnce(Coefficients<'_>)) {
    let channels = batch.mean.len();
    let rows = rows_of(x, channels) as f64;
    let Sums { gamma, dgamma, dbeta } = sums;
    assert!(
        [batch.inv_std, gamma, dgamma, dbeta].iter().all(|values| values.len() == channels),
        "one value per channel"
    );
    scratch::with(3 * channels, |memory| {
        let (scale, memory) = memory.split_at_mut(channels);
        let (offset, slope) = memory.split_at_mut(channels);
        for channel in 0..channels {
            let inv_std = f64::from(batch.inv_std[channel]);
            scale[channel] = gamma[channel] * batch.inv_std[channel];
            offset[channel] = (f64::from(dbeta[channel]) / rows) as f32;
            slope[channel] = (-f64::from(dgamma[channel]) * inv_std / rows) as f32;
        }
        work(Coefficients { mean: batch.mean, scale, offset, slope });
    });
}

/// Where the gradient before the normalisation is.
#[derive(Clone, Copy)]
enum Gradient<'a> {
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
            Self::From(g, accumulate) => Self::From(&g[start..][..len], accumulate),
        }
    }
}

multiversion!(
    fn input_piece(x: &[f32], g: Gradient<'_>, coefficients: Coefficients<'_>, dx: &mut [f32]) = input_body
);

#[inline(always)]
fn input_body<L: Level>(
    level: L,
    x: &[f32],
    g: Gradient<'_>,
    coefficients: Coefficients<'_>,
    dx: &mut [f32],
) {
    let channels = coefficients.mean.len();
    let strip = strip_rows(channels) * channels;
    for (index, (dx, x)) in dx.chunks_mut(strip).zip(x.chunks(strip)).enumerate() {
        let g = g.part(index * strip, x.len());
        level.for_each_group(channels, &mut InputStrip { x, g, coefficients, dx });
    }
}

struct InputStrip<'a> {
    x: &'a [f32],
    g: Gradient<'a>,
    coefficients: Coefficients<'a>,
    dx: &'a mut [f32],
}

impl<L: Level> ChannelGroup<L> for InputStrip<'_> {
    #[inline(always)]
    fn run<V: Vector<L>>(&mut self, level: L, channel: usize) {
        let channels = self.coefficients.mean.len();
        let mean = V::load(level, &self.coefficients.mean[channel..]);
        let scale = V::load(level, &self.coefficients.scale[channel..]);
        let offset = V::load(level, &self.coefficients.offset[channel..]);
        let slope = V::load(level, &self.coefficients.slope[channel..]);
        for at in every(channels, channel, self.x.len()) {
            let x = V::load(level, &self.x[at..]);
            let dx = &mut self.dx[at..];
            let g = match self.g {
                Gradient::InPlace => V::load(level, dx),
                Gradient::From(g, _) => V::load(level, &g[at..]),
            };
            let gradient = x.sub(mean).mul_add(slope, g.sub(offset)).mul(scale);
            match self.g {
                Gradient::InPlace | Gradient::From(_, Accumulate::Overwrite) => gradient.store(dx),
                Gradient::From(_, Accumulate::Add) => V::load(level, dx).add(gradient).store(dx),
            }
        }
    }
}
