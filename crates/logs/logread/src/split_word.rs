//! Words that name a split: alone in a cell, or within a text.

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

/// The only split that a text names: `{'subset': 'val'}`.
pub(crate) fn split_in(text: &str) -> Option<Split> {
    const LONGEST: usize = 80;
    if text.len() > LONGEST || !text.bytes().any(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    let words = fold::words(text, 12);
    let mut splits = senses(&words).into_iter().map(|sense| sense.concept).filter_map(Concept::split);
    let first = splits.next()?;
    splits.all(|split| split == first).then_some(first)
}
