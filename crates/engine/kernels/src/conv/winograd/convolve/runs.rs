//! The schedule for few weights: runs of tiles.

use std::ops::Range;

use super::super::tile::Spectrum;
use super::super::transform::{FREQUENCIES, OUTPUTS};
use super::{Part, Work, multiply_rows};
use crate::matrix::ViewMut;
use crate::parallel::{Chunks, share_out};
use crate::product::{Panels, Start};
use crate::scratch;

/// Tiles of a run, about: enough for the weights, of which each run reads all, to cost little.
const RUN_TILES: usize = 64;

/// Channels whose weights are transformed by one piece of work.
const WEIGHT_ROWS: usize = 16;

pub(super) fn run(work: &Work<'_>, panels: &Panels, result: &mut [f32]) {
    let weights = Spectrum { rows: work.inputs, width: panels.width() };
    scratch::with(panels.count() * weights.len(), |values| {
        share_out(Chunks::new(values, weights.len()), |panel, values| {
            weights.for_each_part(values, WEIGHT_ROWS, &|rows, values| {
                work.weights.transform(rows, panels.columns(panel), weights.width, values);
            });
        });
        for_each_run(work, result, &|tiles, mut part| {
            let pixels = Spectrum { rows: tiles.len(), width: work.inputs };
            let products = Spectrum { rows: tiles.len(), width: weights.width };
            scratch::with(pixels.len() + products.len(), |memory| {
                let (pixel_values, product_values) = memory.split_at_mut(pixels.len());
                work.gather(tiles.clone(), ViewMut::new(pixel_values, FREQUENCIES, pixels.stride()));
                for (panel, values) in values.chunks_exact(weights.len()).enumerate() {
                    for frequency in 0..FREQUENCIES {
                        multiply_rows(
                            pixels.matrix(pixel_values, frequency),
                            0..work.inputs,
                            weights.matrix(values, frequency),
                            Start::Zero,
                            products.matrix_mut(product_values, frequency),
                        );
                    }
                    work.scatter(product_values, products, tiles.clone(), panels.columns(panel), &mut part);
                }
            });
        });
    });
}

/// Calls `piece` with the tiles of each run and their part of the result: whole images, or a band of one.
fn for_each_run(work: &Work<'_>, result: &mut [f32], piece: &(dyn Fn(Range<usize>, Part<'_>) + Sync)) {
    let ([height, width], tiles) = (work.made.size, work.made.tiles);
    let ([down, across], per_image) = (tiles.grid, tiles.per_image());
    let images = (RUN_TILES / per_image).max(1);
    let bands = if images > 1 { 1 } else { per_image.div_ceil(RUN_TILES).min(down) };
    let band_rows = down.div_ceil(bands) * OUTPUTS * width;
    let (image_rows, columns) = (height * width, work.outputs);
    share_out(Chunks::new(result, images * image_rows * columns), |group, result| {
        let rows = result.len() / columns;
        let run_rows = if bands > 1 { band_rows } else { rows };
        ViewMut::new(result, rows, columns).for_each_tile(run_rows, columns, &|row, _, rows| {
            let first = group * images * per_image + row / (OUTPUTS * width) * across;
            let count = if bands > 1 {
                rows.rows().div_ceil(OUTPUTS * width) * across
            } else {
                rows.rows() / image_rows * per_image
            };
            let first_row = group * images * image_rows + row;
            piece(first..first + count, Part { first_row, first_column: 0, rows });
        });
    });
}
