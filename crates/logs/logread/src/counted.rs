//! What the beginning of a label says of the number before it.

use crate::concept::Concept;
use crate::fold::Word;
use crate::lexicon::Sense;
use crate::meaning::{Fact, Quantity};
use crate::measurement_name::{Named, ends_clause, value};

/// `images`, `test images`, `classes` right after a number.
pub(crate) fn counts(text: &str, words: &[Word], senses: &[Sense]) -> Option<Fact> {
    let first = words.first()?;
    if !text[..first.start].trim().is_empty() {
        return None;
    }
    let mut split = None;
    for sense in senses.iter().take(4) {
        let between = &text[..words[sense.first].start];
        if between.contains([',', ';', ':', '=', '|', '(', '.']) {
            return None;
        }
        match sense.concept {
            Concept::Split(_) => split = sense.concept.split(),
            Concept::Filler | Concept::Unknown => {}
            Concept::Images | Concept::Classes => {
                let after = text[words[sense.end - 1].end..].trim_start();
                let names_next = after.starts_with('=') || after.starts_with(':') && split.is_none();
                let glued = words.get(sense.end).is_some_and(|word| word.glued);
                let fact = if sense.concept == Concept::Classes { Fact::Classes } else { Fact::Size(split) };
                return (!glued && !names_next).then_some(fact);
            }
            _ => return None,
        }
    }
    None
}

/// A name that follows its number: `95.2% validation accuracy, `.
pub(crate) fn postfix(text: &str, words: &[Word], senses: &[Sense]) -> Option<Named> {
    let first = words.first()?;
    if !text[..first.start].trim().trim_start_matches('%').trim().is_empty() {
        return None;
    }
    let clause = words
        .windows(2)
        .position(|pair| {
            let between = &text[pair[0].end..pair[1].start];
            ends_clause(between) || between.contains([':', '='])
        })
        .map_or(words.len(), |at| at + 1);
    let stop = senses.iter().position(|sense| sense.first >= clause).unwrap_or(senses.len());
    let senses = &senses[..stop];
    let quantity = senses.iter().position(|sense| sense.concept.is_quantity_or_time())?;
    let plain = senses[..quantity].iter().all(|sense| {
        matches!(sense.concept, Concept::Filler | Concept::Split(_) | Concept::Part | Concept::Percent)
    });
    let end = senses[quantity..]
        .iter()
        .position(|sense| matches!(sense.concept, Concept::Unknown | Concept::Epoch | Concept::Step))
        .map_or(senses.len(), |at| quantity + at);
    value(text, words, &senses[..end]).filter(|named| plain && named.meaning.quantity != Quantity::Seconds)
}
