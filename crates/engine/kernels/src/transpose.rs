//! Transposition of a part of a matrix.

use crate::isa::level::Level;

/// Writes the columns from `first` on of `source`, a matrix of `rows` (at least one) x `columns`, as the rows of
/// `destination`, as many as it has room for; 16 rows of `source` at a time.
#[inline(always)]
fn transpose_columns_body(
    _: impl Level,
    source: &[f32],
    rows: usize,
    columns: usize,
    first: usize,
    destination: &mut [f32],
) {
    let count = destination.len() / rows;
    let whole = rows / 16 * 16;
    for row in (0..whole).step_by(16) {
        let lines: [&[f32]; 16] =
            std::array::from_fn(|line| &source[(row + line) * columns + first..][..count]);
        for column in 0..count {
            let line = &mut destination[column * rows + row..][..16];
            for (value, source) in line.iter_mut().zip(lines) {
                *value = source[column];
            }
        }
    }
    for row in whole..rows {
        for column in 0..count {
            destination[column * rows + row] = source[row * columns + first + column];
        }
    }
}
multiversion!(
    pub(crate) fn transpose_columns(
        source: &[f32],
        rows: usize,
        columns: usize,
        first: usize,
        destination: &mut [f32],
    ) = transpose_columns_body
);

#[cfg(test)]
mod tests {
    use super::transpose_columns;

    #[test]
    fn odd_sizes() {
        for (rows, columns) in [(1, 1), (3, 70), (16, 64), (17, 65), (40, 129), (5, 0)] {
            let source: Vec<f32> = (0..rows * columns).map(|i| i as f32).collect();
            for (first, count) in [(0, columns), (columns / 3, columns / 2)] {
                let mut destination = vec![-1.0; rows * count];
                transpose_columns(&source, rows, columns, first, &mut destination);
                for i in 0..rows {
                    for j in 0..count {
                        assert_eq!(destination[j * rows + i], source[i * columns + first + j]);
                    }
                }
            }
        }
    }
}
