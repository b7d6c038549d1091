//! The objective: the score that trials are compared by.

use foliar_bayes::Direction;
use foliar_train::TrialEpoch;
use serde::{Deserialize, Serialize};

/// A score on the validation photos.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Objective {
    /// Mean cross-entropy after calibration, in nats. Epochs are chosen by it too. The loss before calibration would favour
    /// underconfident models, although temperature scaling corrects those at no cost.
    Loss,
    /// Accuracy. It changes in steps of 1 / n.
    Accuracy,
    /// Mean F1 over the classes.
    MacroF1,
}

impl Objective {
    /// Whether it is minimised or maximised.
    pub fn direction(self) -> Direction {
        match self {
            Objective::Loss => Direction::Minimise,
            Objective::Accuracy | Objective::MacroF1 => Direction::Maximise,
        }
    }

    /// Its name, such as `validation loss`.
    pub fn name(self) -> &'static str {
        match self {
            Objective::Loss => "validation loss",
            Objective::Accuracy => "validation accuracy",
            Objective::MacroF1 => "validation macro F1",
        }
    }

    /// Its value after an epoch.
    pub fn of(self, epoch: &TrialEpoch) -> f64 {
        match self {
            Objective::Loss => epoch.score.calibrated_loss.unwrap_or(epoch.metrics.loss),
            Objective::Accuracy => epoch.metrics.accuracy,
            Objective::MacroF1 => epoch.metrics.macro_f1,
        }
    }
}
