//! Names that no word list knows, beside numbers that may be losses or scores.
//!
//! A log whose validation accuracy is called `holdout_quality` must not be judged as if it had none. What is understood but no loss
//! and no score, such as a norm of gradients, a duration or a best value so far, is no stranger.

use crate::column::Column;
use crate::concept::Concept;
use crate::fold::{self, Word};
use crate::lexicon::{Sense, senses};
use crate::meaning::{Cadence, Meaning, Quantity};
use crate::measurement_name::Named;
use crate::number::{Form, Number};

/// Values of a course.
const FEWEST: usize = 3;
/// Names that are told.
const MOST: usize = 6;
/// Larger numbers are counts, speeds and sizes.
const LARGEST: f64 = 1000.0;
/// Words of a name.
const WORDS: usize = 4;

/// Settings and states of the machine.
const HARMLESS: [&str; 38] = [
    "lambda",
    "alpha",
    "beta",
    "gamma",
    "tau",
    "eps",
    "epsilon",
    "sigma",
    "temperature",
    "temp",
    "coef",
    "coefficient",
    "factor",
    "damping",
    "margin",
    "dropout",
    "sparsity",
    "util",
    "utilization",
    "power",
    "cpu",
    "ram",
    "vram",
    "mb",
    "gb",
    "gib",
    "mib",
    "hz",
    "flops",
    "tokens",
    "words",
    "token",
    "progress",
    "kimg",
    "reward",
    "return",
    "rate",
    "status",
];

/// The names of strangers among `columns`.
pub(crate) fn names(columns: &[Column]) -> Vec<String> {
    let names =
        columns.iter().filter(|column| is_stranger(column)).map(|column| column.name.trim().to_owned());
    let mut found: Vec<String> = Vec::new();
    for name in names {
        if found.len() < MOST && !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

/// What numbers the lines of a log that has no epochs and no steps.
pub(crate) fn counted(columns: &[Column]) -> Option<String> {
    let placed =
        |column: &Column| column.all.iter().any(|sample| !(sample.epoch.is_nan() && sample.step.is_nan()));
    let counts = |column: &&Column| {
        let words = fold::words(&column.name, usize::MAX);
        column.meaning.quantity == Quantity::Unknown
            && !column.loose
            && column.all.len() >= FEWEST
            && column.all.windows(2).all(|pair| pair[1].value == pair[0].value + 1.0)
            && are_strange(&words, &senses(&words))
    };
    let column = columns.iter().find(counts).filter(|_| !columns.iter().any(placed))?;
    Some(column.name.trim().to_owned())
}

fn is_stranger(column: &Column) -> bool {
    let words = fold::words(&column.name, usize::MAX);
    let summary = column.summary;
    column.meaning.quantity == Quantity::Unknown
        && !column.loose
        && column.finals.len() >= FEWEST
        && summary.least >= 0.0
        && summary.most <= LARGEST
        && column.all.iter().any(|sample| sample.resolution < 1.0 && sample.value.fract() != 0.0)
        && are_strange(&words, &senses(&words))
}

/// Whether nothing in a name is known but the photos that it is about, and it is no setting.
fn are_strange(words: &[Word], senses: &[Sense]) -> bool {
    let letters = |sense: &Sense| words[sense.first].text.chars().any(char::is_alphabetic);
    let plain =
        |sense: &Sense| matches!(sense.concept, Concept::Unknown | Concept::Filler | Concept::Split(_));
    senses.iter().all(plain)
        && senses.iter().any(|sense| sense.concept == Concept::Unknown && letters(sense))
        && !words.iter().any(|word| HARMLESS.contains(&word.text.as_str()))
}

/// The stranger that a label ends with, right before its number: `loss 0.5 quality 0.9`.
pub(crate) fn named(text: &str, words: &[Word], senses: &[Sense]) -> Option<Named> {
    let (first, last) = (senses.first()?, senses.last()?);
    let length = last.end - first.first;
    let (start, end) = (words[first.first].start, words[last.end - 1].end);
    let close = matches!(text[end..].trim(), "" | ":" | "=" | "(" | "-");
    let name = &text[start..end];
    let plain = !name.contains(['.', '/', '\\', '(', ')', ':', '=']);
    let meaning = Meaning {
        quantity: Quantity::Unknown,
        split: None,
        percent: false,
        cadence: Cadence::Unsaid,
        extras: 0,
    };
    (length <= WORDS
        && close
        && plain
        && are_strange(words.get(first.first..last.end)?, &shifted(senses, first.first)))
    .then(|| Named { text: name.to_owned(), meaning, loose: false })
}

/// Senses by words from `first` on.
fn shifted(senses: &[Sense], first: usize) -> Vec<Sense> {
    senses
        .iter()
        .map(|sense| Sense { first: sense.first - first, end: sense.end - first, ..*sense })
        .collect()
}

/// Whether a number may be a loss or a score.
pub(crate) fn may_measure(number: &Number) -> bool {
    number.form == Form::Decimal && (0.0..=LARGEST).contains(&number.value)
}

#[cfg(test)]
mod tests {
    use super::are_strange;
    use crate::fold;
    use crate::lexicon::senses;

    #[test]
    fn names_that_nothing_explains_are_strange() {
        for (name, wanted) in [
            ("quality", true),
            ("val_quality", true),
            ("holdout_goodness", true),
            ("qzx", true),
            ("grad_norm", false),
            ("best_quality", false),
            ("lambda_recon", false),
            ("epoch_time", false),
            ("val_loss", false),
            ("learning_rate", false),
            ("images_per_sec", false),
            ("1", false),
        ] {
            let words = fold::words(name, 8);
            assert_eq!(are_strange(&words, &senses(&words)), wanted, "{name}");
        }
    }
}
