//! Trials: what a study gives out, what comes back, and what is kept. All of it is plain data that a caller can store.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Setting;

/// A trial's number within its study: 0 for the first, then ascending. It keys the trial's random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TrialId(pub u64);

impl fmt::Display for TrialId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Whether a smaller or a larger objective is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// A loss.
    Minimise,
    /// An accuracy, a score.
    Maximise,
}

impl Direction {
    /// The objective as a cost: `value`, or `-value` when larger is better. Its own inverse.
    pub fn cost(self, value: f64) -> f64 {
        match self {
            Direction::Minimise => value,
            Direction::Maximise => -value,
        }
    }
}

/// A setting to be tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Its number, to be handed back with the outcome.
    pub id: TrialId,
    /// The value of every parameter.
    pub setting: Setting,
}

/// A point in a trial's life. Ordered by fold, then epoch; an epoch is only ever compared with the same epoch of the same
/// fold, for each fold of a cross-validation begins again with fresh weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Step {
    /// Fold of the cross-validation, from 0; always 0 without one.
    pub fold: u32,
    /// Finished epochs of that fold, from 1.
    pub epoch: u32,
}

/// An intermediate value of the objective.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// When it was measured.
    pub step: Step,
    /// The objective, in the study's units and direction.
    pub value: f64,
}

/// How a trial ended.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Outcome {
    /// It ran to its end. A value that is not finite is kept as [`Outcome::Infeasible`].
    Value {
        /// The objective.
        value: f64,
    },
    /// It can not be run with this setting: the loss diverged, memory ran out.
    Infeasible,
    /// It was stopped because others were better at the same step. Its reports say how good it was.
    Pruned,
    /// It ended for a reason that says nothing about the setting: killed, disk full. The model ignores it.
    Abandoned,
}

/// All that is known of one trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its number.
    pub id: TrialId,
    /// The value of every parameter.
    pub setting: Setting,
    /// Intermediate values, in the order they came.
    #[serde(default)]
    pub reports: Vec<Report>,
    /// How it ended; none while it runs.
    #[serde(default)]
    pub outcome: Option<Outcome>,
}

impl Record {
    /// A trial that has just been given out.
    pub fn running(trial: Trial) -> Self {
        Record { id: trial.id, setting: trial.setting, reports: Vec::new(), outcome: None }
    }

    /// The objective of a trial that ran to its end.
    pub fn value(&self) -> Option<f64> {
        match self.outcome {
            Some(Outcome::Value { value }) => Some(value),
            _ => None,
        }
    }

    /// The value reported at exactly `step`; the last one if there are several.
    pub fn reported(&self, step: Step) -> Option<f64> {
        self.reports.iter().rev().find(|report| report.step == step).map(|report| report.value)
    }
}
