//! Measurements that come one by one, each with a name and a place of its own, in any order.
//!
//! Trackers write a curve after the other, several runs side by side, or a file a curve. Here such measurements are
//! kept until the end of the log, and then put in the order of runs and steps, so that what belongs to one step
//! stands in one row.

use std::collections::HashMap;

use crate::name_id::NameId;
use crate::number::Number;
use crate::run_log::Split;

/// Beyond this every other measurement of each curve goes.
const MOST: usize = 1 << 19;
/// Steps that may be epochs.
const MOST_EPOCHS: usize = 2_000;
/// Runs beyond this are one.
const MOST_RUNS: usize = 256;

/// Where in its run something was measured; NaN is unknown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) epoch: f64,
    pub(crate) step: f64,
}

impl Place {
    /// A place that only the step tells.
    pub(crate) fn at_step(step: f64) -> Self {
        Self { epoch: f64::NAN, step }
    }

    pub(crate) fn is_known(self) -> bool {
        !(self.epoch.is_nan() && self.step.is_nan())
    }
}

/// A run by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct RunId(u32);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Scalar {
    run: RunId,
    pub(crate) place: Place,
    pub(crate) name: NameId,
    pub(crate) split: Option<Split>,
    pub(crate) number: Number,
    pub(crate) line: usize,
    /// Which file it is from.
    part: u32,
}

impl Scalar {
    pub(crate) fn new(
        run: RunId,
        place: Place,
        name: NameId,
        split: Option<Split>,
        number: Number,
        line: usize,
    ) -> Self {
        Self { run, place, name, split, number, line, part: 0 }
    }

    fn curve(&self) -> (RunId, NameId, Option<Split>) {
        (self.run, self.name, self.split)
    }
}

/// Measurements of any order.
#[derive(Debug, Default)]
pub(crate) struct Scalars {
    all: Vec<Scalar>,
    runs: HashMap<String, RunId>,
    /// Epochs that were recorded like measurements: run, step, epoch.
    epochs: Vec<(RunId, f64, f64)>,
    taken: u64,
    part: u32,
}

impl Scalars {
    /// How many were taken.
    pub(crate) fn taken(&self) -> u64 {
        self.taken
    }

    /// The run of this name.
    pub(crate) fn run(&mut self, name: &str) -> RunId {
        if let Some(&run) = self.runs.get(name) {
            return run;
        }
        let run = RunId(self.runs.len().min(MOST_RUNS) as u32);
        self.runs.insert(name.to_owned(), run);
        run
    }

    pub(crate) fn push(&mut self, scalar: Scalar) {
        if self.all.len() >= MOST {
            self.thin();
        }
        self.taken += 1;
        self.all.push(Scalar { part: self.part, ..scalar });
    }

    /// What follows is from another file.
    pub(crate) fn next_part(&mut self) {
        self.part += 1;
    }

    /// A step belongs to this epoch.
    pub(crate) fn epoch(&mut self, run: RunId, step: f64, epoch: f64) {
        if self.epochs.len() < MOST {
            self.epochs.push((run, step, epoch));
        }
    }

    /// Drops every other measurement of each curve, but never its newest.
    fn thin(&mut self) {
        let mut left: HashMap<_, u32> = HashMap::new();
        for scalar in &self.all {
            *left.entry(scalar.curve()).or_default() += 1;
        }
        self.all.retain(|scalar| {
            let left = left.entry(scalar.curve()).or_default();
            *left -= 1;
            left.is_multiple_of(2)
        });
        self.all.truncate(MOST - MOST / 8);
    }

    /// Whether each of several runs was measured at one place only: a comparison and no course.
    pub(crate) fn is_list(&self) -> bool {
        let rises = |pair: &[Scalar]| {
            pair[0].run == pair[1].run
                || pair[0].place.epoch < pair[1].place.epoch
                || pair[0].place.step < pair[1].place.step
        };
        self.is_once() && !self.all.windows(2).all(rises)
    }

    /// Whether there are several runs, each with one place.
    fn is_once(&self) -> bool {
        let place = |scalar: &Scalar| (scalar.place.epoch.to_bits(), scalar.place.step.to_bits());
        let mut places = HashMap::new();
        self.all.iter().all(|scalar| *places.entry(scalar.run).or_insert(place(scalar)) == place(scalar))
            && places.len() > 1
    }

