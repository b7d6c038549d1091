//! From numbers in the order of the text to rows and columns.
//!
//! A *row* is what was printed together: it ends where the epoch or step changes or a name comes again. A
//! *group* is an epoch, or a step where the log counts no epochs: of the values of one group the last is the
//! whole epoch's.

mod kept;

use std::collections::HashMap;

use crate::closing::{self, Heading};
use crate::column::{Column, Sample};
use crate::meaning::{Cadence, Fact, Meaning};
use crate::name_id::NameId;
use crate::number::Number;
use crate::run_log::{Facts, Split};
use crate::scalars::{Place, Scalars};
use crate::title::Title;

/// Quantities of one log beyond which more are not kept.
const MOST_COLUMNS: usize = 512;
/// Longest name kept, in bytes.
const LONGEST_NAME: usize = 80;

/// How values of a name relate to the batches of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Flavour {
    /// As the series shows.
    Plain,
    /// One batch, as its running mean stands beside it.
    Instant,
    /// A running mean.
    Running,
}

/// Whether what is printed after a batch's slash is the number of batches an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    Said,
    /// Only if most epochs reach it.
    IfReached,
    /// It may count photos.
    Never,
}

#[derive(Debug)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) meaning: Meaning,
    pub(crate) flavour: Flavour,
    loose: bool,
    columns: [Option<u32>; 4],
}

/// Where a log has come to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogPlace {
    epoch: f64,
    step: f64,
    group_row: u32,
    new_group: bool,
    epochs_named: bool,
    epochs_differ: bool,
}

/// Takes numbers one by one.
#[derive(Debug)]
pub(crate) struct Assembler {
    names: Vec<Name>,
    by_text: HashMap<(String, Flavour, bool), NameId>,
    columns: Vec<Column>,
    /// What each column keeps at most.
    most_samples: usize,
    pub(crate) facts: Facts,
    epoch: f64,
    step: f64,
    batch: f64,
    row: u32,
    group_row: u32,
    new_row: bool,
    new_group: bool,
    /// Count of batches an epoch that was printed with training batches.
    pub(crate) batches: Option<f64>,
    /// Lines in which the count was reached, of those whose count is true only then, and that count.
    pub(crate) reached: (usize, f64),
    /// The epoch whose passes are told apart, and how many batches its first pass has.
    first_pass: (f64, f64),
    /// Whether the newest batch is of another pass of that epoch, with another number of batches: an
    /// evaluation.
    second_pass: bool,
    /// Whether steps begin again with each epoch.
    pub(crate) steps_restart: bool,
    /// Whether any epoch was named.
    pub(crate) epochs_named: bool,
    /// Whether epochs of several numbers were.
    pub(crate) epochs_differ: bool,
    /// Whether they were counted where the log only lists values.
    epochs_counted: bool,
    /// Epochs that were named where nothing was measured.
    headings: u32,
    /// The lines that did.
    pub(crate) numbered: Vec<Heading>,
    /// Values that were measured on photos.
    pub(crate) measured: u64,
    /// Whether what follows is printed again and again until its epoch ends.
    pub(crate) redrawn: bool,
    /// Whether the line of what follows names its epoch.
    pub(crate) names_epoch: bool,
    /// Whether bars of batches were drawn, so that a count without a name is none of epochs.
    pub(crate) bars: bool,
    /// Whether batches of an evaluation were counted.
    pub(crate) passes: bool,
    /// What a line about a step measured, as long as the next may tell its epoch.
    held: Vec<(NameId, Option<Split>, Number, usize)>,
    values: u64,
    scalars: Scalars,
    /// What each key of the measurements that came one by one means.
    keys: HashMap<String, Key>,
    /// What the file says by its name.
    pub(crate) title: Title,
    /// Whether each file is a part of one run, whose rows are put together by their epochs and steps.
    pub(crate) collects: bool,
    /// Whether there were values of which nothing said what they measure.
    pub(crate) untitled: bool,
}

/// What the key of a measurement means.
#[derive(Clone, Copy, Debug)]
enum Key {
    Nothing,
    Epoch,
    Value(NameId, Option<Split>),
}

