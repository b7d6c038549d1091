//! Runs side by side.

use std::path::PathBuf;

use foliar_metrics::Metrics;
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
    /// Figures on the common photographs.
    pub metrics: Metrics,
}

/// Two runs of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PairwiseTest {
    /// Place of the first among the runs.
    pub first: usize,
    /// Place of the second.
    pub second: usize,
    /// Photographs on which the first alone is right.
    pub only_first: usize,
    /// Photographs on which the second alone is right.
    pub only_second: usize,
    /// Probability of a difference at least as large if the two were equally good (exact, two-sided).
    pub p_value: f64,
}

/// Runs side by side.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// Photographs that no run had learnt from when it spoke of them.
    pub photographs: usize,
    /// The runs, in the order in which they were given.
    pub runs: Vec<ComparedRun>,
    /// Every two of them.
    pub pairs: Vec<PairwiseTest>,
}
