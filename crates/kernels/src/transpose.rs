//! Transposition of a matrix.

use rayon::prelude::*;

use crate::isa::level::Level;

/// Rows of the result that are written together, so that a cache line that was read is used whole.
const BAND: usize = 64;

/// `destination = source^T` for a `source` of `rows` x `columns`.
pub(crate) fn transpose(source: &[f32], rows: usize, columns: usize, destination: &mut [f32]) {
    debug_assert!(source.len() == rows * columns && destination.len() == source.len());
    if rows == 0 {
        return;
    }
    destination
        .par_chunks_mut(BAND * rows)
        .enumerate()
        .for_each(|(band, destination)| transpose_band(source, rows, columns, band * BAND, destination));
}

/// Writes the columns from `first` on of `source` as the rows of `destination`, 16 rows of `source` at a
/// time.
#[inline(always)]
fn transpose_band_body(
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
    fn transpose_band(
        source: &[f32],
        rows: usize,
        columns: usize,
        first: usize,
        destination: &mut [f32],
    ) = transpose_band_body
);

#[cfg(test)]
mod tests {
    use super::transpose;

    #[test]
    fn odd_sizes() {
        for (rows, columns) in [(1, 1), (3, 70), (16, 64), (17, 65), (40, 129), (0, 5), (5, 0)] {
            let source: Vec<f32> = (0..rows * columns).map(|i| i as f32).collect();
            let mut destination = vec![-1.0; source.len()];
            transpose(&source, rows, columns, &mut destination);
            for i in 0..rows {
                for j in 0..columns {
                    assert_eq!(destination[j * rows + i], source[i * columns + j]);
                }
            }
        }
    }
}
