//! From the keys and values of an object to rows.

use super::{Level, Literal, MOST_FIELDS, MOST_SHAPES};
use crate::assemble::Assembler;
use crate::cell::Cell;
use crate::hash;
use crate::meaning::{self, Field, Quantity};
use crate::run_log::Split;
use crate::schema::Schema;

impl Literal {
    /// Adds a field to the record, under the last word.
    pub(super) fn push(&mut self, cell: Cell) {
        if self.fields.len() >= MOST_FIELDS {
            return;
        }
        let start = self.keys.len();
        let base = self.base();
        let inner = self.path[base..].trim_start_matches('/');
        if !inner.is_empty() {
            self.keys.push_str(inner);
            self.keys.push('/');
        }
        self.keys.push_str(&self.word);
        self.fields.push((start, self.keys.len(), cell));
        self.word.clear();
        self.valued = false;
    }

    /// Bytes of the path that the innermost record does not own.
    fn base(&self) -> usize {
        self.levels.iter().rev().find(|level| level.record).map_or(0, |level| level.base).min(self.path.len())
    }

    /// The keys between the innermost record and here.
    pub(super) fn inner_path(&self) -> &str {
        self.path[self.base()..].trim_start_matches('/')
    }

    pub(super) fn record(&mut self, level: &Level, around: Option<Split>, into: &mut Assembler) {
        self.bytes = 0;
        let outer = level.fields;
        let mut counter = None;
        if let Some(epoch) = epoch_of(&self.path[level.path..]) {
            into.epoch(epoch);
        }
        if self.fields.len() > outer {
            let key = self.fields[outer..].iter().fold(hash::EMPTY, |key, &(start, end, _)| {
                hash::mix(hash::mix(key, &self.keys.as_bytes()[start..end]), b"\0")
            });
            if !self.shapes.contains_key(&key) {
                if self.shapes.len() >= MOST_SHAPES {
                    self.shapes.clear();
                }
                let names = self.fields[outer..].iter().map(|&(start, end, _)| &self.keys[start..end]);
                self.shapes.insert(key, Schema::new(names, into));
            }
            if let Some(schema) = self.shapes.get(&key) {
                let cells: Vec<Cell> = self.fields[outer..].iter().map(|field| field.2).collect();
                counter = schema.epoch(&cells);
                self.records += u64::from(schema.row(&cells, around, self.line, into) > 0);
            }
            let keep = self.fields[outer].0;
            self.keys.truncate(keep);
            self.fields.truncate(outer);
        }
        let mut columns = self.columns.split_off(level.columns.min(self.columns.len()));
        // The history up to this record's epoch, not what it says of each class.
        if let Some(epoch) = counter {
            columns.retain(|(_, numbers)| {
                let length = numbers.len() as f64;
                length == epoch || length == epoch + 1.0
            });
            if !columns.iter().any(|(name, _)| is_loss(name)) {
                columns.clear();
            }
        }
        self.records +=
            u64::from(super::lists::rows_of(&columns, counter.is_some(), around, self.line, into) > 0);
    }
}

fn is_loss(name: &str) -> bool {
    matches!(meaning::field(name), Field::Value(meaning) if meaning.quantity == Quantity::Loss)
}

/// The epoch that a key such as `3` or `epoch_3` is the number of.
pub(super) fn epoch_of(key: &str) -> Option<f64> {
    let key = key.trim_start_matches('/');
    let digits = key.trim_start_matches(|letter: char| !letter.is_ascii_digit());
    let word = key[..key.len() - digits.len()].trim_end_matches(['_', ' ', '-', ':']);
    let counts = word.is_empty() || word.eq_ignore_ascii_case("epoch") || word.eq_ignore_ascii_case("ep");
    (counts && !digits.is_empty() && digits.len() <= 6).then(|| digits.parse().ok()).flatten()
}
