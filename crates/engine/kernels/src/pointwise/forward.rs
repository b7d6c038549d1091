//! The forward pass.

use super::Pointwise;
use crate::fusion::{OutputStatistics, Source};
use crate::norm::{Moments, Rows, ScaleShift, merge_parts};
use crate::parallel::{Chunks, share_out};
use crate::product::{Panels, Start, multiply_rows};
use crate::scratch;

/// `y = x W`, or `before(x) W`.
///
/// # Panics
///
/// If the length of a slice is not that of its tensor.
pub fn forward(
    layer: &Pointwise,
    x: &[f32],
    before: Option<ScaleShift<'_>>,
    weight: &[f32],
    statistics: Option<OutputStatistics<'_>>,
    y: &mut [f32],
) {
    layer.check(x, weight, y);
    layer.check_norm(before);
    let (rows, inputs, outputs) = (layer.rows(), layer.inputs(), layer.outputs());
    let layout = Panels::new(1, inputs, outputs);
    let (part_rows, chunk_rows) = (layer.part_rows(), Pointwise::chunk_rows(inputs + outputs));
    scratch::with(layout.packed_len(), |packed| {
        layout.pack_matrix(packed, weight);
        let work = Work { layer, source: Source::of_input(x, before), layout, packed, chunk_rows };
        let parts = Chunks::new(y, part_rows * outputs);
        let Some(OutputStatistics { mean, variance, partials }) = statistics else {
            share_out(parts, |part, y| work.part(part * part_rows, &mut [], y));
            return;
        };
        assert!(mean.len() == outputs && variance.len() == outputs, "statistics of {layer:?}");
        let partials = &mut partials[..layer.parts() * 2 * outputs];
        share_out((parts, Chunks::new(partials, 2 * outputs)), |part, (y, moments)| {
            work.part(part * part_rows, moments, y);
        });
        merge_parts(partials, part_rows, rows, mean, variance);
    });
}

/// What the parts have in common.
struct Work<'a> {
    layer: &'a Pointwise,
    source: Source<'a>,
    layout: Panels,
    packed: &'a [f32],
    chunk_rows: usize,
}

impl Work<'_> {
    /// The rows from `first` on; their means and squares go to `moments`, (2, out), unless it is empty.
    fn part(&self, first: usize, moments: &mut [f64], y: &mut [f32]) {
        let (inputs, outputs) = (self.layer.inputs(), self.layer.outputs());
        scratch::with(self.chunk_rows * inputs + 3 * outputs, |memory| {
            let (room, memory) = memory.split_at_mut(self.chunk_rows * inputs);
            let mut moments = (!moments.is_empty()).then(|| Moments::new(Rows::Near, moments, memory));
            let mut start = first * inputs;
            for y in y.chunks_mut(self.chunk_rows * outputs) {
                let end = start + y.len() / outputs * inputs;
                let x = self.source.read(start..end, room);
                let [next, _] = self.source.needs(end..end + x.len());
                multiply_rows(&self.layout, self.packed, Start::Zero.into(), x, y, Some([next, &[], &[]]));
                if let Some(moments) = &mut moments {
                    moments.add(y);
                }
                start = end;
            }
        });
    }
}
