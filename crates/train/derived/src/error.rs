//! What can go wrong while a bundle is made from runs.

use std::path::PathBuf;

use foliar_files::Printable as _;
use foliar_metrics::MetricsError;
use foliar_model::{FileError, ModelError};
use foliar_nn::{EngineError, GraphError, PredictionError, StateError};
use foliar_train::TrainError;
use thiserror::Error;

/// Why no bundle could be made.
#[derive(Debug, Error)]
pub enum DerivedError {
    /// A run that does not fit the others or what is asked of it, or has nothing to calibrate on.
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
    /// Photographs of another place that cannot be used.
    #[error("{}: {what}", folder.shown())]
    Photographs {
        /// Their folder.
        folder: PathBuf,
        /// What is wrong, and what to do.
        what: String,
    },
    /// Classes that were named and do not go together.
    #[error("{0}")]
    Classes(String),
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

impl From<PredictionError> for DerivedError {
    fn from(error: PredictionError) -> Self {
        Self::Model(error.into())
    }
}
