//! How a search ends.

use foliar_bayes::Progress;
use serde::{Deserialize, Serialize};

/// Why no further trial was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// All trials of the budget have ended.
    Trials,
    /// The time for trials is used up.
    Time,
    /// The improvement that can be expected is lost in the noise.
    Noise,
}

/// The end of the search.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchEnd {
    /// Why.
    pub ending: Ending,
    /// Trials that had ended by then.
    pub trials: u64,
    /// What the next trial promised; none while the model knew too little.
    pub progress: Option<Progress>,
}
