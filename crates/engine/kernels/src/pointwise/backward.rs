//! The backward pass: the gradients of the input and the weights.

use std::ops::Range;

use super::{PARTS, Pointwise};
use crate::conv;
use crate::elementwise::Accumulate;
use crate::fusion::{Backward, InputGradient, Source};
use crate::norm::{GradientSums, Incoming, Rows, ScaleShift, total_sums};
use crate::parallel::{Chunks, share_out};
use crate::product::{BLOCK, Panels, Start, multiply_rows, sum_rows};
use crate::reduce::sum_parts;
use crate::scratch;

/// Gradients of the weights and the input. `dweight` is overwritten; `partials` is scratch of
/// [`Pointwise::partials_len`] floats. The gradient of the input is that of what the norm before it returned, if there is
/// one: see [`InputGradient::Gated`].
///
/// # Panics
///
/// If the length of a slice is not that of its tensor, or the input's gradient is to go through a norm that is
/// not there.
pub fn backward(
    layer: &Pointwise,
    from: Backward<'_>,
    dx: InputGradient<'_>,
    dweight: &mut [f32],
    partials: &mut [f32],
) {
    let Backward { x, before, weight, dy } = from;
    let (source, [y, dy]) = dy.source();
    layer.check(x, weight, y);
    layer.check(x, dweight, dy);
    layer.check_norm(before);
    let (rows, inputs, outputs) = (layer.rows(), layer.inputs(), layer.outputs());
    if rows == 0 {
        dweight.fill(0.0);
        return;
    }
    let layout = Panels::new(1, outputs, inputs);
    let work = Work {
        layer,
        input: Source::of_input(x, before),
        output: source,
        before,
        x,
        layout,
        panels: Panels::new(1, BLOCK, outputs),
        chunk_rows: Pointwise::chunk_rows(2 * (inputs + outputs)),
    };
    let (input, totals, add, last) = match dx {
        InputGradient::Unwanted => (&mut [][..], &mut [][..], false, None),
        InputGradient::Stored(dx, accumulate) => {
            layer.check(dx, weight, dy);
            (dx, &mut [][..], accumulate == Accumulate::Add, None)
        }
        InputGradient::Gated { g, inv_std, sums, partials } => {
            layer.check(g, weight, dy);
            assert!(before.is_some(), "there is no norm before {layer:?}");
            let totals = &mut partials[..layer.parts() * 2 * inputs];
            (g, totals, false, Some((inv_std, sums)))
        }
    };
    let tall = layer.is_tall();
    let (private, kept) = if tall {
        (&mut partials[..layer.parts() * dweight.len()], &mut [][..])
    } else {
        let (kept, private) = partials.split_at_mut(rows * (inputs + outputs));
        (private, kept)
    };
    let (a, g) = kept.split_at_mut(if tall { 0 } else { rows * inputs });
    scratch::with(layout.packed_len(), |packed| {
        if !input.is_empty() {
            layout.pack_transposed(packed, weight);
        }
        let mut rest = Rest {
            dx: input,
            totals: &mut *totals,
            dweight: if tall { &mut *private } else { &mut [] },
            a: &mut *a,
            dy: &mut *g,
        };
        let mut parts = [const { None }; PARTS];
        for (index, part) in parts.iter_mut().enumerate().take(layer.parts()) {
            *part = Some(rest.split_off(layer, index));
        }
        share_out(Chunks::new(&mut parts, 1), |_, part| {
            if let Some(part) = part[0].take() {
                work.part(packed, part, add);
            }
        });
    });
    if let Some((inv_std, sums)) = last {
        total_sums(totals, inv_std, sums);
    }
    if tall {
        sum_parts(private, dweight);
    } else {
        let a = if work.input.is_plain() { x } else { &*a };
        let dy = if work.output.is_plain() { dy } else { &*g };
        conv::backward_weight(&layer.conv, a, dy, dweight, None, private);
    }
}

/// What the parts have in common.
struct Work<'a> {
    layer: &'a Pointwise,
    /// Makes a.
    input: Source<'a>,
    /// Makes the gradient of the output.
    output: Source<'a>,
    before: Option<ScaleShift<'a>>,
    x: &'a [f32],
    /// The transposed weights as panels.
    layout: Panels,
    /// The gradient of the output as panels.
    panels: Panels,
    chunk_rows: usize,
}

