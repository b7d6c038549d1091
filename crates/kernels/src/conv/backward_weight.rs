//! The gradients of the weights and the bias: a block of patches at a time, each accumulated into a tile of
//! the result.

use std::ops::Range;

use super::Conv;
use super::patches::Patches;
use crate::elementwise::Accumulate;
use crate::matmul::{View, ViewMut, matmul};
use crate::reduce::{column_sums, sum_parts};
use crate::scratch;

/// Pieces of work that the gradient is cut into about.
const TILES: usize = 16;

/// Most parts that the images are cut into, each with a private sum.
const MAXIMUM_PARTS: usize = 8;

/// Columns of a tile of the gradient, about.
const TILE_COLUMNS: usize = 512;

/// Rows of a tile of the gradient where the images are not cut.
const TILE_ROWS: usize = 256;

/// Floats of a block of patches.
const BLOCK: usize = 1 << 17;

/// How the work is cut: the gradient into tiles, and where these are few, the images into parts as well.
pub(super) struct Partition {
    tile_rows: usize,
    tile_columns: usize,
    /// Images of a part.
    images: usize,
    parts: usize,
}

impl Partition {
    pub(super) fn of(conv: &Conv) -> Self {
        let (outputs, patch, images) = (conv.channels.max(1), conv.patch_len().max(1), conv.input.n.max(1));
        let tile_columns = patch.div_ceil(patch.div_ceil(TILE_COLUMNS)).next_multiple_of(16);
        let across = patch.div_ceil(tile_columns);
        let down = outputs.div_ceil(TILE_ROWS);
        let parts = TILES.div_ceil(across * down).min(MAXIMUM_PARTS);
        let images_per_part = images.div_ceil(parts);
        let parts = images.div_ceil(images_per_part);
        Self {
            // Tiles must not reach from one part's sum into the next one's.
            tile_rows: if parts == 1 { TILE_ROWS } else { outputs },
            tile_columns,
            images: images_per_part,
            parts,
        }
    }

    pub(super) fn partials_len(&self, conv: &Conv) -> usize {
        if self.parts == 1 { 0 } else { self.parts * conv.weight_len() }
    }
}

/// Gradients of the weights and the bias from the gradient of the output, `dy`; both are overwritten.
/// `partials` is scratch of [`Conv::partials_len`] floats.
///
/// # Panics
///
/// If the length of a slice is not that of its tensor.
pub fn backward_weight(
    conv: &Conv,
    x: &[f32],
    dy: &[f32],
    dweight: &mut [f32],
    dbias: Option<&mut [f32]>,
    partials: &mut [f32],
) {
    conv.check(x, dweight, dy);
    let partition = Partition::of(conv);
    assert!(partials.len() >= partition.partials_len(conv), "too few partial sums for {conv:?}");
    if let Some(dbias) = dbias {
        column_sums(dy, dbias);
    }
    if dweight.is_empty() {
        return;
    }
    if partition.parts == 1 {
        tiles(conv, &partition, x, dy, dweight);
    } else {
        let partials = &mut partials[..partition.partials_len(conv)];
        tiles(conv, &partition, x, dy, partials);
        sum_parts(partials, dweight);
    }
}

/// The sums of each part of the images, one below the other.
fn tiles(conv: &Conv, partition: &Partition, x: &[f32], dy: &[f32], sums: &mut [f32]) {
    let (outputs, patch) = (conv.channels, conv.patch_len());
    let patches = Patches::of_input(conv, x);
    let dy = View::new(dy, patches.rows(), outputs);
    let rows_per_image = patches.grid[0] * patches.grid[1];
    ViewMut::new(sums, partition.parts * outputs, patch).for_each_tile(
        partition.tile_rows,
        partition.tile_columns,
        |row, column, mut tile| {
            let (part, output) = (row / outputs, row % outputs);
            let images = part * partition.images..((part + 1) * partition.images).min(conv.input.n);
            let rows = images.start * rows_per_image..images.end * rows_per_image;
            let dy = dy.column_range(output..output + tile.rows());
            let columns = column..column + tile.columns();
            add_rows(&patches, rows, columns, dy, &mut tile);
        },
    );
}

/// `tile = dy^T * patches` over some rows and columns of the patches.
fn add_rows(
    patches: &Patches<'_>,
    rows: Range<usize>,
    columns: Range<usize>,
    dy: View<'_>,
    tile: &mut ViewMut<'_>,
) {
    if let Some(source) = patches.as_slice() {
        let whole = View::new(source, patches.rows(), patches.columns());
        let part = whole.row_range(rows.clone()).column_range(columns);
        matmul(dy.row_range(rows).transposed(), part, Accumulate::Overwrite, tile.reborrow());
        return;
    }
    let width = columns.len();
    let block_rows = (BLOCK / width).clamp(64, 512);
    scratch::with(block_rows * width, |memory| {
        let mut accumulate = Accumulate::Overwrite;
        let (mut start, end) = (rows.start, rows.end);
        // Runs once for no rows, which sets the tile to zero.
        loop {
            let block = start..end.min(start + block_rows);
            let memory = &mut memory[..block.len() * width];
            patches.fill(block.clone(), columns.clone(), memory);
            let part = View::new(memory, block.len(), width);
            matmul(dy.row_range(block.clone()).transposed(), part, accumulate, tile.reborrow());
            accumulate = Accumulate::Add;
            start = block.end;
            if start == end {
                break;
            }
        }
    });
}
