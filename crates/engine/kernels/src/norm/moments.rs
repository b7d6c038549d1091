//! Means and variances of rows that come bit by bit.
//!
//! Deviations are taken from a center: the mean of the rows so far, and for the first block of rows that of its own. Their
//! sums and those of their squares give a block's mean and variance, with the correction for a center that is not the mean
//! (Chan, Golub and LeVeque 1983, "Algorithms for computing the sample variance"). Blocks are merged in f64 by the formula
//! of the same authors (1979, equation 2.1). So a large mean costs no accuracy of the variance. A block whose mean is far
//! from the center loses digits of its own variance, but that distance is then most of the variance of all.

use super::{BLOCK_ROWS, Rows};
use crate::isa::level::{ChannelGroup, Level};
use crate::isa::vector::Vector;
use crate::reduce::add_rows_body;

/// Floats of a block: 128 KiB, which stay in the second-level cache.
const BLOCK: usize = 1 << 15;

/// Means and sums of squared deviations of the channels over the rows added so far.
pub(crate) struct Moments<'a> {
    rows: usize,
    place: Rows,
    mean: &'a mut [f64],
    squares: &'a mut [f64],
    /// Mean and sums of a block, (3, channels).
    memory: &'a mut [f32],
}

impl<'a> Moments<'a> {
    /// Of no rows; those that come are at `place`. The means and then the squares are kept in `moments`, two for each channel; `memory` is
    /// room for three values for each channel.
    pub(crate) fn new(place: Rows, moments: &'a mut [f64], memory: &'a mut [f32]) -> Self {
        moments.fill(0.0);
        let channels = moments.len() / 2;
        let (mean, squares) = moments.split_at_mut(channels);
        Self { rows: 0, place, mean, squares, memory: &mut memory[..3 * channels] }
    }

    /// Adds rows.
    pub(crate) fn add(&mut self, x: &[f32]) {
        add_rows(self, x);
    }

    #[inline(always)]
    fn add_body<L: Level>(&mut self, level: L, x: &[f32]) {
        let channels = self.mean.len();
        let strip = self.place.strip(channels) * channels;
        let block = (BLOCK / channels).clamp(16, BLOCK_ROWS) * channels;
        let (center, sums) = self.memory.split_at_mut(channels);
        let (first, second) = sums.split_at_mut(channels);
        for x in x.chunks(block) {
            let rows = x.len() / channels;
            if self.rows == 0 {
                center.fill(0.0);
                for x in x.chunks(strip) {
                    add_rows_body(level, x, center);
                }
                center.iter_mut().for_each(|mean| *mean /= rows as f32);
            } else {
                center.iter_mut().zip(self.mean.iter()).for_each(|(center, &mean)| *center = mean as f32);
            }
            first.fill(0.0);
            second.fill(0.0);
            for x in x.chunks(strip) {
                level.for_each_group(channels, &mut StripDeviations { x, center, first, second });
            }
            let merge = Merge::new(self.rows, rows);
            let share = 1.0 / rows as f64;
            let totals = self.mean.iter_mut().zip(self.squares.iter_mut());
            let sums = center.iter().zip(first.iter()).zip(second.iter());
            for ((mean, squares), ((&center, &first), &second)) in totals.zip(sums) {
                let (first, second) = (f64::from(first), f64::from(second));
                let correction = first * share;
                merge.add(mean, squares, f64::from(center) + correction, second - first * correction);
            }
            self.rows += rows;
        }
    }
}

multiversion!(fn add_rows(moments: &mut Moments<'_>, x: &[f32]) = add_rows_to_moments);

#[inline(always)]
fn add_rows_to_moments<L: Level>(level: L, moments: &mut Moments<'_>, x: &[f32]) {
    moments.add_body(level, x);
}

/// Mean and biased variance from the moments of parts, (parts, 2, channels), of which all but the last have
/// `part_rows` of the `rows` rows; zeros if there are no rows.
pub(crate) fn merge_parts(
    partials: &mut [f64],
    part_rows: usize,
    rows: usize,
    mean: &mut [f64],
    variance: &mut [f64],
) {
    let channels = mean.len();
    if rows == 0 {
        mean.fill(0.0);
        variance.fill(0.0);
        return;
    }
    let (total, others) = partials.split_at_mut(2 * channels);
    let mut count = part_rows.min(rows);
    for part in others.chunks_exact(2 * channels) {
        let added = part_rows.min(rows - count);
        let merge = Merge::new(count, added);
        let (total_mean, total_squares) = total.split_at_mut(channels);
        for (channel, (mean, squares)) in total_mean.iter_mut().zip(total_squares).enumerate() {
            merge.add(mean, squares, part[channel], part[channels + channel]);
        }
        count += added;
    }
    for channel in 0..channels {
        mean[channel] = total[channel];
        variance[channel] = total[channels + channel] / rows as f64;
    }
}

/// Merges means and sums of squared deviations of two sets of values.
#[derive(Clone, Copy)]
struct Merge {
    /// Share of the second set in the values.
    share: f64,
    /// Weight of the squared difference of the means.
    weight: f64,
}

impl Merge {
    /// For sets of `count` and `added` values.
    fn new(count: usize, added: usize) -> Self {
        let share = added as f64 / (count + added) as f64;
        Self { share, weight: count as f64 * share }
    }

    /// Adds the second set to the first.
    #[inline(always)]
    fn add(self, mean: &mut f64, squares: &mut f64, added_mean: f64, added_squares: f64) {
        let difference = added_mean - *mean;
        *mean += difference * self.share;
        *squares += added_squares + difference * difference * self.weight;
    }
}

/// Adds the sums of a strip's deviations from a centre and of their squares.
struct StripDeviations<'a> {
    x: &'a [f32],
    center: &'a [f32],
    first: &'a mut [f32],
    second: &'a mut [f32],
}

impl<L: Level> ChannelGroup<L> for StripDeviations<'_> {
    #[inline(always)]
    fn run<V: Vector<L>>(&mut self, level: L, channel: usize) {
        let channels = self.center.len();
        let center = V::load(level, &self.center[channel..]);
        // Two sums of each, as an addition takes longer than until the next can begin.
        let mut sums = [V::splat(level, 0.0); 2];
        let mut squares = sums;
        let mut at = channel;
        while at + channels < self.x.len() {
            for chain in 0..2 {
                let deviation = V::load(level, &self.x[at + chain * channels..]).sub(center);
                sums[chain] = sums[chain].add(deviation);
                squares[chain] = deviation.mul_add(deviation, squares[chain]);
            }
            at += 2 * channels;
        }
        if at < self.x.len() {
            let deviation = V::load(level, &self.x[at..]).sub(center);
            sums[0] = sums[0].add(deviation);
            squares[0] = deviation.mul_add(deviation, squares[0]);
        }
        let (first, second) = (&mut self.first[channel..], &mut self.second[channel..]);
        V::load(level, first).add(sums[0].add(sums[1])).store(first);
        V::load(level, second).add(squares[0].add(squares[1])).store(second);
    }
}
