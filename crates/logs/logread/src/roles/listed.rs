//! Numbers after a list of their names.

use std::ops::Range;

use super::{Line, Role, plain};
use crate::label::Tail;
use crate::meaning::{Meaning, Quantity};
use crate::measurement_name::Named;
use crate::name_list::Listed;
use crate::run_log::Split;

impl Line<'_> {
    /// The role of a number among those after `loss, acc: `, each of which has its name there. Where they are more or fewer than the
    /// names, nobody knows whose they are.
    pub(super) fn of_list(&mut self, index: usize) -> Option<Role> {
        if index >= self.list.end {
            let next = (index + 1..self.numbers.len()).find(|&next| !self.continues_list(next));
            self.list = index..next.unwrap_or(self.numbers.len());
        }
        let Range { start, end } = self.list;
        let label = &self.labels[start];
        let names = match label.tail {
            // `train loss/acc 0.5/0.8, val 0.6/0.7`
            Tail::Split(split) if label.names.is_empty() && end - start == self.listed.len() => {
                self.listed.iter().map(|name| of_split(name, split)).collect()
            }
            _ => label.names.clone(),
        };
        if names.is_empty() || end - start < 2 {
            return None;
        }
        if end - start != names.len() {
            return Some(Role::Ignore);
        }
        let number = self.numbers[index];
        let role = Some(match &names[index - start] {
            Listed::Epoch if number.measures() => Role::Epoch,
            Listed::Step if number.counts() => Role::Step,
            Listed::Value(named) if number.measures() || named.meaning.quantity == Quantity::Seconds => {
                plain(named)
            }
            // `(i, loss) = (3, 0.51)`
            Listed::Unknown if index == start && number.counts() && self.nothing_taken() => {
                Role::Batch { counted: false }
            }
            _ => Role::Ignore,
        });
        self.listed = names;
        role
    }

    /// Whether nothing but a mark stands between the number at `index` and the one before.
    fn continues_list(&self, index: usize) -> bool {
        let label = &self.labels[index];
        index > 0
            && label.tail == Tail::Bare
            && matches!(label.marks.trim_start_matches('%'), "" | "," | "/" | "|" | "-" | ";")
    }
}

/// The same measurement on other photos.
fn of_split(name: &Listed, split: Split) -> Listed {
    match name {
        Listed::Value(named) if named.meaning.quantity.has_split() => {
            Listed::Value(Named { meaning: Meaning { split: Some(split), ..named.meaning }, ..named.clone() })
        }
        other => other.clone(),
    }
}
