//! From the keys and values of an object to rows.

use std::fmt::Write as _;

use super::{Field, Kind, LONGEST_ARRAY, Level, Literal, MOST_FIELDS, MOST_SHAPES, Map};
use crate::assemble::Assembler;
use crate::cell::Cell;
use crate::column_use::Use;
use crate::hash;
use crate::meaning::{self, Quantity};
use crate::run_log::Split;
use crate::scalars::Place;
use crate::schema::Schema;

/// The parts of a language pipeline, under whose names spaCy prints their losses: `{'ner': 11.2}`.
const PIPES: [&str; 14] = [
    "ner",
    "tagger",
    "parser",
    "textcat",
    "textcat_multilabel",
    "tok2vec",
    "transformer",
    "morphologizer",
    "lemmatizer",
    "trainable_lemmatizer",
    "senter",
    "spancat",
    "span_finder",
    "entity_linker",
];

fn is_pipe(key: &str) -> bool {
    PIPES.contains(&key)
}

/// Longer texts say nothing.
const LONGEST_TEXT: usize = 80;

impl Literal {
    /// Adds a field to the record, under the last word; `text` is what a string says.
    pub(super) fn push(&mut self, cell: Cell, text: &str) {
        if self.push_to_map(cell) || self.fields.len() >= MOST_FIELDS {
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
        let key = start..self.keys.len();
        if text.len() <= LONGEST_TEXT {
            self.keys.push_str(text);
        }
        self.fields.push(Field { text: key.end..self.keys.len(), key, cell });
        self.word.clear();
        self.valued = false;
    }

    /// Takes a number whose key is one too, in an object under a name.
    fn push_to_map(&mut self, cell: Cell) -> bool {
        let named = self.levels.last().is_some_and(|level| !level.record) && !self.inner_path().is_empty();
        let digits = !self.word.is_empty()
            && self.word.len() <= 9
            && self.word.bytes().all(|byte| byte.is_ascii_digit());
        if !(named && digits) {
            return false;
        }
        let key = self.word.parse().unwrap_or(f64::NAN);
        self.word.clear();
        self.valued = false;
        let number = match cell {
            Cell::Number(number) => Some(number),
            _ => None,
        };
        let base = self.base();
        let name = self.path[base..].trim_start_matches('/');
        if self.maps.last().is_none_or(|(last, _)| last != name) && self.maps.len() < MOST_FIELDS {
            self.maps.push((name.to_owned(), Vec::new()));
        }
        if let Some((_, points)) = self.maps.last_mut().filter(|(last, _)| last == name)
            && points.len() < LONGEST_ARRAY
        {
            points.push((key, number));
        }
        true
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
        if let Some(epoch) = epoch_of(self.path.get(level.path..).unwrap_or_default()) {
            into.epoch(epoch);
        }
        if self.is_of_a_batch() {
            self.fields.truncate(outer);
            self.columns.truncate(level.columns);
            self.maps.truncate(level.maps);
            return;
        }
        let maps = self.maps.split_off(level.maps.min(self.maps.len()));
        self.take_maps(maps, outer, around, into);
        let columns = self.columns.split_off(level.columns.min(self.columns.len()));
        let (curves, columns) = super::curves::split(columns);
        let mut named = self.fields.get(outer..).unwrap_or_default().iter();
        let name = named.find(|field| super::curves::is_name(&self.keys[field.key.clone()]));
        let name = name.map(|field| self.keys[field.text.clone()].to_owned());
        self.records += u64::from(super::curves::take(&curves, name.as_deref(), around, self.line, into) > 0);
        if self.fields.len() > outer {
            let key = self.fields[outer..].iter().fold(hash::EMPTY, |key, field| {
                hash::mix(hash::mix(key, &self.keys.as_bytes()[field.key.clone()]), b"\0")
            });
            if !self.shapes.contains_key(&key) {
                if self.shapes.len() >= MOST_SHAPES {
                    self.shapes.clear();
                }
                let names = || self.fields[outer..].iter().map(|field| &self.keys[field.key.clone()]);
                let schema = match names().all(is_pipe) {
                    true => {
                        let losses: Vec<String> = names().map(|name| format!("{name} loss")).collect();
                        Schema::new(losses.iter().map(String::as_str), into)
                    }
                    false => Schema::new(names(), into),
                };
                self.shapes.insert(key, schema);
            }
            if let Some(schema) = self.shapes.get(&key) {
                let fields = &self.fields[outer..];
                let mut cells: Vec<Cell> = fields.iter().map(|field| field.cell).collect();
                // Beside records of epochs, one of scores alone is an evaluation; its steps may count epochs.
                let mut around = around;
                if into.epochs_named && !self.inline && schema.evaluates(into) {
                    around = around.or(Some(Split::Validation));
                    for (one, cell) in schema.uses.iter().zip(&mut cells) {
                        if matches!((one, &*cell), (Use::Step, Cell::Number(step)) if into.is_past(step.value))
                        {
                            *cell = Cell::Empty;
                        }
                    }
                }
                counter = schema.epoch(&cells);
                let text =
                    |index: usize| fields.get(index).map_or("", |field| &self.keys[field.text.clone()]);
                // An array under a name holds the points of a curve.
                let name = Some(self.path.trim_start_matches('/')).filter(|name| !name.is_empty());
                let title = name.map(|name| into.title.name.replace(name.to_owned()));
                self.records += u64::from(schema.row(&cells, text, around, self.line, into) > 0);
                if let Some(title) = title {
                    into.title.name = title;
                }
            }
            let keep = self.fields[outer].key.start;
            self.keys.truncate(keep);
            self.fields.truncate(outer);
        }
        // The history up to this record's epoch, not what it says of each class.
        let mut columns = columns;
        if let Some(epoch) = counter {
            columns.retain(|(_, numbers)| {
                let length = numbers.len() as f64;
                length == epoch || length == epoch + 1.0
            });
            if !columns.iter().any(|(name, _)| is_loss(name)) {
                columns.clear();
            }
        }
        self.records += u64::from(super::lists::rows_of(&columns, counter, around, self.line, into) > 0);
    }

    /// Whether the record is one of the batches that an epoch's record lists.
    fn is_of_a_batch(&self) -> bool {
        let listed = self.levels.iter().filter(|level| level.kind == Kind::Array).count() > 1;
        listed && self.path.split('/').any(|key| key == "batches")
    }

    /// Maps from steps to values are columns where a record consists of them; else their numbers are fields of it.
    fn take_maps(
        &mut self,
        maps: Vec<(String, Map)>,
        outer: usize,
        around: Option<Split>,
        into: &mut Assembler,
    ) {
        if self.fields.len() == outer && !maps.is_empty() {
            if let Some(columns) = super::lists::from_maps(&maps) {
                super::lists::rows_of(&columns, None, around, self.line, into);
                return;
            }
            for (name, points) in &maps {
                for &(key, number) in points {
                    let Some(number) = number else { continue };
                    into.scalar(Some(name), around, "", Place::at_step(key), number, self.line);
                }
            }
            return;
        }
        for (name, points) in maps {
            for (key, number) in points {
                let start = self.keys.len();
                let _ = write!(self.keys, "{name}/{key}");
                let end = self.keys.len();
                let cell = number.map_or(Cell::Empty, Cell::Number);
                self.fields.push(Field { key: start..end, text: end..end, cell });
            }
        }
    }
}

fn is_loss(name: &str) -> bool {
    matches!(meaning::field(name), meaning::Field::Value(meaning) if meaning.quantity == Quantity::Loss)
}

/// The epoch that a key such as `3` or `epoch_3` is the number of.
pub(super) fn epoch_of(key: &str) -> Option<f64> {
    let key = key.trim_start_matches('/');
    let digits = key.trim_start_matches(|letter: char| !letter.is_ascii_digit());
    let word = key[..key.len() - digits.len()].trim_end_matches(['_', ' ', '-', ':']);
    let counts = word.is_empty() || word.eq_ignore_ascii_case("epoch") || word.eq_ignore_ascii_case("ep");
    (counts && !digits.is_empty() && digits.len() <= 6).then(|| digits.parse().ok()).flatten()
}
