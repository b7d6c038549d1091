//! A run at one moment, from which it goes on as if nothing had happened.

use std::path::Path;

use foliar_nn::State;
use serde::{Deserialize, Serialize};

use crate::container::{self, Kind};
use crate::error::FileError;
use crate::metrics::Metrics;
use crate::trainee::Validated;

/// The epoch whose weights are kept as the best: that with the lowest calibrated validation loss.
///
/// Accuracy moves in steps of 1 / n and the loss rises with confidence alone; the loss after [`calibrate`] does neither.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// Epoch, from 1.
    pub epoch: u32,
    /// Share of the validation photographs called rightly; `None` if none were held back.
    pub accuracy: Option<f64>,
    /// Mean cross-entropy on them, in nats.
    pub loss: Option<f64>,
    /// The same after calibration.
    pub calibrated_loss: Option<f64>,
    /// The temperature of the calibration; 1 if nothing was held back.
    pub temperature: f64,
}

impl Best {
    /// What is remembered of an epoch, counted from 1.
    pub(crate) fn new(epoch: u32, validation: Option<&Validated>) -> Self {
        Self {
            epoch,
            accuracy: validation.map(|validated| validated.metrics.accuracy),
            loss: validation.map(|validated| validated.metrics.loss),
            calibrated_loss: validation.map(|validated| validated.calibration.loss),
            temperature: validation.map_or(1.0, |validated| validated.calibration.temperature),
        }
    }

    /// Whether it is to be preferred to `other`. Without validation the newest weights are the best known.
    pub fn beats(&self, other: &Best) -> bool {
        match (self.calibrated_loss, other.calibrated_loss) {
            (Some(ours), Some(theirs)) => ours < theirs,
            _ => self.epoch > other.epoch,
        }
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
    /// The best epoch so far.
    pub best: Option<Best>,
}

#[derive(Serialize, Deserialize)]
struct Content {
    recipe: String,
    progress: Progress,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    metrics: Option<Metrics>,
}

/// Weights, optimiser and progress.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Digest of the recipe that the run was begun with.
    pub recipe: String,
    /// How far the run is.
    pub progress: Progress,
    /// Figures of these very weights on the validation photographs, in the checkpoint of the best epoch.
    pub metrics: Option<Metrics>,
    /// Weights, running statistics and the optimiser's memory.
    pub state: State,
}

impl Checkpoint {
    /// Writes it whole or not at all.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn write(&self, path: &Path) -> Result<(), FileError> {
        let content =
            Content { recipe: self.recipe.clone(), progress: self.progress, metrics: self.metrics.clone() };
        container::write(path, Kind::Checkpoint, &content, &self.state)
    }

    /// Reads one.
    ///
    /// # Errors
    /// A file that is missing, truncated, altered or of another kind.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let (Content { recipe, progress, metrics }, state) = container::read(path, Kind::Checkpoint)?;
        Ok(Self { recipe, progress, metrics, state })
    }
}
