//! Trials as plain data that a caller can store: what a study asks for, what is reported, and how trials end.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Params;

/// A trial's number in its study: 0 for the first, then ascending. It keys the trial's random numbers.
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
    /// Smaller is better, as for a loss.
    Minimise,
    /// Larger is better, as for an accuracy.
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

/// A trial to run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Its number, to be given back with the outcome.
    pub id: TrialId,
    /// The value of every parameter.
    pub params: Params,
}

/// A point in time of a trial, ordered by fold, then epoch. An epoch is only compared with the same epoch of the same fold,
/// because each fold of a cross-validation starts with fresh weights.
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
    /// It cannot be run with these parameters: the loss diverged or memory ran out.
    Infeasible,
    /// It was stopped because others were better at the same step. The model uses its reports.
    Pruned,
    /// It ended for a reason that says nothing about its parameters, such as a full disk. The model ignores it.
    Abandoned,
}

/// Everything known about one trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its number.
    pub id: TrialId,
    /// The value of every parameter.
    pub params: Params,
    /// Intermediate values, in the order they came.
    #[serde(default)]
    pub reports: Vec<Report>,
    /// How it ended; none while it runs.
    #[serde(default)]
    pub outcome: Option<Outcome>,
}

impl Record {
    /// The record of a trial that has just started.
    pub fn running(trial: Trial) -> Self {
        Record { id: trial.id, params: trial.params, reports: Vec::new(), outcome: None }
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
