//! A weighted sum of the pixels that each pixel meets: the forward pass and the gradient of the input.

use std::ops::Range;

use rayon::prelude::*;

use crate::axis::{Axis, Meeting};
use crate::elementwise::Accumulate;
use crate::isa::level::{ChannelGroup, Level, every};
use crate::isa::prefetch;
use crate::isa::vector::Vector;
use crate::shape::Nhwc;

/// Floats of a destination that a piece of work writes, about.
const PIECE: usize = 1 << 14;

/// Which side of the window is written.
#[derive(Clone, Copy)]
pub(super) enum Toward {
    Output,
    Input,
}

/// A sum over the other side of the window, for each pixel of one side.
pub(super) struct Gather<'a> {
    pub(super) axes: [Axis; 2],
    pub(super) toward: Toward,
    pub(super) source: &'a [f32],
    pub(super) source_shape: Nhwc,
    /// (kernel height, kernel width, channel)
    pub(super) weight: &'a [f32],
    pub(super) kernel: [usize; 2],
    pub(super) accumulate: Accumulate,
}

impl Gather<'_> {
    /// Writes the sums to `destination`, a batch of images of the given shape.
    pub(super) fn run(&self, shape: Nhwc, destination: &mut [f32]) {
        let row_len = shape.w * shape.c;
        if destination.is_empty() {
            return;
        }
        let rows = PIECE.div_ceil(row_len);
        destination.par_chunks_mut(rows * row_len).enumerate().for_each(|(piece, destination)| {
            for (index, line) in destination.chunks_exact_mut(row_len).enumerate() {
                let row = piece * rows + index;
                gather_line(self, row / shape.h, row % shape.h, line);
            }
        });
    }

    #[inline(always)]
    fn meeting(&self, axis: usize, pixel: usize) -> Meeting {
        match self.toward {
            Toward::Output => self.axes[axis].inputs_of(pixel),
            Toward::Input => self.axes[axis].outputs_of(pixel),
        }
    }

    /// The pixels of a row that meet nine pixels, in a 3 x 3 window where the pixels that neighbouring taps
    /// meet are neighbours.
    #[inline(always)]
    fn whole_pixels(&self, vertical: Meeting, pixels: usize) -> Range<usize> {
        let whole = |meeting: Meeting| meeting.count == 3 && meeting.tap_step == 1;
        if self.kernel != [3, 3] || !whole(vertical) {
            return 0..0;
        }
        let is_whole = |pixel: &usize| whole(self.meeting(1, *pixel));
        let Some(first) = (0..pixels).find(is_whole) else {
            return 0..0;
        };
        let last = (first..pixels).rev().find(is_whole).unwrap_or(first);
        first..last + 1
    }
}

multiversion!(
    fn gather_line(gather: &Gather<'_>, image: usize, row: usize, line: &mut [f32]) = line_body
);

/// One row of the destination.
#[inline(always)]
fn line_body<L: Level>(level: L, gather: &Gather<'_>, image: usize, row: usize, line: &mut [f32]) {
    let Nhwc { h, w, c, .. } = gather.source_shape;
    let source = &gather.source[image * h * w * c..][..h * w * c];
    let vertical = gather.meeting(0, row);
    let pixels = line.len() / c;
    let whole = gather.whole_pixels(vertical, pixels);
    // The row that the next line needs beyond this one's.
    if let Some(next) = vertical.pairs().map(|(_, y)| (y + 1) * w * c).max() {
        prefetch(&source[next..source.len().min(next + w * c)]);
    }
    for pixel in (0..whole.start).chain(whole.end..pixels) {
        let horizontal = gather.meeting(1, pixel);
        let destination = &mut line[pixel * c..][..c];
        level.for_each_group(c, &mut Pixel { gather, source, vertical, horizontal, destination });
    }
    if !whole.is_empty() {
        let destination = &mut line[whole.start * c..whole.end * c];
        level.for_each_group(c, &mut WholePixels::new(gather, source, vertical, whole.start, destination));
    }
}

/// One pixel that meets any number of pixels.
struct Pixel<'a> {
    gather: &'a Gather<'a>,
    /// The image.
    source: &'a [f32],
    vertical: Meeting,
    horizontal: Meeting,
    destination: &'a mut [f32],
}

