//! What can go wrong with a study.

use std::time::Duration;

use foliar_bayes::{BayesError, TrialId};
use postgres::error::SqlState;
use rusqlite::ErrorCode;
use rusqlite::ffi;

use crate::{Place, State};

/// Why a study could not be read or written. After any error it still holds everything that was stored before.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// There is no file to open.
    #[error("{} does not exist; name an existing study, or start a new one", place)]
    Absent {
        /// Where the study is.
        place: Place,
    },
    /// The path of a new study is taken by another study.
    #[error("{} already holds a study; resume it, or give the new one another name", place)]
    Exists {
        /// Where the study is.
        place: Place,
    },
    /// The file holds something else. It is not changed.
    #[error("{} is not a study ({reason}); name a study, or what does not exist yet", place)]
    NotAStudy {
        /// Where the study is.
        place: Place,
        /// What it is instead.
        reason: &'static str,
    },
    /// The study was written by another version of this program.
    #[error("{} has schema version {found}, and this program reads version {known}; {}", place, version_advice(*found, *known))]
    Schema {
        /// Where the study is.
        place: Place,
        /// Its version.
        found: i64,
        /// The version that this program reads and writes.
        known: i64,
    },
    /// The study tunes something else: other photos or another recipe.
    #[error(
        "{} tunes something else: it was started for {stored:?}, and this is {given:?}; resume it with the photos and recipe it was started with, or choose another name",
        place
    )]
    OtherFingerprint {
        /// Where the study is.
        place: Place,
        /// The fingerprint in the file.
        stored: String,
        /// The fingerprint that it was opened with.
        given: String,
    },
    /// The study tunes the same thing with another search.
    #[error(
        "{} was started with another {part}; resume it with the same {part}, or choose another name",
        place
    )]
    OtherDefinition {
        /// Where the study is.
        place: Place,
        /// The part of the definition that differs.
        part: &'static str,
    },
    /// Another process has locked the file.
    #[error(
        "{} was locked by another process for {} s; stop that process and try again (no data was lost)",
        place,
        waited.as_secs_f64()
    )]
    Locked {
        /// Where the study is.
        place: Place,
        /// How long this process waited.
        waited: Duration,
    },
    /// The file or its folder cannot be written.
    #[error(
        "{} cannot be opened for writing; it and its folder must be writable, because SQLite keeps two more files beside it",
        place
    )]
    NotWritable {
        /// Where the study is.
        place: Place,
    },
    /// There is no space left.
    #[error(
        "{} cannot grow: the disk is full, or a quota or file size limit is reached; free some space and resume (everything stored so far is safe)",
        place
    )]
    Full {
        /// Where the study is.
        place: Place,
    },
    /// The file has content that no version of this program writes.
    #[error("{} is damaged ({reason}); restore it from a copy, or start a new study", place)]
    Damaged {
        /// Where the study is.
        place: Place,
        /// What is wrong with it.
        reason: String,
    },
    /// The worker no longer holds the trial: its lease expired and the trial went to another worker, or the trial has ended.
    #[error(
        "this worker no longer holds trial {trial} of {} (now {state}); nothing was stored; continue with the next trial",
        place
    )]
    LeaseLost {
        /// Where the study is.
        place: Place,
        /// The trial.
        trial: TrialId,
        /// Its state now.
        state: State,
    },
    /// The worker no longer holds the job: its lease expired and the job went to another worker, or the job is done.
    #[error("this worker no longer holds {job} of {}; nothing was stored; continue with the next job", place)]
    JobLost {
        /// Where the study is.
        place: Place,
        /// The job.
        job: String,
    },
    /// Parameter values that do not belong to the space.
    #[error(transparent)]
    Bayes(#[from] BayesError),
    /// A study that several machines could reach, in a file that only one can lock.
    #[error(
        "{place} lies on a network file system ({kind}), where SQLite damages files that several machines use; keep the study on a local disk, or in a database: --study postgres://USER@HOST/DATABASE --name NAME"
    )]
    NetworkFileSystem {
        /// Where the study is.
        place: Place,
        /// The kind of file system, such as `nfs4`.
        kind: String,
    },
    /// An address or a name that cannot be used.
    #[error("{0}")]
    Address(String),
    /// The server does not let this user in, or do what a study needs.
    #[error("{place}: the server refuses: {reason}")]
    Refused {
        /// Where the study is.
        place: Place,
        /// Its reason, and what to do.
        reason: String,
    },
    /// The server cannot be reached.
    #[error("{place}: the server cannot be reached{}: {reason}", after(*waited))]
    Unreachable {
        /// Where the study is.
        place: Place,
        /// How long it was tried.
        waited: Duration,
        /// The last reason.
        reason: String,
    },
    /// The connection was lost, and the observer did not want to wait for another one.
    #[error("{place}: stopped while waiting for the server; everything stored so far is safe")]
    Stopped {
        /// Where the study is.
        place: Place,
    },
    /// Another error of the database.
    #[error("{place}: {reason}")]
    Database {
        /// Where the study is.
        place: Place,
        /// Its reason.
        reason: String,
    },
}

