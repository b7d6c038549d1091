//! The fully connected layer.
//!
//! | symbol | meaning | shape |
//! | --- | --- | --- |
//! | x | input | (rows, inputs) |
//! | W, b | weights and bias | (outputs, inputs), (outputs) |
//! | y | output, `x W^T + b` | (rows, outputs) |
//! | dx, dW, db | gradients: `dy W`, `dy^T x`, column sums of dy | as x, W, b |

use crate::elementwise::Accumulate;
use crate::matmul::{View, ViewMut, matmul};
use crate::reduce::column_sums;

/// Rows and columns of a tile of a product's result.
const TILE: [usize; 2] = [128, 128];

/// A fully connected layer on `rows` samples; weights are laid out (outputs, inputs).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Linear {
    /// Samples.
    pub rows: usize,
    /// Features of a sample.
    pub inputs: usize,
    /// Outputs of a sample.
    pub outputs: usize,
}

impl Linear {
    /// Number of weights.
    pub const fn weight_len(&self) -> usize {
        self.outputs * self.inputs
    }
}

/// `y = x W^T + b`.
///
/// # Panics
///
/// If the length of a slice is not that of its tensor.
pub fn forward(linear: &Linear, x: &[f32], weight: &[f32], bias: Option<&[f32]>, y: &mut [f32]) {
    let &Linear { rows, inputs, outputs } = linear;
    assert!(bias.is_none_or(|bias| bias.len() == outputs), "one bias per output");
    let x = View::new(x, rows, inputs);
    let turned = View::new(weight, outputs, inputs).transposed();
    ViewMut::new(y, rows, outputs).for_each_tile(TILE[0], TILE[1], |row, column, mut tile| {
        let x = x.row_range(row..row + tile.rows());
        let columns = column..column + tile.columns();
        let accumulate = match bias {
            None => Accumulate::Overwrite,
            Some(bias) => {
                (0..tile.rows()).for_each(|row| tile.row(row).copy_from_slice(&bias[columns.clone()]));
                Accumulate::Add
            }
        };
        matmul(x, turned.column_range(columns), accumulate, tile);
    });
}

/// Gradient of the input from the gradient of the output: `dx = dy W`.
///
/// # Panics
///
/// If the length of a slice is not that of its tensor.
pub fn backward_input(linear: &Linear, dy: &[f32], weight: &[f32], accumulate: Accumulate, dx: &mut [f32]) {
    let &Linear { rows, inputs, outputs } = linear;
    let dy = View::new(dy, rows, outputs);
    let weight = View::new(weight, outputs, inputs);
    ViewMut::new(dx, rows, inputs).for_each_tile(TILE[0], TILE[1], |row, column, tile| {
        let dy = dy.row_range(row..row + tile.rows());
        let weight = weight.column_range(column..column + tile.columns());
        matmul(dy, weight, accumulate, tile);
    });
}

/// Gradients of the weights, `dW = dy^T x`, and of the bias, the column sums of `dy`; both overwritten.
///
/// # Panics
///
/// If the length of a slice is not that of its tensor.
pub fn backward_weight(
    linear: &Linear,
    x: &[f32],
    dy: &[f32],
    dweight: &mut [f32],
    dbias: Option<&mut [f32]>,
) {
    let &Linear { rows, inputs, outputs } = linear;
    let x = View::new(x, rows, inputs);
    let turned = View::new(dy, rows, outputs).transposed();
    ViewMut::new(dweight, outputs, inputs).for_each_tile(TILE[0], TILE[1], |row, column, tile| {
        let dy = turned.row_range(row..row + tile.rows());
        let x = x.column_range(column..column + tile.columns());
        matmul(dy, x, Accumulate::Overwrite, tile);
    });
    if let Some(dbias) = dbias {
        assert_eq!(dbias.len(), outputs, "one bias per output");
        column_sums(dy, dbias);
    }
}