impl Assembler {
    pub(crate) fn new() -> Self {
        Self {
            names: Vec::new(),
            by_text: HashMap::new(),
            columns: Vec::new(),
            most_samples: 0,
            facts: Facts::default(),
            epoch: f64::NAN,
            step: f64::NAN,
            batch: f64::NAN,
            row: 0,
            group_row: 0,
            new_row: false,
            new_group: false,
            batches: None,
            reached: (0, f64::NAN),
            first_pass: (f64::NAN, f64::NAN),
            second_pass: false,
            steps_restart: false,
            epochs_named: false,
            epochs_differ: false,
            epochs_counted: false,
            headings: 0,
            numbered: Vec::new(),
            measured: 0,
            redrawn: false,
            names_epoch: false,
            bars: false,
            passes: false,
            held: Vec::new(),
            values: 0,
            scalars: Scalars::default(),
            keys: HashMap::new(),
            title: Title::default(),
            collects: false,
            untitled: false,
        }
    }

    /// The number of a name; `None` once too many have been seen.
    /// `loose` names stand in sentences.
    pub(crate) fn name(
        &mut self,
        text: &str,
        meaning: Meaning,
        flavour: Flavour,
        loose: bool,
    ) -> Option<NameId> {
        let mut end = text.len().min(LONGEST_NAME);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let key = (text[..end].to_lowercase(), flavour, loose);
        if let Some(&id) = self.by_text.get(&key) {
            return Some(id);
        }
        if self.names.len() >= MOST_COLUMNS {
            return None;
        }
        let id = NameId::new(self.names.len())?;
        self.names.push(Name { text: text[..end].to_owned(), meaning, flavour, loose, columns: [None; 4] });
        self.by_text.insert(key, id);
        Some(id)
    }

    pub(crate) fn meaning(&self, id: NameId) -> Meaning {
        self.names[id.index()].meaning
    }

    /// How many values were taken.
    pub(crate) fn values(&self) -> u64 {
        self.values + self.scalars.taken()
    }

    /// What follows belongs to another run or table, even if its epochs have the same numbers.
    pub(crate) fn restart(&mut self) {
        self.release();
        self.new_row = true;
        self.new_group = true;
        self.epoch = f64::NAN;
        self.step = f64::NAN;
        self.batch = f64::NAN;
    }

    /// What follows was measured in this epoch.
    pub(crate) fn epoch(&mut self, epoch: f64) {
        if !epoch.is_finite() {
            return;
        }
        self.release();
        self.epochs_differ |= self.epochs_named && epoch != self.epoch;
        self.epochs_named = true;
        if epoch == self.epoch {
            return;
        }
        self.new_row = true;
        // Fractional epochs lie within the epoch that they complete.
        if epoch.ceil() != self.epoch.ceil() || epoch < self.epoch {
            self.new_group = true;
            self.batch = f64::NAN;
        }
        self.epoch = epoch;
    }

    /// Where the log has come to.
    pub(crate) fn place(&mut self) -> LogPlace {
        self.release();
        let Self { epoch, step, group_row, new_group, epochs_named, epochs_differ, .. } = *self;
        LogPlace { epoch, step, group_row, new_group, epochs_named, epochs_differ }
    }

    /// What follows was measured where the log had come to before, as what lies between told of another place.
    pub(crate) fn return_to(&mut self, place: LogPlace) {
        self.release();
        (self.epoch, self.step) = (place.epoch, place.step);
        (self.epochs_named, self.epochs_differ) = (place.epochs_named, place.epochs_differ);
        (self.group_row, self.new_group) = (place.group_row, place.new_group);
        self.batch = f64::NAN;
        self.new_row = true;
    }

    /// Whether the newest epoch has this number.
    pub(crate) fn is_in_epoch(&self, epoch: f64) -> bool {
        epoch == self.epoch
    }

    /// What follows was measured at this step, counted over the run or over the epoch.
    pub(crate) fn step(&mut self, step: f64) {
        self.release();
        if !step.is_finite() || step == self.step {
            return;
        }
        if step < self.step {
            self.steps_restart = true;
        }
        self.new_row = true;
        if !self.epochs_named {
            self.new_group = true;
        }
        self.step = step;
    }

    /// Whether the log has come further than this step.
    pub(crate) fn is_past(&self, step: f64) -> bool {
        step < self.step
    }

    /// What follows was measured at this batch of its epoch or of its pass over `split`.
    pub(crate) fn batch(&mut self, batch: f64, total: Option<(f64, Trust)>, split: Option<Split>) {
        self.release();
        self.passes |= split.is_some_and(|split| split != Split::Train);
        if batch != self.batch {
            self.new_row = true;
            let goes_on = self.bars && batch > self.batch;
            self.new_group |= !self.epochs_named && self.step.is_nan() && !goes_on;
        }
        if let (None, Some((total, _)), true) = (split, total, self.epochs_named) {
            let (epoch, first) = self.first_pass;
            if epoch != self.epoch {
                self.first_pass = (self.epoch, total);
            }
            self.second_pass = epoch == self.epoch && first != total;
        }
        match total.filter(|_| split.is_none_or(|split| split == Split::Train)) {
            Some((total, Trust::Said)) if !self.second_pass => self.batches = Some(total),
            Some((total, Trust::IfReached)) if batch == total || batch + 1.0 == total => self.reach(total),
            _ => {}
        }
        self.batch = batch;
    }

