//! The gradient of the weights: sums over tiles, in the transformed values.

use rayon::prelude::*;

use super::patch::{Pixels, Taps};
use super::tile::{Finish, Gather, Layout, Scatter, gather_gradient, gather_input, scatter_weights};
use super::transform::FREQUENCIES;
use crate::matmul::ViewMut;
use crate::product::{BLOCK, Panels, Start, SumsBlock, sums};
use crate::scratch;

/// Floats of the transformed pixels that are summed at a time, about: they fit the third-level cache.
const CHUNK: usize = 5 << 19;

/// Tiles that are transformed by one piece of work.
const PIECE_TILES: usize = 16;

/// The sums of the products of what tiles see and the gradients of what they make.
pub(super) struct Work<'a> {
    pub(super) x: &'a [f32],
    /// What the tiles see of the input.
    pub(super) seen: Pixels,
    /// Channels of the input.
    pub(super) inputs: usize,
    /// The gradient of the output.
    pub(super) dy: &'a [f32],
    /// What the tiles make of the output.
    pub(super) made: Pixels,
    /// Channels of the output.
    pub(super) outputs: usize,
    /// Tiles of all images.
    pub(super) tiles: usize,
}

/// How the sums lie: the sums of input channel i are row i of those of a frequency and a panel.
pub(super) fn sums_layout(outputs: usize) -> Layout {
    Layout { channels: outputs, width: Panels::new(1, BLOCK, outputs).width() }
}

impl Work<'_> {
    /// Computes the gradient of the weights, with the sums in `partials`.
    pub(super) fn run(&self, partials: &mut [f32], dweight: &mut [f32]) {
        let (input, output) = (Layout::whole(self.inputs), sums_layout(self.outputs));
        let per_tile = FREQUENCIES * (self.inputs + output.panels() * output.width);
        let wanted = (CHUNK / per_tile).max(1);
        let chunks = self.tiles.div_ceil(wanted).max(1);
        let chunk = self.tiles.div_ceil(chunks).max(1);
        let partials = &mut partials[..output.len(self.inputs)];
        scratch::with(input.len(chunk) + output.len(chunk), |memory| {
            let (pixels, gradients) = memory.split_at_mut(input.len(chunk));
            let mut start = Start::Zero;
            for first in (0..self.tiles.max(1)).step_by(chunk) {
                let count = chunk.min(self.tiles - first);
                self.transform(first, count, [input, output], pixels, gradients);
                self.sum(count, [input, output], pixels, gradients, start, partials);
                start = Start::Add;
            }
        });
        let taps = Taps::Straight { inputs: self.inputs };
        let rows = dweight.len() / self.outputs;
        ViewMut::new(dweight, rows, self.outputs).for_each_tile(rows, output.width, |_, column, mut dweight| {
            let scatter = Scatter {
                values: &partials[column / output.width * output.stride(self.inputs)..],
                stride: output.panels() * output.stride(self.inputs),
                width: output.width,
                patches: &taps,
                first: 0,
                count: self.inputs,
                first_row: 0,
                finish: Finish::Overwrite,
                channel: 0,
                channels: dweight.columns(),
            };
            scatter_weights(&scatter, &mut dweight);
        });
    }

    /// Transforms the pixels and the gradients of some tiles.
    fn transform(
        &self,
        first: usize,
        count: usize,
        [input, output]: [Layout; 2],
        pixels: &mut [f32],
        gradients: &mut [f32],
    ) {
        let pieces = |layout: Layout, values: &mut [f32], gather: &(dyn Fn(usize, usize, ViewMut<'_>) + Sync)| {
            let rows = FREQUENCIES * layout.panels();
            let values = &mut values[..layout.len(count)];
            ViewMut::new(values, rows, layout.stride(count)).for_each_tile(
                rows,
                PIECE_TILES * layout.width,
                |_, column, values| {
                    let tile = column / layout.width;
                    gather(first + tile, PIECE_TILES.min(count.saturating_sub(tile)), values);
                },
            );
        };
        pieces(input, pixels, &|first, count, values| {
            let work = Gather { source: self.x, patches: &self.seen, first, count, layout: input };
            work.run(gather_input, values);
        });
        pieces(output, gradients, &|first, count, values| {
            let work = Gather { source: self.dy, patches: &self.made, first, count, layout: output };
            work.run(gather_gradient, values);
        });
    }

    /// Adds the products of some tiles' values to the sums.
    fn sum(
        &self,
        count: usize,
        [input, output]: [Layout; 2],
        pixels: &[f32],
        gradients: &[f32],
        start: Start<'_>,
        partials: &mut [f32],
    ) {
        let stride = output.stride(self.inputs);
        partials.par_chunks_exact_mut(stride).with_max_len(1).enumerate().for_each(|(row, sums)| {
            let frequency = row / output.panels();
            sum_rows(
                &pixels[frequency * input.stride(count)..][..count * self.inputs],
                &gradients[row * output.stride(count)..][..count * output.width],
                output.width,
                start,
                &mut sums[..self.inputs * output.width],
            );
        });
    }
}

/// `sums = left^T * panel`, or added to the sums, for a panel of `width` columns.
fn sum_rows(left: &[f32], panel: &[f32], width: usize, start: Start<'_>, result: &mut [f32]) {
    let (columns, count) = (result.len() / width, panel.len() / width);
    assert_eq!(left.len(), count * columns, "shapes do not fit a matrix product");
    let layout = Panels::new(1, BLOCK, width);
    scratch::with_pointers(BLOCK, |table| {
        let mut start = start;
        let mut first = 0;
        // Runs once for no rows, which sets the sums to zero.
        loop {
            let block = first..(first + BLOCK).min(count);
            let table = &mut table[..block.len()];
            for (pointer, row) in table.iter_mut().zip(block.clone()) {
                *pointer = left[row * columns..][..columns].as_ptr();
            }
            let work = SumsBlock {
                table,
                offset: 0,
                len: columns,
                packed: &panel[block.start * width..block.end * width],
                columns: width,
                start,
                output: result.as_mut_ptr(),
                stride: width,
            };
            // SAFETY: each row of the left matrix has `columns` floats; the result, which is borrowed exclusively, has
            // `columns` rows of `width`.
            unsafe { sums(&layout, &work) };
            start = Start::Add;
            first = block.end;
            if first >= count {
                break;
            }
        }
    });
}
