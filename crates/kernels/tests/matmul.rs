//! The matrix product on views and tiles against a loop in f64.

mod common;

use common::{Random, assert_close, assert_same_on_all_pools, zeros};
use foliar_kernels::Accumulate;
use foliar_kernels::matmul::{View, ViewMut, matmul};

/// Tiles of `c = a b` or of `c = c + a b`, where `a` and `b` are parts of larger matrices and may be stored
/// transposed.
#[test]
fn parts_of_matrices() {
    let mut random = Random::new(1);
    for round in 0..80 {
        let sizes = [1, 2, 5, 16, 33, 70];
        let [rows, inner, columns] = [0; 3].map(|_| random.pick(&sizes));
        // The parts leave out one row and one column on each side.
        let (big_a, big_b) =
            (random.values((rows + 2) * (inner + 2)), random.values((inner + 2) * (columns + 2)));
        let stored = |data, rows: usize, columns: usize, transposed: bool| {
            let whole = if transposed {
                View::new(data, columns + 2, rows + 2).transposed()
            } else {
                View::new(data, rows + 2, columns + 2)
            };
            whole.row_range(1..rows + 1).column_range(1..columns + 1)
        };
        let element = |data: &[f32], rows: usize, columns: usize, transposed: bool, i: usize, j: usize| {
            let at = if transposed { (j + 1) * (rows + 2) + i + 1 } else { (i + 1) * (columns + 2) + j + 1 };
            f64::from(data[at])
        };
        let [a_transposed, b_transposed] = [round % 2 == 1, round / 2 % 2 == 1];
        let a = stored(&big_a, rows, inner, a_transposed);
        let b = stored(&big_b, inner, columns, b_transposed);
        assert_eq!((a.rows(), a.columns(), b.columns()), (rows, inner, columns));

        let old = random.values(rows * columns);
        for accumulate in [Accumulate::Overwrite, Accumulate::Add] {
            let mut expected = match accumulate {
                Accumulate::Overwrite => zeros(old.len()),
                Accumulate::Add => old.iter().map(|&c| f64::from(c)).collect(),
            };
            for i in 0..rows {
                for j in 0..columns {
                    for k in 0..inner {
                        expected[i * columns + j] += element(&big_a, rows, inner, a_transposed, i, k)
                            * element(&big_b, inner, columns, b_transposed, k, j);
                    }
                }
            }
            let actual = assert_same_on_all_pools("product", || {
                let mut c = match accumulate {
                    Accumulate::Overwrite => vec![f32::NAN; old.len()],
                    Accumulate::Add => old.clone(),
                };
                ViewMut::new(&mut c, rows, columns).for_each_tile(16, 24, |row, column, tile| {
                    let a = a.row_range(row..row + tile.rows());
                    let b = b.column_range(column..column + tile.columns());
                    matmul(a, b, accumulate, tile);
                });
                c
            });
            assert_close(&actual, &expected, 3e-6, &format!("{rows} x {inner} x {columns}"));
        }
    }
}

#[test]
fn an_empty_inner_dimension_is_a_sum_of_nothing() {
    let mut c = [f32::NAN; 6];
    let (a, b) = (View::new(&[], 2, 0), View::new(&[], 0, 3));
    matmul(a, b, Accumulate::Overwrite, ViewMut::new(&mut c, 2, 3));
    assert_eq!(c, [0.0; 6]);
}

#[test]
#[should_panic(expected = "shapes do not fit")]
fn shapes_are_checked() {
    let mut c = [0.0; 4];
    let (a, b) = (View::new(&[0.0; 6], 2, 3), View::new(&[0.0; 4], 2, 2));
    matmul(a, b, Accumulate::Overwrite, ViewMut::new(&mut c, 2, 2));
}

#[test]
#[should_panic(expected = "not a matrix")]
fn lengths_are_checked() {
    View::new(&[0.0; 5], 2, 3);
}

#[test]
#[should_panic(expected = "rows out of range")]
fn ranges_are_checked() {
    View::new(&[0.0; 6], 2, 3).column_range(1..4);
}
