//! What a name says: `val_acc` is the accuracy on validation photos, `epoch` numbers the epochs.

use crate::concept::Concept;
use crate::fold::{self, Word};
use crate::lexicon::{Sense, senses};
use crate::run_log::Split;

/// What was measured, before the column's values have been seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Quantity {
    Loss,
    LossPart,
    /// The exponential of a loss.
    Perplexity,
    /// How far numbers lie from those that were wanted.
    Deviation,
    Accuracy,
    TopFive,
    /// A share of wrong answers, or a loss.
    Error,
    ErrorRate,
    TopFiveError,
    /// A share of words or letters to be changed, which may exceed 1.
    EditErrors,
    F1,
    Score,
    Rate,
    Seconds,
    /// Only the photos were named.
    Unsaid,
    Unknown,
}

impl Quantity {
    /// Whether it is measured on photos, so that it has a split.
    pub(crate) fn has_split(self) -> bool {
        !matches!(self, Self::Rate | Self::Seconds | Self::Unknown)
    }

    /// Whether it is a share of the photos or another value in 0..=1.
    pub(crate) fn is_share(self) -> bool {
        use Quantity::{Accuracy, EditErrors, ErrorRate, F1, Score, TopFive, TopFiveError};
        matches!(self, Accuracy | TopFive | ErrorRate | TopFiveError | EditErrors | F1 | Score)
    }
}

/// How often a value of this name is taken, where the name says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Cadence {
    Unsaid,
    /// `train_loss_step`
    Batch,
    /// `train_loss_epoch`
    Epoch,
}

/// A measurement's name, understood.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Meaning {
    pub(crate) quantity: Quantity,
    pub(crate) split: Option<Split>,
    /// Whether the name says that it is a percentage.
    pub(crate) percent: bool,
    pub(crate) cadence: Cadence,
    /// Words that tell it from the plain quantity: 0 for `val_acc`, 1 for `val_acc_ema`.
    pub(crate) extras: u8,
}

/// A number about the set-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    Classes,
    BatchSize,
    /// Photos of a split; of training where none is said.
    Size(Option<Split>),
}

/// What the column or key of a name holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Field {
    Epoch,
    Step,
    Fact(Fact),
    Value(Meaning),
}

/// More words than this do not belong to one name.
const LONGEST_NAME: usize = 10;

/// Understands the name of a column or key.
pub(crate) fn field(name: &str) -> Field {
    // spaCy heads its epochs so.
    if name.trim() == "E" {
        return Field::Epoch;
    }
    let words = fold::words(name, LONGEST_NAME);
    let senses = senses(&words);
    if let Some(counter) = counter(&words, &senses) {
        return counter;
    }
    if let Some(fact) = fact(&senses) {
        return Field::Fact(fact);
    }
    // Our own events count the photos under the bare name of their split.
    if let [Sense { concept: Concept::Split(split), .. }] = senses[..] {
        return Field::Fact(Fact::Size(Some(split)));
    }
    let mut meaning = judge(name, &words, &senses);
    meaning.percent |= name.contains('%');
    Field::Value(meaning)
}

/// `epoch`, `global_step`: nothing but the word for it and words that say nothing.
fn counter(words: &[Word], senses: &[Sense]) -> Option<Field> {
    let mut found = None;
    for sense in senses {
        match sense.concept {
            Concept::Epoch if found.is_none() => found = Some(Field::Epoch),
            Concept::Step => found = found.or(Some(Field::Step)),
            Concept::Filler => {}
            Concept::Split(Split::Train) if sense.first == 0 => {}
            _ => return None,
        }
    }
    let plural = |word: &Word| matches!(word.text.as_str(), "epochs" | "steps");
    found.filter(|_| !words.iter().any(plural))
}

/// `num_classes`, `batch size`, `train size`.
pub(crate) fn fact(senses: &[Sense]) -> Option<Fact> {
    let mut split = None;
    let mut found = None;
    for sense in senses {
        match sense.concept {
            Concept::Classes => found = Some(Fact::Classes),
            Concept::BatchSize => return Some(Fact::BatchSize),
            Concept::Images => found = found.or(Some(Fact::Size(None))),
            Concept::Split(named) => split = Some(named),
            Concept::Filler => {}
            // `num` and `count` spoil a measurement's name and make an amount's.
            Concept::Spoiler => {}
            _ => return None,
        }
    }
    match found? {
        Fact::Size(_) => Some(Fact::Size(split)),
        fact if split.is_none_or(|split| split == Split::Train) => Some(fact),
        _ => None,
    }
}

