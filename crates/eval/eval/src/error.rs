//! What can go wrong while measuring.

use std::io;
use std::path::PathBuf;

use foliar_audit::AuditError;
use foliar_metrics::MetricsError;
use foliar_model::{FileError, ModelError};
use foliar_runlog::RunError;
use foliar_scan::ScanError;
use foliar_train::TrainError;
use thiserror::Error;

/// Why a classifier could not be measured.
#[derive(Debug, Error)]
pub enum EvalError {
    /// Nothing to measure on, or not what it takes.
    #[error("{root}: {what}")]
    Unusable {
        /// The folder or run.
        root: PathBuf,
        /// What is missing, and what to do.
        what: String,
    },
    /// What is measured of classes alone.
    #[error(
        "robustness and other photos (--robustness, --ood) are not measured of a multi-label classifier; leave them out"
    )]
    NotOfLabels,
    /// The folder of photographs cannot be used.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// A pattern or table of groups that does not fit the photographs.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The classifier cannot predict.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The run cannot be used.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// The log of a run cannot be read.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A file of the run cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// Predictions from which nothing can be computed.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// A table could not be made.
    #[error("the table could not be made: {0}")]
    Table(#[from] io::Error),
}
