//! A run at one moment, from which it goes on as if nothing had happened.

use std::collections::BTreeMap;
use std::path::Path;

use foliar_nn::StateDict;
use serde::{Deserialize, Serialize};

use crate::container::{self, Kind};
use crate::error::FileError;
use crate::held_out::HeldOut;
use crate::trainee::Validated;

/// What is remembered of an epoch: how it did on the validation photographs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// Epoch, from 1.
    pub epoch: u32,
    /// Phase of the recipe that it belongs to, from 1.
    pub phase: u32,
    /// Share of the validation photographs called rightly; `None` if none were held back.
    pub accuracy: Option<f64>,
    /// Mean cross-entropy on them, in nats.
    pub loss: Option<f64>,
    /// The same after calibration.
    pub calibrated_loss: Option<f64>,
    /// Standard error of the calibrated loss; 0 if nothing was held back.
    pub standard_error: f64,
    /// The temperature of the calibration; 1 if nothing was held back.
    pub temperature: f64,
}

impl Best {
    /// What is remembered of an epoch, counted from 1, of a phase.
    pub(crate) fn new(epoch: u32, phase: u32, validation: Option<&Validated>) -> Self {
        let calibration = validation.map(|validated| validated.calibration);
        Self {
            epoch,
            phase,
            accuracy: validation.map(|validated| validated.metrics.accuracy),
            loss: validation.map(|validated| validated.metrics.loss),
            calibrated_loss: calibration.map(|calibration| calibration.loss),
            standard_error: calibration.map_or(0.0, |calibration| calibration.standard_error),
            temperature: calibration.map_or(1.0, |calibration| calibration.temperature),
        }
    }
}

/// The epoch that did best and the one whose weights are kept.
///
/// Epochs are compared by the validation loss after [`foliar_metrics::calibrate`]: accuracy moves in steps of 1 / n, and the plain loss
/// rises with confidence alone. Of the epochs of one phase that are within a standard error of the best, the last is kept:
/// the difference may be chance, and it has been trained for longer. A later phase has to be better to be kept at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// The epoch with the lowest calibrated loss.
    pub lowest: Option<Best>,
    /// The epoch whose weights are kept.
    pub kept: Option<Best>,
}

impl Choice {
    /// Takes a new epoch in and tells whether it is now the one to keep. Without validation the newest weights are the best
    /// known.
    pub fn take(&mut self, candidate: Best) -> bool {
        let Some((lowest, loss)) = self.lowest.and_then(|lowest| Some((lowest, lowest.calibrated_loss?)))
        else {
            *self = Self { lowest: Some(candidate), kept: Some(candidate) };
            return true;
        };
        let better = candidate.calibrated_loss.is_some_and(|ours| ours < loss);
        let near = candidate.phase == lowest.phase
            && candidate.calibrated_loss.is_some_and(|ours| ours <= loss + lowest.standard_error);
        if better {
            self.lowest = Some(candidate);
        }
        if better || near {
            self.kept = Some(candidate);
        }
        better || near
    }
}

/// How far a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Epochs that are done.
    pub epochs: u32,
    /// Steps done of the epoch after these.
    pub step: u32,
    /// Steps done of the whole run.
    pub total_step: u64,
    /// Sum of the losses of the photographs seen in the unfinished epoch, in nats; every digit is kept.
    pub loss_sum: f64,
    /// Photographs called rightly in it.
    pub correct: u64,
    /// Photographs seen in it.
    pub seen: u64,
    /// Seconds spent in it.
    pub seconds: f64,
    /// The best epoch so far, and the one that is kept.
    #[serde(default)]
    pub choice: Choice,
}

#[derive(Serialize, Deserialize)]
struct Content {
    recipe: String,
    progress: Progress,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held_out: Option<HeldOut>,
}

/// Weights, optimiser and progress.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Digest of the recipe that the run was begun with.
    pub recipe: String,
    /// How far the run is.
    pub progress: Progress,
    /// Outputs of these very weights for the validation photographs, in the checkpoint of the best epoch.
    pub held_out: Option<HeldOut>,
    /// Weights, running statistics and the optimiser's memory.
    pub state: StateDict,
}

impl Checkpoint {
    /// Writes it whole or not at all.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn write(&self, path: &Path) -> Result<(), FileError> {
        let content =
            Content { recipe: self.recipe.clone(), progress: self.progress, held_out: self.held_out.clone() };
        container::write(path, Kind::Checkpoint, &content, &self.state, &BTreeMap::new())
    }

    /// Reads one.
    ///
    /// # Errors
    /// A file that is missing, truncated, altered or of another kind.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let (Content { recipe, progress, held_out }, state) = container::read(path, Kind::Checkpoint)?;
        Ok(Self { recipe, progress, held_out, state })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(epoch: u32, phase: u32, loss: Option<f64>) -> Best {
        Best {
            epoch,
            phase,
            accuracy: loss.map(|_| 0.5),
            loss,
            calibrated_loss: loss,
            standard_error: 0.1,
            temperature: 1.0,
        }
    }

    fn kept(epochs: &[(u32, f64)]) -> u32 {
        let mut choice = Choice::default();
        for (index, &(phase, loss)) in epochs.iter().enumerate() {
            choice.take(epoch(index as u32 + 1, phase, Some(loss)));
        }
        choice.kept.unwrap().epoch
    }

    #[test]
    fn the_last_within_a_standard_error_is_kept() {
        assert_eq!(kept(&[(1, 1.0), (1, 0.5), (1, 0.55), (1, 0.58), (1, 0.7)]), 4);
        assert_eq!(
            kept(&[(1, 0.5), (1, 0.58), (1, 0.66)]),
            2,
            "measured from the best, not from the last kept"
        );
        assert_eq!(kept(&[(1, 0.5), (1, 0.7), (1, 0.4)]), 3);
    }

    #[test]
    fn a_later_phase_must_be_better() {
        assert_eq!(kept(&[(1, 0.5), (2, 0.55), (2, 0.52)]), 1);
        assert_eq!(kept(&[(1, 0.5), (2, 0.55), (2, 0.45), (2, 0.5)]), 4);
    }

    #[test]
    fn without_validation_the_newest_is_kept() {
        let mut choice = Choice::default();
        assert!((1..4).all(|number| choice.take(epoch(number, 1, None))));
        assert_eq!(choice.kept.unwrap().epoch, 3);
    }
}
