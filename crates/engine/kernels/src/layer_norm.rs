//! Layer normalisation over the channels of each place (Ba, Kiros and Hinton 2016), and what else multiplies or shifts each
//! channel alone.
//!
//! | symbol | meaning | shape |
//! | --- | --- | --- |
//! | x, y | input and output, as matrices of places and channels | (rows, channels) |
//! | γ, β | scale and shift | (channels) |
//! | μ, r | mean of a row, `1 / sqrt(variance + ε)` of a row | |
//! | x̂ | `(x - μ) r` | (rows, channels) |
//! | g | `γ dy` | (rows, channels) |
//!
//! - forward: `y = γ x̂ + β`
//! - gradients: `dγ = sum(dy x̂)`, `dβ = sum(dy)` over the rows; `dx = r (g - mean(g) - x̂ mean(g x̂))` with means over a row
//!
//! Mean and variance are found again in the backward pass, from a row that is in the cache.

use std::ops::Range;

use crate::elementwise::{Accumulate, add_assign_chunk};
use crate::isa::level::Level;
use crate::parallel::{Chunks, chunk_of, share_out};
use crate::reduce::{BLOCK_ROWS, column_sums};
use crate::rows::{dot, sum};
use crate::scratch;

/// Floats that a piece of work writes, about.
const PIECE: usize = 1 << 14;

/// Parts that the rows are cut into at most, each with private sums.
const PARTS: usize = 16;

/// A layer norm whose scale and shift are known.
#[derive(Clone, Copy, Debug)]
pub struct LayerNorm<'a> {
    /// γ; as many as there are channels, at least 1.
    pub scale: &'a [f32],
    /// β.
    pub shift: &'a [f32],
    /// ε, above 0.
    pub epsilon: f32,
}

/// Where gradients of the input go.
#[derive(Debug)]
pub enum Destination<'a> {
    /// Nowhere.
    Unwanted,
    /// To memory of their own.
    Stored(&'a mut [f32], Accumulate),
}

impl LayerNorm<'_> {
    fn channels(&self) -> usize {
        assert!(!self.scale.is_empty() && self.scale.len() == self.shift.len(), "scale and shift");
        self.scale.len()
    }

    /// `y = γ x̂ + β`.
    ///
    /// # Panics
    ///
    /// If the lengths differ, or `x` is not a whole number of rows.
    pub fn forward(&self, x: &[f32], y: &mut [f32]) {
        let channels = self.channels();
        assert!(x.len() == y.len() && x.len().is_multiple_of(channels), "rows of {channels}");
        let piece = PIECE.div_ceil(channels) * channels;
        share_out(Chunks::new(y, piece), |index, y| {
            forward_rows(chunk_of(x, piece, index), *self, y);
        });
    }

    /// The gradients of the input, of γ and of β; the last two are overwritten.
    ///
    /// # Panics
    ///
    /// If the lengths do not fit.
    pub fn backward(
        &self,
        x: &[f32],
        dy: &[f32],
        to: Destination<'_>,
        dscale: &mut [f32],
        dshift: &mut [f32],
    ) {
        assert_eq!(x.len(), dy.len(), "lengths differ");
        let (written, accumulate) = match to {
            Destination::Unwanted => (None, Accumulate::Overwrite),
            Destination::Stored(dx, accumulate) => (Some(dx), accumulate),
        };
        assert!(written.as_ref().is_none_or(|dx| dx.len() == x.len()), "lengths differ");
        self.parts(x, written, dscale, dshift, |range, block, memory, dx| {
            let dx = dx.map(|dx| (dx, accumulate));
            backward_rows(&x[range.clone()], &dy[range], dx, *self, memory, block);
        });
    }

    /// [`LayerNorm::backward`], with the gradient of the input written over `dy`.
    ///
    /// # Panics
    ///
    /// If the lengths do not fit.
    pub fn backward_in_place(&self, x: &[f32], dy: &mut [f32], dscale: &mut [f32], dshift: &mut [f32]) {
        assert_eq!(x.len(), dy.len(), "lengths differ");
        self.parts(x, Some(dy), dscale, dshift, |range, block, memory, dy| {
            let Some(dx) = dy else { return };
            scratch::with(dx.len(), |dy| {
                dy.copy_from_slice(dx);
                backward_rows(&x[range], dy, Some((dx, Accumulate::Overwrite)), *self, memory, block);
            });
        });
    }

    /// Calls `work` with each block of rows: its place, room for the sums of its dγ and dβ, room for two rows, and its share of
    /// what is written; and adds the sums up.
    fn parts(
        &self,
        x: &[f32],
        written: Option<&mut [f32]>,
        dscale: &mut [f32],
        dshift: &mut [f32],
        work: impl Fn(Range<usize>, &mut [f32], &mut [f32], Option<&mut [f32]>) + Sync,
    ) {
        let channels = self.channels();
        assert!(x.len().is_multiple_of(channels), "rows of {channels}");
        assert!(dscale.len() == channels && dshift.len() == channels, "gradients of {channels} channels");
        dscale.fill(0.0);
        dshift.fill(0.0);
        let len = (x.len() / channels).div_ceil(PARTS).max(1) * channels;
        let block_len = BLOCK_ROWS * channels;
        let part = |index: usize, sums: &mut [f32], mut written: Option<&mut [f32]>| {
            sums.fill(0.0);
            scratch::with(4 * channels, |memory| {
                let (block, memory) = memory.split_at_mut(2 * channels);
                let end = x.len().min((index + 1) * len);
                for start in (index * len..end).step_by(block_len) {
                    block.fill(0.0);
                    let range = start..end.min(start + block_len);
                    let place = start - index * len..range.end - index * len;
                    work(range, block, memory, written.as_mut().map(|written| &mut written[place]));
                    add_assign_chunk(block, sums);
                }
            });
        };
        scratch::with(x.len().div_ceil(len) * 2 * channels, |sums| {
            let shares = Chunks::new(&mut *sums, 2 * channels);
            match written {
                Some(written) => {
                    share_out((shares, Chunks::new(written, len)), |index, (sums, written)| {
                        part(index, sums, Some(written));
                    });
                }
                None => share_out(shares, |index, sums| part(index, sums, None)),
            }
            for sums in sums.chunks_exact(2 * channels) {
                add_assign_chunk(&sums[..channels], dscale);
                add_assign_chunk(&sums[channels..], dshift);
            }
        });
    }
}

