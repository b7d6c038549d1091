//! Perplexities, whose logarithm is the loss.
//!
//! Language models print the exponential of their cross-entropy, some nothing else. Its logarithm stands for the loss of photos, or
//! sentences, of which no loss is printed: where none is printed at all, or where one that is printed is the logarithm of the
//! perplexity beside it. Elsewhere it says nothing that the loss does not say.

use crate::column::Column;
use crate::meaning::Quantity;
use crate::run_log::Split;

/// How far a printed loss may lie from the logarithm of a perplexity, as a share of it.
const ROUNDED: f64 = 0.02;

/// Gives splits without a loss that of their perplexity; other perplexities are no longer of training.
pub(crate) fn settle(columns: &mut [Column]) {
    if !columns.iter().any(|column| column.meaning.quantity == Quantity::Perplexity) {
        return;
    }
    take_for_sums(columns);
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

/// Marian prints the validation loss of a sentence beside the training loss of a word; the perplexity is that of a word, too. Where its
/// logarithm lies near the training loss and the validation loss far above, the logarithm is the loss.
fn take_for_sums(columns: &mut [Column]) {
    const NEAR: f64 = 3.0;
    const FAR: f64 = 5.0;
    let last = |column: &Column| column.finals.last().map(|sample| sample.value);
    let of = |quantity, training: bool| {
        columns.iter().position(|column| {
            column.meaning.quantity == quantity
                && match column.meaning.split {
                    Some(Split::Validation | Split::Test) => !training,
                    Some(Split::Train) | None => training,
                }
        })
    };
    let (Some(train), Some(val), Some(perplexity)) =
        (of(Quantity::Loss, true), of(Quantity::Loss, false), of(Quantity::Perplexity, false))
    else {
        return;
    };
    let (Some(trained), Some(summed), Some(perplexed)) =
        (last(&columns[train]), last(&columns[val]), last(&columns[perplexity]))
    else {
        return;
    };
    let word = perplexed.ln();
    let near = word > 0.0 && word < NEAR * trained && trained < NEAR * word;
    if near && summed > FAR * word && columns[perplexity].summary.least >= 1.0 {
        columns[val].meaning.quantity = Quantity::Unknown;
        columns[perplexity].take_logarithms();
        columns[perplexity].meaning.quantity = Quantity::Loss;
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
