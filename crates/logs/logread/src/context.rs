//! On which photos the values of a line were measured.
//!
//! A split that a name says holds for it, and for the names after it that say none, as in `train loss: 0.5
//! acc: 0.9`. But in `loss: 0.5 val_loss: 0.6` the first is training's, and in `train acc: 0.9 >> [acc: 0.8,
//! val loss: 0.6]` the second is not.

use std::rc::Rc;

use crate::concept::Concept;
use crate::fold;
use crate::label::Label;
use crate::lexicon::senses;
use crate::meaning::Quantity;
use crate::role::Role;
use crate::run_log::Split;

/// What stands beside the best so far is measured to choose by it: `current epoch: 5 current accuracy: 0.71 best accuracy: 0.73 at
/// epoch 3` tells of validation, and of the fifth epoch alone.
pub(crate) fn settle_best(text: &str, labels: &[Rc<Label>], roles: &mut [Role]) {
    let text = text.to_ascii_lowercase();
    if !(text.contains("current ") && text.contains(" best ")) {
        return;
    }
    let first = roles.iter().position(|role| *role == Role::Epoch);
    for index in 0..roles.len() {
        let of_the_best = first.is_some_and(|first| first < index)
            && roles[index] == Role::Epoch
            && roles[index - 1] == Role::Ignore;
        match &mut roles[index] {
            Role::Value { named, split: split @ None, .. }
                if named.meaning.quantity.is_share() && labels[index].split.is_none() =>
            {
                *split = Some(Split::Validation);
            }
            role if of_the_best => *role = Role::Ignore,
            _ => {}
        }
    }
}

/// Gives values without a split that of the words before them, within each epoch of the line.
pub(crate) fn settle_splits(labels: &[Rc<Label>], roles: &mut [Role]) {
    settle_brackets(labels, roles);
    let mut start = 0;
    let mut around = None;
    for end in 1..=roles.len() {
        if end == roles.len() || roles[end] == Role::Epoch {
            let split = settle_segment(labels, roles, start, end, around);
            // What was said before the epoch and of no value yet holds for the values after it.
            let measured =
                roles[start..end].iter().any(|role| matches!(role, Role::Value { .. } | Role::Share { .. }));
            around = split.filter(|_| !measured);
            start = end;
        }
    }
}

/// Gives values without a split that of the bracket they stand in, where it opens after values of other photos: `train loss: 0.5
/// [acc: 0.8, val loss: 0.6]`.
fn settle_brackets(labels: &[Rc<Label>], roles: &mut [Role]) {
    let mut open = None;
    for index in 0..roles.len() {
        let marks = &labels[index].marks;
        if marks.contains([']', ')']) {
            open = None;
        }
        if marks.ends_with(['[', '(', ':', '=']) && marks.contains(['[', '(']) && index > 0 {
            open = Some(index);
        }
        let (Some(open), Role::Value { split: Some(split), .. }) = (open, &roles[index]) else { continue };
        let split = *split;
        let of = |role: &Role| match role {
            Role::Value { named, split, .. } => Some((named.meaning.quantity, *split)),
            _ => None,
        };
        let before = roles[..open].iter().filter_map(of).next_back();
        if before.and_then(|(_, split)| split).is_none_or(|other| other == split) {
            continue;
        }
        let told: Vec<Quantity> =
            roles.iter().filter_map(of).filter(|value| value.1.is_some()).map(|value| value.0).collect();
        for role in &mut roles[open..index] {
            if let Role::Value { named, split: missing @ None, .. } = role
                && named.meaning.quantity.has_split()
                && !told.contains(&named.meaning.quantity)
            {
                *missing = Some(split);
            }
        }
    }
}

