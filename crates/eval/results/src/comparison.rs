//! Classifiers side by side.

use std::path::PathBuf;

use foliar_metrics::{Estimate, PairedDifference};
use foliar_runlog::Epoch;
use serde::{Deserialize, Serialize};

use crate::limits::SIGNIFICANT;

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

/// Scores on test photos with 95 % intervals by group.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestScores {
    /// Mean cross-entropy after calibration, in nats.
    pub loss: Estimate,
    /// Accuracy, 0 to 1.
    pub accuracy: Estimate,
    /// Mean F1 over the classes, 0 to 1.
    pub macro_f1: Estimate,
}

/// A tuned and an untuned classifier on the same test photos.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairedComparison {
    /// The tuned classifier.
    pub tuned: TestScores,
    /// The untuned classifier.
    pub untuned: TestScores,
    /// Tuned minus untuned, with intervals and p-values by group.
    pub difference: PairedDifference,
}

/// Which of two classifiers is better, by accuracy. `foliar compare`, `foliar tune` and its page all use this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComparisonOutcome {
    /// The first one, significantly.
    FirstBetter,
    /// The second one, significantly.
    SecondBetter,
    /// The p-value is not below [`SIGNIFICANT`].
    NotSignificant,
}

impl ComparisonOutcome {
    /// Judges a difference, first minus second.
    #[must_use]
    pub fn of(difference: &PairedDifference) -> Self {
        if difference.accuracy_p_value >= SIGNIFICANT {
            Self::NotSignificant
        } else if difference.accuracy.value > 0.0 {
            Self::FirstBetter
        } else {
            Self::SecondBetter
        }
    }

    /// `significant` or `not significant`.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::FirstBetter | Self::SecondBetter => "significant",
            Self::NotSignificant => "not significant",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_needs_a_small_p_value_and_has_a_side() {
        let difference = |value: f64, accuracy_p_value: f64| PairedDifference {
            photographs: 90,
            groups: 9,
            accuracy: Estimate::point(value),
            accuracy_p_value,
            loss: Estimate::point(0.0),
            loss_p_value: 0.001,
            macro_f1: Estimate::point(0.0),
            only_first: 1,
            only_second: 1,
        };
        for (value, p, outcome) in [
            (0.1, 0.049, ComparisonOutcome::FirstBetter),
            (-0.1, 0.0, ComparisonOutcome::SecondBetter),
            (0.1, 0.05, ComparisonOutcome::NotSignificant),
            (-0.3, 1.0, ComparisonOutcome::NotSignificant),
        ] {
            assert_eq!(ComparisonOutcome::of(&difference(value, p)), outcome, "{value} {p}");
        }
    }
}
