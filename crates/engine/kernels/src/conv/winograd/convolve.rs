//! The forward pass and, with the weights turned around, the gradient of the input.
//!
//! There are two schedules. Where there are few weights, they are transformed once, and each piece of work is a run of
//! tiles, whose transformed pixels and products stay in the second-level cache. Where there are many, the pixels are
//! transformed first, and each piece of work is a panel of output channels, whose weights are transformed a block at a
//! time, meet all tiles and are forgotten: transformed weights of four times the size never go through memory.

mod panels;
mod runs;

use std::ops::Range;

use super::patch::Pixels;
use super::tile::{Finish, Gather, Scatter, Spectrum, gather_input, scatter_output};
use super::weights::Weights;
use crate::matrix::ViewMut;
use crate::prefetch::Prefetch;
use crate::product::{Panels, Results, Start, multiply};
use crate::scratch;

/// Weights, before the transform, that are too many to be kept transformed.
const MANY_WEIGHTS: usize = 1 << 16;

/// Tiles that a panel of weights meets at a time.
const GROUP_TILES: usize = 192;

/// A convolution of stride 1.
pub(super) struct Work<'a> {
    pub(super) source: &'a [f32],
    /// What the tiles see of the source.
    pub(super) seen: Pixels,
    /// Channels of the source.
    pub(super) inputs: usize,
    pub(super) weights: Weights<'a>,
    /// What the tiles make of the result.
    pub(super) made: Pixels,
    /// Channels of the result.
    pub(super) outputs: usize,
    pub(super) finish: Finish<'a>,
    /// The least and the greatest value that is written.
    pub(super) range: Option<[f32; 2]>,
}

impl Work<'_> {
    /// Computes the convolution of a batch of images.
    pub(super) fn run(&self, result: &mut [f32]) {
        let panels = Panels::new(1, self.inputs, self.outputs);
        if self.inputs * self.outputs >= MANY_WEIGHTS && self.made.tiles.per_image() <= GROUP_TILES {
            panels::run(self, &panels, result);
        } else {
            runs::run(self, &panels, result);
        }
    }

    /// Writes the transformed pixels of some tiles, a row of `values` for each frequency.
    fn gather(&self, tiles: Range<usize>, values: ViewMut<'_>) {
        let gather = Gather {
            source: self.source,
            step: self.inputs,
            channels: 0..self.inputs,
            patches: &self.seen,
            tiles,
            width: self.inputs,
        };
        gather.run(gather_input, values);
    }

    /// Writes what the products of some tiles make of the output channels `columns` to `part`.
    fn scatter(
        &self,
        products: &[f32],
        spectrum: Spectrum,
        tiles: Range<usize>,
        columns: Range<usize>,
        part: &mut Part<'_>,
    ) {
        let scatter = Scatter {
            values: products,
            spectrum,
            patches: &self.made,
            tiles,
            first_row: part.first_row,
            channels: columns.start - part.first_column..columns.end - part.first_column,
            finish: match self.finish {
                Finish::Bias(bias) => Finish::Bias(&bias[columns]),
                finish => finish,
            },
            range: self.range,
        };
        scatter_output(&scatter, &mut part.rows);
    }
}

/// A part of the result: some pixels' rows of some channels.
struct Part<'a> {
    first_row: usize,
    first_column: usize,
    rows: ViewMut<'a>,
}

/// `products = rows[:, columns] * panel`, or added to the products; the panel has a row for each of the columns.
fn multiply_rows(rows: &[f32], columns: Range<usize>, panel: &[f32], start: Start<'_>, products: &mut [f32]) {
    if columns.is_empty() || products.is_empty() {
        return;
    }
    let width = panel.len() / columns.len();
    let count = products.len() / width;
    let inner = rows.len() / count;
    assert!(
        (panel.len(), products.len(), rows.len()) == (width * columns.len(), width * count, inner * count),
        "shapes do not fit a matrix product"
    );
    let layout = Panels::new(1, columns.len(), width);
    scratch::with_pointers(2 * count, |pointers| {
        let (table, outputs) = pointers.split_at_mut(count);
        for (pointer, row) in table.iter_mut().zip(rows.chunks_exact(inner)) {
            *pointer = row[columns.clone()].as_ptr();
        }
        for (pointer, row) in outputs.iter_mut().zip(products.chunks_exact_mut(width)) {
            *pointer = row.as_mut_ptr().cast_const();
        }
        let results = Results { outputs, start, residuals: None, range: None };
        // SAFETY: each row of the left matrix has the columns, and each of the products, which are borrowed exclusively
        // and do not overlap, `width` floats; the one panel is that of the layout.
        unsafe { multiply(&layout, panel, 0..1, table, results, &Prefetch::nothing()) };
    });
}