/// Mean and 1 / standard deviation of a row.
#[inline(always)]
fn moments(x: &[f32], epsilon: f32) -> (f32, f32) {
    let len = x.len() as f32;
    let mean = sum(x, |x| x) / len;
    let variance = sum(x, |x| (x - mean) * (x - mean)) / len;
    (mean, 1.0 / (variance + epsilon).sqrt())
}

#[inline(always)]
fn forward_body(_: impl Level, x: &[f32], norm: LayerNorm<'_>, y: &mut [f32]) {
    let channels = norm.scale.len();
    for (x, y) in x.chunks_exact(channels).zip(y.chunks_exact_mut(channels)) {
        let (mean, inverse) = moments(x, norm.epsilon);
        for (((y, x), scale), shift) in y.iter_mut().zip(x).zip(norm.scale).zip(norm.shift) {
            *y = (x - mean) * inverse * scale + shift;
        }
    }
}
multiversion!(fn forward_rows(x: &[f32], norm: LayerNorm<'_>, y: &mut [f32]) = forward_body);

/// Leaves x̂ and g of a row in `normal` and `g`, adds to the sums of dγ and dβ; r, mean(g) and mean(g x̂).
#[inline(always)]
fn row_gradients(
    x: &[f32],
    dy: &[f32],
    norm: LayerNorm<'_>,
    [normal, g]: [&mut [f32]; 2],
    [dscale, dshift]: [&mut [f32]; 2],
) -> [f32; 3] {
    let channels = x.len() as f32;
    let (mean, inverse) = moments(x, norm.epsilon);
    for (((normal, x), dy), dscale) in normal.iter_mut().zip(x).zip(dy).zip(dscale) {
        *normal = (x - mean) * inverse;
        *dscale += dy * *normal;
    }
    for (((g, dy), scale), dshift) in g.iter_mut().zip(dy).zip(norm.scale).zip(dshift) {
        *g = dy * scale;
        *dshift += dy;
    }
    [inverse, sum(g, |g| g) / channels, dot(g, normal) / channels]
}

#[inline(always)]
fn backward_body(
    _: impl Level,
    x: &[f32],
    dy: &[f32],
    dx: Option<(&mut [f32], Accumulate)>,
    norm: LayerNorm<'_>,
    memory: &mut [f32],
    sums: &mut [f32],
) {
    let channels = norm.scale.len();
    let (normal, g) = memory.split_at_mut(channels);
    let (dscale, dshift) = sums.split_at_mut(channels);
    let mut dx = dx;
    for (row, (x, dy)) in x.chunks_exact(channels).zip(dy.chunks_exact(channels)).enumerate() {
        let [inverse, mean, slope] = row_gradients(x, dy, norm, [normal, g], [dscale, dshift]);
        let Some((dx, accumulate)) = &mut dx else { continue };
        let triples = dx[row * channels..][..channels].iter_mut().zip(&*g).zip(&*normal);
        match accumulate {
            Accumulate::Overwrite => {
                triples.for_each(|((dx, g), normal)| *dx = inverse * (g - mean - normal * slope));
            }
            Accumulate::Add => {
                triples.for_each(|((dx, g), normal)| *dx += inverse * (g - mean - normal * slope));
            }
        }
    }
}
multiversion!(
    fn backward_rows(
        x: &[f32],
        dy: &[f32],
        dx: Option<(&mut [f32], Accumulate)>,
        norm: LayerNorm<'_>,
        memory: &mut [f32],
        sums: &mut [f32],
    ) = backward_body
);

/// `y = x scale`, a factor for each channel.
///
/// # Panics
///
/// If the lengths do not fit.
pub fn scale_channels(x: &[f32], scale: &[f32], accumulate: Accumulate, y: &mut [f32]) {
    let channels = scale.len().max(1);
    assert!(x.len() == y.len() && x.len().is_multiple_of(channels), "rows of {channels}");
    let piece = PIECE.div_ceil(channels) * channels;
    share_out(Chunks::new(y, piece), |index, y| scale_rows(chunk_of(x, piece, index), scale, accumulate, y));
}

/// `y = y scale`, a factor for each channel.
///
/// # Panics
///
/// If the lengths do not fit.
pub fn scale_channels_in_place(scale: &[f32], y: &mut [f32]) {
    let channels = scale.len().max(1);
    assert!(y.len().is_multiple_of(channels), "rows of {channels}");
    let piece = PIECE.div_ceil(channels) * channels;
    share_out(Chunks::new(y, piece), |_, y| rescale_rows(scale, y));
}

/// Gradient of the factors of [`scale_channels`]: the sum of `x dy` over the rows.
///
/// # Panics
///
/// If the lengths do not fit.
pub fn scale_channels_backward(x: &[f32], dy: &[f32], dscale: &mut [f32]) {
    let channels = dscale.len().max(1);
    assert!(x.len() == dy.len() && x.len().is_multiple_of(channels), "rows of {channels}");
    dscale.fill(0.0);
    let len = (x.len() / channels).div_ceil(PARTS).max(1) * channels;
    scratch::with(x.len().div_ceil(len) * channels, |sums| {
        share_out(Chunks::new(&mut *sums, channels), |index, sums| {
            sums.fill(0.0);
            let block_len = BLOCK_ROWS * channels;
            let (x, dy) = (chunk_of(x, len, index), chunk_of(dy, len, index));
            scratch::with(channels, |block| {
                for (x, dy) in x.chunks(block_len).zip(dy.chunks(block_len)) {
                    block.fill(0.0);
                    product_sums(x, dy, block);
                    add_assign_chunk(block, sums);
                }
            });
        });
        sums.chunks_exact(channels).for_each(|sums| add_assign_chunk(sums, dscale));
    });
}

/// `y = x + shift`, a number for each channel.
///
/// # Panics
///
/// If the lengths do not fit.
pub fn shift_channels(x: &[f32], shift: &[f32], y: &mut [f32]) {
    let channels = shift.len().max(1);
    assert!(x.len() == y.len() && x.len().is_multiple_of(channels), "rows of {channels}");
    let piece = PIECE.div_ceil(channels) * channels;
    share_out(Chunks::new(y, piece), |index, y| shift_rows(chunk_of(x, piece, index), shift, y));
}

/// Gradient of the numbers of [`shift_channels`]: the sum of `dy` over the rows.
///
/// # Panics
///
/// If the lengths do not fit.
pub fn shift_channels_backward(dy: &[f32], dshift: &mut [f32]) {
    column_sums(dy, dshift);
}

#[inline(always)]
fn scale_body(_: impl Level, x: &[f32], scale: &[f32], accumulate: Accumulate, y: &mut [f32]) {
    for (y, x) in y.chunks_exact_mut(scale.len()).zip(x.chunks_exact(scale.len())) {
        let triples = y.iter_mut().zip(x).zip(scale);
        match accumulate {
            Accumulate::Overwrite => triples.for_each(|((y, x), scale)| *y = x * scale),
            Accumulate::Add => triples.for_each(|((y, x), scale)| *y += x * scale),
        }
    }
}
multiversion!(fn scale_rows(x: &[f32], scale: &[f32], accumulate: Accumulate, y: &mut [f32]) = scale_body);

#[inline(always)]
fn rescale_body(_: impl Level, scale: &[f32], y: &mut [f32]) {
    for y in y.chunks_exact_mut(scale.len()) {
        y.iter_mut().zip(scale).for_each(|(y, scale)| *y *= scale);
    }
}
multiversion!(fn rescale_rows(scale: &[f32], y: &mut [f32]) = rescale_body);

#[inline(always)]
fn shift_body(_: impl Level, x: &[f32], shift: &[f32], y: &mut [f32]) {
    for (y, x) in y.chunks_exact_mut(shift.len()).zip(x.chunks_exact(shift.len())) {
        y.iter_mut().zip(x).zip(shift).for_each(|((y, x), shift)| *y = x + shift);
    }
}
multiversion!(fn shift_rows(x: &[f32], shift: &[f32], y: &mut [f32]) = shift_body);

#[inline(always)]
fn product_sums_body(_: impl Level, x: &[f32], dy: &[f32], sums: &mut [f32]) {
    for (x, dy) in x.chunks_exact(sums.len()).zip(dy.chunks_exact(sums.len())) {
        sums.iter_mut().zip(x).zip(dy).for_each(|((sum, x), dy)| *sum += x * dy);
    }
}
multiversion!(fn product_sums(x: &[f32], dy: &[f32], sums: &mut [f32]) = product_sums_body);
