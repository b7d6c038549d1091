//! Why tuning could not be done.

use std::io;
use std::path::PathBuf;

use foliar_bayes::BayesError;
use foliar_study::StudyError;
use foliar_train::TrainError;

/// Why tuning could not be done. Whatever the error, trials that have ended stay in the study.
#[derive(Debug, thiserror::Error)]
pub enum TuneError {
    /// A part of the plan that can not be carried out.
    #[error("{field}: {problem}")]
    Plan {
        /// The setting at fault.
        field: String,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// A folder in use.
    #[error(
        "{} already holds a study; go on with it by `foliar tune --resume {}`, or choose another --out",
        path.display(),
        path.display()
    )]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// A folder with something else in it.
    #[error("{} is not empty; choose a new or empty folder for --out", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// Nothing to go on with.
    #[error("{} holds no study: it has no plan.json; begin one with `foliar tune PHOTOS --out {}`", path.display(), path.display())]
    Absent {
        /// The folder.
        path: PathBuf,
    },
    /// A file of the folder that can not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file of the folder whose content is not what it should be.
    #[error("{}: {problem}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// Nothing was found.
    #[error(
        "none of the {trials} trials has a finite {objective}; lower the learning rates, for instance --range learning-rate=1e-5:0.01"
    )]
    AllDiverged {
        /// Trials that have ended.
        trials: u64,
        /// The objective's name.
        objective: &'static str,
    },
    /// The best setting does not train.
    #[error(
        "the final training diverged before its first epoch had ended, though a trial of its setting did not; lower the upper end of --range learning-rate and begin anew"
    )]
    FinalDiverged,
    /// Training.
    #[error(transparent)]
    Learn(#[from] TrainError),
    /// A trained classifier cannot predict.
    #[error(transparent)]
    Model(#[from] foliar_model::ModelError),
    /// The study's file.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// A search space.
    #[error(transparent)]
    Bayes(#[from] BayesError),
}

impl TuneError {
    pub(crate) fn plan(field: impl Into<String>, problem: impl Into<String>) -> Self {
        TuneError::Plan { field: field.into(), problem: problem.into() }
    }
}
