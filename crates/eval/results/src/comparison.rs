//! Runs side by side.

use std::path::PathBuf;

use foliar_metrics::{Estimate, PairedDifference};
use foliar_runlog::Epoch;
use serde::Serialize;

/// One run of a comparison.
#[derive(Clone, Debug, Serialize)]
pub struct ComparedRun {
    /// The run folder.
    #[serde(serialize_with = "foliar_files::any_path::serialize")]
    pub run: PathBuf,
    /// Name of the network.
    pub model: String,
    /// Peak of the learning rate.
    pub learning_rate: f64,
    /// Seconds that all its epochs took.
    pub seconds: f64,
    /// Its epochs.
    pub epochs: Vec<Epoch>,
    /// Accuracy on the common photographs, with its interval by group.
    pub accuracy: Estimate,
    /// Mean F1 over the classes.
    pub macro_f1: Estimate,
    /// Mean cross-entropy in nats, with calibrated probabilities.
    pub loss: Estimate,
}

/// Two runs of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PairwiseTest {
    /// Place of the first among the runs.
    pub first: usize,
    /// Place of the second.
    pub second: usize,
    /// The first minus the second, with intervals and p-values by group.
    #[serde(flatten)]
    pub difference: PairedDifference,
}

/// Runs side by side.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// Photographs that all runs held back: each run's prediction is by a model that was not trained on the photograph.
    pub photographs: usize,
    /// Groups (leaves) among them: the number of independent observations.
    pub groups: usize,
    /// The runs, in the order in which they were given.
    pub runs: Vec<ComparedRun>,
    /// Every two of them.
    pub pairs: Vec<PairwiseTest>,
}
