//! The tables, and how to recognise a file that has them.

use rusqlite::{Connection, Transaction, params};

use crate::error::Failure;
use crate::{Definition, StudyError, clock};

/// Marks the file as one of ours: "fols".
const APPLICATION: i64 = 0x666f_6c73;
/// Version of the tables, stored as SQLite's `user_version`.
pub(crate) const VERSION: i64 = 3;

/// Times are milliseconds since 1970. SQLite stores NaN as NULL.
const TABLES: &str = "
CREATE TABLE study (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    definition TEXT    NOT NULL,             -- JSON
    created    INTEGER NOT NULL
) STRICT;
CREATE TABLE trial (
    id           INTEGER PRIMARY KEY,            -- 0, 1, 2, ...
    params       TEXT    NOT NULL,               -- JSON
    seed         INTEGER NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN
        ('waiting', 'running', 'finished', 'infeasible', 'pruned', 'failed', 'abandoned')),
    value        REAL,                           -- the objective
    message      TEXT,                           -- why it failed
    attempt      INTEGER NOT NULL DEFAULT 0,     -- claims so far; only the last lease is valid
    lost_workers INTEGER NOT NULL DEFAULT 0,     -- claims whose worker was lost
    worker       TEXT,                           -- who claimed it last
    worker_lock  INTEGER,                        -- number of the worker's lock, while running
    expires      INTEGER,                        -- when the lease ends, while running
    started      INTEGER,                        -- of the last claim
    ended        INTEGER,
    CHECK ((state = 'finished') = (value IS NOT NULL)),
    CHECK ((state = 'running') = (expires IS NOT NULL)),
    CHECK ((state IN ('waiting', 'running')) = (ended IS NULL))
) STRICT;
CREATE TABLE report (
    sequence INTEGER PRIMARY KEY,            -- order of arrival
    trial    INTEGER NOT NULL REFERENCES trial (id),
    attempt  INTEGER NOT NULL,               -- the claim that reported
    fold     INTEGER NOT NULL,
    epoch    INTEGER NOT NULL,
    value    REAL
) STRICT;
CREATE INDEX report_by_trial ON report (trial);
CREATE INDEX report_by_step ON report (fold, epoch);
CREATE TABLE job (
    name        TEXT PRIMARY KEY,
    state       TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'finished')),
    result      TEXT,                            -- text of the caller's
    attempt     INTEGER NOT NULL DEFAULT 0,      -- claims so far; only the last lease is valid
    worker      TEXT,                            -- who claimed it last
    worker_lock INTEGER,                         -- number of the worker's lock, while running
    expires     INTEGER,                         -- when the lease ends, while running
    CHECK ((state = 'finished') = (result IS NOT NULL)),
    CHECK ((state = 'running') = (expires IS NOT NULL))
) STRICT;
";

/// What a file holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// Nothing: a new file, or one whose creation was interrupted.
    Nothing,
    /// A study of this version or another.
    Study { version: i64 },
    /// A database of another program.
    Foreign,
}

impl Content {
    pub(crate) fn of(connection: &Connection) -> Result<Self, Failure> {
        let application: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        Ok(match (application, version, tables) {
            (APPLICATION, version, _) => Content::Study { version },
            (0, 0, 0) => Content::Nothing,
            _ => Content::Foreign,
        })
    }
}

/// Creates the tables and stores `definition`.
pub(crate) fn create(transaction: &Transaction, definition: &Definition) -> Result<(), Failure> {
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.execute_batch(TABLES)?;
    let json = serde_json::to_string(definition).map_err(|error| Failure::Damaged(error.to_string()))?;
    transaction.execute(
        "INSERT INTO study (one, definition, created) VALUES (1, ?1, ?2)",
        params![json, clock::now()],
    )?;
    Ok(())
}

/// The stored definition.
pub(crate) fn definition(connection: &Connection) -> Result<Definition, Failure> {
    let json: String = connection.query_row("SELECT definition FROM study", [], |row| row.get(0))?;
    serde_json::from_str(&json).map_err(|error| Failure::Damaged(format!("its definition: {error}")))
}

/// Refuses versions that this program cannot read.
pub(crate) fn check_version(found: i64, path: &std::path::Path) -> Result<(), StudyError> {
    if found == VERSION {
        return Ok(());
    }
    Err(StudyError::Schema { path: path.to_owned(), found, known: VERSION })
}