/// Settles the values from `start` to `end`, where `around` is the split that was said before, and returns the split that was
/// said last.
fn settle_segment(
    labels: &[Rc<Label>],
    roles: &mut [Role],
    start: usize,
    end: usize,
    around: Option<Split>,
) -> Option<Split> {
    let split_of = |role: &Role| match role {
        Role::Value { named, split, .. } | Role::Share { named, split } => {
            Some((named.meaning.quantity, *split))
        }
        _ => None,
    };
    let explicit: Vec<(Quantity, Split)> = roles[start..end]
        .iter()
        .filter_map(split_of)
        .filter_map(|(quantity, split)| Some((quantity, split?)))
        .collect();
    // In `train=0.4 val=0.5 loss=1.4` the words for the photos belong to their own numbers.
    let unsaid: Vec<Split> = explicit
        .iter()
        .filter(|(quantity, _)| *quantity == Quantity::Unsaid)
        .map(|(_, split)| *split)
        .collect();
    let spent = unsaid.len() > 1 && unsaid.iter().any(|split| *split != unsaid[0]);
    let mut sticky = around;
    for index in start..end {
        if spent && matches!(split_of(&roles[index]), Some((Quantity::Unsaid, _))) {
            continue;
        }
        // The word before an epoch's number speaks of the whole line: `Train Epoch: 1`.
        sticky = match roles[index] {
            // Unless it stands in a list of values, a step begins a record of its own.
            Role::Step if !labels[index].marks.contains('=') => labels[index].split,
            _ => labels[index].split.or(sticky),
        };
        let Some((quantity, None)) = split_of(&roles[index]) else { continue };
        if !quantity.has_split() {
            continue;
        }
        let twins: Vec<Split> =
            explicit.iter().filter(|(twin, _)| *twin == quantity).map(|(_, split)| *split).collect();
        let found = if twins.is_empty() {
            sticky
        } else if twins.contains(&Split::Train) {
            let others = explicit.iter().map(|(_, split)| *split).chain(sticky);
            others.into_iter().find(|split| !twins.contains(split))
        } else {
            None
        };
        match &mut roles[index] {
            Role::Value { split, own, .. } => (*split, *own) = (found, !twins.is_empty()),
            Role::Share { split, .. } => *split = found,
            _ => {}
        }
    }
    sticky
}

/// The split that a line without measurements announces: `Validation:`, `--- Testing ---`.
pub(crate) fn heading(text: &str, labels: &[Rc<Label>]) -> Option<Split> {
    const LONGEST_HEADING: usize = 120;
    let named: Vec<Split> = labels.iter().filter_map(|label| label.split).collect();
    (text.len() <= LONGEST_HEADING
        && !named.is_empty()
        && names_split(text)
        && !denies(text)
        && !speaks_of_files(text)
        && named.windows(2).all(|pair| pair[0] == pair[1]))
    .then(|| named.first().copied())
    .flatten()
}

/// Whether a line says what is not: `(validation does not count in these times)`.
fn denies(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["n't ", "not ", "todo"].iter().any(|word| text.contains(word))
}

/// Whether a line tells how photos were got, as `Test set loaded` does: that announces no measurement.
fn speaks_of_files(text: &str) -> bool {
    const WORDS: [&str; 9] =
        ["load", "download", "prepar", "found", "read", "creat", "cach", "saved", "number"];
    let words = fold::words(text, usize::MAX);
    words.iter().any(|word| WORDS.iter().any(|start| word.text.starts_with(start)))
}

/// Whether a word for a split stands by itself, and not in the name of a file or an address.
fn names_split(text: &str) -> bool {
    let words = fold::words(text, usize::MAX);
    let senses = senses(&words);
    let foreign = |index: usize| {
        let sense = &senses[index];
        let digits = words[sense.first].text.bytes().all(|byte| byte.is_ascii_digit());
        sense.concept == Concept::Unknown && !digits
    };
    (0..senses.len()).filter(|&index| senses[index].concept.split().is_some()).any(|index| {
        let after = words.get(senses[index].end).is_some_and(|word| word.glued) && foreign(index + 1);
        // `for-development` is a piece of an address.
        let joins = |index: usize| foreign(index) || senses[index].concept == Concept::Filler;
        let before = words[senses[index].first].glued && index > 0 && joins(index - 1);
        !(before || after)
    })
}
