//! The forward pass and, with the weights turned around, the gradient of the input.
//!
//! A piece of work is a run of tiles: whole images, or a band of one image's rows. Its transformed pixels and products
//! stay in the caches, and so do the transformed weights, which all pieces share.

use rayon::prelude::*;

use super::patch::{Pixels, Taps};
use super::tile::{Finish, Gather, Layout, Scatter, gather_input, gather_weights, scatter_output};
use super::transform::{FREQUENCIES, OUTPUTS};
use crate::matmul::ViewMut;
use crate::product::{Panels, Start, multiply};
use crate::scratch;

/// Floats of a piece's transformed pixels, about.
const PIECE: usize = 1 << 17;

/// Fewest tiles of a piece, where there are so many: each reads all of the weights.
const PIECE_TILES: usize = 24;

/// Input channels whose weights are transformed by one piece of work.
const WEIGHT_ROWS: usize = 8;

/// A convolution of stride 1.
pub(super) struct Work<'a> {
    pub(super) source: &'a [f32],
    /// What the tiles see of the source.
    pub(super) seen: Pixels,
    /// Channels of the source.
    pub(super) inputs: usize,
    /// Of (kernel height, kernel width, inputs) rows of `outputs`.
    pub(super) weight: &'a [f32],
    pub(super) taps: Taps,
    /// What the tiles make of the result.
    pub(super) made: Pixels,
    /// Channels of the result.
    pub(super) outputs: usize,
    pub(super) finish: Finish<'a>,
}

impl Work<'_> {
    /// Computes the convolution of a batch of images.
    pub(super) fn run(&self, result: &mut [f32]) {
        let columns = Panels::new(1, self.inputs, self.outputs);
        let layout = Layout { channels: self.outputs, width: columns.width() };
        scratch::with(layout.len(self.inputs), |weights| {
            self.transform_weights(layout, weights);
            self.each_piece(result, |first_tile, tiles, first_row, result| {
                self.piece(layout, weights, first_tile, tiles, first_row, result);
            });
        });
    }

    fn transform_weights(&self, layout: Layout, weights: &mut [f32]) {
        let stride = layout.stride(self.inputs);
        let columns = WEIGHT_ROWS * layout.width;
        ViewMut::new(weights, FREQUENCIES * layout.panels(), stride).for_each_tile(
            FREQUENCIES * layout.panels(),
            columns,
            |_, column, values| {
                let first = column / layout.width;
                let count = WEIGHT_ROWS.min(self.inputs.saturating_sub(first));
                let work = Gather { source: self.weight, patches: &self.taps, first, count, layout };
                work.run(gather_weights, values);
            },
        );
    }

    /// Calls `piece` with each piece's first tile, number of tiles, first row and rows of the result.
    fn each_piece(&self, result: &mut [f32], piece: impl Fn(usize, usize, usize, ViewMut<'_>) + Send + Sync) {
        let ([height, width], tiles) = (self.made.size, self.made.tiles);
        let [down, across] = tiles.grid;
        let wanted = (PIECE / (FREQUENCIES * self.inputs)).max(PIECE_TILES);
        let images = (wanted / tiles.per_image()).max(1);
        // An image's rows of tiles are split evenly.
        let bands = tiles.per_image().div_ceil(wanted).min(down);
        let band = if images > 1 { images * down } else { down.div_ceil(bands) };
        let pixels = height * width;
        result.par_chunks_mut(images * pixels * self.outputs).enumerate().for_each(|(group, result)| {
            let rows = result.len() / self.outputs;
            let band_rows = if images > 1 { rows } else { band * OUTPUTS * width };
            ViewMut::new(result, rows, self.outputs).for_each_tile(band_rows, self.outputs, |row, _, result| {
                let first_tile = group * images * tiles.per_image() + row / width / OUTPUTS * across;
                let count = if images > 1 {
                    rows / pixels * tiles.per_image()
                } else {
                    result.rows().div_ceil(OUTPUTS * width) * across
                };
                piece(first_tile, count, group * images * pixels + row, result);
            });
        });
    }

    fn piece(
        &self,
        layout: Layout,
        weights: &[f32],
        first: usize,
        count: usize,
        first_row: usize,
        mut result: ViewMut<'_>,
    ) {
        let input = Layout::whole(self.inputs);
        let panel = Layout { channels: layout.width, ..layout };
        scratch::with(input.len(count) + panel.len(count), |memory| {
            let (pixels, products) = memory.split_at_mut(input.len(count));
            let gather = Gather { source: self.source, patches: &self.seen, first, count, layout: input };
            gather.run(gather_input, ViewMut::new(pixels, FREQUENCIES, input.stride(count)));
            for index in 0..layout.panels() {
                let columns = layout.columns(index);
                for frequency in 0..FREQUENCIES {
                    let row = frequency * layout.panels() + index;
                    multiply_rows(
                        &pixels[frequency * input.stride(count)..][..count * self.inputs],
                        &weights[row * layout.stride(self.inputs)..][..self.inputs * layout.width],
                        layout.width,
                        &mut products[frequency * panel.stride(count)..][..count * layout.width],
                    );
                }
                let finish = match self.finish {
                    Finish::Bias(bias) => Finish::Bias(&bias[columns.clone()]),
                    finish => finish,
                };
                let scatter = Scatter {
                    values: products,
                    stride: panel.stride(count),
                    width: layout.width,
                    patches: &self.made,
                    first,
                    count,
                    first_row,
                    finish,
                    channel: columns.start,
                    channels: columns.len(),
                };
                scatter_output(&scatter, &mut result);
            }
        });
    }
}

/// `products = rows * panel`, for a panel of `width` columns.
fn multiply_rows(rows: &[f32], panel: &[f32], width: usize, products: &mut [f32]) {
    let (inner, count) = (panel.len() / width, products.len() / width);
    assert_eq!(rows.len(), count * inner, "shapes do not fit a matrix product");
    let layout = Panels::new(1, inner, width);
    scratch::with_pointers(2 * count, |pointers| {
        let (table, outputs) = pointers.split_at_mut(count);
        for (pointer, row) in table.iter_mut().zip(rows.chunks_exact(inner)) {
            *pointer = row.as_ptr();
        }
        for (pointer, row) in outputs.iter_mut().zip(products.chunks_exact_mut(width)) {
            *pointer = row.as_mut_ptr().cast_const();
        }
        // SAFETY: each row of the left matrix has `inner` floats and each of the products, which are borrowed exclusively
        // and do not overlap, `width`; the one panel is that of the layout.
        unsafe { multiply(&layout, panel, 0..1, Start::Zero, table, outputs) };
    });
}
