//! Mean and variance of a matrix.

use rayon::prelude::*;

use super::{Moments, Rows, merge_parts, part_rows, partials_len, rows_of};
use crate::isa::level::Level;
use crate::scratch;

/// Mean and biased variance of each channel of `x`, a matrix of `channels` columns; both overwritten, with
/// zeros if there are no rows. `partials` is scratch of [`partials_len`] doubles.
///
/// # Panics
///
/// If `x` is not a whole number of rows or another slice is too short.
pub fn statistics(x: &[f32], channels: usize, mean: &mut [f64], variance: &mut [f64], partials: &mut [f64]) {
    let rows = rows_of(x, channels);
    assert!(mean.len() == channels && variance.len() == channels, "one mean and one variance per channel");
    let partials = &mut partials[..partials_len(rows, channels)];
    let (part_rows, place) = (part_rows(rows), Rows::of(x.len()));
    partials.par_chunks_mut(2 * channels).zip(x.par_chunks(part_rows * channels)).for_each(|(moments, x)| {
        scratch::with(3 * channels, |memory| moments_of_part(x, place, memory, moments))
    });
    merge_parts(partials, part_rows, rows, mean, variance);
}

multiversion!(
    fn moments_of_part(x: &[f32], place: Rows, memory: &mut [f32], moments: &mut [f64]) = moments_body
);

#[inline(always)]
fn moments_body<L: Level>(level: L, x: &[f32], place: Rows, memory: &mut [f32], moments: &mut [f64]) {
    Moments::new(place, moments, memory).add(level, x);
}
