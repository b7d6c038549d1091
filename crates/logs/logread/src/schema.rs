//! The columns of a table, or the keys of an object, understood together.

use crate::assemble::{Assembler, Flavour, NameId};
use crate::cell::Cell;
use crate::meaning::{self, Fact, Field, Quantity};
use crate::run_log::Split;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Use {
    /// Nothing that is kept.
    Ignore,
    Epoch,
    Step,
    Fact(Fact),
    Value {
        name: NameId,
        split: Option<Split>,
        shared: bool,
    },
}

/// All columns of a table, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schema {
    pub(crate) uses: Vec<Use>,
}

impl Schema {
    /// Understands columns of these names.
    pub(crate) fn new<'a>(names: impl Iterator<Item = &'a str>, into: &mut Assembler) -> Self {
        let names: Vec<&str> = names.collect();
        let fields: Vec<Field> = names.iter().map(|name| meaning::field(name)).collect();
        let mut splits: Vec<(Quantity, Option<Split>)> = fields
            .iter()
            .zip(&names)
            .map(|(field, name)| match field {
                // Ultralytics computes `metrics/...` on the validation photos.
                Field::Value(meaning) if meaning.split.is_none() && name.starts_with("metrics/") => {
                    (meaning.quantity, Some(Split::Validation))
                }
                Field::Value(meaning) => (meaning.quantity, meaning.split),
                _ => (Quantity::Unknown, None),
            })
            .collect();
        let explicit: Vec<Quantity> =
            splits.iter().filter(|(_, split)| split.is_some()).map(|(quantity, _)| *quantity).collect();
        settle_splits(&mut splits);
        let uses = fields
            .iter()
            .zip(names)
            .zip(splits)
            .map(|((field, name), (quantity, split))| match *field {
                Field::Epoch => Use::Epoch,
                Field::Step => Use::Step,
                Field::Fact(fact) => Use::Fact(fact),
                Field::Value(meaning) => match into.name(name.trim(), meaning, Flavour::Plain, false) {
                    Some(name) => {
                        let twin = explicit.contains(&quantity);
                        Use::Value { name, split, shared: split.is_none() && quantity.has_split() && !twin }
                    }
                    None => Use::Ignore,
                },
            })
            .collect();
        Self { uses }
    }

    /// Whether any column means something in training.
    pub(crate) fn says_anything(&self, into: &Assembler) -> bool {
        self.uses.iter().any(|one| match one {
            Use::Epoch | Use::Step => true,
            Use::Value { name, .. } => into.meaning(*name).quantity != Quantity::Unknown,
            Use::Ignore | Use::Fact(_) => false,
        })
    }

    /// Whether rows say to which epoch or step they belong.
    pub(crate) fn counts(&self) -> bool {
        self.uses.iter().any(|one| matches!(one, Use::Epoch | Use::Step))
    }

    /// The epoch that a row is of, or else the step.
    pub(crate) fn epoch(&self, cells: &[Cell]) -> Option<f64> {
        let of = |wanted: Use| {
            self.uses.iter().zip(cells).find_map(|(one, cell)| match cell {
                Cell::Number(number) if *one == wanted => Some(number.value),
                _ => None,
            })
        };
        of(Use::Epoch).or_else(|| of(Use::Step))
    }

    /// Whether columns of these lengths list the epochs from the first: they do not count them, and all that were measured on
    /// photos, two at least, are as long.
    pub(crate) fn lists_epochs(&self, lengths: impl Iterator<Item = usize>, into: &Assembler) -> bool {
        const MOST_EPOCHS: usize = 5000;
        let measured = |one: &Use| match one {
            Use::Value { name, .. } => into.meaning(*name).quantity.has_split(),
            _ => false,
        };
        let measured = self.uses.iter().zip(lengths).filter(|(one, _)| measured(one));
        let lengths: Vec<usize> = measured.map(|(_, length)| length).collect();
        !self.counts()
            && lengths.len() > 1
            && lengths.windows(2).all(|pair| pair[0] == pair[1])
            && (2..=MOST_EPOCHS).contains(&lengths[0])
    }

    /// Whether rows hold scores and no loss, as those of an evaluation do.
    pub(crate) fn evaluates(&self, into: &Assembler) -> bool {
        let names = || {
            self.uses.iter().filter_map(|one| match one {
                Use::Value { name, .. } => Some(into.meaning(*name).quantity),
                _ => None,
            })
        };
        !self.counts()
            && names().any(Quantity::has_split)
            && !names().any(|quantity| quantity == Quantity::Loss)
    }

    /// Hands a row on: first what counts, then what was measured. Returns how many measurements there were.
    pub(crate) fn row(
        &self,
        cells: &[Cell],
        around: Option<Split>,
        line: usize,
        into: &mut Assembler,
    ) -> usize {
        let mut around = around;
        for (one, cell) in self.uses.iter().zip(cells) {
            match (one, cell) {
                (Use::Epoch, Cell::Number(number)) => into.epoch(number.value),
                (Use::Step, Cell::Number(number)) => into.step(number.value),
                (Use::Fact(fact), Cell::Number(number)) => into.fact(*fact, number.value),
                (_, Cell::Split(split)) => around = Some(*split),
                _ => {}
            }
        }
        let mut values = 0;
        for (one, cell) in self.uses.iter().zip(cells) {
            if let (Use::Value { name, split, shared }, Cell::Number(number)) = (one, cell) {
                let split = if *shared { split.or(around) } else { *split };
                into.value(*name, split, *number, line);
                values += 1;
            }
        }
        values
    }
}

/// Gives columns without a split that of the column before them, unless one of the same kind has a split of
/// its own.
fn settle_splits(columns: &mut [(Quantity, Option<Split>)]) {
    let explicit: Vec<(Quantity, Split)> =
        columns.iter().filter_map(|(quantity, split)| Some((*quantity, (*split)?))).collect();
    let mut sticky = None;
    for (quantity, split) in columns {
        if split.is_some() {
            sticky = *split;
            continue;
        }
        if !quantity.has_split() {
            continue;
        }
        let twin = |wanted| explicit.contains(&(*quantity, wanted));
        *split = match (twin(Split::Train), twin(Split::Validation) || twin(Split::Test)) {
            // Training's, as every name without a split at the end.
            (false, true) => None,
            (true, false) => explicit.iter().map(|(_, split)| *split).find(|split| *split != Split::Train),
            (true, true) => None,
            (false, false) => sticky,
        };
    }
}
