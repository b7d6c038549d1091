//! Numbers with a name, or with the split of one.

use super::{Line, Role, plain, split_value};
use crate::label::Label;
use crate::meaning::{Cadence, Meaning, Quantity};
use crate::measurement_name::Named;
use crate::number::{Form, Number};
use crate::run_log::Split;

impl Line<'_> {
    pub(super) fn of_split(&mut self, index: usize, split: Split, label: &Label) -> Role {
        let number = self.numbers[index];
        if number.counts()
            && (self.bracket_follows(index + 1) || self.is_ratio(index) && self.bracket_follows(index + 2))
        {
            return Role::Epoch;
        }
        if number.counts() && self.is_ratio(index) {
            return Role::Batch { counted: true };
        }
        if label.marks.ends_with('#') {
            return Role::Ignore;
        }
        if let Some(role) = self.held_out_beside(index, split, label) {
            return role;
        }
        let carried = self.carried(index, Some(split));
        // `epoch 1 loss 0.51 val 0.62`
        let beside = index.checked_sub(1).is_some_and(|before| {
            let loss = matches!(&self.roles[before], Role::Value { named, .. } if named.meaning.quantity == Quantity::Loss && named.meaning.split.is_none());
            loss && self.epoch && split != Split::Train && matches!(label.marks.as_str(), "" | "," | "|")
        });
        if carried == Role::Ignore && beside && matches!(number.form, Form::Decimal | Form::NotFinite) {
            return unsaid(split, number);
        }
        if carried == Role::Ignore
            && (label.marks.ends_with([':', '=']) || label.marks.ends_with(":,"))
            && number.form != Form::Integer
            && number.measures()
        {
            return unsaid(split, number);
        }
        carried
    }

    /// `loss 0.5 (val 0.6)`: what stands before such a parenthesis is of training.
    fn held_out_beside(&mut self, index: usize, split: Split, label: &Label) -> Option<Role> {
        let opens = ["(", "(:", "(="].iter().any(|end| label.marks.ends_with(end));
        let before = self.taken.filter(|taken| taken + 1 == index && opens && split != Split::Train)?;
        let Role::Value { named, split: unsaid @ None, .. } = &mut self.roles[before] else { return None };
        if !named.meaning.quantity.has_split() || !self.numbers[index].measures() {
            return None;
        }
        *unsaid = Some(Split::Train);
        let held_out = split_value(named, split);
        named.meaning.split = Some(Split::Train);
        Some(held_out)
    }

    /// `loss: train 0.5, val 0.6`: the name of the value before.
    pub(super) fn carried(&self, index: usize, split: Option<Split>) -> Role {
        if let Some(mut named) = self.counted_on(index) {
            named.meaning.split = split.or(named.meaning.split);
            return plain(&named);
        }
        let before = self.taken.map(|taken| &self.roles[taken]);
        match (before, split) {
            (Some(Role::Value { named, .. }), Some(split))
                if named.meaning.split.is_some_and(|known| known != split) =>
            {
                split_value(named, split)
            }
            _ => Role::Ignore,
        }
    }

    pub(super) fn value(&mut self, index: usize, named: &Named) -> Role {
        let number = self.numbers[index];
        let share = matches!(
            named.meaning.quantity,
            Quantity::Accuracy | Quantity::Score | Quantity::TopFive | Quantity::ErrorRate | Quantity::Error
        );
        if self.is_ratio(index) && share {
            return Role::Share { named: named.clone(), split: named.meaning.split };
        }
        // A list of explained counters: `Loss [1, 100](epoch, batch): `.
        if self.labels[index].marks.ends_with('[') && self.explained(index) {
            return Role::Ignore;
        }
        let duration = number.form == Form::Clock || self.labels[index + 1].begins_with_seconds;
        if duration && named.meaning.quantity != Quantity::Seconds {
            return Role::Ignore;
        }
        plain(named)
    }

    /// Whether the bracket that opens before `index` is explained after it.
    fn explained(&self, index: usize) -> bool {
        (index + 1..self.labels.len().min(index + 4)).any(|later| self.labels[later].explains_bracket)
    }

    pub(super) fn part(&self, named: &Named) -> Role {
        let mut named = named.clone();
        if self.inside.is_some() {
            named.meaning.quantity = Quantity::LossPart;
        }
        plain(&named)
    }
}

/// `train: 1.52`: a number of which only the photos are named.
fn unsaid(split: Split, number: Number) -> Role {
    let text = match split {
        Split::Train => "train",
        Split::Validation => "validation",
        Split::Test => "test",
    };
    let meaning = Meaning {
        quantity: Quantity::Unsaid,
        split: Some(split),
        percent: number.percent,
        cadence: Cadence::Unsaid,
        extras: 0,
    };
    plain(&Named { text: text.to_owned(), meaning, loose: false })
}
