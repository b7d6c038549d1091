//! Numbers without a name: what they count is told by the brackets and numbers around them.

use super::{Line, Role, plain};
use crate::label::{Label, Tail};

impl Line<'_> {
    /// A number without a name.
    pub(super) fn bare(&mut self, index: usize, label: &Label) -> Role {
        let number = self.numbers[index];
        if let Some(named) = self.counted_on(index) {
            return plain(&named);
        }
        if !number.counts() || label.tail == Tail::Words && !(label.marks.ends_with('[') || label.after_bar) {
            return Role::Ignore;
        }
        let after_epoch = self.roles.last() == Some(&Role::Epoch)
            || self.roles.last() == Some(&Role::Ignore)
                && self.after_epoch()
                && self.labels[index - 1].marks == "/";
        if after_epoch && label.marks.contains('[') {
            return Role::Batch { counted: self.is_ratio(index) };
        }
        let free = self.is_ratio(index) && (label.after_bar || !label.marks.ends_with('('));
        let last = self.bar && index + 2 == self.numbers.len() || self.is_timed(index);
        if free && (self.nothing_measured() || last) {
            return if self.bracket_follows(index + 2) { Role::Epoch } else { Role::Batch { counted: true } };
        }
        if self.nothing_taken() && !self.named {
            return self.leading_number(index, label);
        }
        if index > 0 && self.roles[index - 1] == Role::Epoch && label.marks == "," {
            return Role::Batch { counted: false };
        }
        Role::Ignore
    }

    /// `[1, 2000] loss: ` and `3: loss `.
    fn leading_number(&self, index: usize, label: &Label) -> Role {
        let next = self.labels.get(index + 1).filter(|_| index + 1 < self.numbers.len());
        let pair = label.marks.ends_with('[')
            && next.is_some_and(|next| next.marks == "," && next.tail == Tail::Bare)
            && self.numbers[index + 1].counts();
        if pair || self.bracket_follows(index + 1) {
            return Role::Epoch;
        }
        // `VLOG[1]` numbers something else.
        if label.tail == Tail::Words {
            return Role::Ignore;
        }
        if label.marks.is_empty() || matches!(label.marks.as_str(), "#" | "[" | "(" | "|") {
            Role::Batch { counted: false }
        } else {
            Role::Ignore
        }
    }

    /// `Loss [1, 100](epoch, batch): 11.7`: the bracket holds counters, and the name stands before it.
    pub(super) fn bracketed(&mut self, index: usize) -> Role {
        let Some(open) = (0..index).rev().find(|&open| self.labels[open].marks.contains('[')) else {
            return Role::Ignore;
        };
        let Tail::Value(named) = &self.labels[open].tail else { return Role::Ignore };
        self.roles[open] = Role::Epoch;
        if open + 1 < index {
            self.roles[open + 1] = Role::Batch { counted: false };
        }
        plain(named)
    }
}
