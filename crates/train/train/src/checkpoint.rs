//! A run at one moment, from which it goes on as if nothing had happened.

use std::path::Path;

use foliar_model::FileError;
use foliar_model::container::{self, Kind};
use foliar_nn::{StateDict, Tensor};
use serde::{Deserialize, Serialize};

use crate::best_epoch::BestEpoch;
use crate::out_of_fold::OutOfFoldPredictions;

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
    /// Correct predictions in it.
    pub correct: u64,
    /// Photographs seen in it.
    pub seen: u64,
    /// Seconds spent in it.
    pub seconds: f64,
    /// The epoch that is kept: the best so far.
    #[serde(default)]
    pub choice: BestEpoch,
}

/// Name of the tensor of the logits of [`Checkpoint::out_of_fold`], (n, C).
const LOGITS: &str = "out_of_fold.logits";

#[derive(Serialize, Deserialize)]
struct Content {
    recipe: String,
    progress: Progress,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    out_of_fold: Option<OutOfFoldPredictions>,
}

/// Weights, optimiser and progress.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Digest of the recipe that the run was begun with.
    pub recipe: String,
    /// How far the run is.
    pub progress: Progress,
    /// Outputs of these very weights for the validation photographs, in the checkpoint of the best epoch.
    pub out_of_fold: Option<OutOfFoldPredictions>,
    /// Weights, running statistics and the optimiser's memory.
    pub state: StateDict,
}

impl Checkpoint {
    /// Writes it whole or not at all.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn write(&self, path: &Path) -> Result<(), FileError> {
        let content = Content {
            recipe: self.recipe.clone(),
            progress: self.progress,
            out_of_fold: self.out_of_fold.clone(),
        };
        let logits = self.out_of_fold.as_ref().map(|predictions| {
            let shape = vec![predictions.photos.len(), predictions.classes()];
            (LOGITS.to_owned(), Tensor { shape, data: predictions.logits.clone() })
        });
        container::write(path, Kind::Checkpoint, &content, &self.state, &logits.into_iter().collect())
    }

    /// Reads one.
    ///
    /// # Errors
    /// A file that is missing, truncated, altered or of another kind.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let (content, mut state): (Content, StateDict) = container::read(path, Kind::Checkpoint)?;
        let Content { recipe, progress, mut out_of_fold } = content;
        if let Some(predictions) = &mut out_of_fold {
            let logits = state.tensors.remove(LOGITS);
            predictions.logits = logits.map(|tensor| tensor.data).ok_or_else(|| FileError::Damaged {
                path: path.to_owned(),
                what: format!("its tensor `{LOGITS}` is missing; delete it to begin the run again"),
            })?;
        }
        Ok(Self { recipe, progress, out_of_fold, state })
    }
}
