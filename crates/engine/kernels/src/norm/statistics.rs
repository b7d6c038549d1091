//! Mean and variance of a matrix.

use super::{Moments, Rows, merge_parts, part_rows, partials_len, rows_of};
use crate::parallel::{Chunks, chunk_of, share_out};
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
    share_out(Chunks::new(partials, 2 * channels), |part, moments| {
        scratch::with(3 * channels, |memory| {
            Moments::new(place, moments, memory).add(chunk_of(x, part_rows * channels, part));
        });
    });
    merge_parts(partials, part_rows, rows, mean, variance);
}