fn after(waited: Duration) -> String {
    if waited.is_zero() { String::new() } else { format!(" (tried for {} s)", waited.as_secs()) }
}

fn version_advice(found: i64, known: i64) -> &'static str {
    if found > known {
        "use the newer program that wrote it"
    } else {
        "an older program wrote it and this one does not convert it: start a new study"
    }
}

/// An error inside a piece of work, before the study is named.
#[derive(Debug)]
pub(crate) enum Failure {
    Sqlite(rusqlite::Error),
    Postgres(postgres::Error),
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

impl From<postgres::Error> for Failure {
    fn from(error: postgres::Error) -> Self {
        Failure::Postgres(error)
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
    /// Names the study; `lock_timeout` is how long the database waited for locks.
    pub(crate) fn at(self, place: &Place, lock_timeout: Duration) -> StudyError {
        let place = place.clone();
        match self {
            Failure::Sqlite(error) => sqlite(place, lock_timeout, error),
            Failure::Postgres(error) => postgres(place, lock_timeout, &error),
            Failure::Damaged(reason) => StudyError::Damaged { place, reason },
            Failure::LeaseLost { trial, state } => StudyError::LeaseLost { place, trial, state },
            Failure::JobLost { job } => StudyError::JobLost { place, job },
            Failure::Study(error) => error,
        }
    }
}

/// What a server says, with its advice; else the error and its causes.
pub(crate) fn words(error: &postgres::Error) -> String {
    if let Some(said) = error.as_db_error() {
        let hint = said.hint().map_or(String::new(), |hint| format!(" ({hint})"));
        return format!("{}{hint}", said.message());
    }
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

fn postgres(place: Place, waited: Duration, error: &postgres::Error) -> StudyError {
    let reason = words(error);
    match error.code() {
        Some(&SqlState::LOCK_NOT_AVAILABLE) => StudyError::Locked { place, waited },
        Some(&SqlState::DISK_FULL) => StudyError::Full { place },
        Some(&SqlState::DATA_CORRUPTED | &SqlState::INDEX_CORRUPTED) => StudyError::Damaged { place, reason },
        Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
            let advice = "; to make studies a user needs GRANT CREATE ON DATABASE, to work on one of another user its tables";
            StudyError::Refused { place, reason: format!("{reason}{advice}") }
        }
        Some(code) if matches!(code.code().get(..2), Some("28" | "3D" | "25")) => {
            StudyError::Refused { place, reason }
        }
        Some(&SqlState::UNDEFINED_TABLE) => {
            StudyError::Damaged { place, reason: format!("{reason}; has somebody deleted the study?") }
        }
        _ => StudyError::Database { place, reason },
    }
}

fn sqlite(place: Place, waited: Duration, source: rusqlite::Error) -> StudyError {
    let reason = source.to_string();
    match source.sqlite_error() {
        // A write that fails without "disk full" has met a quota or a file size limit.
        Some(error) if matches!(error.extended_code, ffi::SQLITE_IOERR_WRITE | ffi::SQLITE_IOERR_SHMSIZE) => {
            StudyError::Full { place }
        }
        Some(error) => match error.code {
            ErrorCode::DiskFull => StudyError::Full { place },
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed => {
                StudyError::Locked { place, waited }
            }
            ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied => {
                StudyError::NotWritable { place }
            }
            ErrorCode::NotADatabase => StudyError::NotAStudy { place, reason: "not an SQLite database" },
            ErrorCode::DatabaseCorrupt => StudyError::Damaged { place, reason },
            _ => StudyError::Database { place, reason },
        },
        None => StudyError::Database { place, reason },
    }
}
