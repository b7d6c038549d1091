//! Tiles from and to their transformed values, vectorised over channels.

use std::marker::PhantomData;
use std::ops::Range;

use super::patch::{Patches, Pixels, Taps};
use super::transform::{
    FREQUENCIES, Input, OUTPUTS, Output, OutputGradient, POINTS, TAPS, Transform, WeightGradient, Weights,
};
use crate::isa::level::{ChannelGroup, Level};
use crate::isa::vector::Vector;
use crate::matrix::ViewMut;
use crate::scratch;

/// How transformed values lie in memory: a matrix of `rows` (tiles, or input channels of the weights) x `width` (channels)
/// for each frequency.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spectrum {
    pub(super) rows: usize,
    pub(super) width: usize,
}

impl Spectrum {
    /// Floats from a frequency's matrix to the next. A cache line more than a whole number of pages keeps the frequencies
    /// of one tile from falling into the same set of a cache.
    pub(super) fn stride(&self) -> usize {
        (self.rows * self.width).next_multiple_of(1024) + 16
    }

    /// Floats of all matrices.
    pub(super) fn len(&self) -> usize {
        FREQUENCIES * self.stride()
    }

    /// The matrix of a frequency.
    pub(super) fn matrix<'a>(&self, values: &'a [f32], frequency: usize) -> &'a [f32] {
        &values[frequency * self.stride()..][..self.rows * self.width]
    }

    /// The matrix of a frequency, to write.
    pub(super) fn matrix_mut<'a>(&self, values: &'a mut [f32], frequency: usize) -> &'a mut [f32] {
        &mut values[frequency * self.stride()..][..self.rows * self.width]
    }

    /// Calls `work` with the numbers of some rows, about `rows` each, and room for their values, in parallel.
    pub(super) fn for_each_part(
        &self,
        values: &mut [f32],
        rows: usize,
        work: &(dyn Fn(Range<usize>, ViewMut<'_>) + Sync),
    ) {
        let (values, width) =
            (ViewMut::new(&mut values[..self.len()], FREQUENCIES, self.stride()), self.width);
        values.for_each_tile(FREQUENCIES, rows * width, &|_, column, values| {
            let first = column / width;
            // The last part may have no rows.
            work(first.min(self.rows)..(first + rows).min(self.rows), values);
        });
    }
}

/// Reads the pixels of tiles and writes their values.
pub(super) struct Gather<'a, P> {
    pub(super) source: &'a [f32],
    /// Floats from one row of the source to the next.
    pub(super) step: usize,
    /// Channels that are read.
    pub(super) channels: Range<usize>,
    pub(super) patches: &'a P,
    pub(super) tiles: Range<usize>,
    /// Channels of a row of the values.
    pub(super) width: usize,
}

impl<P> Gather<'_, P> {
    /// Calls one of the functions below with zeros that stand for pixels outside the image. `values` has a row for each
    /// frequency.
    pub(super) fn run(&self, gather: fn(&Self, &[f32], &mut ViewMut<'_>), mut values: ViewMut<'_>) {
        scratch::with(self.channels.len(), |zeros| {
            zeros.fill(0.0);
            gather(self, zeros, &mut values);
        });
    }
}

multiversion!(
    pub(super) fn gather_input(work: &Gather<'_, Pixels>, zeros: &[f32], values: &mut ViewMut<'_>) = input_body
);
multiversion!(
    pub(super) fn gather_weights(work: &Gather<'_, Taps>, zeros: &[f32], values: &mut ViewMut<'_>) = weights_body
);
multiversion!(
    pub(super) fn gather_gradient(work: &Gather<'_, Pixels>, zeros: &[f32], values: &mut ViewMut<'_>) = gradient_body
);

#[inline(always)]
fn input_body<L: Level>(level: L, work: &Gather<'_, Pixels>, zeros: &[f32], values: &mut ViewMut<'_>) {
    gather::<L, Input, _, POINTS>(level, work, zeros, values);
}

#[inline(always)]
fn weights_body<L: Level>(level: L, work: &Gather<'_, Taps>, zeros: &[f32], values: &mut ViewMut<'_>) {
    gather::<L, Weights, _, TAPS>(level, work, zeros, values);
}

