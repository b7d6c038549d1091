//! Events of a tuning, for an observer.

use foliar_bayes::{Params, TrialId};
use foliar_runlog::Event;
use foliar_study::State;

use crate::search_stop::SearchStop;

/// An event. The observer can stop the work at each of them; the current trial or job is then given back.
#[derive(Clone, Copy, Debug)]
pub enum TuneEvent<'a> {
    /// Features of frozen layers are being computed.
    Features {
        /// Photos done.
        done: usize,
        /// All photos.
        all: usize,
    },
    /// A trial has started.
    TrialBegan {
        /// Its number.
        id: TrialId,
        /// Its parameters.
        params: &'a Params,
        /// The largest number of trials.
        trials: u64,
    },
    /// A training step has ended.
    Step,
    /// An epoch of the current trial or job has ended.
    Epoch {
        /// Epoch, from 1.
        epoch: u32,
        /// Number of epochs.
        epochs: u32,
        /// The objective after it.
        value: f64,
    },
    /// A trial has ended.
    TrialEnded(&'a TrialEnd),
    /// The search has stopped.
    SearchEnded(&'a SearchStop),
    /// Another worker has the trial or job that this one has worked on: this one was silent for too long. What it has found here
    /// is not used.
    Dropped {
        /// The trial or job.
        what: &'a str,
    },
    /// Other workers hold everything that is left of this stage.
    Waiting,
    /// A job has started.
    JobBegan {
        /// Its name.
        name: &'a str,
        /// Its position among the jobs of this stage, from 1.
        place: usize,
        /// Number of jobs of this stage.
        jobs: usize,
    },
    /// A job is done.
    JobEnded {
        /// Its name.
        name: &'a str,
        /// The objective; none if the training diverged, or the job has none.
        value: Option<f64>,
        /// Seconds it took.
        seconds: f64,
    },
    /// An event of a final run's training.
    Training(&'a Event),
    /// Test photos are being classified.
    Test {
        /// Photos that both classifiers have classified.
        done: usize,
        /// All photos.
        all: usize,
    },
}

/// The end of a trial.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialEnd {
    /// Its number.
    pub id: TrialId,
    /// Its parameters.
    pub params: Params,
    /// Its final state.
    pub state: State,
    /// The objective, if it ran to its end.
    pub value: Option<f64>,
    /// The trial with the best measured value so far, and that value.
    pub best: Option<(TrialId, f64)>,
    /// Seconds it took.
    pub seconds: f64,
}