    /// The runs, one after the other, each in the order of its places and with one measurement of a curve at a place; nothing of
    /// a list. Steps that count epochs have become epochs.
    pub(crate) fn in_order(mut self) -> Vec<Vec<Scalar>> {
        if self.is_list() {
            return Vec::new();
        }
        // A name that changes with each epoch names no run.
        if self.is_once() {
            self.all.iter_mut().for_each(|scalar| scalar.run = RunId(0));
        }
        self.separate();
        self.fill_epochs();
        let known = |number: fn(&Scalar) -> f64| self.all.iter().all(|scalar| !number(scalar).is_nan());
        let (by_epoch, by_step) = (known(|scalar| scalar.place.epoch), known(|scalar| scalar.place.step));
        // Steps may begin again with each epoch.
        let key = |scalar: &Scalar| match (by_epoch, by_step) {
            (true, true) => (scalar.place.epoch.floor(), scalar.place.step),
            (false, true) => (0.0, scalar.place.step),
            _ => (scalar.place.epoch, 0.0),
        };
        // Stable, so that of two values at one place the later one stays the later.
        self.all.sort_by(|a, b| {
            let (left, right) = (key(a), key(b));
            a.run.cmp(&b.run).then(left.0.total_cmp(&right.0)).then(left.1.total_cmp(&right.1))
        });
        let same_place = |a: &Scalar, b: &Scalar| a.run == b.run && key(a) == key(b);
        let placed = |run: &[Scalar]| {
            let epochs = by_step && counts_epochs(run);
            let mut ordered = Vec::with_capacity(run.len());
            for at_once in run.chunk_by(same_place) {
                let last: HashMap<_, usize> =
                    at_once.iter().enumerate().map(|(index, scalar)| (scalar.curve(), index)).collect();
                let newest =
                    at_once.iter().enumerate().filter(|(index, scalar)| last[&scalar.curve()] == *index);
                ordered.extend(newest.map(|(_, scalar)| {
                    let Place { epoch, step } = scalar.place;
                    let place =
                        if epochs { Place { epoch: step, step: f64::NAN } } else { Place { epoch, step } };
                    Scalar { place, ..*scalar }
                }));
            }
            ordered
        };
        self.all.chunk_by(|a, b| a.run == b.run).map(placed).collect()
    }

    /// Files that say different things of the same place are of different runs.
    fn separate(&mut self) {
        if self.part < 2 {
            return;
        }
        let mut known = HashMap::new();
        let differs = self.all.iter().any(|scalar| {
            let place = (scalar.place.epoch.to_bits(), scalar.place.step.to_bits());
            let (part, value) =
                *known.entry((scalar.curve(), place)).or_insert((scalar.part, scalar.number.value));
            part != scalar.part && value != scalar.number.value
        });
        if differs && self.runs.len() == 1 {
            for scalar in &mut self.all {
                scalar.run = RunId(scalar.part);
            }
        }
    }

    /// Gives measurements the epochs that were recorded for their steps.
    fn fill_epochs(&mut self) {
        if self.epochs.is_empty() {
            return;
        }
        let known: HashMap<(RunId, u64), f64> =
            self.epochs.drain(..).map(|(run, step, epoch)| ((run, step.to_bits()), epoch)).collect();
        for scalar in self.all.iter_mut().filter(|scalar| scalar.place.epoch.is_nan()) {
            if let Some(&epoch) = known.get(&(scalar.run, scalar.place.step.to_bits())) {
                scalar.place.epoch = epoch;
            }
        }
    }
}

/// Whether the steps of a run are 0, 1, 2, ... or 1, 2, 3, ... where no epochs are known.
fn counts_epochs(run: &[Scalar]) -> bool {
    let mut steps: Vec<f64> = run.iter().map(|scalar| scalar.place.step).collect();
    steps.dedup();
    run.iter().all(|scalar| scalar.place.epoch.is_nan())
        && steps.first().is_some_and(|&first| first == 0.0 || first == 1.0)
        && steps.len() < MOST_EPOCHS
        && steps.windows(2).all(|pair| pair[1] == pair[0] + 1.0)
}
