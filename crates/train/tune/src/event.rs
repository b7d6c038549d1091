//! What happens while tuning, for whoever watches.

use foliar_bayes::{Setting, TrialId};
use foliar_runlog::Event;
use foliar_study::State;

use crate::ending::SearchEnd;

/// Something that happened. The observer may end the work at any of them; what is in hand is then given back.
#[derive(Clone, Copy, Debug)]
pub enum TuneEvent<'a> {
    /// Features of frozen parts are computed.
    Features {
        /// Photographs done.
        done: usize,
        /// Photographs in all.
        all: usize,
    },
    /// A trial was claimed.
    TrialBegan {
        /// Its number.
        id: TrialId,
        /// What it tries.
        setting: &'a Setting,
        /// How many trials there may be.
        trials: u64,
    },
    /// A training step was taken somewhere.
    Step,
    /// An epoch of what is in hand ended.
    Epoch {
        /// Epoch, from 1.
        epoch: u32,
        /// Of how many.
        epochs: u32,
        /// The objective after it.
        value: f64,
    },
    /// A trial ended.
    TrialEnded(&'a TrialEnd),
    /// The search is over.
    SearchEnded(&'a SearchEnd),
    /// Others are at work on all that is left of this part.
    Waiting,
    /// A job was claimed.
    JobBegan {
        /// Its name.
        name: &'a str,
        /// Its place among the jobs of its part, from 1.
        place: usize,
        /// The jobs of its part.
        jobs: usize,
    },
    /// A job was done, with this objective if it has one.
    JobEnded {
        /// Its name.
        name: &'a str,
        /// The objective; none if the training diverged, or the job has none.
        value: Option<f64>,
        /// Seconds it took.
        seconds: f64,
    },
    /// What a run folder's training says.
    Training(&'a Event),
    /// Photographs of the test part are classified.
    Test {
        /// Photographs done, of both classifiers.
        done: usize,
        /// Photographs in all.
        all: usize,
    },
}

/// How a trial ended.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialEnd {
    /// Its number.
    pub id: TrialId,
    /// What it tried.
    pub setting: Setting,
    /// How it ended.
    pub state: State,
    /// The objective, if it ran to its end.
    pub value: Option<f64>,
    /// The trial with the best value measured so far.
    pub best: Option<(TrialId, f64)>,
    /// Seconds it took.
    pub seconds: f64,
}
