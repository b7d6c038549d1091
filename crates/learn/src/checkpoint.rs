//! A run at one moment, from which it goes on as if nothing had happened.

use std::path::Path;

use foliar_nn::State;
use serde::{Deserialize, Serialize};

use crate::container::{self, Kind};
use crate::error::FileError;

/// The epoch whose weights are kept as the best: highest validation accuracy, then lowest validation loss, then first.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// Epoch, from 1.
    pub epoch: u32,
    /// Share of the validation photographs called rightly.
    pub accuracy: f64,
    /// Mean cross-entropy on them, in nats.
    pub loss: f64,
}

impl Best {
    /// Whether it is to be preferred to `other`.
    pub fn beats(&self, other: &Best) -> bool {
        self.accuracy > other.accuracy || (self.accuracy == other.accuracy && self.loss < other.loss)
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

/// Weights, optimiser and progress.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// How far the run is.
    pub progress: Progress,
    /// Weights, running statistics and the optimiser's memory.
    pub state: State,
}

impl Checkpoint {
    /// Writes it whole or not at all.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn write(&self, path: &Path) -> Result<(), FileError> {
        container::write(path, Kind::Checkpoint, &self.progress, &self.state)
    }

    /// Reads one.
    ///
    /// # Errors
    /// A file that is missing, truncated, altered or of another kind.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let (progress, state) = container::read(path, Kind::Checkpoint)?;
        Ok(Self { progress, state })
    }
}
