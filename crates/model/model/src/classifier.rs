//! A bundle that classifies files: what most programs need.

use std::path::{Path, PathBuf};

use foliar_files::Printable as _;
use foliar_vision::{Limits, Reason};

use crate::bundle::Bundle;
use crate::error::ModelError;
use crate::prediction::Prediction;
use crate::predictor::Predictor;
use crate::views::Views;

/// Photographs that are preprocessed and classified at a time; predictions do not depend on it.
const BATCH: usize = 16;

/// A photograph that could not be classified.
#[derive(Debug, thiserror::Error)]
#[error("{}: {reason}", path.shown())]
pub struct PhotographError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: Reason,
}

/// A trained classifier that classifies photographs in files.
pub struct Classifier {
    predictor: Predictor,
    limits: Limits,
}

impl Classifier {
    /// Opens the bundle at `path`.
    ///
    /// # Errors
    /// A file that is missing, damaged or no bundle, or whose weights do not fit its network.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ModelError> {
        Self::new(Bundle::read(path.as_ref())?)
    }

    /// Takes a bundle that was read already.
    ///
    /// # Errors
    /// Weights that do not fit the bundle's network.
    pub fn new(bundle: Bundle) -> Result<Self, ModelError> {
        Ok(Self { predictor: Predictor::new(bundle, BATCH)?, limits: Limits::default() })
    }

    /// Names of the classes, in the order of the probabilities.
    #[must_use]
    pub fn classes(&self) -> &[String] {
        &self.predictor.bundle().classes
    }

    /// The bundle.
    #[must_use]
    pub fn bundle(&self) -> &Bundle {
        self.predictor.bundle()
    }

    /// What runs the bundle, for those who have pictures in memory or measure the classifier.
    pub fn predictor(&mut self) -> &mut Predictor {
        &mut self.predictor
    }

    /// The target error rate of answers and prediction sets: one of [`RISK_LEVELS`](crate::RISK_LEVELS),
    /// [`DEFAULT_RISK`](crate::DEFAULT_RISK) unless this is called. Nothing changes for a bundle without thresholds.
    ///
    /// # Errors
    /// [`ModelError::Risk`] for another rate.
    pub fn set_risk(&mut self, risk: f64) -> Result<(), ModelError> {
        self.predictor.set_risk(risk)
    }

    /// The views of each photograph that answers are the mean of: 1 unless this is called, 2 with the mirror image, 4 with both upside
    /// down, 8 with all of them turned; see [`Views`] and [`Predictor::set_views`].
    ///
    /// # Errors
    /// [`ModelError::Views`] for another number; no memory for the views.
    pub fn set_views(&mut self, count: usize) -> Result<(), ModelError> {
        self.predictor.set_views(Views::new(count)?)
    }

    /// Classifies the photographs at `paths`, in their order. What is said of one does not depend on the others.
    ///
    /// # Errors
    /// The network cannot be run; no photograph causes this.
    pub fn predict<P: AsRef<Path> + Sync>(
        &mut self,
        paths: &[P],
    ) -> Result<Vec<Result<Prediction, PhotographError>>, ModelError> {
        let mut predictions = Vec::with_capacity(paths.len());
        self.predictor.predict_files(paths, &self.limits, &mut |index, prediction| {
            let path = || paths[index].as_ref().to_owned();
            predictions.push(prediction.map_err(|reason| PhotographError { path: path(), reason }));
        })?;
        Ok(predictions)
    }
}
