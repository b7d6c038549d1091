//! What a trial is measured by.

use foliar_bayes::Direction;
use foliar_train::TrialEpoch;
use serde::{Deserialize, Serialize};

/// A figure on the validation photographs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Objective {
    /// Mean cross-entropy after calibration, in nats: what epochs are chosen by, and what the bundle's probabilities cost.
    /// The loss before calibration would reward settings that end unsure of themselves, which a temperature mends for free.
    Loss,
    /// Share called rightly. It moves in steps of 1 / n.
    Accuracy,
    /// Mean F1 over the classes.
    MacroF1,
}

impl Objective {
    /// Whether less or more is better.
    pub fn direction(self) -> Direction {
        match self {
            Objective::Loss => Direction::Minimise,
            Objective::Accuracy | Objective::MacroF1 => Direction::Maximise,
        }
    }

    /// Its name: `validation loss`.
    pub fn name(self) -> &'static str {
        match self {
            Objective::Loss => "validation loss",
            Objective::Accuracy => "validation accuracy",
            Objective::MacroF1 => "validation macro F1",
        }
    }

    /// The figure after an epoch.
    pub fn of(self, epoch: &TrialEpoch) -> f64 {
        match self {
            Objective::Loss => epoch.score.calibrated_loss.unwrap_or(epoch.metrics.loss),
            Objective::Accuracy => epoch.metrics.accuracy,
            Objective::MacroF1 => epoch.metrics.macro_f1,
        }
    }
}
