//! What can go wrong while runs are merged.

use std::path::PathBuf;

use foliar_files::Printable as _;
use foliar_metrics::MetricsError;
use foliar_model::{FileError, ModelError};
use foliar_nn::{EngineError, GraphError, PredictionError, StateError};
use foliar_train::TrainError;
use thiserror::Error;

/// Why runs could not be merged.
#[derive(Debug, Error)]
pub enum MergeError {
    /// A run that does not fit the others, or has nothing to calibrate on.
    #[error("{}: {what}", run.shown())]
    Unusable {
        /// The run.
        run: PathBuf,
        /// What is wrong with it, and what to do.
        what: String,
    },
    /// Fewer than two runs.
    #[error("one run alone is no merge; give two or more")]
    Alone,
    /// The run cannot be used.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// A file of the run cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The classifier cannot be built.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// Predictions from which nothing can be computed.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// The network cannot be built.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// Weights do not fit the network.
    #[error(transparent)]
    State(#[from] StateError),
    /// The network cannot be run.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl From<PredictionError> for MergeError {
    fn from(error: PredictionError) -> Self {
        Self::Model(error.into())
    }
}
