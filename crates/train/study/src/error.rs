//! What can go wrong with a study's file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use foliar_bayes::{BayesError, TrialId};
use rusqlite::ErrorCode;
use rusqlite::ffi;

use crate::State;

/// Why a study could not be read or written. Whatever the error, the file keeps all that was stored before.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// No file to open.
    #[error("there is no study {}; give the path of an existing one, or start a new one", path.display())]
    Absent {
        /// The file.
        path: PathBuf,
    },
    /// A file where a new study should lie.
    #[error("{} already holds a study; resume it, or give the new one another path", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A file of something else. It is left as it is.
    #[error("{} is not a study ({reason}); give the path of a study, or of a file that does not exist yet", path.display())]
    NotAStudy {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        reason: &'static str,
    },
    /// A study of another version of this program.
    #[error("{} has schema version {found}, and this program reads version {known}; {}", path.display(), version_advice(*found, *known))]
    Schema {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The version that this program reads and writes.
        known: i64,
    },
    /// A study of something else: other photographs, another recipe.
    #[error(
        "{} tunes something else: it was started for {stored:?}, and this is {given:?}; resume it with what it was started for, or give this study another path",
        path.display()
    )]
    OtherFingerprint {
        /// The file.
        path: PathBuf,
        /// The fingerprint in the file.
        stored: String,
        /// The fingerprint that it was opened with.
        given: String,
    },
    /// A study of the same thing, searched otherwise.
    #[error("{} was started with another {part}; resume it with the same, or give this study another path", path.display())]
    OtherDefinition {
        /// The file.
        path: PathBuf,
        /// The part of the definition that differs.
        part: &'static str,
    },
    /// Another process holds the file.
    #[error(
        "{} was locked by another process for {} s; end what holds it and try again, nothing is lost",
        path.display(),
        waited.as_secs_f64()
    )]
    Locked {
        /// The file.
        path: PathBuf,
        /// How long it was waited for.
        waited: Duration,
    },
    /// The file or its folder can not be written.
    #[error(
        "{} can not be opened for writing; it and its folder must be writable, for SQLite keeps two more files beside it",
        path.display()
    )]
    NotWritable {
        /// The file.
        path: PathBuf,
    },
    /// No room.
    #[error(
        "{} can not grow: the disk is full, or a quota or a limit on the size of files is reached; make room and resume, all that was stored is safe",
        path.display()
    )]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// Content that no version of this program writes.
    #[error("{} is damaged ({reason}); restore it from a copy, or start a new study", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A trial that was taken from its worker, whose heartbeats had stopped, or that it has already ended.
    #[error("trial {trial} of {} is no longer this worker's (it is {state}): nothing was stored; go on with the next trial", path.display())]
    ClaimLost {
        /// The file.
        path: PathBuf,
        /// The trial.
        trial: TrialId,
        /// Its state now.
        state: State,
    },
    /// A job that was taken from its worker, whose heartbeats had stopped, or that is done.
    #[error("{job} of {} is no longer this worker's: nothing was stored; go on with what is left", path.display())]
    JobLost {
        /// The file.
        path: PathBuf,
        /// The job.
        job: String,
    },
    /// A setting that does not belong to the space.
    #[error(transparent)]
    Bayes(#[from] BayesError),
    /// SQLite failed otherwise.
    #[error("{}: {source}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// Its reason.
        source: rusqlite::Error,
    },
}

fn version_advice(found: i64, known: i64) -> &'static str {
    if found > known { "use the newer program that wrote it" } else { "start a new study" }
}

/// What stops work inside a transaction, before the file is named.
#[derive(Debug)]
pub(crate) enum Failure {
    Sqlite(rusqlite::Error),
    Damaged(String),
    ClaimLost { trial: TrialId, state: State },
    JobLost { job: String },
    Study(StudyError),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Failure::Sqlite(error)
    }
}

impl From<StudyError> for Failure {
    fn from(error: StudyError) -> Self {
        Failure::Study(error)
    }
}

impl From<BayesError> for Failure {
    fn from(error: BayesError) -> Self {
        Failure::Study(error.into())
    }
}

impl Failure {
    /// Names the file; `patience` is how long SQLite waited for locks.
    pub(crate) fn at(self, path: &Path, patience: Duration) -> StudyError {
        let path = path.to_owned();
        match self {
            Failure::Sqlite(error) => sqlite(path, patience, error),
            Failure::Damaged(reason) => StudyError::Damaged { path, reason },
            Failure::ClaimLost { trial, state } => StudyError::ClaimLost { path, trial, state },
            Failure::JobLost { job } => StudyError::JobLost { path, job },
            Failure::Study(error) => error,
        }
    }
}

fn sqlite(path: PathBuf, waited: Duration, source: rusqlite::Error) -> StudyError {
    match source.sqlite_error() {
        // A write that fails for another reason than a full disk meets a quota or a limit on the size of files.
        Some(error) if matches!(error.extended_code, ffi::SQLITE_IOERR_WRITE | ffi::SQLITE_IOERR_SHMSIZE) => {
            StudyError::Full { path }
        }
        Some(error) => match error.code {
            ErrorCode::DiskFull => StudyError::Full { path },
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed => {
                StudyError::Locked { path, waited }
            }
            ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied => {
                StudyError::NotWritable { path }
            }
            ErrorCode::NotADatabase => StudyError::NotAStudy { path, reason: "no SQLite database" },
            ErrorCode::DatabaseCorrupt => StudyError::Damaged { path, reason: source.to_string() },
            _ => StudyError::Sqlite { path, source },
        },
        None => match source {
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::QueryReturnedNoRows => {
                StudyError::Damaged { path, reason: source.to_string() }
            }
            source => StudyError::Sqlite { path, source },
        },
    }
}
