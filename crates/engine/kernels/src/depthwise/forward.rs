//! The forward pass.

use super::band::{Band, Layout};
use super::line::{Ends, Rows as Seen, Taps, forward_line, steps};
use super::{Depthwise, part_rows};
use crate::axis::Axis;
use crate::fusion::{OutputStatistics, Source};
use crate::norm::{Moments, Rows, ScaleShift, merge_parts};
use crate::parallel::{Chunks, share_out};
use crate::prefetch::Prefetch;
use crate::scratch;
use crate::shape::Nhwc;

/// `y = depthwise(x, weight)`, or `depthwise(before(x), weight)`, whose padding is zeros all the same.
///
/// # Panics
///
/// If the length of a slice is not that of its tensor.
pub fn forward(
    conv: &Depthwise,
    x: &[f32],
    before: Option<ScaleShift<'_>>,
    weight: &[f32],
    statistics: Option<OutputStatistics<'_>>,
    y: &mut [f32],
) {
    conv.check(x, weight, y);
    conv.check_norm(before);
    let output = conv.output;
    let (rows, part_rows) = (output.n * output.h, part_rows(output));
    let part_len = part_rows * output.w * output.c;
    let [vertical, _] = conv.axes();
    let work = Work {
        source: Source::of_input(x, before),
        layout: layout(conv),
        vertical,
        step: conv.window.stride[1],
        kernel: conv.window.kernel,
        weight,
        output,
    };
    let parts = Chunks::new(y, part_len.max(1));
    let Some(OutputStatistics { mean, variance, partials }) = statistics else {
        share_out(parts, |part, y| work.part(part * part_rows, &mut [], y));
        return;
    };
    assert!(mean.len() == output.c && variance.len() == output.c, "statistics of {conv:?}");
    let partials = &mut partials[..rows.div_ceil(part_rows) * 2 * output.c];
    share_out((parts, Chunks::new(partials, 2 * output.c)), |part, (y, moments)| {
        work.part(part * part_rows, moments, y);
    });
    merge_parts(partials, part_rows * output.w, rows * output.w, mean, variance);
}

/// Rows as the windows of the output's lines slide over them.
fn layout(conv: &Depthwise) -> Layout {
    let (window, output) = (conv.window, conv.output);
    let seen = (output.w - 1) * window.stride[1] + window.kernel[1];
    Layout {
        source: conv.input,
        slots: window.kernel[0],
        first: window.pad.left as isize,
        step: 1,
        pixels: seen.max(window.pad.left + conv.input.w),
        far: conv.is_far(),
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

impl Work<'_> {
    /// The rows of the output from `first` on; their means and squares go to `moments`, (2, channels), unless it is
    /// empty.
    fn part(&self, first: usize, moments: &mut [f64], y: &mut [f32]) {
        let len = self.layout.len() + 3 * self.output.c;
        scratch::with(len, |memory| {
            let (band, memory) = memory.split_at_mut(self.layout.len());
            let mut lines = Lines { work: self, band: Band::new(self.layout, band), row: first };
            let mut moments = (!moments.is_empty()).then(|| Moments::new(Rows::Near, moments, memory));
            let line_len = self.output.w * self.output.c;
            // Few enough to be in the cache still, enough not to be mostly about f64.
            let block = 32_usize.div_ceil(self.output.w) * line_len;
            for block in y.chunks_mut(block) {
                block.chunks_exact_mut(line_len).for_each(|line| lines.next(line));
                if let Some(moments) = &mut moments {
                    moments.add(block);
                }
            }
        });
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
    fn next(&mut self, line: &mut [f32]) {
        let work = self.work;
        let (image, row) = (self.row / work.output.h, self.row % work.output.h);
        if row == 0 {
            self.band.clear();
        }
        let meeting = work.vertical.inputs_of(row);
        self.band.reach(&work.source, image, meeting);
        let [next, _] = self.band.following(&work.source, image, work.step);
        let ahead = &Prefetch::new([next, &[], &[]], line, steps(work.output.w, work.output.c));
        let rows = Seen::Padded(&self.band);
        let taps = Taps { rows, meeting, kernel: work.kernel, weight: work.weight, ahead };
        forward_line(taps, work.step, Ends::PLAIN, line);
        self.row += 1;
    }
}
