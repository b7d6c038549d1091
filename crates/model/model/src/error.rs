//! What can go wrong with a classifier's file, or while it predicts.

use std::io;
use std::path::PathBuf;

use foliar_files::Printable as _;
use foliar_metrics::MetricsError;
use foliar_nn::{EngineError, GraphError, PredictionError, StateError};
use thiserror::Error;

use crate::demands::{MOST_HELD, MOST_VALUES, MOST_WORK};

/// What is said where a classifier of one class is needed and a bundle says any number of labels.
const LABELS: &str = "it is a multi-label classifier, which says of each label whether a photo shows it, and is not supported here: \
    `foliar predict` and `foliar evaluate` take it. Train without --multi-label for a classifier of one class a photo";

/// A checkpoint, bundle or table that cannot be read or written.
#[derive(Debug, Error)]
pub enum FileError {
    /// The operating system refused.
    #[error("{}: {source}", path.shown())]
    Io {
        /// The file.
        path: PathBuf,
        /// Its reason.
        source: io::Error,
    },
    /// The bytes are not what the name promises.
    #[error("{}: {what}", path.shown())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        what: String,
    },
    /// A bundle of labels, where one of classes is needed.
    #[error("{}: {LABELS}", path.shown())]
    MultiLabel {
        /// The file.
        path: PathBuf,
    },
}

/// Why a classifier could not be built or could not predict.
#[derive(Debug, Error)]
pub enum ModelError {
    /// The bundle cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A bundle of labels, where one of classes is needed.
    #[error("{LABELS}")]
    MultiLabel,
    /// A bundle of classes, where one of labels is needed.
    #[error("the classifier says one class of each photo, and no labels; train one with --multi-label")]
    OneClass,
    /// The weights do not fit the network.
    #[error("the weights do not fit the network: {0}")]
    State(#[from] StateError),
    /// The network cannot be built.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// A network that no machine would get done with.
    #[error(
        "on photos of {size} x {size} pixels the network makes {values} million values, {held} million of them at a time, with \
         {work} billion multiply-adds a photo; at most {MOST_VALUES}, {MOST_HELD} and {MOST_WORK} are taken: use smaller images \
         (--image-size) or another network"
    )]
    Demands {
        /// Side of the photographs, in pixels.
        size: usize,
        /// Numbers that all layers give, for one photograph, in millions.
        values: usize,
        /// Those that are needed at a time, in millions.
        held: usize,
        /// Work for one photograph, in billions of multiply-adds of a convolution.
        work: u64,
    },
    /// The network cannot be run.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Predictions or features from which nothing can be computed.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// A number of views that there is not.
    #[error("{count} views: a photo has 1, 2, 4 or 8 views, the ways to mirror and turn a square")]
    Views {
        /// What was asked for.
        count: usize,
    },
    /// A risk level that the bundle does not hold.
    #[error("the bundle holds no thresholds for a risk of {risk}; choose one of {known}")]
    Risk {
        /// What was asked for.
        risk: f64,
        /// The levels that it holds, separated by commas.
        known: String,
    },
}

impl From<PredictionError> for ModelError {
    fn from(error: PredictionError) -> Self {
        match error {
            PredictionError::Graph(error) => Self::Graph(error),
            PredictionError::State(error) => Self::State(error),
        }
    }
}
