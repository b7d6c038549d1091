//! What words mean in a training log, in many languages.
//!
//! Keys are folded (see [`crate::fold`]): lower case, without accents. A star stands for any ending, which is
//! how languages that inflect and compound are met; several words make a phrase, and the longest phrase wins.

use std::sync::LazyLock;

use crate::concept::Concept;
use crate::fold::Word;
use crate::vocabulary::{STEMS, TEST, TRAIN, VALIDATION, WORDS};

struct Entry {
    words: Vec<&'static str>,
    concept: Concept,
}

/// Entries by the first byte of their first word, longer phrases first.
static ENTRIES: LazyLock<Vec<Vec<Entry>>> = LazyLock::new(|| {
    let mut buckets: Vec<Vec<Entry>> = (0..256).map(|_| Vec::new()).collect();
    for (concept, list) in WORDS {
        for phrase in list.split(',') {
            let words: Vec<&str> = phrase.split(' ').collect();
            let first = phrase.bytes().next().unwrap_or(b' ');
            buckets[usize::from(first)].push(Entry { words, concept: *concept });
        }
    }
    for bucket in &mut buckets {
        bucket.sort_by_key(|entry| std::cmp::Reverse(entry.words.len()));
    }
    buckets
});

/// A phrase of a name and what it means.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sense {
    /// The meaning.
    pub(crate) concept: Concept,
    /// Index of its first word.
    pub(crate) first: usize,
    /// Index after its last word.
    pub(crate) end: usize,
}

/// The senses of `words`, in order and without gaps.
pub(crate) fn senses(words: &[Word]) -> Vec<Sense> {
    let mut senses = Vec::with_capacity(words.len());
    let mut at = 0;
    while at < words.len() {
        let rest = &words[at..];
        if let Some(concept) = shortened(rest) {
            senses.push(Sense { concept, first: at, end: at + 1 });
            at += 1;
            continue;
        }
        if let Some(concept) = lone_letter(words, at) {
            senses.push(Sense { concept, first: at, end: at + 1 });
            at += 1;
            continue;
        }
        if is_cut_accuracy(&words[..at], rest, senses.last()) {
            senses.push(Sense { concept: Concept::Accuracy, first: at, end: at + 1 });
            at += 1;
            continue;
        }
        if let Some((concept, length)) = phrase(rest) {
            senses.push(Sense { concept, first: at, end: at + length });
            at += length;
            continue;
        }
        for concept in inside(&rest[0].text) {
            senses.push(Sense { concept, first: at, end: at + 1 });
        }
        at += 1;
    }
    senses
}

/// Whether the last word of a name is an accuracy that lost its last letter: `valid_ac`. Elsewhere `ac` means other things.
fn is_cut_accuracy(before: &[Word], rest: &[Word], last: Option<&Sense>) -> bool {
    let [word] = rest else { return false };
    word.text == "ac"
        && word.glued
        && before.len() == 1
        && last.is_some_and(|sense| sense.concept.split().is_some())
}

/// The letter beside the only other word of an identifier, which names photos, and that word: `L_tr`, `val_A`, `A_va`. Alone letters mean
/// other things.
fn lone_letter(words: &[Word], at: usize) -> Option<Concept> {
    let [first, second] = words else { return None };
    let measured = |word: &Word| match word.text.as_str() {
        "l" => Some(Concept::Loss),
        "a" => Some(Concept::Accuracy),
        _ => None,
    };
    let photos = |word: &Word| match word.text.as_str() {
        "va" => Some(VALIDATION),
        "ts" => Some(TEST),
        _ => phrase(std::slice::from_ref(word))
            .map(|found| found.0)
            .filter(|concept| concept.split().is_some()),
    };
    let other = if at == 0 { second } else { first };
    let concept = measured(&words[at]).filter(|_| photos(other).is_some());
    concept.or_else(|| measured(other).and(photos(&words[at]))).filter(|_| second.glued)
}

/// The split that is shortened to two letters before what was measured: `va_loss`, `ts_acc`. Alone they mean other things.
fn shortened(words: &[Word]) -> Option<Concept> {
    let split = match words.first()?.text.as_str() {
        "va" => VALIDATION,
        "ts" => TEST,
        _ => return None,
    };
    let (measured, _) = phrase(words.get(1..)?).filter(|_| words[1].glued)?;
    measured.is_quantity().then_some(split)
}