/// The meaning of a name, all of whose words count.
pub(crate) fn judge(name: &str, words: &[Word], senses: &[Sense]) -> Meaning {
    let has = |concept| senses.iter().any(|sense| sense.concept == concept);
    let mut split = None;
    let mut extras = 0_u8;
    let mut cadence = Cadence::Unsaid;
    let mut spoiled = false;
    let mut part = false;
    let ranks: Vec<usize> = (0..senses.len()).filter(|&index| is_rank(name, words, senses, index)).collect();
    for (index, sense) in senses.iter().enumerate() {
        let after_quantity = senses[..index].iter().any(|before| before.concept.is_quantity());
        match sense.concept {
            // `train_eval_loss` is taken on training photos, by a network in evaluation mode.
            Concept::Split(Split::Validation)
                if split == Some(Split::Train) && words[sense.first].text.starts_with("eval") =>
            {
                extras = extras.saturating_add(1);
            }
            Concept::Split(named) => split = Some(named),
            Concept::Spoiler => spoiled = true,
            Concept::Part => part = true,
            Concept::Step if after_quantity => cadence = Cadence::Batch,
            Concept::Epoch if after_quantity => cadence = Cadence::Epoch,
            Concept::Unknown if !ranks.contains(&index) => extras = extras.saturating_add(1),
            _ => {}
        }
    }
    let (perplexity, deviation) = (has(Concept::Perplexity), has(Concept::Deviation));
    let apart = |concept| matches!(concept, Concept::Perplexity | Concept::Deviation);
    let named = |sense: &Sense| sense.concept.is_quantity() && !apart(sense.concept);
    // `mse_loss` is a loss, `loss perplexity` is not known.
    let quantity = if spoiled || perplexity && (deviation || senses.iter().any(named)) {
        Quantity::Unknown
    } else if perplexity {
        Quantity::Perplexity
    } else if deviation && !senses.iter().any(named) {
        Quantity::Deviation
    } else if has(Concept::Rate) {
        Quantity::Rate
    } else if has(Concept::Loss) || has(Concept::Entropy) {
        let foreign = glued_stranger(words, senses);
        if part || foreign { Quantity::LossPart } else { Quantity::Loss }
    } else if has(Concept::TopFive) {
        if has(Concept::Error) || has(Concept::ErrorRate) {
            Quantity::TopFiveError
        } else {
            Quantity::TopFive
        }
    } else if has(Concept::EditErrors) {
        Quantity::EditErrors
    } else if has(Concept::ErrorRate)
        || has(Concept::Error) && (has(Concept::Accuracy) || has(Concept::Percent))
    {
        Quantity::ErrorRate
    } else if has(Concept::Accuracy) && has_other_rank(words) {
        Quantity::Score
    } else if has(Concept::Accuracy) {
        ranked(words, senses, &ranks, Quantity::Accuracy)
    } else if has(Concept::F1) {
        Quantity::F1
    } else if has(Concept::Score) {
        ranked(words, senses, &ranks, Quantity::Score)
    } else if has(Concept::Error) {
        ranked(words, senses, &ranks, Quantity::Error)
    } else if has(Concept::Time) && !has(Concept::Images) && !has(Concept::Step) && extras == 0 {
        Quantity::Seconds
    } else if name.ends_with("MultiClass") {
        // The cross-entropy, as CatBoost calls it.
        Quantity::Loss
    } else {
        Quantity::Unknown
    };
    // Flower evaluates on the server and on the clients.
    let federated = |word: &Word| matches!(word.text.as_str(), "centralized" | "centralised" | "distributed");
    if quantity.has_split() && words.iter().any(|word| word.glued && federated(word)) {
        split = split.or(Some(Split::Validation));
    }
    // CRFsuite tags what it holds out, and prints the share of items for nothing else.
    if quantity == Quantity::Accuracy && words.first().is_some_and(|word| word.text == "item") {
        split = split.or(Some(Split::Validation));
    }
    if quantity == Quantity::Loss && part {
        extras = extras.saturating_add(1);
    }
    // What is scored so is held out: spaCy's development set, the photos on which boxes are evaluated.
    let spacy = of_spacy(words).filter(|_| quantity == Quantity::Unknown);
    if spacy.is_some() || quantity == Quantity::Score && is_average_precision(words) {
        split = split.or(Some(Split::Validation));
    }
    let quantity = spacy.unwrap_or(quantity);
    // `train instance accuracy` is that of all examples; without a split it is CRFsuite's of whole sequences.
    let of_examples = quantity == Quantity::Score
        && split.is_some()
        && words.windows(2).any(|pair| pair[0].text == "instance" && pair[1].text.starts_with("acc"));
    let quantity = if of_examples { Quantity::Accuracy } else { quantity };
    let percent = has(Concept::Percent);
    Meaning { quantity, split, percent, cadence, extras }
}

