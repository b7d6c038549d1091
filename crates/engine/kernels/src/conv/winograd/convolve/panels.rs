//! The schedule for many weights: panels of output channels.

use std::ops::Range;

use super::super::tile::Spectrum;
use super::super::transform::FREQUENCIES;
use super::{GROUP_TILES, Part, Work, multiply_rows};
use crate::matrix::ViewMut;
use crate::product::{Panels, Start};
use crate::scratch;

/// Floats of the transformed pixels that panels of weights meet, about: they fit the third-level cache.
const PIXELS: usize = 5 << 19;

/// Channels whose weights are transformed at a time.
const WEIGHT_ROWS: usize = 128;

/// Tiles whose pixels are transformed by one piece of work.
const PIXEL_TILES: usize = 16;

pub(super) fn run(work: &Work<'_>, panels: &Panels, result: &mut [f32]) {
    let per_image = work.made.tiles.per_image();
    let image_rows = work.made.size[0] * work.made.size[1];
    let group = (GROUP_TILES / per_image).max(1);
    let groups = (PIXELS / (FREQUENCIES * work.inputs * per_image * group)).max(1);
    let images = groups * group;
    for (index, result) in result.chunks_mut(images * image_rows * work.outputs).enumerate() {
        let rows = result.len() / work.outputs;
        let first = index * images * per_image;
        let pixels = Spectrum { rows: rows / image_rows * per_image, width: work.inputs };
        scratch::with(pixels.len(), |pixel_values| {
            pixels.for_each_part(pixel_values, PIXEL_TILES, &|part, values| {
                work.gather(first + part.start..first + part.end, values);
            });
            let transformed = Transformed { values: pixel_values, spectrum: pixels, first };
            ViewMut::new(result, rows, work.outputs).for_each_tile(
                group * image_rows,
                panels.width(),
                &|row, first_column, rows| {
                    let start = first + row / image_rows * per_image;
                    let tiles = start..start + rows.rows() / image_rows * per_image;
                    let first_row = index * images * image_rows + row;
                    panel(work, &transformed, panels.width(), tiles, Part { first_row, first_column, rows });
                },
            );
        });
    }
}

/// The transformed pixels of some tiles.
struct Transformed<'a> {
    values: &'a [f32],
    spectrum: Spectrum,
    /// The first tile.
    first: usize,
}

impl Transformed<'_> {
    /// The pixels of some of the tiles.
    fn rows(&self, tiles: Range<usize>, frequency: usize) -> &[f32] {
        let width = self.spectrum.width;
        &self.spectrum.matrix(self.values, frequency)
            [(tiles.start - self.first) * width..(tiles.end - self.first) * width]
    }
}

/// The channels of one panel of the result, for some tiles.
fn panel(work: &Work<'_>, pixels: &Transformed<'_>, width: usize, tiles: Range<usize>, mut part: Part<'_>) {
    let columns = part.first_column..part.first_column + part.rows.columns();
    let products = Spectrum { rows: tiles.len(), width };
    let weights = Spectrum { rows: WEIGHT_ROWS, width };
    scratch::with(products.len() + weights.len(), |memory| {
        let (product_values, weight_values) = memory.split_at_mut(products.len());
        let mut start = Start::Zero;
        for first in (0..work.inputs).step_by(WEIGHT_ROWS) {
            let rows = first..(first + WEIGHT_ROWS).min(work.inputs);
            let values = ViewMut::new(weight_values, FREQUENCIES, weights.stride());
            work.weights.transform(rows.clone(), columns.clone(), width, values);
            for frequency in 0..FREQUENCIES {
                multiply_rows(
                    pixels.rows(tiles.clone(), frequency),
                    rows.clone(),
                    &weights.matrix(weight_values, frequency)[..rows.len() * width],
                    start,
                    products.matrix_mut(product_values, frequency),
                );
            }
            start = Start::Add;
        }
        work.scatter(product_values, products, tiles, columns, &mut part);
    });
}