/// The longest phrase that `words` begins with.
fn phrase(words: &[Word]) -> Option<(Concept, usize)> {
    let first = *words.first()?.text.as_bytes().first()?;
    let bucket = &ENTRIES[usize::from(first)];
    let exact = |entry: &&Entry| {
        entry.words.len() <= words.len() && entry.words.iter().zip(words).all(|(key, word)| *key == word.text)
    };
    let inflected = |entry: &&Entry| {
        entry.words.len() <= words.len()
            && entry.words.iter().zip(words).all(|(key, word)| match key.strip_suffix('*') {
                Some(stem) => word.text.starts_with(stem),
                None => *key == word.text,
            })
            && !compound(&words[0].text)
    };
    let found = bucket.iter().find(exact);
    let longer = bucket
        .iter()
        .filter(|entry| found.is_none_or(|found| entry.words.len() > found.words.len()))
        .find(inflected);
    longer.or(found).map(|entry| (entry.concept, entry.words.len()))
}

/// Whether a word is made of two stems, so that neither alone tells its meaning.
fn compound(word: &str) -> bool {
    parts(word).is_some_and(|parts| parts.len() > 1)
}

/// The senses of a word that is in no list.
fn inside(word: &str) -> Vec<Concept> {
    lettered(word).or_else(|| parts(word)).unwrap_or_else(|| vec![Concept::Unknown])
}

/// A split of a letter or two, and what was measured: `tloss`, `vacc`.
fn lettered(word: &str) -> Option<Vec<Concept>> {
    const SPLITS: [(&str, Concept); 5] =
        [("tr", TRAIN), ("te", TEST), ("ts", TEST), ("t", TRAIN), ("v", VALIDATION)];
    SPLITS.into_iter().find_map(|(letters, split)| {
        let measured = match word.strip_prefix(letters)? {
            "loss" => Concept::Loss,
            "acc" | "accuracy" => Concept::Accuracy,
            "err" | "error" => Concept::Error,
            _ => return None,
        };
        Some(vec![split, measured])
    })
}

/// The stems that a word consists of, if they leave nothing but inflection.
fn parts(word: &str) -> Option<Vec<Concept>> {
    let mut rest = word;
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let longest =
            STEMS.iter().filter(|(stem, _)| rest.starts_with(stem)).max_by_key(|(stem, _)| stem.len());
        match longest {
            Some((stem, concept)) => {
                parts.push(*concept);
                rest = &rest[stem.len()..];
            }
            None if !parts.is_empty() && rest.chars().count() <= 3 => break,
            None => return None,
        }
    }
    // A short stem with an ending is another word: `value`, `accept`.
    (parts.len() > 1 || !word.is_ascii()).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::Concept::{self, *};
    use super::senses;
    use crate::fold::words;
    use crate::vocabulary::{TEST, TRAIN, VALIDATION};

    #[test]
    fn words_of_many_languages_are_known() {
        let cases: [(&str, &[Concept]); 28] = [
            ("train_loss", &[TRAIN, Loss]),
            ("Trainingsverlust", &[TRAIN, Loss]),
            ("Validierungsgenauigkeit", &[VALIDATION, Accuracy]),
            ("训练损失", &[TRAIN, Loss]),
            ("验证准确率", &[VALIDATION, Accuracy]),
            ("学习率", &[Rate]),
            ("検証精度", &[VALIDATION, Accuracy]),
            ("학습 손실", &[TRAIN, Loss]),
            ("검증정확도", &[VALIDATION, Accuracy]),
            ("скорость обучения", &[Rate]),
            ("потери на обучении", &[Loss, Filler, TRAIN]),
            ("pérdida de validación", &[Loss, Filler, VALIDATION]),
            ("độ chính xác", &[Accuracy]),
            ("top5", &[TopFive]),
            ("valueless", &[Unknown]),
            ("accept", &[Unknown]),
            ("validation", &[VALIDATION]),
            ("testing", &[TEST]),
            ("va_loss", &[VALIDATION, Loss]),
            ("ts-acc", &[TEST, Accuracy]),
            ("va loss", &[Filler, Loss]),
            ("vloss", &[VALIDATION, Loss]),
            ("L_tr", &[Loss, TRAIN]),
            ("val_A", &[VALIDATION, Accuracy]),
            ("a validation", &[Filler, VALIDATION]),
            ("tacc", &[TRAIN, Accuracy]),
            ("検証誤差", &[VALIDATION, Loss]),
            ("验证误差", &[VALIDATION, Loss]),
        ];
        for (name, wanted) in cases {
            let found: Vec<Concept> = senses(&words(name, 8)).iter().map(|sense| sense.concept).collect();
            assert_eq!(found, wanted, "{name}");
        }
    }
}