impl<L: Level> ChannelGroup<L> for Pixel<'_> {
    #[inline(always)]
    fn run<V: Vector<L>>(&mut self, level: L, channel: usize) {
        let Nhwc { w, c, .. } = self.gather.source_shape;
        let destination = &mut self.destination[channel..];
        let mut sum = match self.gather.accumulate {
            Accumulate::Overwrite => V::splat(level, 0.0),
            Accumulate::Add => V::load(level, destination),
        };
        for (a, y) in self.vertical.pairs() {
            for (b, x) in self.horizontal.pairs() {
                let value = V::load(level, &self.source[(y * w + x) * c + channel..]);
                let weight = &self.gather.weight[(a * self.gather.kernel[1] + b) * c + channel..];
                sum = value.mul_add(V::load(level, weight), sum);
            }
        }
        sum.store(destination);
    }
}

/// A run of pixels that meet nine pixels each and share the weights in registers.
struct WholePixels<'a> {
    /// The three rows of the source, from the first pixel that the first pixel meets on.
    rows: [&'a [f32]; 3],
    /// The weights that meet the pixels of these rows, row by row and from left to right.
    weights: [&'a [f32]; 9],
    /// Floats from the source of one pixel to the source of the next.
    step: usize,
    channels: usize,
    accumulate: Accumulate,
    destination: &'a mut [f32],
}

impl<'a> WholePixels<'a> {
    #[inline(always)]
    fn new(
        gather: &Gather<'a>,
        source: &'a [f32],
        vertical: Meeting,
        first: usize,
        destination: &'a mut [f32],
    ) -> Self {
        let Nhwc { w, c, .. } = gather.source_shape;
        let horizontal = gather.meeting(1, first);
        let mirrored = horizontal.place_step < 0;
        let left = if mirrored { horizontal.place - 2 } else { horizontal.place };
        let (mut rows, mut weights) = ([source; 3], [gather.weight; 9]);
        for (row, (tap, place)) in vertical.pairs().enumerate().take(3) {
            rows[row] = &source[(place * w + left) * c..];
            for column in 0..3 {
                let tap = tap * 3 + if mirrored { 2 - column } else { column };
                weights[row * 3 + column] = &gather.weight[tap * c..][..c];
            }
        }
        let next = gather.meeting(1, first + usize::from(destination.len() > c));
        Self {
            rows,
            weights,
            step: (next.place - horizontal.place) * c,
            channels: c,
            accumulate: gather.accumulate,
            destination,
        }
    }
}

impl<L: Level> ChannelGroup<L> for WholePixels<'_> {
    #[inline(always)]
    fn run<V: Vector<L>>(&mut self, level: L, channel: usize) {
        let c = self.channels;
        // Not `map`, whose closure would be a function of its own, without the instructions.
        let mut weights = [V::splat(level, 0.0); 9];
        for (weight, source) in weights.iter_mut().zip(&self.weights) {
            *weight = V::load(level, &source[channel..]);
        }
        let mut start = channel;
        for at in every(c, channel, self.destination.len()) {
            let destination = &mut self.destination[at..];
            let mut sum = match self.accumulate {
                Accumulate::Overwrite => V::splat(level, 0.0),
                Accumulate::Add => V::load(level, destination),
            };
            for row in 0..3 {
                let source = &self.rows[row][start..start + 2 * c + V::LANES];
                for column in 0..3 {
                    sum = V::load(level, &source[column * c..]).mul_add(weights[row * 3 + column], sum);
                }
            }
            sum.store(destination);
            start += self.step;
        }
    }
}
