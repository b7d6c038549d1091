//! Words that stand alone and name a split.

use crate::concept::Concept;
use crate::fold;
use crate::lexicon::senses;
use crate::run_log::Split;

/// The split that a cell's text names: `train`, `Validation`.
pub(crate) fn split_word(text: &str) -> Option<Split> {
    if text.len() > 24 || !text.bytes().any(|byte| byte.is_ascii_alphabetic() || byte >= 0x80) {
        return None;
    }
    let words = fold::words(text, 4);
    let senses = senses(&words);
    let first = senses.iter().find_map(|sense| sense.concept.split())?;
    senses.iter().all(|sense| matches!(sense.concept, Concept::Split(_) | Concept::Filler)).then_some(first)
}
