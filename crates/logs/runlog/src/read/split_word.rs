//! Words that stand alone and name a split.

use super::concept::Concept;
use super::lexicon::senses;
use super::{fold, label};
use crate::run_log::Split;

/// The split that a cell's text names: `train`, `Validation`.
pub(super) fn split_word(text: &str) -> Option<Split> {
    if text.len() > 24 || !text.bytes().any(|byte| byte.is_ascii_alphabetic() || byte >= 0x80) {
        return None;
    }
    let words = fold::words(text, 4);
    let senses = senses(&words);
    let first = senses.iter().find_map(|sense| label::as_split(sense.concept))?;
    senses.iter().all(|sense| matches!(sense.concept, Concept::Split(_) | Concept::Filler)).then_some(first)
}