    /// Counts a pass that came to its end. Of two passes an epoch the longer is training's.
    fn reach(&mut self, total: f64) {
        let (times, longest) = self.reached;
        if total == longest {
            self.reached.0 = times + 1;
        } else if longest.is_nan() || total > longest {
            self.reached = (1, total);
        }
    }

    /// What follows is no longer a batch's.
    pub(crate) fn leave_batch(&mut self) {
        self.batch = f64::NAN;
        self.second_pass = false;
    }

    /// The split of the pass over the photos that the newest batch belongs to, where only the count of
    /// batches tells.
    pub(crate) fn pass(&self) -> Option<Split> {
        self.second_pass.then_some(Split::Validation)
    }

    /// Whether epochs may be counted where the log lists values without their number: not where it named any itself.
    pub(crate) fn may_count_epochs(&self) -> bool {
        !self.epochs_named || self.epochs_counted
    }

    /// What follows is not of the last epoch that was counted.
    pub(crate) fn end_counted_epochs(&mut self) {
        self.restart();
        self.epochs_counted = true;
    }

    /// A line that only names an epoch begins one, even if it had a number before; one that tells its time too, `alone` not set,
    /// may end it, and `over` says that it does.
    pub(crate) fn head_epoch(&mut self, alone: bool, over: bool) {
        self.headings = self.headings.saturating_add(u32::from(alone));
        let known =
            self.numbered.last().is_some_and(|last| last.epoch == self.epoch && last.values == self.measured);
        if !known && self.numbered.len() < closing::MOST {
            let Self { epoch, row, measured: values, .. } = *self;
            self.numbered.push(Heading { epoch, row, values, over });
        }
    }

    /// Whether the newest value of a name is this one, at this very place: several processes print one line, or one prints it
    /// to several places. An epoch is a place where the log tells several apart.
    pub(crate) fn was_said(&self, name: NameId, split: Option<Split>, number: Number) -> bool {
        let placed =
            !self.step.is_nan() || !self.batch.is_nan() || self.epochs_differ && !self.epoch.is_nan();
        let place = split.map_or(0, |split| 1 + split as usize);
        let column = self.names.get(name.index()).and_then(|name| name.columns[place]);
        let column = column.and_then(|column| self.columns.get(column as usize));
        let sample = self.sample(number, 0);
        placed
            && !self.new_group
            && column.is_some_and(|column| column.repeats(&sample, self.headings, false))
    }

    /// Whether a bar was drawn before its first batch: it shows what the one before ended with.
    pub(crate) fn is_stale(&self) -> bool {
        self.redrawn && self.batch == 0.0
    }

    fn sample(&self, number: Number, line: usize) -> Sample {
        self.sample_of(number.value, number.resolution, line)
    }

    /// One measurement of a line that tells its step and no epoch.
    pub(crate) fn hold(&mut self, name: NameId, split: Option<Split>, number: Number, line: usize) {
        self.held.push((name, split, number, line));
    }

    /// Whether anything waits for what the next line says.
    pub(crate) fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    /// Drops what the line before measured on photos if all of it `comes_again`: then it heads the record that this line is of.
    pub(crate) fn drop_held(&mut self, comes_again: impl Fn(NameId, Option<Split>, f64) -> bool) {
        let names = &self.names;
        let on_photos = |name: NameId| names[name.index()].meaning.quantity.has_split();
        let mut measured = self.held.iter().filter(|held| on_photos(held.0));
        if measured.all(|&(name, split, number, _)| comes_again(name, split, number.value)) {
            self.held.retain(|held| !on_photos(held.0));
        }
    }

    /// Takes what the line before measured.
    #[inline]
    fn release(&mut self) {
        if !self.held.is_empty() {
            self.release_held();
        }
    }

    #[cold]
    fn release_held(&mut self) {
        for (name, split, number, line) in std::mem::take(&mut self.held) {
            self.value(name, split, number, line);
        }
    }

