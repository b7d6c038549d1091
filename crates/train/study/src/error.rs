//! What can go wrong with a study's file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use foliar_bayes::{BayesError, TrialId};
use foliar_files::Printable as _;
use rusqlite::ErrorCode;
use rusqlite::ffi;

use crate::State;

/// Why a study could not be read or written. After any error the file still holds everything that was stored before.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// There is no file to open.
    #[error("{} does not exist; give the path of an existing study, or start a new one", path.shown())]
    Absent {
        /// The file.
        path: PathBuf,
    },
    /// The path of a new study is taken by another study.
    #[error("{} already holds a study; resume it, or give the new one another path", path.shown())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file holds something else. It is not changed.
    #[error("{} is not a study ({reason}); give the path of a study, or of a file that does not exist yet", path.shown())]
    NotAStudy {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        reason: &'static str,
    },
    /// The study was written by another version of this program.
    #[error("{} has schema version {found}, and this program reads version {known}; {}", path.shown(), version_advice(*found, *known))]
    Schema {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The version that this program reads and writes.
        known: i64,
    },
    /// The study tunes something else: other photos or another recipe.
    #[error(
        "{} tunes something else: it was started for {stored:?}, and this is {given:?}; resume it with the photos and recipe it was started with, or choose another path",
        path.shown()
    )]
    OtherFingerprint {
        /// The file.
        path: PathBuf,
        /// The fingerprint in the file.
        stored: String,
        /// The fingerprint that it was opened with.
        given: String,
    },
    /// The study tunes the same thing with another search.
    #[error("{} was started with another {part}; resume it with the same {part}, or choose another path", path.shown())]
    OtherDefinition {
        /// The file.
        path: PathBuf,
        /// The part of the definition that differs.
        part: &'static str,
    },
    /// Another process has locked the file.
    #[error(
        "{} was locked by another process for {} s; stop that process and try again (no data was lost)",
        path.shown(),
        waited.as_secs_f64()
    )]
    Locked {
        /// The file.
        path: PathBuf,
        /// How long this process waited.
        waited: Duration,
    },
    /// The file or its folder cannot be written.
    #[error(
        "{} cannot be opened for writing; it and its folder must be writable, because SQLite keeps two more files beside it",
        path.shown()
    )]
    NotWritable {
        /// The file.
        path: PathBuf,
    },
    /// There is no space left.
    #[error(
        "{} cannot grow: the disk is full, or a quota or file size limit is reached; free some space and resume (everything stored so far is safe)",
        path.shown()
    )]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// The file has content that no version of this program writes.
    #[error("{} is damaged ({reason}); restore it from a copy, or start a new study", path.shown())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The worker no longer holds the trial: its lease expired and the trial went to another worker, or the trial has ended.
    #[error("this worker no longer holds trial {trial} of {} (now {state}); nothing was stored; continue with the next trial", path.shown())]
    LeaseLost {
        /// The file.
        path: PathBuf,
        /// The trial.
        trial: TrialId,
        /// Its state now.
        state: State,
    },
    /// The worker no longer holds the job: its lease expired and the job went to another worker, or the job is done.
    #[error("this worker no longer holds {job} of {}; nothing was stored; continue with the next job", path.shown())]
    JobLost {
        /// The file.
        path: PathBuf,
        /// The job.
        job: String,
    },
    /// Parameter values that do not belong to the space.
    #[error(transparent)]
    Bayes(#[from] BayesError),
    /// Another SQLite error.
    #[error("{}: {source}", path.shown())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// Its reason.
        source: rusqlite::Error,
    },
}

fn version_advice(found: i64, known: i64) -> &'static str {
    if found > known {
        "use the newer program that wrote it"
    } else {
        "an older program wrote it and this one does not convert it: start a new study"
    }
}

/// An error inside a transaction, before the file is named.
#[derive(Debug)]
pub(crate) enum Failure {
    Sqlite(rusqlite::Error),
    Damaged(String),
    LeaseLost { trial: TrialId, state: State },
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
    pub(crate) fn at(self, path: &Path, lock_timeout: Duration) -> StudyError {
        let path = path.to_owned();
        match self {
            Failure::Sqlite(error) => sqlite(path, lock_timeout, error),
            Failure::Damaged(reason) => StudyError::Damaged { path, reason },
            Failure::LeaseLost { trial, state } => StudyError::LeaseLost { path, trial, state },
            Failure::JobLost { job } => StudyError::JobLost { path, job },
            Failure::Study(error) => error,
        }
    }
}

fn sqlite(path: PathBuf, waited: Duration, source: rusqlite::Error) -> StudyError {
    match source.sqlite_error() {
        // A write that fails without "disk full" has met a quota or a file size limit.
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
            ErrorCode::NotADatabase => StudyError::NotAStudy { path, reason: "not an SQLite database" },
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
