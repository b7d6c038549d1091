//! The tables of a study.

use crate::database::Sql;
use crate::error::Failure;
use crate::{Definition, Place, StudyError};

/// Version of the tables.
pub(crate) const VERSION: i64 = 4;

/// In SQLite's words; see [`tables_of_postgres`]. Times are milliseconds since 1970. NaN is stored as NULL.
pub(crate) const TABLES: &str = "
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
    instructions TEXT,                           -- of the processor that claimed it last
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
CREATE TABLE file (
    name    TEXT PRIMARY KEY,
    content BLOB NOT NULL
) STRICT;
";

/// [`TABLES`] in PostgreSQL's words.
pub(crate) fn tables_of_postgres() -> String {
    let words = [
        ("sequence INTEGER PRIMARY KEY", "sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
        (" INTEGER", " BIGINT"),
        (" REAL", " DOUBLE PRECISION"),
        (" BLOB", " BYTEA"),
        (") STRICT;", ");"),
    ];
    words.iter().fold(TABLES.to_owned(), |text, (sqlite, postgres)| text.replace(sqlite, postgres))
        + "CREATE SEQUENCE worker_lock;"
}

/// What a place holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// Nothing: a new file, or one whose creation was interrupted; no study of this name.
    Nothing,
    /// A study of this version or another.
    Study { version: i64 },
    /// Something of another program.
    Foreign,
}

/// Stores `definition` in new tables.
pub(crate) fn define(sql: &mut dyn Sql, definition: &Definition) -> Result<(), Failure> {
    let json = serde_json::to_string(definition).map_err(|error| Failure::Damaged(error.to_string()))?;
    sql.execute(
        "INSERT INTO study (one, definition, created) VALUES (1, ?1, {now})",
        &[json.as_str().into()],
    )?;
    Ok(())
}

/// The stored definition.
pub(crate) fn definition(sql: &mut dyn Sql) -> Result<Definition, Failure> {
    let row = sql.first("SELECT definition FROM study", &[])?;
    let json: String = row.ok_or_else(|| Failure::Damaged("it has no definition".to_owned()))?.get(0)?;
    serde_json::from_str(&json).map_err(|error| Failure::Damaged(format!("its definition: {error}")))
}

/// Refuses versions that this program cannot read.
pub(crate) fn check_version(found: i64, place: &Place) -> Result<(), StudyError> {
    if found == VERSION {
        return Ok(());
    }
    Err(StudyError::Schema { place: place.clone(), found, known: VERSION })
}
