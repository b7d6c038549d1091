//! The forward pass.

use rayon::prelude::*;

use super::band::{Band, Layout, Source};
use super::line::{Taps, forward_line};
use super::{Depthwise, part_rows};
use crate::axis::Axis;
use crate::isa::level::Level;
use crate::norm::{Moments, Normalisation, apply_body, merge_parts};
use crate::scratch;
use crate::shape::Nhwc;

/// What is done with the output while it is in the cache.
#[derive(Debug)]
pub enum Finish<'a> {
    /// Nothing.
    Plain,
    /// A batch norm with known statistics, and its activation, in the output's place.
    Normalise(Normalisation<'a>),
    /// The mean and biased variance of each channel are found, for a batch norm that follows; both are
    /// overwritten, with zeros if there are no images.
    Statistics {
        /// One value per channel.
        mean: &'a mut [f64],
        /// One value per channel.
        variance: &'a mut [f64],
        /// Scratch of [`Depthwise::norm_partials_len`] doubles.
        partials: &'a mut [f64],
    },
}

/// `y = depthwise(x, weight)`, or `depthwise(before(x), weight)`, whose padding is zeros all the same.
///
/// # Panics
///
/// If the length of a slice is not that of its tensor.
pub fn forward(
    conv: &Depthwise,
    x: &[f32],
    before: Option<Normalisation<'_>>,
    weight: &[f32],
    finish: Finish<'_>,
    y: &mut [f32],
) {
    conv.check(x, weight, y);
    conv.check_norm(before);
    let output = conv.output();
    let (rows, part_rows) = (output.n * output.h, part_rows(output));
    let part_len = part_rows * output.w * output.c;
    let [vertical, _] = conv.axes();
    let work = Work {
        source: before.map_or(Source::Plain(x), |norm| Source::Normalised(x, norm)),
        layout: layout(conv),
        vertical,
        step: conv.window.stride[1],
        kernel: conv.window.kernel,
        weight,
        output,
    };
    match finish {
        Finish::Plain => y
            .par_chunks_mut(part_len.max(1))
            .enumerate()
            .for_each(|(part, y)| work.part(part * part_rows, Leaving::Plain, y)),
        Finish::Normalise(norm) => {
            conv.check_norm(Some(norm));
            let part =
                |(part, y): (usize, &mut [f32])| work.part(part * part_rows, Leaving::Normalise(norm), y);
            y.par_chunks_mut(part_len.max(1)).enumerate().for_each(part);
        }
        Finish::Statistics { mean, variance, partials } => {
            assert!(mean.len() == output.c && variance.len() == output.c, "statistics of {conv:?}");
            let partials = &mut partials[..rows.div_ceil(part_rows) * 2 * output.c];
            y.par_chunks_mut(part_len.max(1))
                .zip(partials.par_chunks_mut(2 * output.c))
                .enumerate()
                .for_each(|(part, (y, moments))| work.part(part * part_rows, Leaving::Count(moments), y));
            merge_parts(partials, part_rows * output.w, rows * output.w, mean, variance);
        }
    }
}

/// Rows as the windows of the output's lines slide over them.
fn layout(conv: &Depthwise) -> Layout {
    let (window, output) = (conv.window, conv.output());
    let seen = (output.w - 1) * window.stride[1] + window.kernel[1];
    Layout {
        source: conv.input,
        slots: window.kernel[0],
        first: window.pad.left as isize,
        step: 1,
        pixels: seen.max(window.pad.left + conv.input.w),
    }
}

/// What the parts have in common.
struct Work<'a> {
    source: Source<'a>,
    layout: Layout,
    vertical: Axis,
    /// Pixels from one window to the next.
    step: usize,
    kernel: [usize; 2],
    weight: &'a [f32],
    output: Nhwc,
}

/// [`Finish`] for a part.
enum Leaving<'a> {
    Plain,
    Normalise(Normalisation<'a>),
    /// Into means and squares, (2, channels).
    Count(&'a mut [f64]),
}

impl Work<'_> {
    /// The rows of the output from `first` on.
    fn part(&self, first: usize, leaving: Leaving<'_>, y: &mut [f32]) {
        let extra = match leaving {
            Leaving::Plain => 0,
            Leaving::Normalise(_) => self.output.w * self.output.c,
            Leaving::Count(_) => 3 * self.output.c,
        };
        scratch::with(self.layout.len() + extra, |memory| forward_part(self, first, leaving, memory, y));
    }
}

multiversion!(
    fn forward_part(
        work: &Work<'_>,
        first: usize,
        leaving: Leaving<'_>,
        memory: &mut [f32],
        y: &mut [f32],
    ) = part_body
);

#[inline(always)]
fn part_body<L: Level>(
    level: L,
    work: &Work<'_>,
    first: usize,
    leaving: Leaving<'_>,
    memory: &mut [f32],
    y: &mut [f32],
) {
    let (band, extra) = memory.split_at_mut(work.layout.len());
    let mut lines = Lines { work, band: Band::new(work.layout, band), row: first };
    let line_len = work.output.w * work.output.c;
    // Not `for_each`, whose closure would be a function of its own, without the instructions.
    match leaving {
        Leaving::Plain => {
            for line in y.chunks_exact_mut(line_len) {
                lines.next(level, line);
            }
        }
        Leaving::Normalise(norm) => {
            for line in y.chunks_exact_mut(line_len) {
                lines.next(level, extra);
                apply_body(level, extra, norm, None, line);
            }
        }
        Leaving::Count(moments) => {
            let mut moments = Moments::new(moments, extra);
            // Few enough to be in the cache still, enough not to be mostly about f64.
            let block = 32_usize.div_ceil(work.output.w) * line_len;
            for block in y.chunks_mut(block) {
                for line in block.chunks_exact_mut(line_len) {
                    lines.next(level, line);
                }
                moments.add(level, block);
            }
        }
    }
}

/// Makes the lines of the output in their order.
struct Lines<'a> {
    work: &'a Work<'a>,
    band: Band<'a>,
    /// The next line, over all images.
    row: usize,
}

impl Lines<'_> {
    #[inline(always)]
    fn next<L: Level>(&mut self, level: L, line: &mut [f32]) {
        let work = self.work;
        let (image, row) = (self.row / work.output.h, self.row % work.output.h);
        if row == 0 {
            self.band.clear();
        }
        let meeting = work.vertical.inputs_of(row);
        self.band.reach(level, &work.source, image, meeting);
        let taps = Taps { band: &self.band, meeting, kernel: work.kernel, weight: work.weight };
        forward_line(level, taps, work.step, line);
        self.row += 1;
    }
}
