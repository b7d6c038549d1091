//! Judges a run while it trains: the rules after every epoch, and what of their findings is told.

use std::collections::BTreeSet;

use foliar_logread::{Metric, Point, RunLog, Series, Split};

use crate::{Finding, Id, RunSetup, Severity, diagnose};

/// The results of one epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LiveEpoch {
    /// Epoch, from 1.
    pub epoch: u32,
    /// Mean training loss per photograph, in nats.
    pub train_loss: f64,
    /// Share of the training photographs classified correctly while the network trained on them, in 0..=1.
    pub train_accuracy: f64,
    /// Mean validation loss per photograph, in nats; `None` without validation.
    pub validation_loss: Option<f64>,
    /// Share of the validation photographs classified correctly, in 0..=1.
    pub validation_accuracy: Option<f64>,
    /// Learning rate of the last step of the epoch, 0 or more.
    pub learning_rate: f64,
}

/// What a run has shown so far, and what was said about it.
#[derive(Debug)]
pub struct LiveDoctor {
    setup: RunSetup,
    log: RunLog,
    standing: BTreeSet<Id>,
    told: BTreeSet<Id>,
}

impl LiveDoctor {
    /// A doctor for a run of which `setup` is known.
    #[must_use]
    pub fn new(setup: RunSetup) -> Self {
        Self { setup, log: RunLog::default(), standing: BTreeSet::new(), told: BTreeSet::new() }
    }

    /// Forgets the epochs so far, as where another part of the network is trained at other rates: its losses do not
    /// continue the earlier ones. What was told is not told again.
    pub fn begin_phase(&mut self) {
        self.log = RunLog::default();
        self.standing.clear();
    }

    /// Takes an epoch in and returns the warnings and errors that are new.
    pub fn epoch(&mut self, epoch: &LiveEpoch) -> Vec<Finding> {
        let row = self.log.understood_lines;
        self.log.understood_lines += 1;
        let values = [
            ("train loss", Split::Train, Metric::Loss, Some(epoch.train_loss)),
            ("train acc", Split::Train, Metric::Accuracy, Some(epoch.train_accuracy)),
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
        let findings = diagnose(&self.log, &self.setup).findings;
        let serious: Vec<_> =
            findings.into_iter().filter(|finding| finding.severity > Severity::Note).collect();
        let before =
            std::mem::replace(&mut self.standing, serious.iter().map(|finding| finding.id).collect());
        serious
            .into_iter()
            .filter(|finding| before.contains(&finding.id) && self.told.insert(finding.id))
            .collect()
    }
}
