//! On which photos the values of a line were measured.
//!
//! A split that a name says holds for it, and for the names after it that say none, as in `train loss: 0.5
//! acc: 0.9`. But in `loss: 0.5 val_loss: 0.6` the first is training's, and in `train acc: 0.9 >> [acc: 0.8,
//! val loss: 0.6]` the second is not.

use std::rc::Rc;

use crate::label::Label;
use crate::meaning::Quantity;
use crate::role::Role;
use crate::run_log::Split;

/// Gives values without a split that of the words before them, within each epoch of the line.
pub(crate) fn settle_splits(labels: &[Rc<Label>], roles: &mut [Role]) {
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
    (text.len() <= LONGEST_HEADING && named.windows(2).all(|pair| pair[0] == pair[1]))
        .then(|| named.first().copied())
        .flatten()
}