/// What parts write, each its share; empty where it is not wanted.
struct Rest<'a> {
    /// The gradient of the input.
    dx: &'a mut [f32],
    /// Sums of g and of `g * (x - center)`, (2, in) for each part.
    totals: &'a mut [f64],
    /// Private sums of the gradient of the weights.
    dweight: &'a mut [f32],
    /// Rows of a and of the output's gradient, where they are kept.
    a: &'a mut [f32],
    dy: &'a mut [f32],
}

/// A part's share.
struct Part<'a> {
    rows: Range<usize>,
    writes: Rest<'a>,
}

impl<'a> Rest<'a> {
    /// The share of part number `index`, after those of the parts before it.
    fn split_off(&mut self, layer: &Pointwise, index: usize) -> Part<'a> {
        let start = index * layer.part_rows();
        let rows = start..layer.rows().min(start + layer.part_rows());
        let (inputs, outputs) = (rows.len() * layer.inputs(), rows.len() * layer.outputs());
        let writes = Rest {
            dx: self.dx.split_off_mut(..inputs).unwrap_or_default(),
            totals: self.totals.split_off_mut(..2 * layer.inputs()).unwrap_or_default(),
            dweight: self.dweight.split_off_mut(..layer.weight_len()).unwrap_or_default(),
            a: self.a.split_off_mut(..inputs).unwrap_or_default(),
            dy: self.dy.split_off_mut(..outputs).unwrap_or_default(),
        };
        Part { rows, writes }
    }
}

impl Work<'_> {
    /// Computes a part. `packed` holds the transposed weights; the gradient of the input is added to what is there if
    /// `add` says so.
    fn part(&self, packed: &[f32], part: Part<'_>, add: bool) {
        let (inputs, outputs) = (self.layer.inputs(), self.layer.outputs());
        let Part { rows, writes } = part;
        let Rest { mut dx, totals, dweight, mut a, mut dy } = writes;
        let chunk = self.chunk_rows;
        scratch::with(chunk * (inputs + outputs) + 2 * inputs, |memory| {
            let (input_room, memory) = memory.split_at_mut(chunk * inputs);
            let (output_room, memory) = memory.split_at_mut(chunk * outputs);
            let norm = self.before.filter(|_| !totals.is_empty());
            let mut sums = norm.map(|norm| (GradientSums::new(Rows::Near, memory, totals), norm));
            let mut first = Start::Zero;
            for start in rows.clone().step_by(chunk) {
                let count = chunk.min(rows.end - start);
                let inputs = start * inputs..(start + count) * inputs;
                let next = |range: &Range<usize>| range.end..range.end + range.len();
                let a = self.input.read(inputs.clone(), or(&mut a, inputs.len(), input_room));
                let range = start * outputs..(start + count) * outputs;
                let dy = self.output.read(range.clone(), or(&mut dy, range.len(), output_room));
                if !dweight.is_empty() {
                    sum_rows(&self.panels, first, a, dy, dweight);
                    first = Start::Add;
                }
                if let Some(dx) = dx.split_off_mut(..inputs.len()) {
                    let begin = if add { Start::Add } else { Start::Zero };
                    let ([y, dy_next], [x, _]) =
                        (self.output.needs(next(&range)), self.input.needs(next(&inputs)));
                    multiply_rows(&self.layout, packed, begin.into(), dy, dx, Some([y, dy_next, x]));
                    if let Some((sums, norm)) = &mut sums {
                        let incoming = Incoming::Stored { y: a, dy: dx };
                        sums.add(&self.x[inputs], incoming, *norm);
                    }
                }
            }
            if let Some((sums, _)) = sums {
                sums.finish();
            }
        });
    }
}

/// The next `len` floats of `kept`, or `room` if nothing is kept.
fn or<'a, 'b: 'a>(kept: &mut &'b mut [f32], len: usize, room: &'a mut [f32]) -> &'a mut [f32] {
    match kept.split_off_mut(..len) {
        Some(kept) => kept,
        None => room,
    }
}
