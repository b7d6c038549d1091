//! Sets that boosting libraries number: `validation_0-mlogloss`, `validation_1-mlogloss`.
//!
//! `eval_set=[(X_train, y_train), (X_val, y_val)]` prints the training set as number 0. What tells that it is one is the
//! gap between the two, which is wide at the end and was not from the start.

use crate::column::Column;
use crate::fold;
use crate::meaning::Quantity;
use crate::run_log::Split;

/// What boosting libraries print of a set.
const KINDS: [Quantity; 4] = [Quantity::Loss, Quantity::ErrorRate, Quantity::Deviation, Quantity::Score];
/// How far below the other the training loss ends.
const WIDE: f64 = 0.9;
/// How far the ratio of the two falls over the run.
const WIDENED: f64 = 0.95;

/// Gives number 0 of two sets to training if nothing else is and its loss shows it.
pub(crate) fn settle(columns: &mut [Column]) {
    let measured = |column: &Column| KINDS.contains(&column.meaning.quantity);
    let trained = columns.iter().any(|column| measured(column) && column.meaning.split == Some(Split::Train));
    if trained || !columns.iter().any(|column| measured(column) && number_of(&column.name).is_some()) {
        return;
    }
    let of = |quantity, number| {
        columns.iter().find(|column| {
            column.meaning.quantity == quantity
                && column.meaning.split == Some(Split::Validation)
                && number_of(&column.name) == Some(number)
        })
    };
    let is_training = KINDS.into_iter().find_map(|quantity| {
        let (zero, one) = (of(quantity, 0)?, of(quantity, 1)?);
        // Of a score, what is missing to 1.
        let bad = |value: f64| if quantity == Quantity::Score { 1.0 - value } else { value };
        let ratio = |at: fn(&Column) -> Option<f64>| Some(bad(at(zero)?) / bad(at(one)?));
        let first = ratio(|column| column.finals.first().map(|sample| sample.value))?;
        let last = ratio(|column| column.finals.last().map(|sample| sample.value))?;
        Some(last < WIDE && last < WIDENED * first)
    });
    if is_training == Some(true) {
        for column in columns.iter_mut().filter(|column| number_of(&column.name) == Some(0)) {
            column.meaning.split = Some(Split::Train);
        }
    }
}

/// The number of the set that a name such as `valid_1's multi_logloss` begins with.
fn number_of(name: &str) -> Option<u8> {
    let words = fold::words(name, 4);
    let [set, number, ..] = &words[..] else { return None };
    let set = matches!(set.text.as_str(), "validation" | "valid" | "eval" | "val");
    match number.text.as_str() {
        "0" if set => Some(0),
        "1" if set => Some(1),
        _ => None,
    }
}