#[inline(always)]
fn gradient_body<L: Level>(level: L, work: &Gather<'_, Pixels>, zeros: &[f32], values: &mut ViewMut<'_>) {
    gather::<L, OutputGradient, _, OUTPUTS>(level, work, zeros, values);
}

#[inline(always)]
fn gather<L, T, P, const N: usize>(level: L, work: &Gather<'_, P>, zeros: &[f32], values: &mut ViewMut<'_>)
where
    L: Level,
    T: Transform<N, POINTS>,
    P: Patches<N>,
{
    let mut rows = [std::ptr::null_mut(); FREQUENCIES];
    for (frequency, row) in rows.iter_mut().enumerate() {
        let values = values.row(frequency);
        assert!(values.len() >= work.tiles.len() * work.width, "room for all tiles");
        *row = values.as_mut_ptr();
    }
    assert!(work.channels.len() <= work.width, "room for all channels");
    for (index, tile) in work.tiles.clone().enumerate() {
        let patch = work.patches.patch(tile);
        let mut pixels = [[zeros[..work.channels.len()].as_ptr(); N]; N];
        for i in patch.rows.clone() {
            for j in patch.columns.clone() {
                pixels[i][j] = work.source[patch.row(i, j) * work.step..][work.channels.clone()].as_ptr();
            }
        }
        let (place, transform) = (index * work.width, PhantomData::<T>);
        let mut group = GatherTile { pixels: &pixels, values: &rows, place, transform };
        level.for_each_group(work.channels.len(), &mut group);
    }
}

/// One tile.
struct GatherTile<'a, T, const N: usize> {
    /// As many floats as there are channels, each.
    pixels: &'a [[*const f32; N]; N],
    /// For each frequency, floats up to `place` plus the channels.
    values: &'a [*mut f32; FREQUENCIES],
    /// Where the tile's values begin.
    place: usize,
    transform: PhantomData<T>,
}

impl<L: Level, T: Transform<N, POINTS>, const N: usize> ChannelGroup<L> for GatherTile<'_, T, N> {
    #[inline(always)]
    fn run<V: Vector<L>>(&mut self, level: L, channel: usize) {
        let zero = V::splat(level, 0.0);
        let mut half = [[zero; POINTS]; N];
        for (half, pixels) in half.iter_mut().zip(self.pixels) {
            let mut row = [zero; N];
            for (value, pixel) in row.iter_mut().zip(pixels) {
                // SAFETY: a group's channels are among those that each pixel has.
                *value = unsafe { V::read(level, pixel.add(channel)) };
            }
            *half = T::along_axis(level, row);
        }
        let place = self.place + channel;
        for j in 0..POINTS {
            let mut column = [zero; N];
            for (value, half) in column.iter_mut().zip(&half) {
                *value = half[j];
            }
            for (i, value) in T::along_axis(level, column).into_iter().enumerate() {
                // SAFETY: there are floats for the tile's channels in each frequency's row.
                unsafe { value.write(self.values[i * POINTS + j].add(place)) };
            }
        }
    }
}

/// What a value of the result becomes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Finish<'a> {
    /// The tile's value.
    Overwrite,
    /// The sum of what is there and the tile's value.
    Add,
    /// The tile's value and the channel's bias.
    Bias(&'a [f32]),
}

/// Reads the values of tiles and writes their pixels.
pub(super) struct Scatter<'a, P> {
    pub(super) values: &'a [f32],
    pub(super) spectrum: Spectrum,
    pub(super) patches: &'a P,
    pub(super) tiles: Range<usize>,
    /// The row that is number 0 of the result.
    pub(super) first_row: usize,
    /// Channels of the result that are written; those of the values begin at 0.
    pub(super) channels: Range<usize>,
    /// A bias begins with the first of these channels.
    pub(super) finish: Finish<'a>,
    /// The least and the greatest value that is written.
    pub(super) range: Option<[f32; 2]>,
}