/// `ENTS_F`, `SPANS_SC_P`: F-score, precision and recall, as spaCy names them.
fn of_spacy(words: &[Word]) -> Option<Quantity> {
    let [first, .., last] = words else { return None };
    let scored =
        matches!(first.text.as_str(), "ents" | "spans" | "sents" | "cats" | "morph" | "token" | "speed");
    match last.text.as_str() {
        "f" if scored && last.glued => Some(Quantity::F1),
        "p" | "r" if scored && last.glued => Some(Quantity::Score),
        _ => None,
    }
}

/// `mAP50`, `metrics/mAP50-95(B)`.
fn is_average_precision(words: &[Word]) -> bool {
    words.iter().any(|word| word.text == "map")
        || words.first().is_some_and(|word| word.text == "ap")
        || words.windows(2).any(|pair| pair[0].text == "m" && pair[1].text == "ap")
}

/// Whether an unknown word is one identifier with the word for loss: `margin_loss`.
fn glued_stranger(words: &[Word], senses: &[Sense]) -> bool {
    senses.iter().enumerate().any(|(index, sense)| {
        let next_glued = words.get(sense.end).is_some_and(|word| word.glued)
            && senses.get(index + 1).is_some_and(|next| next.concept == Concept::Loss);
        let glued_to_loss =
            words[sense.first].glued && index > 0 && matches!(senses[index - 1].concept, Concept::Loss);
        let letters = !words[sense.first].text.starts_with(|letter: char| letter.is_ascii_digit());
        // `i` is a word of some languages, and in `i_loss` none.
        let letter = sense.concept == Concept::Filler && words[sense.first].text.len() == 1;
        let stranger = matches!(sense.concept, Concept::Unknown | Concept::Deviation) || letter;
        stranger && letters && (next_glued || glued_to_loss)
    })
}

/// Whether the sense at `index` is the rank in `acc1` or `prec@5`; in `accuracy_5` it is none.
fn is_rank(name: &str, words: &[Word], senses: &[Sense], index: usize) -> bool {
    let Some(before) = index.checked_sub(1).map(|before| &senses[before]) else { return false };
    let (left, right) = (&words[before.end - 1], &words[senses[index].first]);
    matches!(before.concept, Concept::Accuracy | Concept::Score | Concept::Error)
        && matches!(name.get(left.end..right.start), Some("" | "@"))
        && matches!(right.text.as_str(), "1" | "3" | "5")
}

/// Whether the accuracy is that of more classes than one, and not of five: `top 3 accuracy`.
fn has_other_rank(words: &[Word]) -> bool {
    let of = |pair: &[Word]| {
        pair[0].text == "top" && matches!(pair[1].text.as_str(), "2" | "3" | "4" | "10" | "k")
    };
    words.windows(2).any(of)
}

/// `acc1` and `acc5` as their rank says.
fn ranked(words: &[Word], senses: &[Sense], ranks: &[usize], plain: Quantity) -> Quantity {
    match ranks.first().map(|&rank| words[senses[rank].first].text.as_str()) {
        Some("5") if plain == Quantity::Error => Quantity::TopFiveError,
        Some("5") => Quantity::TopFive,
        Some("3") => Quantity::Score,
        _ => plain,
    }
}

#[cfg(test)]
#[path = "meaning_tests.rs"]
mod tests;
