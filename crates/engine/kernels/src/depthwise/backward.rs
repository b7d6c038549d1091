//! The backward pass: the gradients of the input and the weights, from one pass over memory.
//!
//! A row of the input meets the same rows of the output for both: with the band over rows of dy,
//! `dx[i] = sum(dy[o] * k[a])` and `dk[a] += dy[o] * x[i]`.

use std::ops::Range;

use super::band::{Band, Layout};
use super::line::{Rows as Seen, Taps, backward_line, steps};
use super::{Depthwise, part_rows};
use crate::axis::Axis;
use crate::elementwise::{Accumulate, add_assign_chunk};
use crate::fusion::{Backward, InputGradient, Source};
use crate::norm::{GradientSums, Incoming, Rows, ScaleShift, total_sums};
use crate::parallel::{Chunks, share_out};
use crate::prefetch::Prefetch;
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
    let (source, [y, dy]) = dy.source();
    conv.check(x, weight, y);
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
    let dweights = Chunks::new(partials, dweight.len());
    let rows_of = |part: usize| part * part_rows..rows.min((part + 1) * part_rows);
    let part_len = part_rows * input.w * input.c;
    match dx {
        InputGradient::Unwanted => {
            share_out(dweights, |part, dweight| work.part(rows_of(part), Arriving::Unwanted, dweight));
        }
        InputGradient::Stored(dx, accumulate) => {
            conv.check(dx, weight, dy);
            share_out((dweights, Chunks::new(dx, part_len)), |part, (dweight, dx)| {
                work.part(rows_of(part), Arriving::Stored(dx, accumulate), dweight);
            });
        }
        InputGradient::Gated { g, inv_std, sums, partials } => {
            conv.check(g, weight, dy);
            let Some(norm) = norm else { panic!("there is no norm before {conv:?}") };
            let totals = &mut partials[..parts * 2 * input.c];
            let shares = (dweights, Chunks::new(g, part_len), Chunks::new(totals, 2 * input.c));
            share_out(shares, |part, (dweight, g, totals)| {
                work.part(rows_of(part), Arriving::Gated { g, norm, totals }, dweight);
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
        source: conv.output,
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
        norm: ScaleShift<'a>,
        /// Sums of g and of `g * (x - center)`, (2, channels).
        totals: &'a mut [f64],
    },
}

impl Work<'_> {
    /// Some rows of the input, over all images. Their share of the weights' gradient is left in `dweight`.
    fn part(&self, rows: Range<usize>, arriving: Arriving<'_>, dweight: &mut [f32]) {
        let Nhwc { w, c, .. } = self.input;
        let line_len = w * c;
        dweight.fill(0.0);
        scratch::with(self.layout.len() + 2 * line_len + 2 * c, |memory| {
            let (band, memory) = memory.split_at_mut(self.layout.len());
            let (x, memory) = memory.split_at_mut(line_len);
            let (line, sums) = memory.split_at_mut(line_len);
            let x_rows = self.x[rows.start * line_len..rows.end * line_len].chunks_exact(line_len);
            let mut lines =
                Lines { work: self, band: Band::new(self.layout, band), x, dweight, row: rows.start };
            match arriving {
                Arriving::Unwanted => rows.for_each(|_| lines.next(line)),
                Arriving::Stored(dx, Accumulate::Overwrite) => {
                    dx.chunks_exact_mut(line_len).for_each(|dx| lines.next(dx));
                }
                Arriving::Stored(dx, Accumulate::Add) => {
                    for dx in dx.chunks_exact_mut(line_len) {
                        lines.next(line);
                        add_assign_chunk(line, dx);
                    }
                }
                Arriving::Gated { g, norm, totals } => {
                    let mut sums = GradientSums::new(Rows::Near, sums, totals);
                    for (g, x) in g.chunks_exact_mut(line_len).zip(x_rows) {
                        lines.next(g);
                        sums.add(x, Incoming::Stored { y: lines.x, dy: g }, norm);
                    }
                    sums.finish();
                }
            }
        });
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
    fn next(&mut self, dx: &mut [f32]) {
        let work = self.work;
        let (image, row) = (self.row / work.input.h, self.row % work.input.h);
        if row == 0 {
            self.band.clear();
        }
        let meeting = work.vertical.outputs_of(row);
        self.band.reach(&work.source, image, meeting);
        let range = self.row * self.x.len()..(self.row + 1) * self.x.len();
        if work.far {
            work.before.touch(range.clone());
        }
        work.before.write(range, self.x);
        let [y, dy] = self.band.following(&work.source, image, 1);
        let next = (self.row + 1) * self.x.len();
        let [x, _] = work.before.needs(next..next + self.x.len());
        let ahead = &Prefetch::new([y, dy, x], dx, steps(work.input.w, work.input.c));
        let rows = Seen::Padded(&self.band);
        let taps = Taps { rows, meeting, kernel: work.kernel, weight: work.weight, ahead };
        backward_line(taps, self.x, dx, self.dweight);
        self.row += 1;
    }
}
