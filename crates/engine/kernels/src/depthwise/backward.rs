//! The backward pass: the gradients of the input and the weights, from one pass over memory.
//!
//! A row of the input meets the same rows of the output for both: with the band over rows of dy,
//! `dx[i] = sum(dy[o] * k[a])` and `dk[a] += dy[o] * x[i]`.

use std::ops::Range;

use rayon::prelude::*;

use super::band::{Band, Layout};
use super::line::{Taps, backward_line, steps};
use super::{Depthwise, part_rows};
use crate::ahead::Ahead;
use crate::axis::Axis;
use crate::elementwise::{Accumulate, add_assign_chunk};
use crate::fusion::{Backward, InputGradient, OutputGradient, Source};
use crate::isa::level::Level;
use crate::norm::{GradientSums, Incoming, Normalisation, Rows, total_sums};
use crate::reduce::sum_parts;
use crate::scratch;
use crate::shape::{Nhwc, Window};

/// Gradients of the weights and the input. `dweight` is overwritten; `partials` is scratch of
/// [`Depthwise::partials_len`] floats. The gradient of the input is that of what the norm before it
/// returned, if there is one: see [`InputGradient::Gated`].
///
/// # Panics
///
/// If the length of a slice is not that of its tensor, or the input's gradient is to go through a norm that is
/// not there.
pub fn backward(
    conv: &Depthwise,
    from: Backward<'_>,
    dx: InputGradient<'_>,
    dweight: &mut [f32],
    partials: &mut [f32],
) {
    let Backward { x, before, weight, dy } = from;
    if let OutputGradient::Normalised { y, .. } = dy {
        conv.check(x, weight, y);
    }
    let source = dy.source();
    let (OutputGradient::Plain(dy) | OutputGradient::Normalised { dy, .. }) = dy;
    conv.check(x, weight, dy);
    conv.check(x, dweight, dy);
    conv.check_norm(before);
    let input = conv.input;
    let (rows, part_rows) = (input.n * input.h, part_rows(input));
    let parts = rows.div_ceil(part_rows);
    if parts == 0 || weight.is_empty() {
        dweight.fill(0.0);
        return;
    }
    let [vertical, _] = conv.axes();
    let layout = layout(conv);
    let (norm, before) = (before, Source::of_input(x, before));
    let (kernel, far) = (conv.window.kernel, conv.is_far());
    let work = Work { x, before, source, layout, vertical, kernel, weight, input, far };
    let partials = &mut partials[..parts * dweight.len()];
    let dweights = partials.par_chunks_mut(dweight.len());
    let part_len = part_rows * input.w * input.c;
    match dx {
        InputGradient::Unwanted => dweights.enumerate().for_each(|(part, dweight)| {
            let end = rows.min((part + 1) * part_rows);
            work.part(part * part_rows..end, Arriving::Unwanted, dweight);
        }),
        InputGradient::Stored(dx, accumulate) => {
            conv.check(dx, weight, dy);
            dweights.zip(dx.par_chunks_mut(part_len)).enumerate().for_each(|(part, (dweight, dx))| {
                let end = rows.min((part + 1) * part_rows);
                work.part(part * part_rows..end, Arriving::Stored(dx, accumulate), dweight);
            });
        }
        InputGradient::Gated { g, inv_std, sums, partials } => {
            conv.check(g, weight, dy);
            let Some(norm) = norm else { panic!("there is no norm before {conv:?}") };
            let totals = &mut partials[..parts * 2 * input.c];
            dweights
                .zip(g.par_chunks_mut(part_len))
                .zip(totals.par_chunks_mut(2 * input.c))
                .enumerate()
                .for_each(|(part, ((dweight, g), totals))| {
                    let end = rows.min((part + 1) * part_rows);
                    work.part(part * part_rows..end, Arriving::Gated { g, norm, totals }, dweight);
                });
            total_sums(totals, inv_std, sums);
        }
    }
    sum_parts(partials, dweight);
}

/// The rows of the output's gradient as the lines of the input meet them: mirrored windows that take steps of
/// one pixel, over pixels that stand apart where the forward pass took larger steps.
fn layout(conv: &Depthwise) -> Layout {
    let Window { kernel: [down, across], stride, pad } = conv.window;
    Layout {
        source: conv.output(),
        slots: down.div_ceil(stride[0]),
        first: across as isize - 1 - pad.left as isize,
        step: stride[1],
        pixels: conv.input.w + across - 1,
        far: false,
    }
}

