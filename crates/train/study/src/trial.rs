//! Trials as they are stored.

use std::fmt;
use std::time::SystemTime;

use foliar_bayes::{Outcome, Record};
use serde::{Deserialize, Serialize};

/// Where a trial stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// To be claimed: its setting was chosen by hand, or its worker gave it back or died.
    Waiting,
    /// Claimed.
    Running,
    /// Ran to its end, with a finite value.
    Finished,
    /// Can not be run with its setting.
    Infeasible,
    /// Stopped because others were better.
    Pruned,
    /// Ended by an error, or lost too many workers; the model ignores it.
    Failed,
    /// Ended for a reason that says nothing about the setting; the model ignores it.
    Abandoned,
}

impl State {
    /// All of them, in the order of a trial's life.
    pub const ALL: [State; 7] = [
        State::Waiting,
        State::Running,
        State::Finished,
        State::Infeasible,
        State::Pruned,
        State::Failed,
        State::Abandoned,
    ];

    /// Its name in the file and on the screen: `finished`.
    pub fn name(self) -> &'static str {
        match self {
            State::Waiting => "waiting",
            State::Running => "running",
            State::Finished => "finished",
            State::Infeasible => "infeasible",
            State::Pruned => "pruned",
            State::Failed => "failed",
            State::Abandoned => "abandoned",
        }
    }

    /// Whether the trial has ended.
    pub fn is_final(self) -> bool {
        !matches!(self, State::Waiting | State::Running)
    }

    pub(crate) fn named(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.name() == name)
    }

    /// The state that `outcome` ends in, and its value; one that is not finite is infeasible.
    pub(crate) fn of(outcome: Outcome) -> (State, Option<f64>) {
        match outcome {
            Outcome::Value { value } if value.is_finite() => (State::Finished, Some(value)),
            Outcome::Value { .. } | Outcome::Infeasible => (State::Infeasible, None),
            Outcome::Pruned => (State::Pruned, None),
            Outcome::Abandoned => (State::Abandoned, None),
        }
    }

    /// What the model is told of a trial in this state.
    pub(crate) fn outcome(self, value: Option<f64>) -> Option<Outcome> {
        match self {
            State::Waiting | State::Running => None,
            State::Finished => value.map(|value| Outcome::Value { value }),
            State::Infeasible => Some(Outcome::Infeasible),
            State::Pruned => Some(Outcome::Pruned),
            State::Failed | State::Abandoned => Some(Outcome::Abandoned),
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// A trial with all that the file says of it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredTrial {
    /// Number, setting, intermediate values and outcome, as the model sees them.
    pub record: Record,
    /// Where it stands.
    pub state: State,
    /// Of the trial's random numbers, below 2^53.
    pub seed: u64,
    /// How often it was claimed.
    pub attempts: u32,
    /// How many of these claims ended with the worker's death.
    pub deaths: u32,
    /// Who claimed it last.
    pub worker: Option<String>,
    /// Why it failed.
    pub message: Option<String>,
    /// When it was claimed last.
    pub started: Option<SystemTime>,
    /// When it ended.
    pub ended: Option<SystemTime>,
}

/// How many trials are in each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// See [`State::Waiting`].
    pub waiting: u64,
    /// See [`State::Running`].
    pub running: u64,
    /// See [`State::Finished`].
    pub finished: u64,
    /// See [`State::Infeasible`].
    pub infeasible: u64,
    /// See [`State::Pruned`].
    pub pruned: u64,
    /// See [`State::Failed`].
    pub failed: u64,
    /// See [`State::Abandoned`].
    pub abandoned: u64,
}

impl Counts {
    /// All trials.
    pub fn total(&self) -> u64 {
        self.waiting + self.running + self.ended()
    }

    /// Trials in a final state.
    pub fn ended(&self) -> u64 {
        self.finished + self.infeasible + self.pruned + self.failed + self.abandoned
    }

    pub(crate) fn of_mut(&mut self, state: State) -> &mut u64 {
        match state {
            State::Waiting => &mut self.waiting,
            State::Running => &mut self.running,
            State::Finished => &mut self.finished,
            State::Infeasible => &mut self.infeasible,
            State::Pruned => &mut self.pruned,
            State::Failed => &mut self.failed,
            State::Abandoned => &mut self.abandoned,
        }
    }
}
