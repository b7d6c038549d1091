//! Losses that are not a number and were written as nothing.
//!
//! JSON has no word for what is not a number, and pandas writes an empty cell. A column of losses that had a value in every row,
//! and from one row on has none while the other numbers of its photos go on, is such a one. Columns with holes before that are
//! sparse, and one row without a value may be that of an epoch that did not end.

use crate::column::{Column, Sample};
use crate::meaning::Quantity;
use crate::number::Number;

/// Fewer rows without a value show nothing.
const FEWEST: usize = 2;

/// Gives losses that vanished the value that they had.
pub(crate) fn settle(columns: &mut [Column]) {
    let is_gone = |column: &Column| {
        column.meaning.quantity == Quantity::Loss
            && column.finals.len() >= FEWEST
            && column.gap.len() >= FEWEST
    };
    let last_gone = |column: &Column| column.gap.last().map(|sample| sample.row);
    let goes_on = |gone: &Column| {
        columns.iter().any(|other| {
            other.meaning.split == gone.meaning.split
                && other.meaning.quantity.has_split()
                && other.last_row() >= last_gone(gone)
        })
    };
    let proved: Vec<u32> = columns
        .iter()
        .filter(|column| is_gone(column) && goes_on(column))
        .filter_map(|column| column.gap.first().map(|sample| sample.row))
        .collect();
    let most = Column::most_samples(columns.len());
    for column in columns.iter_mut().filter(|column| is_gone(column)) {
        // Where one loss is lost, so is the other that vanishes with it.
        if column.gap.first().is_some_and(|sample| proved.contains(&sample.row)) {
            let gap: Vec<Sample> = std::mem::take(&mut column.gap);
            for sample in gap {
                column.push(sample, Number::not_finite(f64::NAN), 0, most);
            }
        }
    }
}