/// What the parts have in common.
struct Work<'a> {
    x: &'a [f32],
    /// The input, after the norm before.
    before: Source<'a>,
    /// The gradient of the output.
    source: Source<'a>,
    layout: Layout,
    vertical: Axis,
    kernel: [usize; 2],
    weight: &'a [f32],
    input: Nhwc,
    /// See [`Layout::far`], for rows of the input.
    far: bool,
}

/// [`InputGradient`] for a part.
enum Arriving<'a> {
    Unwanted,
    Stored(&'a mut [f32], Accumulate),
    Gated {
        g: &'a mut [f32],
        norm: Normalisation<'a>,
        /// Sums of g and of `g * (x - center)`, (2, channels).
        totals: &'a mut [f64],
    },
}

impl Work<'_> {
    /// Some rows of the input, over all images. Their share of the weights' gradient is left in `dweight`.
    fn part(&self, rows: Range<usize>, arriving: Arriving<'_>, dweight: &mut [f32]) {
        let Nhwc { w, c, .. } = self.input;
        scratch::with(self.layout.len() + 2 * w * c + 2 * c, |memory| {
            backward_part(self, rows, arriving, memory, dweight);
        });
    }
}

multiversion!(
    fn backward_part(
        work: &Work<'_>,
        rows: Range<usize>,
        arriving: Arriving<'_>,
        memory: &mut [f32],
        dweight: &mut [f32],
    ) = part_body
);

#[inline(always)]
fn part_body<L: Level>(
    level: L,
    work: &Work<'_>,
    rows: Range<usize>,
    arriving: Arriving<'_>,
    memory: &mut [f32],
    dweight: &mut [f32],
) {
    dweight.fill(0.0);
    let line_len = work.input.w * work.input.c;
    let (band, memory) = memory.split_at_mut(work.layout.len());
    let (x, memory) = memory.split_at_mut(line_len);
    let (line, sums) = memory.split_at_mut(line_len);
    let x_rows = work.x[rows.start * line_len..rows.end * line_len].chunks_exact(line_len);
    let mut lines = Lines { work, band: Band::new(work.layout, band), x, dweight, row: rows.start };
    // Not `for_each`, whose closure would be a function of its own, without the instructions.
    match arriving {
        Arriving::Unwanted => {
            for _ in rows {
                lines.next(level, line);
            }
        }
        Arriving::Stored(dx, Accumulate::Overwrite) => {
            for dx in dx.chunks_exact_mut(line_len) {
                lines.next(level, dx);
            }
        }
        Arriving::Stored(dx, Accumulate::Add) => {
            for dx in dx.chunks_exact_mut(line_len) {
                lines.next(level, line);
                add_assign_chunk(line, dx);
            }
        }
        Arriving::Gated { g, norm, totals } => {
            let mut sums = GradientSums::new(Rows::Near, sums, totals);
            for (g, x) in g.chunks_exact_mut(line_len).zip(x_rows) {
                lines.next(level, g);
                sums.add(level, x, Incoming::Stored { y: lines.x, dy: g }, norm);
            }
            sums.finish();
        }
    }
}

/// Makes the lines of the input's gradient in their order, and adds to that of the weights.
struct Lines<'a> {
    work: &'a Work<'a>,
    band: Band<'a>,
    /// The line of the input, after the norm before.
    x: &'a mut [f32],
    dweight: &'a mut [f32],
    /// The next line, over all images.
    row: usize,
}

impl Lines<'_> {
    #[inline(always)]
    fn next<L: Level>(&mut self, level: L, dx: &mut [f32]) {
        let work = self.work;
        let (image, row) = (self.row / work.input.h, self.row % work.input.h);
        if row == 0 {
            self.band.clear();
        }
        let meeting = work.vertical.outputs_of(row);
        self.band.reach(level, &work.source, image, meeting);
        let range = self.row * self.x.len()..(self.row + 1) * self.x.len();
        if work.far {
            work.before.touch(range.clone());
        }
        work.before.write(level, range, self.x);
        let [y, dy] = self.band.following(&work.source, image, 1);
        let next = (self.row + 1) * self.x.len();
        let [x, _] = work.before.needs(next..next + self.x.len());
        let ahead = &Ahead::new([y, dy, x], dx, steps::<L>(work.input.w, work.input.c));
        let taps = Taps { band: &self.band, meeting, kernel: work.kernel, weight: work.weight, ahead };
        backward_line(level, taps, self.x, dx, self.dweight);
        self.row += 1;
    }
}