multiversion!(pub(super) fn scatter_output(work: &Scatter<'_, Pixels>, result: &mut ViewMut<'_>) = scatter_output_body);
multiversion!(
    pub(super) fn scatter_weights(work: &Scatter<'_, Taps>, result: &mut ViewMut<'_>) = scatter_weights_body
);

#[inline(always)]
fn scatter_output_body<L: Level>(level: L, work: &Scatter<'_, Pixels>, result: &mut ViewMut<'_>) {
    scatter::<L, Output, _, OUTPUTS>(level, work, result);
}

#[inline(always)]
fn scatter_weights_body<L: Level>(level: L, work: &Scatter<'_, Taps>, result: &mut ViewMut<'_>) {
    scatter::<L, WeightGradient, _, TAPS>(level, work, result);
}

#[inline(always)]
fn scatter<L, T, P, const N: usize>(level: L, work: &Scatter<'_, P>, result: &mut ViewMut<'_>)
where
    L: Level,
    T: Transform<POINTS, N>,
    P: Patches<N>,
{
    let Spectrum { rows, width } = work.spectrum;
    assert!(work.tiles.len() <= rows && work.channels.len() <= width, "values of all tiles and channels");
    assert!(work.values.len() >= work.spectrum.len(), "values of all frequencies");
    for (index, tile) in work.tiles.clone().enumerate() {
        let patch = work.patches.patch(tile);
        let mut pixels = [[std::ptr::null_mut(); N]; N];
        for i in patch.rows.clone() {
            for j in patch.columns.clone() {
                let row = result.row(patch.row(i, j) - work.first_row);
                pixels[i][j] = row[work.channels.clone()].as_mut_ptr();
            }
        }
        let mut group = ScatterTile {
            values: work.values[index * width..].as_ptr(),
            stride: work.spectrum.stride(),
            pixels: &pixels,
            finish: work.finish,
            range: work.range,
            transform: PhantomData::<T>,
        };
        level.for_each_group(work.channels.len(), &mut group);
    }
}

/// One tile.
struct ScatterTile<'a, T, const N: usize> {
    /// The first frequency's values; each next one's follow after `stride` floats.
    values: *const f32,
    stride: usize,
    /// As many floats as there are channels, each, or null.
    pixels: &'a [[*mut f32; N]; N],
    finish: Finish<'a>,
    range: Option<[f32; 2]>,
    transform: PhantomData<T>,
}

impl<L: Level, T: Transform<POINTS, N>, const N: usize> ChannelGroup<L> for ScatterTile<'_, T, N> {
    #[inline(always)]
    fn run<V: Vector<L>>(&mut self, level: L, channel: usize) {
        let zero = V::splat(level, 0.0);
        let mut half = [[zero; N]; POINTS];
        for (i, half) in half.iter_mut().enumerate() {
            let mut row = [zero; POINTS];
            for (j, value) in row.iter_mut().enumerate() {
                // SAFETY: every frequency has values of all channels of the tile.
                *value = unsafe { V::read(level, self.values.add((i * POINTS + j) * self.stride + channel)) };
            }
            *half = T::along_axis(level, row);
        }
        let bias = match self.finish {
            Finish::Bias(bias) => V::load(level, &bias[channel..]),
            Finish::Overwrite | Finish::Add => zero,
        };
        let range = self.range.map(|range| range.map(|value| V::splat(level, value)));
        for j in 0..N {
            let mut column = [zero; POINTS];
            for (value, half) in column.iter_mut().zip(&half) {
                *value = half[j];
            }
            for (pixels, value) in self.pixels.iter().zip(T::along_axis(level, column)) {
                if pixels[j].is_null() {
                    continue;
                }
                // SAFETY: a pixel that is there has all channels, and belongs to this tile alone.
                unsafe {
                    let pixel = pixels[j].add(channel);
                    let before = match self.finish {
                        Finish::Add => V::read(level, pixel),
                        Finish::Overwrite | Finish::Bias(_) => bias,
                    };
                    let value = value.add(before);
                    match range {
                        Some([low, high]) => value.clamp(low, high).write(pixel),
                        None => value.write(pixel),
                    }
                }
            }
        }
    }
}
