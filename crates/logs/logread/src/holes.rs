//! Cells of sparse tables that are printed as `NaN`.
//!
//! Trackers write a row for training and one for validation, and pandas shows the empty cells of both as `NaN`. Two columns
//! that never have a number in the same row, and have numbers again after rows without one, are such columns; what is lost in
//! training is lost in other ways.

use crate::column::Column;

/// Fewer numbers show no pattern.
const FEWEST: usize = 2;

/// Columns that are compared with each other.
const MOST: usize = 64;

/// Drops `NaN` from columns that complete each other.
pub(crate) fn settle(columns: &mut [Column]) {
    // Rows with a number and rows without one, of columns that have both.
    let sparse: Vec<(usize, Vec<u32>, Vec<u32>)> = columns
        .iter()
        .enumerate()
        .filter(|(_, column)| column.meaning.quantity.has_split())
        .filter_map(|(index, column)| column.rows().map(|(numbers, others)| (index, numbers, others)))
        .filter(|(_, numbers, others)| numbers.len() >= FEWEST && others.len() >= FEWEST)
        .take(MOST)
        .collect();
    let comes_again = |numbers: &[u32], others: &[u32]| numbers.last() > others.first();
    for (index, numbers, others) in &sparse {
        let completed = sparse.iter().any(|(_, other_numbers, other_others)| {
            is_within(numbers, other_others) && is_within(other_numbers, others)
        });
        if completed && comes_again(numbers, others) {
            columns[*index].drop_holes();
        }
    }
}

/// Whether all of `rows` are among `of`; both rise.
fn is_within(rows: &[u32], of: &[u32]) -> bool {
    let mut rest = of.iter();
    rows.iter().all(|row| rest.by_ref().any(|other| other == row))
}
