//! Perplexities, whose logarithm is the loss.
//!
//! Language models print the exponential of their cross-entropy, some nothing else. Its logarithm stands for the loss of photos, or
//! sentences, of which no loss is printed: where none is printed at all, or where one that is printed is the logarithm of the
//! perplexity beside it. Elsewhere it says nothing that the loss does not say.

use crate::column::Column;
use crate::meaning::Quantity;

/// How far a printed loss may lie from the logarithm of a perplexity, as a share of it.
const ROUNDED: f64 = 0.02;

/// Gives splits without a loss that of their perplexity; other perplexities are no longer of training.
pub(crate) fn settle(columns: &mut [Column]) {
    if !columns.iter().any(|column| column.meaning.quantity == Quantity::Perplexity) {
        return;
    }
    let losses = || columns.iter().filter(|column| column.meaning.quantity == Quantity::Loss);
    let splits: Vec<_> = losses().map(|column| column.meaning.split).collect();
    let told = splits.is_empty()
        || columns
            .iter()
            .filter(|column| column.meaning.quantity == Quantity::Perplexity)
            .any(|column| losses().any(|loss| is_logarithm(loss, column)));
    for column in columns.iter_mut().filter(|column| column.meaning.quantity == Quantity::Perplexity) {
        if told && column.summary.least >= 1.0 && !splits.contains(&column.meaning.split) {
            column.take_logarithms();
            column.meaning.quantity = Quantity::Loss;
        } else {
            column.meaning.quantity = Quantity::Unknown;
        }
    }
}

/// Whether each value of `loss` is the logarithm of that of `perplexity` in the same line.
fn is_logarithm(loss: &Column, perplexity: &Column) -> bool {
    let mut pairs = loss.all.iter().filter_map(|sample| {
        let same = |other: &&crate::column::Sample| (other.row, other.line) == (sample.row, sample.line);
        Some((sample.value, perplexity.all.iter().find(same)?.value))
    });
    let equal =
        |(loss, perplexity): (f64, f64)| (perplexity.ln() - loss).abs() <= ROUNDED * loss.abs().max(0.1);
    pairs.next().is_some_and(equal) && pairs.take(64).all(equal)
}
