//! Losses of one line whose names differ in a word that says nothing by itself: `Classification loss: 0.2. Regression loss: 1.8.
//! Total loss: 2.0`.

use crate::concept::Concept;
use crate::fold;
use crate::lexicon::senses;
use crate::meaning::Quantity;
use crate::role::Role;
use crate::run_log::Split;
use crate::token::{Kind, Tokens};

/// Words for the whole of a loss.
const WHOLE: [&str; 6] = ["total", "overall", "combined", "sum", "whole", "full"];
/// Words of the lexicon's that say nothing elsewhere, and here what a part is for.
const PARTS: [&str; 4] = ["classification", "class", "binary", "categorical"];

/// Whether a name says that it is the whole of a loss.
pub(crate) fn is_whole(name: &str) -> bool {
    fold::words(name, usize::MAX).iter().any(|word| WHOLE.contains(&word.text.as_str()))
}

/// Whether a name says what a part of a loss is for.
pub(crate) fn is_part(name: &str) -> bool {
    fold::words(name, usize::MAX).iter().any(|word| PARTS.contains(&word.text.as_str()))
}

/// Gives such losses their whole names; all but the one without such a word, or of the whole, are parts.
pub(crate) fn tell_apart(text: &str, tokens: &Tokens, roles: &mut [Role]) {
    let key = |role: &Role| match role {
        Role::Value { named, split, .. } if named.meaning.quantity == Quantity::Loss => {
            Some((named.text.to_lowercase(), *split))
        }
        _ => None,
    };
    let keys: Vec<Option<(String, Option<Split>)>> = roles.iter().map(key).collect();
    for first in 0..keys.len() {
        let Some(wanted) =
            keys[first].as_ref().filter(|wanted| !keys[..first].contains(&Some((*wanted).clone())))
        else {
            continue;
        };
        let same: Vec<usize> =
            (first..keys.len()).filter(|&index| keys[index].as_ref() == Some(wanted)).collect();
        let records = roles[first..].iter().filter(|role| **role == Role::Epoch).count();
        if same.len() < 2 || records > 1 {
            continue;
        }
        let words: Vec<&str> = same
            .iter()
            .map(|&index| word_before(text, tokens, index, &wanted.0))
            .map(|word| if says_nothing(word) { "" } else { word })
            .collect();
        let differ = (1..words.len()).all(|index| !words[..index].contains(&words[index]));
        let tells = |word: &&str| is_part(word) || is_unknown(word);
        let plain = words.iter().filter(|word| word.is_empty()).count();
        if !differ || !words.iter().any(tells) || plain > 0 && words.iter().any(|word| is_whole(word)) {
            continue;
        }
        for (&index, word) in same.iter().zip(words) {
            if let Role::Value { named, .. } = &mut roles[index]
                && !word.is_empty()
            {
                named.text = format!("{word} {}", named.text);
                if !is_whole(word) {
                    named.meaning.quantity = Quantity::LossPart;
                }
            }
        }
    }
}

/// The word right before the name of the number at `index`; empty where another clause stands there.
fn word_before<'a>(text: &'a str, tokens: &Tokens, index: usize, name: &str) -> &'a str {
    let ends = || tokens.all.iter().filter(|token| matches!(token.kind, Kind::Number(_)));
    let start = index.checked_sub(1).and_then(|before| ends().nth(before)).map_or(0, |token| token.end);
    let end = ends().nth(index).map_or(0, |token| token.start);
    let label = text.get(start as usize..end as usize).unwrap_or_default();
    let at = label.to_ascii_lowercase().rfind(&name.to_ascii_lowercase()).unwrap_or(0);
    let before = label.get(..at).unwrap_or_default().trim_end();
    let letter = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-');
    &before[before.trim_end_matches(letter).len()..]
}

/// Whether it is a word such as `average`.
fn says_nothing(word: &str) -> bool {
    let senses = senses(&fold::words(word, usize::MAX));
    !is_whole(word) && !is_part(word) && senses.iter().all(|sense| sense.concept == Concept::Filler)
}

fn is_unknown(word: &str) -> bool {
    let words = fold::words(word, usize::MAX);
    let senses = senses(&words);
    !senses.is_empty() && senses.iter().all(|sense| matches!(sense.concept, Concept::Unknown | Concept::Part))
}