    /// One measurement.
    pub(crate) fn value(&mut self, name: NameId, split: Option<Split>, number: Number, line: usize) {
        self.release();
        if self.collects {
            let place = Place { epoch: self.epoch, step: self.step };
            let split = split.or(self.title.split);
            self.keep(name, split, "", place, number, line);
            return;
        }
        let Some(column) = self.column(name, split) else { return };
        let redrawn = self.redrawn && !self.epoch.is_nan() && !self.new_group;
        if redrawn || self.names_epoch {
            let sample = self.sample(number, line);
            if redrawn && self.columns[column].repeats(&sample, self.headings, true)
                || self.names_epoch && self.was_said(name, split, number)
            {
                self.columns[column].redraw(sample);
                return;
            }
        }
        let again = !self.new_row && self.is_in_row(name, split);
        if again {
            self.new_row = true;
            self.new_group |= self.epoch.is_nan() && self.step.is_nan();
        }
        if self.new_group && self.values > 0 {
            self.row = self.row.saturating_add(1);
            self.group_row = self.row;
        } else if self.new_row && self.values > 0 {
            self.row = self.row.saturating_add(1);
        }
        self.new_row = false;
        self.new_group = false;
        self.values += 1;
        self.measured += u64::from(self.columns[column].meaning.quantity.has_split());
        let sample = self.sample(number, line);
        self.columns[column].push(sample, number, self.headings, self.most_samples);
    }

    /// Whether the newest row has a value of this name on these photos. Where none are said, they are training's.
    fn is_in_row(&self, name: NameId, split: Option<Split>) -> bool {
        let same = |other: Option<Split>| other.unwrap_or(Split::Train) == split.unwrap_or(Split::Train);
        let splits = [None, Some(Split::Train), Some(Split::Validation), Some(Split::Test)];
        let columns = self.names.get(name.index()).map(|name| name.columns).unwrap_or_default();
        splits.into_iter().zip(columns).any(|(other, column)| {
            let column = column.and_then(|column| self.columns.get(column as usize));
            same(other) && column.is_some_and(|column| column.last_row() == Some(self.row))
        })
    }

    /// The row that is being read has no value of this name.
    pub(crate) fn missing(&mut self, name: NameId, split: Option<Split>, line: usize) {
        let place = split.map_or(0, |split| 1 + split as usize);
        let column = self.names.get(name.index()).and_then(|name| name.columns[place]);
        if let Some(column) = column {
            let sample = self.sample_of(f64::NAN, 0.0, line);
            self.columns[column as usize].miss(sample);
        }
    }

    fn sample_of(&self, value: f64, resolution: f64, line: usize) -> Sample {
        Sample {
            row: self.row,
            group_row: self.group_row,
            line: u32::try_from(line).unwrap_or(u32::MAX),
            epoch: self.epoch,
            step: self.step,
            batch: self.batch,
            value,
            resolution,
        }
    }

    /// A number about the set-up; the first one said stays.
    pub(crate) fn fact(&mut self, fact: Fact, value: f64) {
        if !(1.0..1e12).contains(&value) || value.fract() != 0.0 {
            return;
        }
        let place = match fact {
            Fact::Classes => &mut self.facts.classes,
            Fact::BatchSize => &mut self.facts.batch_size,
            Fact::Size(Some(Split::Validation)) => &mut self.facts.validation_size,
            Fact::Size(Some(Split::Train)) => &mut self.facts.train_size,
            Fact::Size(_) => return,
        };
        place.get_or_insert(value as usize);
    }

    fn column(&mut self, id: NameId, split: Option<Split>) -> Option<usize> {
        let place = split.map_or(0, |split| 1 + split as usize);
        let name = self.names.get_mut(id.index())?;
        if let Some(column) = name.columns[place] {
            return Some(column as usize);
        }
        if self.columns.len() >= MOST_COLUMNS {
            return None;
        }
        let column = self.columns.len();
        name.columns[place] = u32::try_from(column).ok();
        let mut meaning = name.meaning;
        meaning.split = split.or(meaning.split);
        let within = name.flavour == Flavour::Instant || meaning.cadence == Cadence::Batch;
        let text = match name.flavour {
            Flavour::Running => format!("{} (mean)", name.text),
            Flavour::Plain | Flavour::Instant => name.text.clone(),
        };
        self.columns.push(Column::new(text, meaning, within, name.loose));
        self.most_samples = Column::most_samples(self.columns.len());
        Some(column)
    }

    pub(crate) fn into_columns(mut self) -> Vec<Column> {
        self.release();
        self.columns
    }
}
