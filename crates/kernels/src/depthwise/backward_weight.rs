//! The gradient of the weights: the output's rows are cut into parts, each with a private sum.

use std::ops::Range;

use rayon::prelude::*;

use super::Depthwise;
use crate::axis::{Axis, Meeting};
use crate::isa::level::{ChannelGroup, Level, every};
use crate::isa::prefetch;
use crate::isa::vector::Vector;
use crate::reduce::sum_parts;
use crate::shape::Nhwc;

/// Parts that the rows of the output are cut into.
pub(super) const PARTS: usize = 16;

/// Gradient of the weights from the gradient of the output, `dy`; overwritten. `partials` is scratch of
/// [`Depthwise::partials_len`] floats.
///
/// # Panics
///
/// If the length of a slice is not that of its tensor.
pub fn backward_weight(conv: &Depthwise, x: &[f32], dy: &[f32], dweight: &mut [f32], partials: &mut [f32]) {
    conv.check(x, dweight, dy);
    assert!(partials.len() >= conv.partials_len(), "too few partial sums for {conv:?}");
    if dweight.is_empty() {
        return;
    }
    let (input, output, axes) = (conv.input, conv.output(), conv.axes());
    let rows = output.n * output.h;
    let part_rows = rows.div_ceil(PARTS);
    let partials = &mut partials[..conv.partials_len()];
    partials.par_chunks_mut(dweight.len()).enumerate().for_each(|(part, sums)| {
        sums.fill(0.0);
        for row in part * part_rows..((part + 1) * part_rows).min(rows) {
            let (image, row_in_image) = (row / output.h, row % output.h);
            let line = Line {
                x: &x[image * input.image_len()..][..input.image_len()],
                input,
                dy: &dy[row * output.w * output.c..][..output.w * output.c],
                kernel: conv.window.kernel,
                vertical: axes[0].inputs_of(row_in_image),
                horizontal: axes[1],
            };
            add_line(&line, sums);
        }
    });
    sum_parts(partials, dweight);
}

/// One row of the gradient of the output and what its windows see.
struct Line<'a> {
    /// The image.
    x: &'a [f32],
    input: Nhwc,
    dy: &'a [f32],
    kernel: [usize; 2],
    vertical: Meeting,
    horizontal: Axis,
}

impl Line<'_> {
    /// The pixels whose window is 3 x 3 and all inside the image.
    #[inline(always)]
    fn whole_pixels(&self, pixels: usize) -> Range<usize> {
        let is_whole = |pixel: &usize| self.horizontal.inputs_of(*pixel).count == 3;
        if self.kernel != [3, 3] || self.vertical.count != 3 {
            return 0..0;
        }
        let Some(first) = (0..pixels).find(is_whole) else {
            return 0..0;
        };
        let last = (first..pixels).rev().find(is_whole).unwrap_or(first);
        first..last + 1
    }
}

multiversion!(fn add_line(line: &Line<'_>, sums: &mut [f32]) = line_body);

/// Adds a row's products to the sums, (kernel height, kernel width, channel).
#[inline(always)]
fn line_body<L: Level>(level: L, line: &Line<'_>, sums: &mut [f32]) {
    let Nhwc { w, c, .. } = line.input;
    let pixels = line.dy.len() / c;
    let whole = line.whole_pixels(pixels);
    // The rows that the next line needs beyond this one's.
    if let Some(next) = line.vertical.pairs().map(|(_, y)| (y + 1) * w * c).max() {
        prefetch(&line.x[next..line.x.len().min(next + w * c)]);
    }
    for pixel in (0..whole.start).chain(whole.end..pixels) {
        let horizontal = line.horizontal.inputs_of(pixel);
        level.for_each_group(c, &mut Pixel { line, horizontal, pixel, sums });
    }
    if whole.is_empty() {
        return;
    }
    let left = line.horizontal.inputs_of(whole.start).place;
    let next = line.horizontal.inputs_of(whole.start + usize::from(whole.len() > 1)).place;
    let row = |a: usize| &line.x[((line.vertical.place + a) * w + left) * c..];
    let dy = &line.dy[whole.start * c..whole.end * c];
    let rows = [row(0), row(1), row(2)];
    level.for_each_group(c, &mut WholePixels { rows, dy, step: (next - left) * c, channels: c, sums });
}

/// One output pixel with any window.
struct Pixel<'a> {
    line: &'a Line<'a>,
    horizontal: Meeting,
    pixel: usize,
    sums: &'a mut [f32],
}

impl<L: Level> ChannelGroup<L> for Pixel<'_> {
    #[inline(always)]
    fn run<V: Vector<L>>(&mut self, level: L, channel: usize) {
        let line = self.line;
        let Nhwc { w, c, .. } = line.input;
        let dy = V::load(level, &line.dy[self.pixel * c + channel..]);
        for (a, y) in line.vertical.pairs() {
            for (b, x) in self.horizontal.pairs() {
                let x = V::load(level, &line.x[(y * w + x) * c + channel..]);
                let sum = &mut self.sums[(a * line.kernel[1] + b) * c + channel..];
                x.mul_add(dy, V::load(level, sum)).store(sum);
            }
        }
    }
}

/// A run of output pixels whose windows are 3 x 3 and whole. The sums stay in registers.
struct WholePixels<'a> {
    /// The three rows of the input, from the first pixel of the first window on.
    rows: [&'a [f32]; 3],
    dy: &'a [f32],
    /// Floats from one window to the next.
    step: usize,
    channels: usize,
    sums: &'a mut [f32],
}

impl<L: Level> ChannelGroup<L> for WholePixels<'_> {
    #[inline(always)]
    fn run<V: Vector<L>>(&mut self, level: L, channel: usize) {
        let c = self.channels;
        let mut sums = [V::splat(level, 0.0); 9];
        let mut start = channel;
        for at in every(c, channel, self.dy.len()) {
            let dy = V::load(level, &self.dy[at..]);
            for row in 0..3 {
                let source = &self.rows[row][start..start + 2 * c + V::LANES];
                for column in 0..3 {
                    let sum = &mut sums[row * 3 + column];
                    *sum = V::load(level, &source[column * c..]).mul_add(dy, *sum);
                }
            }
            start += self.step;
        }
        for (tap, sum) in sums.into_iter().enumerate() {
            let total = &mut self.sums[tap * c + channel..];
            V::load(level, total).add(sum).store(total);
        }
    }
}
