//! How good the runs of a cross-validation are, each on its fold, and all together.

use std::path::PathBuf;

use foliar_metrics::Estimate;
use serde::{Deserialize, Serialize};

/// One figure of a cross-validation.
///
/// The interval resamples the groups of the photographs and holds the classifiers as they are: how much they differ because each has
/// learned from other photographs is what the spread over the folds shows, and no interval without bias is known for both together
/// (Bengio and Grandvalet 2004, "No unbiased estimator of the variance of k-fold cross-validation").
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoldFigure {
    /// Of all photographs together, with its 95 % interval by group.
    pub pooled: Estimate,
    /// Mean over the folds.
    pub mean: f64,
    /// Of the fold with the lowest.
    pub lowest: f64,
    /// Of the fold with the highest.
    pub highest: f64,
}

/// The figures of some photographs of which each shows one class, or any number of labels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoldScores<T> {
    /// Share of photographs, or of their labels, that are right.
    pub accuracy: T,
    /// Mean loss in nats, before calibration; of labels, a label.
    pub loss: T,
    /// Mean F1 of the classes or labels.
    pub macro_f1: T,
    /// Mean over photographs of the F1 of their labels; absent where each shows one class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_f1: Option<T>,
}

/// One fold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoldResult {
    /// Its number, from 1.
    pub fold: u32,
    /// The run folder.
    #[serde(with = "foliar_files::any_path")]
    pub run: PathBuf,
    /// Photographs that the run has learned from.
    pub train: usize,
    /// Photographs of the fold.
    pub photographs: usize,
    /// Epoch that was kept, from 1.
    pub epoch: u32,
    /// Figures on the fold.
    #[serde(flatten)]
    pub scores: FoldScores<f64>,
}

/// A cross-validation of whole runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CrossValidation {
    /// Photographs, each predicted by the run that has not learned from it.
    pub photographs: usize,
    /// In how many groups.
    pub groups: usize,
    /// Figures over all folds.
    #[serde(flatten)]
    pub scores: FoldScores<FoldFigure>,
    /// Each fold.
    pub folds: Vec<FoldResult>,
}
