//! Stored trials and their states.

use std::fmt;
use std::time::SystemTime;

use foliar_bayes::{Outcome, Record};
use serde::{Deserialize, Serialize};

/// A trial's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Ready to be claimed: it was enqueued, or its worker gave it back or died.
    Waiting,
    /// A worker holds it.
    Running,
    /// Ran to its end with a finite value.
    Finished,
    /// Cannot be run with its parameters.
    Infeasible,
    /// Stopped early because other trials were better.
    Pruned,
    /// Ended with an error, or lost too many workers. The model ignores it.
    Failed,
    /// Ended for a reason that says nothing about its parameters. The model ignores it.
    Abandoned,
}

impl State {
    /// All states, in the order in which a trial reaches them.
    pub const ALL: [State; 7] = [
        State::Waiting,
        State::Running,
        State::Finished,
        State::Infeasible,
        State::Pruned,
        State::Failed,
        State::Abandoned,
    ];

    /// Its name in the file and in output, such as `finished`.
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

    /// The state that `outcome` leads to, and its value. A value that is not finite is infeasible.
    pub(crate) fn of(outcome: Outcome) -> (State, Option<f64>) {
        match outcome {
            Outcome::Value { value } if value.is_finite() => (State::Finished, Some(value)),
            Outcome::Value { .. } | Outcome::Infeasible => (State::Infeasible, None),
            Outcome::Pruned => (State::Pruned, None),
            Outcome::Abandoned => (State::Abandoned, None),
        }
    }

    /// The outcome that the model sees for a trial in this state.
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

/// A trial with everything that the file stores about it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredTrial {
    /// Number, parameters, intermediate values and outcome, as the model sees them.
    pub record: Record,
    /// Its state.
    pub state: State,
    /// Seeds the trial's random numbers, below 2^53.
    pub seed: u64,
    /// How often it was claimed.
    pub attempts: u32,
    /// How many of these workers died or hung.
    pub lost_workers: u32,
    /// The worker that claimed it last.
    pub worker: Option<String>,
    /// Why it failed.
    pub message: Option<String>,
    /// When it was last claimed.
    pub started: Option<SystemTime>,
    /// When it ended.
    pub ended: Option<SystemTime>,
    /// The instructions of the worker that claimed it last, such as `avx512`: other ones round differently.
    pub instructions: Option<String>,
}

impl StoredTrial {
    /// Seconds that the last attempt took; none while the trial has not ended.
    pub fn seconds(&self) -> Option<f64> {
        let duration = self.ended?.duration_since(self.started?).ok()?;
        Some(duration.as_secs_f64())
    }
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
    /// Number of all trials.
    pub fn total(&self) -> u64 {
        self.waiting + self.running + self.ended()
    }

    /// Number of trials in a final state.
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
