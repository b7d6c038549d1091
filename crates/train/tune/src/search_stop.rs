//! Why and when a search stopped.

use foliar_bayes::ExpectedGain;
use serde::{Deserialize, Serialize};

/// Why the search started no further trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SearchStopReason {
    /// All planned trials have ended.
    Trials,
    /// The time for trials is used up.
    Time,
    /// The expected improvement is below the noise level.
    Noise,
}

/// When and why the search stopped.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchStop {
    /// Why it stopped.
    pub reason: SearchStopReason,
    /// Trials that had ended by then.
    pub trials: u64,
    /// The expected gain of the next trial; none if there were too few trials for a model.
    pub expected_gain: Option<ExpectedGain>,
}
