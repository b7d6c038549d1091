//! Judges a run while it trains.
//!
//! The rules judge the log after every epoch; a finding is told once it stands ([`Patience`]). While the
//! learning rate is high, the running statistics of batch norm lag behind the weights: validation may drop
//! for some epochs and recover as the rate falls. So what a lower rate may undo waits for a lower rate, or
//! for long.

use std::collections::{BTreeMap, BTreeSet};

use foliar_logread::{Metric, Point, RunLog, Series, Split};

use crate::context::Context;
use crate::rules;
use crate::{Finding, Id, RunSetup, Severity};

/// The results of one epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LiveEpoch {
    /// Epoch, from 1.
    pub epoch: u32,
    /// Mean cross-entropy per training photo, in nats.
    pub train_loss: f64,
    /// Share of the training photos classified correctly while the network trained on them, in 0..=1; `None` if not counted.
    pub train_accuracy: Option<f64>,
    /// Mean cross-entropy per validation photo, in nats; `None` without validation.
    pub validation_loss: Option<f64>,
    /// Share of the validation photos classified correctly, in 0..=1; `None` without validation, or if not counted.
    pub validation_accuracy: Option<f64>,
    /// Learning rate of the last step of the epoch, 0 or more.
    pub learning_rate: f64,
}

/// When a finding is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Patience {
    /// In the first epoch that shows it.
    AtOnce,
    /// In the second epoch in a row.
    Confirmed,
    /// In the second epoch in a row, but not while the rate rises: during a warm-up little is learned.
    PastWarmUp,
    /// After [`SETTLED`] epochs in a row with a settled rate, or in a row for half of all epochs so far,
    /// [`LONG`] at least.
    Settled,
    /// Not while the run trains: it describes the data, not the run, or ends as the rate falls.
    Never,
}

/// Epochs in a row, with a rate that is constant or at most half its peak, after which a finding stands.
const SETTLED: usize = 4;
/// Epochs in a row after which a finding stands even though the rate is high.
const LONG: usize = 6;

impl Patience {
    fn with(id: Id) -> Self {
        match id {
            Id::Nan => Self::AtOnce,
            Id::Diverged | Id::SaturatedLoss | Id::TrainEvalMismatch | Id::WorseThanChance | Id::HotStart => {
                Self::Confirmed
            }
            Id::AtChance => Self::PastWarmUp,
            Id::ValidationTooSmall | Id::UnstableValidation | Id::Underfit => Self::Never,
            _ => Self::Settled,
        }
    }
}

/// For how many epochs in a row, up to the last one, a finding was made.
#[derive(Clone, Copy, Debug, Default)]
struct Streak {
    epochs: usize,
    /// Those at the end of them with a settled rate.
    settled: usize,
}

/// The course of the learning rate.
#[derive(Clone, Copy, Debug, Default)]
struct Rates {
    peak: f64,
    last: Option<f64>,
    rises: bool,
    varies: bool,
}

impl Rates {
    fn push(&mut self, rate: f64) {
        self.rises = self.last.is_none_or(|last| rate > last);
        self.varies |= self.last.is_some_and(|last| rate != last);
        self.peak = self.peak.max(rate);
        self.last = Some(rate);
    }

    /// Whether the rate is constant, or at most half its peak.
    fn is_settled(&self) -> bool {
        !self.varies || self.last.is_some_and(|last| last <= 0.5 * self.peak)
    }
}

/// Judges one run after each of its epochs, and tells each kind of finding once.
#[derive(Debug)]
pub struct LiveDoctor {
    setup: RunSetup,
    log: RunLog,
    rates: Rates,
    streaks: BTreeMap<Id, Streak>,
    told: BTreeSet<Id>,
}

impl LiveDoctor {
    /// A doctor for a run of which `setup` is known.
    #[must_use]
    pub fn new(setup: RunSetup) -> Self {
        Self {
            setup,
            log: RunLog::default(),
            rates: Rates::default(),
            streaks: BTreeMap::new(),
            told: BTreeSet::new(),
        }
    }

    /// Forgets the epochs so far, but not what was told: the next ones train other layers at other rates, and
    /// their losses do not continue the earlier ones.
    pub fn begin_phase(&mut self) {
        self.log = RunLog::default();
        self.rates = Rates::default();
        self.streaks.clear();
    }

    /// Takes in the results of an epoch. Returns the warnings and errors that stand now and were not told
    /// before.
    pub fn epoch(&mut self, epoch: &LiveEpoch) -> Vec<Finding> {
        self.append(epoch);
        self.rates.push(epoch.learning_rate);
        let mut serious = rules::judge(&Context::of_means(&self.log, &self.setup)).findings;
        serious.retain(|finding| finding.severity > Severity::Note);
        self.streaks.retain(|id, _| serious.iter().any(|finding| finding.id == *id));
        serious.retain(|finding| self.stands(finding.id) && self.told.insert(finding.id));
        serious
    }

    /// Counts one more epoch in a row with the finding `id`, and says whether that is enough.
    fn stands(&mut self, id: Id) -> bool {
        let streak = self.streaks.entry(id).or_default();
        streak.epochs += 1;
        streak.settled = if self.rates.is_settled() { streak.settled + 1 } else { 0 };
        match Patience::with(id) {
            Patience::AtOnce => true,
            Patience::Confirmed => streak.epochs >= 2,
            Patience::PastWarmUp => streak.epochs >= 2 && !self.rates.rises,
            Patience::Settled => {
                let all = self.log.understood_lines;
                streak.settled >= SETTLED || (streak.epochs >= LONG && 2 * streak.epochs >= all)
            }
            Patience::Never => false,
        }
    }

    /// Adds one row to the log.
    fn append(&mut self, epoch: &LiveEpoch) {
        let row = self.log.understood_lines;
        self.log.understood_lines += 1;
        let values = [
            ("train loss", Split::Train, Metric::Loss, Some(epoch.train_loss)),
            ("train acc", Split::Train, Metric::Accuracy, epoch.train_accuracy),
            ("val loss", Split::Validation, Metric::Loss, epoch.validation_loss),
            ("val acc", Split::Validation, Metric::Accuracy, epoch.validation_accuracy),
        ];
        for (name, split, metric, value) in values {
            let Some(value) = value else { continue };
            let point = Point {
                row,
                epoch: Some(f64::from(epoch.epoch)),
                step: None,
                value,
                resolution: 0.0,
                line: 0,
            };
            match self.log.series.iter_mut().find(|series| series.name == name) {
                Some(series) => series.points.push(point),
                None => self.log.series.push(Series {
                    name: name.to_owned(),
                    split: Some(split),
                    metric,
                    within_epoch: false,
                    points: vec![point],
                }),
            }
        }
    }
}
