//! Tiles from and to their transformed values, vectorised over channels.

use std::marker::PhantomData;
use std::ops::Range;

use super::patch::{Patches, Pixels, Taps};
use super::transform::{
    FREQUENCIES, Input, OUTPUTS, Output, OutputGradient, POINTS, TAPS, Transform, WeightGradient, Weights,
};
use crate::isa::level::{ChannelGroup, Level};
use crate::isa::vector::Vector;
use crate::matmul::ViewMut;
use crate::scratch;

/// How the transformed values of some tiles lie in memory: one value of one tile is a row of channels, cut into panels.
/// Panel p of frequency f is row `f * panels + p` of a matrix whose columns are the tiles' channels one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// Channels.
    pub(super) channels: usize,
    /// Channels of a panel.
    pub(super) width: usize,
}

impl Layout {
    /// One panel of exactly the channels.
    pub(super) fn whole(channels: usize) -> Self {
        Self { channels, width: channels }
    }

    /// Number of panels.
    pub(super) fn panels(&self) -> usize {
        self.channels.div_ceil(self.width)
    }

    /// Channels that a panel holds.
    pub(super) fn columns(&self, panel: usize) -> Range<usize> {
        panel * self.width..((panel + 1) * self.width).min(self.channels)
    }

    /// Floats from a row to the next for `tiles` tiles. A cache line more than a whole number of pages keeps the
    /// frequencies of one tile from falling into the same set of a cache.
    pub(super) fn stride(&self, tiles: usize) -> usize {
        (tiles * self.width).next_multiple_of(1024) + 16
    }

    /// Floats of the values of `tiles` tiles.
    pub(super) fn len(&self, tiles: usize) -> usize {
        FREQUENCIES * self.panels() * self.stride(tiles)
    }
}

/// Reads the pixels of tiles from `first` on and writes their values.
pub(super) struct Gather<'a, P> {
    /// Rows of `layout.channels`.
    pub(super) source: &'a [f32],
    pub(super) patches: &'a P,
    pub(super) first: usize,
    pub(super) count: usize,
    pub(super) layout: Layout,
}

impl<P> Gather<'_, P> {
    /// Calls one of the functions below with zeros that stand for pixels outside the image.
    pub(super) fn run(&self, gather: fn(&Self, &[f32], &mut ViewMut<'_>), mut values: ViewMut<'_>) {
        scratch::with(self.layout.channels, |zeros| {
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
    let layout = work.layout;
    let channels = layout.channels;
    for panel in 0..layout.panels() {
        let columns = layout.columns(panel);
        let mut values_rows = [std::ptr::null_mut(); FREQUENCIES];
        for (frequency, row) in values_rows.iter_mut().enumerate() {
            let row_values = values.row(frequency * layout.panels() + panel);
            assert!(row_values.len() >= work.count * layout.width, "room for all tiles");
            *row = row_values.as_mut_ptr();
        }
        for tile in 0..work.count {
            let patch = work.patches.patch(work.first + tile);
            let mut pixels = [[zeros[columns.clone()].as_ptr(); N]; N];
            for i in patch.rows.clone() {
                for j in patch.columns.clone() {
                    let row = &work.source[patch.row(i, j) * channels..][..channels];
                    pixels[i][j] = row[columns.clone()].as_ptr();
                }
            }
            let place = tile * layout.width;
            let transform = PhantomData::<T>;
            let mut group = GatherTile { pixels: &pixels, values: &values_rows, place, transform };
            level.for_each_group(columns.len(), &mut group);
        }
    }
}

/// One tile and panel.
struct GatherTile<'a, T, const N: usize> {
    /// As many floats as the panel has channels, each.
    pixels: &'a [[*const f32; N]; N],
    /// For each frequency, floats from 0 to `place` plus the panel's channels.
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
                // SAFETY: a group's channels are among the panel's, all of which the pixel has.
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

/// Reads the values of tiles from `first` on, of one panel, and writes their pixels.
pub(super) struct Scatter<'a, P> {
    /// The panel's values: of a frequency, a tile and a channel at `frequency * stride + tile * width + channel`.
    pub(super) values: &'a [f32],
    pub(super) stride: usize,
    pub(super) width: usize,
    pub(super) patches: &'a P,
    pub(super) first: usize,
    pub(super) count: usize,
    /// The row that is number 0 of the result.
    pub(super) first_row: usize,
    /// Begins with the panel's first channel.
    pub(super) finish: Finish<'a>,
    /// The panel's first channel in the result.
    pub(super) channel: usize,
    /// Channels of the panel.
    pub(super) channels: usize,
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
    let columns = work.channel..work.channel + work.channels;
    for tile in 0..work.count {
        let patch = work.patches.patch(work.first + tile);
        let mut pixels = [[std::ptr::null_mut(); N]; N];
        for i in patch.rows.clone() {
            for j in patch.columns.clone() {
                pixels[i][j] = result.row(patch.row(i, j) - work.first_row)[columns.clone()].as_mut_ptr();
            }
        }
        let values = &work.values[tile * work.width..];
        assert!(values.len() >= (FREQUENCIES - 1) * work.stride + work.channels, "values of all frequencies");
        let (stride, finish, transform) = (work.stride, work.finish, PhantomData::<T>);
        let values = values.as_ptr();
        level.for_each_group(work.channels, &mut ScatterTile { values, stride, pixels: &pixels, finish, transform });
    }
}

/// One tile and panel.
struct ScatterTile<'a, T, const N: usize> {
    /// The first frequency's values; each next one's follow after `stride` floats.
    values: *const f32,
    stride: usize,
    /// As many floats as the panel has channels, each, or null.
    pixels: &'a [[*mut f32; N]; N],
    finish: Finish<'a>,
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
                // SAFETY: every frequency has values of all the panel's channels.
                *value = unsafe { V::read(level, self.values.add((i * POINTS + j) * self.stride + channel)) };
            }
            *half = T::along_axis(level, row);
        }
        let bias = match self.finish {
            Finish::Bias(bias) => V::load(level, &bias[channel..]),
            Finish::Overwrite | Finish::Add => zero,
        };
        for j in 0..N {
            let mut column = [zero; POINTS];
            for (value, half) in column.iter_mut().zip(&half) {
                *value = half[j];
            }
            for (pixels, value) in self.pixels.iter().zip(T::along_axis(level, column)) {
                if pixels[j].is_null() {
                    continue;
                }
                // SAFETY: a pixel that is there has all of the panel's channels, and belongs to this tile alone.
                unsafe {
                    let pixel = pixels[j].add(channel);
                    let before = match self.finish {
                        Finish::Add => V::read(level, pixel),
                        Finish::Overwrite | Finish::Bias(_) => bias,
                    };
                    value.add(before).write(pixel);
                }
            }
        }
    }
}
