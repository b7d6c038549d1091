//! The columns of a table, or the keys of an object, understood together.

use crate::assemble::{Assembler, Flavour};
use crate::cell::Cell;
use crate::column_use::Use;
use crate::long_form::{LongForm, run_column};
use crate::meaning::{self, Fact, Field, Meaning, Quantity};
use crate::run_log::Split;
use crate::scalars::Place;
use crate::side_by_side::{self, Columns};
use crate::split_word::split_word;

/// All columns of a table, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schema {
    pub(crate) uses: Vec<Use>,
    /// Set where a row is a measurement.
    long: Option<LongForm>,
    /// Runs and names of the columns that are of one of several runs.
    of_runs: Vec<(String, String)>,
    /// The column that says which run or model a row is of.
    run_column: Option<usize>,
}

impl Schema {
    /// Understands columns of these names.
    pub(crate) fn new<'a>(names: impl Iterator<Item = &'a str>, into: &mut Assembler) -> Self {
        let Columns { names, runs } = side_by_side::columns(names.collect());
        let mut fields: Vec<Field> = names.iter().map(|name| meaning::field(name)).collect();
        name_by_title(&names, &mut fields, into);
        name_parts(&names, &mut fields);
        let long = LongForm::of(&names, &fields);
        let run_column = run_column(&names);
        let mut of_runs = Vec::new();
        let mut splits: Vec<(Quantity, Option<Split>)> = fields
            .iter()
            .zip(&names)
            .map(|(field, name)| match field {
                // Ultralytics computes `metrics/...` on the validation photos.
                Field::Value(meaning) if meaning.split.is_none() && is_of_metrics(name) => {
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
            .zip(runs)
            .map(|(((field, name), (quantity, split)), run)| match *field {
                Field::Value(_) if let Some(run) = run => {
                    of_runs.push((run.to_owned(), name.to_owned()));
                    Use::OfRun(of_runs.len() - 1)
                }
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
        Self { uses, long, of_runs, run_column }
    }

    /// Whether a row is a measurement.
    pub(crate) fn is_long(&self) -> bool {
        self.long.is_some()
    }

    /// Whether a row is of one run, and its cells are what its columns say.
    pub(crate) fn is_plain(&self) -> bool {
        self.long.is_none() && self.run_column.is_none() && self.of_runs.is_empty()
    }

    /// Whether any column means something in training.
    pub(crate) fn says_anything(&self, into: &Assembler) -> bool {
        self.uses.iter().any(|one| match one {
            Use::Epoch | Use::Step | Use::OfRun(_) => true,
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

    /// Whether rows hold scores, no loss and no epoch, as those of an evaluation do.
    pub(crate) fn evaluates(&self, into: &Assembler) -> bool {
        let names = || {
            self.uses.iter().filter_map(|one| match one {
                Use::Value { name, .. } => Some(into.meaning(*name).quantity),
                _ => None,
            })
        };
        !self.uses.contains(&Use::Epoch)
            && names().any(Quantity::has_split)
            && !names().any(|quantity| quantity == Quantity::Loss)
    }

    /// Hands a row on: first what counts, then what was measured. Returns how many measurements there were.
    /// `text` is the text of a cell.
    pub(crate) fn row<'a>(
        &self,
        cells: &[Cell],
        text: impl Fn(usize) -> &'a str,
        around: Option<Split>,
        line: usize,
        into: &mut Assembler,
    ) -> usize {
        if let Some(long) = &self.long {
            return long.row(&self.uses, cells, text, around, line, into);
        }
        let run = self
            .run_column
            .filter(|column| !matches!(cells.get(*column), Some(Cell::Split(_))))
            .map_or("", &text);
        if !run.is_empty() || !self.of_runs.is_empty() {
            return self.of_runs(cells, run, around, line, into);
        }
        let mut around = around;
        for (index, (one, cell)) in self.uses.iter().zip(cells).enumerate() {
            match (one, cell) {
                (Use::Epoch, Cell::Number(number)) => into.epoch(number.value),
                (Use::Step, Cell::Number(number)) => into.step(number.value),
                (Use::Fact(fact), Cell::Number(number)) => into.fact(*fact, number.value),
                (_, Cell::Split(split)) => around = Some(*split),
                (Use::Fact(Fact::Size(Some(split))), Cell::Empty) => {
                    around = said(*split, text(index)).or(around)
                }
                _ => {}
            }
        }
        let mut values = 0;
        for (one, cell) in self.uses.iter().zip(cells) {
            if let (Use::Value { name, split, shared }, Cell::Number(number)) = (one, cell) {
                // A time of day is no loss.
                if !number.measures() && into.meaning(*name).quantity.has_split() {
                    continue;
                }
                let split = if *shared { split.or(around) } else { *split };
                into.value(*name, split, *number, line);
                values += 1;
            }
        }
        if values > 0 {
            for (one, cell) in self.uses.iter().zip(cells) {
                if let (Use::Value { name, split, shared }, Cell::Empty) = (one, cell) {
                    into.missing(*name, if *shared { split.or(around) } else { *split }, line);
                }
            }
        }
        values
    }

    /// Hands on a row of one run of several, or one in which several runs have their columns.
    fn of_runs(
        &self,
        cells: &[Cell],
        run: &str,
        around: Option<Split>,
        line: usize,
        into: &mut Assembler,
    ) -> usize {
        let mut place = Place { epoch: f64::NAN, step: f64::NAN };
        let mut around = around;
        for (one, cell) in self.uses.iter().zip(cells) {
            match (one, cell) {
                (Use::Epoch, Cell::Number(number)) => place.epoch = number.value,
                (Use::Step, Cell::Number(number)) => place.step = number.value,
                (Use::Fact(fact), Cell::Number(number)) => into.fact(*fact, number.value),
                (_, Cell::Split(split)) => around = Some(*split),
                _ => {}
            }
        }
        let mut values = 0;
        for (one, cell) in self.uses.iter().zip(cells) {
            let Cell::Number(number) = *cell else { continue };
            values += usize::from(match one {
                Use::OfRun(index) => {
                    let (run, name) = &self.of_runs[*index];
                    into.scalar(Some(name), around, run, place, number, line)
                }
                Use::Value { name, split, shared } => {
                    let split = if *shared { split.or(around) } else { *split };
                    into.keep(*name, split, run, place, number, line)
                }
                _ => false,
            });
        }
        values
    }
}

/// The photos that `True` or `False` means under the name of a split.
fn said(split: Split, text: &str) -> Option<Split> {
    match text.trim() {
        "True" | "true" | "TRUE" => Some(split),
        "False" | "false" | "FALSE" if split == Split::Train => Some(Split::Validation),
        "False" | "false" | "FALSE" => Some(Split::Train),
        _ => None,
    }
}

/// Columns beside a counter of which only the photos are named, as in `epoch,train,val`, hold what the file's name says.
fn name_by_title(names: &[&str], fields: &mut [Field], into: &mut Assembler) {
    let counts = fields.iter().any(|field| matches!(field, Field::Epoch | Field::Step));
    let bare: Vec<(usize, Split)> =
        names.iter().enumerate().filter_map(|(index, name)| Some((index, split_word(name)?))).collect();
    if !counts || bare.len() < 2 {
        return;
    }
    match into.title.name.as_deref().map(meaning::field) {
        Some(Field::Value(meaning)) if meaning.quantity.has_split() => {
            for (index, split) in bare {
                fields[index] = Field::Value(Meaning { split: Some(split), ..meaning });
            }
        }
        _ => into.untitled = true,
    }
}

/// `box`, `obj` and `cls` beside each other are the parts of the loss of a detector, though none is named a loss.
fn name_parts(names: &[&str], fields: &mut [Field]) {
    const FEWEST: usize = 2;
    let is_part = |name: &str| matches!(name.trim(), "box" | "obj" | "cls" | "dfl" | "GIoU" | "giou");
    let parts: Vec<usize> = (0..names.len()).filter(|&index| is_part(names[index])).collect();
    let whole = names.iter().any(|name| matches!(name.trim(), "total" | "loss"));
    if parts.len() < FEWEST || whole || !fields.contains(&Field::Epoch) {
        return;
    }
    for index in parts {
        if let Field::Value(meaning) = &mut fields[index] {
            (meaning.quantity, meaning.split) = (Quantity::LossPart, Some(Split::Train));
        }
    }
}

fn is_of_metrics(name: &str) -> bool {
    name.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("metrics/"))
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
