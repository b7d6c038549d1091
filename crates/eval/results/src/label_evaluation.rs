//! What an evaluation of a classifier of labels measures, as values.

use foliar_metrics::{Calibrated, Estimate, LabelScore};
use serde::Serialize;

use crate::evaluation::{EvaluationData, FileProblem, UnknownClass};

/// A classifier of labels, measured on photographs whose labels are known.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelEvaluation {
    /// What it was measured on.
    pub data: EvaluationData,
    /// Photographs.
    pub photographs: usize,
    /// Scores of all labels together.
    pub scores: OverallLabelScores,
    /// Each label, in the order of the classifier.
    pub labels: Vec<LabelResult>,
    /// Target error rate of "present" and "absent".
    pub risk: f64,
    /// On what thresholds and calibration rest; `None` for a classifier for which nothing was held back.
    pub calibrated: Option<Calibrated>,
    /// Each photograph.
    pub predictions: Vec<LabelPrediction>,
    /// Sets of labels of which the classifier does not know one, with their photographs, which are left out.
    pub unknown_labels: Vec<UnknownClass>,
    /// What was left out, and what else is odd.
    pub problems: Vec<FileProblem>,
}

/// Scores of all labels together, with 95 % intervals by group.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct OverallLabelScores {
    /// Mean over photographs of the F1 of their labels; 1 where a photograph shows none and none is called.
    pub mean_f1: Estimate,
    /// Mean over the labels that occur of their F1.
    pub macro_f1: Estimate,
    /// F1 of all decisions together.
    pub micro_f1: Estimate,
    /// Mean over the labels that occur of their average precision.
    pub mean_average_precision: Estimate,
    /// Share of photographs with every label right.
    pub exact_match: Estimate,
    /// Share of the labels of photographs that are wrong.
    pub hamming_loss: Estimate,
    /// Mean cross-entropy of a label of a photograph, in nats; that of even odds is 0.693.
    pub loss: Estimate,
}

/// One label.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelResult {
    /// Its name.
    pub label: String,
    /// Photographs that show it.
    pub photographs: usize,
    /// Photographs for which it is called.
    pub called: usize,
    /// Probability from which it is called.
    pub threshold: f64,
    /// Its scores; `None` where no photograph shows it.
    #[serde(flatten)]
    pub scores: Option<LabelScore<Estimate>>,
    /// Whether its probabilities can be taken at their word.
    pub calibration: LabelCalibration,
    /// How "present", "absent" and "unsure" did; `None` where nothing was held back.
    pub presence: Option<PresenceResult>,
}

/// Whether the probabilities of a label can be taken at their word.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LabelCalibration {
    /// Expected calibration error.
    pub error: f64,
    /// How much of it is more than chance.
    pub excess: Estimate,
    /// Probability of an error at least as large if the probabilities were right.
    pub p_value: f64,
}

/// How "present", "absent" and "unsure" of a label did.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PresenceResult {
    /// Share of the photographs that show it of which it is not said that it is absent; `None` without such photographs.
    pub coverage_present: Option<Estimate>,
    /// Share of those that do not show it of which it is not said that it is present; `None` without such photographs.
    pub coverage_absent: Option<Estimate>,
    /// Share of photographs of which it cannot be told.
    pub unsure: Estimate,
}

/// What is said of one photograph.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelPrediction {
    /// Path relative to the folder, with `/` between its parts.
    pub path: String,
    /// Places of the labels that it shows.
    pub shown: Vec<usize>,
    /// Places of the labels that are called.
    pub called: Vec<usize>,
    /// Calibrated probability of each label.
    pub probabilities: Vec<f64>,
    /// `present`, `absent` or `unsure` for each label; none where nothing was held back.
    pub presence: Vec<&'static str>,
    /// A number that photographs share which belong together.
    pub group: u64,
}
