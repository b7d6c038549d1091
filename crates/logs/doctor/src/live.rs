//! Judges a run while it trains.
//!
//! The rules judge the log after every epoch; a finding is told once it stands ([`Patience`]). While the
//! learning rate is high, the running statistics of batch norm lag behind the weights: validation may drop
//! for some epochs and recover as the rate falls. So what a lower rate may undo waits for a lower rate, or
//! for long; only for a lower one where it is known that the rate will fall. What was told and is no longer so
//! is taken back.

use std::collections::{BTreeMap, BTreeSet};

use foliar_logread::{Metric, Point, RunLog, Series, Split};

use crate::context::Context;
use crate::own;
use crate::rules;
use crate::{Finding, Id, Practice, RunSetup, Severity};

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
/// Epochs in a row without a finding after which it is taken back.
const GONE: usize = 3;

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
    /// What was told in this phase, and for how many epochs in a row it has not been found.
    missed: BTreeMap<Id, usize>,
    /// Whether the losses are those of a rate that is too high from the first epoch on.
    is_hot: bool,
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
            missed: BTreeMap::new(),
            is_hot: false,
        }
    }

    /// Forgets the epochs so far, but not what was told: the next ones train other layers at other rates, and
    /// their losses do not continue the earlier ones.
    pub fn begin_phase(&mut self) {
        self.log = RunLog::default();
        self.rates = Rates::default();
        self.streaks.clear();
        self.missed.clear();
    }

    /// Tells what the epochs to come do already; `None` where it is not known.
    pub fn practise(&mut self, practice: Option<Practice>) {
        self.setup.practice = practice;
    }

    /// Takes in the results of an epoch. Returns the warnings and errors that stand now and were not told
    /// before.
    pub fn epoch(&mut self, epoch: &LiveEpoch) -> Vec<Finding> {
        self.append(epoch);
        self.rates.push(epoch.learning_rate);
        let mut serious = self.serious();
        let found = |id: Id| serious.iter().any(|finding| finding.id == id);
        self.streaks.retain(|id, _| found(*id));
        self.missed.iter_mut().for_each(|(id, epochs)| *epochs = if found(*id) { 0 } else { *epochs + 1 });
        serious.retain(|finding| self.stands(finding.id) && self.told.insert(finding.id));
        self.missed.extend(serious.iter().map(|finding| (finding.id, 0)));
        serious
    }

    /// What was told before and has not been so for some epochs; each once. It may be told again.
    pub fn withdrawn(&mut self) -> Vec<Id> {
        let gone: Vec<Id> =
            self.missed.iter().filter(|(_, epochs)| **epochs >= GONE).map(|(id, _)| *id).collect();
        for id in &gone {
            self.missed.remove(id);
            self.told.remove(id);
        }
        gone
    }

    /// What stands at the end of the run and was not told while it trained.
    pub fn conclude(&mut self) -> Vec<Finding> {
        // Jumps while the rate was high stay in the log, and are of no concern any more.
        let past = [Id::ValidationTooSmall, Id::UnstableValidation, Id::ValSpikes];
        let mut serious = self.serious();
        let lasts = |id: Id| self.streaks.get(&id).is_some_and(|streak| streak.epochs >= 2);
        serious.retain(|finding| !past.contains(&finding.id) && lasts(finding.id));
        serious.retain(|finding| self.told.insert(finding.id));
        serious
    }

    /// Warnings and errors of the epochs so far.
    fn serious(&mut self) -> Vec<Finding> {
        let context = Context::of_means(&self.log, &self.setup);
        self.is_hot = context.is_own && own::too_high(&context, false).is_some();
        let mut findings = rules::judge(&context).findings;
        findings.retain(|finding| finding.severity > Severity::Note);
        findings
    }

    /// Counts one more epoch in a row with the finding `id`, and says whether that is enough.
    fn stands(&mut self, id: Id) -> bool {
        let streak = self.streaks.entry(id).or_default();
        streak.epochs += 1;
        streak.settled = if self.rates.is_settled() { streak.settled + 1 } else { 0 };
        let patience = match Patience::with(id) {
            _ if id == Id::LrTooHigh && self.is_hot => Patience::Confirmed,
            patience => patience,
        };
        match patience {
            Patience::AtOnce => true,
            Patience::Confirmed => streak.epochs >= 2,
            Patience::PastWarmUp => streak.epochs >= 2 && !self.rates.rises,
            Patience::Settled => {
                let all = self.log.understood_lines;
                let will_fall = self.setup.practice.is_some_and(|practice| practice.falling_rate);
                streak.settled >= SETTLED || (!will_fall && streak.epochs >= LONG && 2 * streak.epochs >= all)
            }
            Patience::Never => false,
        }
    }

    /// Adds one row to the log.
    fn append(&mut self, epoch: &LiveEpoch) {
        let row = self.log.understood_lines;
        self.log.understood_lines += 1;
        let (train, validation) = (Some(Split::Train), Some(Split::Validation));
        let values = [
            ("train loss", train, Metric::Loss, Some(epoch.train_loss)),
            ("train acc", train, Metric::Accuracy, epoch.train_accuracy),
            ("val loss", validation, Metric::Loss, epoch.validation_loss),
            ("val acc", validation, Metric::Accuracy, epoch.validation_accuracy),
            ("lr", None, Metric::LearningRate, Some(epoch.learning_rate)),
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
                    split,
                    metric,
                    within_epoch: false,
                    points: vec![point],
                }),
            }
        }
    }
}
