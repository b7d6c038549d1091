//! What can go wrong while learning.

use std::io;
use std::path::PathBuf;

use foliar_audit::AuditError;
use foliar_files::Printable as _;
use foliar_metrics::MetricsError;
use foliar_model::{FileError, ModelError};
use foliar_nn::{EngineError, GraphError, StateError};
use foliar_runlog::RunError;
use foliar_scan::ScanError;
use foliar_vision::augment::AugmentError;
use foliar_vision::mixing::MixingError;
use foliar_vision::{LoadError, PreprocessingError};
use thiserror::Error;

use crate::class_weights::ClassWeightsError;

/// Why work could not be done.
#[derive(Debug, Error)]
pub enum TrainError {
    /// A number out of its range.
    #[error("{field} is {value}; it must be {range}")]
    Recipe {
        /// Name of the setting.
        field: &'static str,
        /// What was given.
        value: f64,
        /// What is allowed.
        range: &'static str,
    },
    /// Settings that do not go together.
    #[error("{what}")]
    Conflict {
        /// Which, why, and what to do.
        what: &'static str,
    },
    /// Weights of classes that cannot be used.
    #[error(transparent)]
    ClassWeights(#[from] ClassWeightsError),
    /// A strength of mixing out of its range.
    #[error(transparent)]
    Mixing(#[from] MixingError),
    /// A recipe that cannot be read or written as TOML.
    #[error("the recipe is not valid: {what}")]
    RecipeText {
        /// What the reader says.
        what: String,
    },
    /// The photographs are not those that the run began with.
    #[error(
        "the photos in {root} are not those that this run began with: {difference}. A run continues only on the same photos; put them back, or start a new run"
    )]
    DataChanged {
        /// The folder.
        root: PathBuf,
        /// Which were added, removed or changed.
        difference: String,
    },
    /// A size or statistic out of its range.
    #[error(transparent)]
    Preprocessing(#[from] PreprocessingError),
    /// Pictures for other backgrounds that cannot be used.
    #[error("backgrounds {}: {what}", folder.shown())]
    Backgrounds {
        /// The folder.
        folder: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A teacher that cannot teach.
    #[error("teacher {}: {what}", file.shown())]
    Teacher {
        /// The bundle.
        file: PathBuf,
        /// What is wrong, and what to do.
        what: String,
    },
    /// Photographs without labels that cannot be used.
    #[error("unlabelled photos {}: {what}", folder.shown())]
    Unlabelled {
        /// The folder.
        folder: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A change of photographs that means nothing.
    #[error(transparent)]
    Augment(#[from] AugmentError),
    /// The recipe was edited after the run had begun.
    #[error("{} was changed after the run had begun; put it back as it was, or start a new run", path.shown())]
    RecipeChanged {
        /// The recipe.
        path: PathBuf,
    },
    /// A photograph that memory cannot be had for: a run without it would give other numbers.
    #[error("{what}; without this photo the run would give other numbers")]
    NoMemory {
        /// Which, and how much.
        what: String,
    },
    /// Nothing is left to train on.
    #[error("{root}: {what}")]
    TooFew {
        /// The folder.
        root: PathBuf,
        /// What is missing.
        what: String,
    },
    /// The run was made by a build whose checkpoints are laid out otherwise, or by hand.
    #[error("the checkpoint does not fit the recipe: {0}")]
    State(#[from] StateError),
    /// The network cannot be built.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// A step could not be done.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The folder of photographs cannot be used.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// A pattern or table that says nothing about the photographs.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// A photograph could not be read any more.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The run folder cannot be used.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A checkpoint or bundle cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// The classifier cannot be put together.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// Outputs or features from which nothing can be computed.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// The log could not be written.
    #[error("the run folder cannot be written to: {0}")]
    Log(#[from] io::Error),
}

/// Refuses a field of a recipe unless its value is `good`.
pub(crate) fn check(
    field: &'static str,
    value: f64,
    good: bool,
    range: &'static str,
) -> Result<(), TrainError> {
    if good { Ok(()) } else { Err(TrainError::Recipe { field, value, range }) }
}
