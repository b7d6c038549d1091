//! Mean and variance.
//!
//! A block of rows that stays in the cache is gone through twice: for its mean, and for the sums of the
//! deviations from it and of their squares. The first corrects the mean's rounding error. Blocks are merged
//! in f64 by the formula of Chan, Golub and LeVeque 1979 (equation 2.1), so that a large mean costs no
//! accuracy of the variance.

use rayon::prelude::*;

use super::{part_rows, partials_len, rows_of, strip_rows};
use crate::isa::level::{ChannelGroup, Level};
use crate::isa::vector::Vector;
use crate::reduce::add_rows;
use crate::scratch;

/// Floats of a block: 128 KiB, which stay in the second-level cache.
const BLOCK: usize = 1 << 15;

/// Most strips of a block, so that its f32 sums stay accurate.
const BLOCK_STRIPS: usize = 16;

/// Mean and biased variance of each channel of `x`, a matrix of `channels` columns; both overwritten, with
/// zeros if there are no rows. `partials` is scratch of [`partials_len`] doubles.
///
/// # Panics
///
/// If `x` is not a whole number of rows or another slice is too short.
pub fn statistics(x: &[f32], channels: usize, mean: &mut [f32], variance: &mut [f32], partials: &mut [f64]) {
    let rows = rows_of(x, channels);
    assert!(mean.len() == channels && variance.len() == channels, "one mean and one variance per channel");
    let partials = &mut partials[..partials_len(rows, channels)];
    let part_rows = part_rows(rows, channels);
    partials
        .par_chunks_mut(2 * channels)
        .zip(x.par_chunks(part_rows * channels))
        .for_each(|(moments, x)| moments_of_part(x, moments));
    let (total, others) = partials.split_at_mut(partials.len().min(2 * channels));
    let mut count = part_rows.min(rows);
    for part in others.chunks_exact(2 * channels) {
        let added = part_rows.min(rows - count);
        let (total_mean, total_squares) = total.split_at_mut(channels);
        for (channel, (mean, squares)) in total_mean.iter_mut().zip(total_squares).enumerate() {
            merge(mean, squares, count, part[channel], part[channels + channel], added);
        }
        count += added;
    }
    if rows == 0 {
        mean.fill(0.0);
        variance.fill(0.0);
        return;
    }
    for channel in 0..channels {
        mean[channel] = total[channel] as f32;
        variance[channel] = (total[channels + channel] / rows as f64) as f32;
    }
}

/// Merges the mean and the sum of squared deviations of `added` values into those of `count` values.
#[inline(always)]
fn merge(mean: &mut f64, squares: &mut f64, count: usize, added_mean: f64, added_squares: f64, added: usize) {
    let (count, added) = (count as f64, added as f64);
    let share = added / (count + added);
    let difference = added_mean - *mean;
    *mean += difference * share;
    *squares += added_squares + difference * difference * count * share;
}

/// Means and sums of squared deviations, (2, channels), of a part's rows.
fn moments_of_part(x: &[f32], moments: &mut [f64]) {
    let channels = moments.len() / 2;
    let strip = strip_rows(channels) * channels;
    let block = (BLOCK / strip).clamp(1, BLOCK_STRIPS) * strip;
    moments.fill(0.0);
    let (mean, squares) = moments.split_at_mut(channels);
    scratch::with(3 * channels, |sums| {
        let mut count = 0;
        for x in x.chunks(block) {
            let rows = x.len() / channels;
            sums.fill(0.0);
            let (block_mean, deviations) = sums.split_at_mut(channels);
            x.chunks(strip).for_each(|x| add_rows(x, block_mean));
            block_mean.iter_mut().for_each(|mean| *mean /= rows as f32);
            x.chunks(strip).for_each(|x| add_deviations(x, block_mean, deviations));
            for channel in 0..channels {
                let sum = f64::from(deviations[channel]);
                let correction = sum / rows as f64;
                merge(
                    &mut mean[channel],
                    &mut squares[channel],
                    count,
                    f64::from(block_mean[channel]) + correction,
                    f64::from(deviations[channels + channel]) - sum * correction,
                    rows,
                );
            }
            count += rows;
        }
    });
}

multiversion!(fn add_deviations(x: &[f32], mean: &[f32], sums: &mut [f32]) = add_deviations_body);

#[inline(always)]
fn add_deviations_body<L: Level>(level: L, x: &[f32], mean: &[f32], sums: &mut [f32]) {
    let (first, second) = sums.split_at_mut(mean.len());
    level.for_each_group(mean.len(), &mut StripDeviations { x, mean, first, second });
}

/// Adds the sums of a strip's deviations from `mean` and of their squares.
struct StripDeviations<'a> {
    x: &'a [f32],
    mean: &'a [f32],
    first: &'a mut [f32],
    second: &'a mut [f32],
}

impl<L: Level> ChannelGroup<L> for StripDeviations<'_> {
    #[inline(always)]
    fn run<V: Vector<L>>(&mut self, level: L, channel: usize) {
        let mean = V::load(level, &self.mean[channel..]);
        let (mut sum, mut squares) = (V::splat(level, 0.0), V::splat(level, 0.0));
        for x in self.x.chunks_exact(self.mean.len()) {
            let deviation = V::load(level, &x[channel..]).sub(mean);
            sum = sum.add(deviation);
            squares = deviation.mul_add(deviation, squares);
        }
        let (first, second) = (&mut self.first[channel..], &mut self.second[channel..]);
        V::load(level, first).add(sum).store(first);
        V::load(level, second).add(squares).store(second);
    }
}
