//! Errors of tuning.

use std::io;
use std::path::PathBuf;

use foliar_bayes::BayesError;
use foliar_files::Printable as _;
use foliar_metrics::MetricsError;
use foliar_study::StudyError;
use foliar_train::TrainError;

/// Why tuning failed. After any error the trials that have ended stay in the study.
#[derive(Debug, thiserror::Error)]
pub enum TuneError {
    /// A part of the plan that cannot be carried out.
    #[error("{field}: {problem}")]
    Plan {
        /// The field with the problem.
        field: String,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// The folder already holds a study.
    #[error(
        "{} already holds a study; continue it with `foliar tune --resume {}`, or choose another --out",
        path.shown(),
        path.shown()
    )]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// The folder belongs to a study that many machines share.
    #[error(
        "{} belongs to another study, which its study.txt names; continue that one with the same --study and --name, or choose another --out",
        path.shown()
    )]
    Shared {
        /// The folder.
        path: PathBuf,
    },
    /// The folder holds something else.
    #[error("{} is not empty; choose a new or empty folder for --out", path.shown())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// The folder has no plan to resume.
    #[error("{} holds no study: it has no plan.json; start one with `foliar tune PHOTOS --out {}`", path.shown(), path.shown())]
    Absent {
        /// The folder.
        path: PathBuf,
    },
    /// A file of the folder cannot be read or written.
    #[error("{}: {source}", path.shown())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A file of the folder has invalid content.
    #[error("{}: {problem}", path.shown())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// No trial has a finite objective.
    #[error(
        "none of the {trials} trials has a finite {objective}; lower the learning rates, for instance --range learning-rate=1e-5:0.01"
    )]
    AllDiverged {
        /// Trials that have ended.
        trials: u64,
        /// Name of the objective.
        objective: &'static str,
    },
    /// The final run with the best parameters diverged.
    #[error(
        "the final run diverged before its first epoch ended, although a trial with the same parameters did not; lower the upper bound of --range learning-rate and start again"
    )]
    FinalDiverged,
    /// An error of training.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// A trained classifier cannot predict.
    #[error(transparent)]
    Model(#[from] foliar_model::ModelError),
    /// Predictions that cannot be compared.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// What a study holds cannot be used.
    #[error("{study}: {problem}")]
    DamagedStudy {
        /// Where the study is.
        study: foliar_study::Place,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// An error of the study.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// An error of the search space.
    #[error(transparent)]
    Bayes(#[from] BayesError),
}

impl TuneError {
    pub(crate) fn plan(field: impl Into<String>, problem: impl Into<String>) -> Self {
        TuneError::Plan { field: field.into(), problem: problem.into() }
    }
}
