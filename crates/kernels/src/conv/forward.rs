//! The product of patches and weights, which is the forward pass and, with the weights turned around, the
//! gradient of the input of a convolution of stride 1.

use super::Conv;
use super::patches::Patches;
use crate::elementwise::Accumulate;
use crate::matmul::{View, ViewMut, matmul};
use crate::scratch;
use crate::transpose::transpose;

/// Floats of a block of patches: half a MiB, of which the product reads a part at a time.
const BLOCK: usize = 1 << 17;

/// Pieces of work that a product is cut into at least, as far as its size allows.
const MINIMUM_TILES: usize = 8;

/// `y = conv(x, weight) + bias`.
///
/// # Panics
///
/// If the length of a slice is not that of its tensor.
pub fn forward(conv: &Conv, x: &[f32], weight: &[f32], bias: Option<&[f32]>, y: &mut [f32]) {
    conv.check(x, weight, y);
    assert!(bias.is_none_or(|bias| bias.len() == conv.channels), "one bias per output channel");
    let patches = Patches::of_input(conv, x);
    let (outputs, patch) = (conv.channels, conv.patch_len());
    let accumulate = match bias {
        None => Accumulate::Overwrite,
        Some(bias) => {
            ViewMut::new(y, patches.rows(), outputs).for_each_tile(
                block_rows(&patches),
                outputs,
                |_, _, mut tile| {
                    (0..tile.rows()).for_each(|row| tile.row(row).copy_from_slice(bias));
                },
            );
            Accumulate::Add
        }
    };
    // The product would turn the weights around once per block.
    scratch::with(weight.len(), |turned| {
        transpose(weight, outputs, patch, turned);
        product(&patches, View::new(turned, patch, outputs), accumulate, y);
    });
}

/// `y = patches * matrix`, or added to `y`, in parallel.
pub(super) fn product(patches: &Patches<'_>, matrix: View<'_>, accumulate: Accumulate, y: &mut [f32]) {
    let (rows, inner, columns) = (patches.rows(), patches.columns(), matrix.columns());
    let tile_rows = block_rows(patches);
    let row_tiles = rows.div_ceil(tile_rows).max(1);
    let column_tiles = MINIMUM_TILES.div_ceil(row_tiles).min(columns.div_ceil(64)).max(1);
    let tile_columns = columns.div_ceil(column_tiles).next_multiple_of(16);
    ViewMut::new(y, rows, columns).for_each_tile(tile_rows, tile_columns, |row, column, tile| {
        let rows = row..row + tile.rows();
        let part = matrix.column_range(column..column + tile.columns());
        match patches.as_slice() {
            Some(source) => {
                let whole = View::new(source, patches.rows(), inner);
                matmul(whole.row_range(rows), part, accumulate, tile);
            }
            None => scratch::with(rows.len() * inner, |block| {
                patches.fill(rows.clone(), 0..inner, block);
                matmul(View::new(block, rows.len(), inner), part, accumulate, tile);
            }),
        }
    });
}

/// Patches of a block: a multiple of 8 that splits them about evenly.
fn block_rows(patches: &Patches<'_>) -> usize {
    let wanted = (BLOCK / patches.columns().max(1)).clamp(64, 512);
    let blocks = patches.rows().div_ceil(wanted).max(1);
    patches.rows().div_ceil(blocks).next_multiple_of(8).max(8)
}
