//! The name of a measurement, within the text around it.

use crate::concept::Concept;
use crate::fold::Word;
use crate::lexicon::Sense;
use crate::meaning::{self, Meaning, Quantity};

/// A measurement's name and what it says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Named {
    /// As in the log.
    pub(crate) text: String,
    /// What it says.
    pub(crate) meaning: Meaning,
    /// Whether words of a sentence stand between it and its number: `loss was`.
    pub(crate) loose: bool,
}

/// Words that tell another network, or other answers of it, from the plain one: `EMA val acc`.
const VARIANTS: [&str; 8] = ["ema", "swa", "tta", "teacher", "student", "adversarial", "robust", "quantized"];

/// The measurement that `senses` name, if nothing in them spoils it.
pub(crate) fn value(text: &str, words: &[Word], senses: &[Sense]) -> Option<Named> {
    // Words that say nothing belong to an identifier all the same: `softmax_loss` is not `loss`.
    let belongs = |sense: &Sense| match sense.concept {
        Concept::Time | Concept::Epoch | Concept::Step | Concept::Images => false,
        Concept::Unknown if VARIANTS.contains(&words[sense.first].text.as_str()) => true,
        Concept::Filler | Concept::Unknown => words.get(sense.end).is_some_and(|next| next.glued),
        _ => true,
    };
    let only_time =
        !senses.iter().any(|sense| sense.concept.is_quantity_or_time() && sense.concept != Concept::Time);
    let first = if only_time { 0 } else { senses.iter().position(belongs)? };
    let last =
        senses.iter().rposition(|sense| sense.concept != Concept::Filler || words[sense.first].glued)?;
    let senses = &senses[first..=last];
    let name = &text[words[senses[0].first].start..words[senses[senses.len() - 1].end - 1].end];
    let mut meaning = meaning::judge(text, words, senses);
    let throughput = senses.iter().any(|sense| matches!(sense.concept, Concept::Images | Concept::Spoiler));
    // `s2s` is no time.
    let digits = words.iter().any(|word| word.glued && word.text.bytes().all(|byte| byte.is_ascii_digit()));
    if only_time && !throughput && !digits {
        meaning.quantity = Quantity::Seconds;
    }
    meaning.percent |= text[words[senses[0].first].start..].contains('%');
    let loose = words.len() > senses[senses.len() - 1].end;
    (meaning.quantity != Quantity::Unknown).then(|| Named { text: name.to_owned(), meaning, loose })
}

/// Whether marks between two words separate what they say.
pub(crate) fn ends_clause(between: &str) -> bool {
    // `EvalErr[0]PerSample` is one name.
    if between == "]" {
        return false;
    }
    between.contains(['|', ';', '!', '?', ')', ']', '}', '>', ',', '%', '{', '*', '#', '"'])
        || between.contains(". ")
        || between.contains(" - ")
        || between.contains("--")
        || between.contains("==")
        || between.contains("..")
        || between.contains("  ") && !between.contains([':', '(', '['])
}
