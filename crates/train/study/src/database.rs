//! The seam between a study and the database that holds it: SQLite or PostgreSQL, with one set of statements.
//!
//! Statements are written as for SQLite, with parameters `?1`, `?2`, ... Two words in braces differ between databases:
//!
//! | word | means |
//! | --- | --- |
//! | `{now}` | milliseconds since 1970, on the clock that all workers of the study share |
//! | `{gone}` | whether the worker that holds the lock `worker_lock` of this row is gone |

use std::ops::ControlFlow;
use std::time::Duration;

use crate::error::Failure;
use crate::postgres::Postgres;
use crate::schema::Content;
use crate::sqlite::Sqlite;
use crate::value::{Row, Value};
use crate::{Place, StudyError};

/// What a piece of work needs of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// One statement, which is atomic by itself; a second one only looks why the first found nothing.
    Single,
    /// As [`Access::Single`], for work that is not worth waiting for: if the server cannot be reached, it fails at once.
    Brief,
    /// Several statements on one snapshot, which change nothing.
    Read,
    /// Several statements, all or none.
    Write,
    /// As [`Access::Write`], while no other worker claims anything.
    Exclusive,
}

/// Statements inside a piece of work.
pub(crate) trait Sql {
    /// Runs a statement; the number of changed rows.
    fn execute(&mut self, statement: &'static str, values: &[Value]) -> Result<u64, Failure>;

    /// Runs a statement; its rows.
    fn query(&mut self, statement: &'static str, values: &[Value]) -> Result<Vec<Row>, Failure>;

    /// The first row of a statement, if it has one.
    fn first(&mut self, statement: &'static str, values: &[Value]) -> Result<Option<Row>, Failure> {
        Ok(self.query(statement, values)?.into_iter().next())
    }

    /// Whether this work was begun before on a connection that was lost, and may have been committed.
    fn retried(&self) -> bool;

    /// The worker's lock, which is taken if it holds none. Only in [`Access::Exclusive`] work, after what a former holder has left
    /// was requeued. None where files cannot be locked.
    fn take_lock(&mut self) -> Result<Option<u32>, Failure>;

    /// The worker's lock, if it holds one.
    fn lock(&self) -> Option<u32>;

    /// What is in the place.
    fn content(&mut self) -> Result<Content, Failure>;

    /// Creates the tables of a study where there is nothing.
    fn create_tables(&mut self) -> Result<(), Failure>;
}

/// An open database.
#[derive(Debug)]
pub(crate) enum Database {
    Sqlite(Box<Sqlite>),
    Postgres(Box<Postgres>),
}

impl Database {
    /// Does `work`, which is repeated if the connection to a server was lost meanwhile.
    pub(crate) fn run<T>(
        &mut self,
        access: Access,
        mut work: impl FnMut(&mut dyn Sql) -> Result<T, Failure>,
    ) -> Result<T, StudyError> {
        match self {
            Database::Sqlite(sqlite) => sqlite.run(access, &mut work),
            Database::Postgres(postgres) => postgres.run(access, &mut work),
        }
    }

    /// Where the study is.
    pub(crate) fn place(&self) -> &Place {
        match self {
            Database::Sqlite(sqlite) => sqlite.place(),
            Database::Postgres(postgres) => postgres.place(),
        }
    }

    /// The worker's lock, if it holds one.
    pub(crate) fn lock(&self) -> Option<u32> {
        match self {
            Database::Sqlite(sqlite) => sqlite.lock(),
            Database::Postgres(postgres) => postgres.lock(),
        }
    }

    /// How long a worker that was connected may be without a connection before its trials go to others. A process that has lost
    /// the lock of a file has ended.
    pub(crate) fn reconnect_time(&self) -> Duration {
        match self {
            Database::Sqlite(_) => Duration::ZERO,
            Database::Postgres(postgres) => postgres.reconnect_time(),
        }
    }

    pub(crate) fn set_lock_timeout(&mut self, lock_timeout: Duration) -> Result<(), StudyError> {
        match self {
            Database::Sqlite(sqlite) => sqlite.set_lock_timeout(lock_timeout),
            Database::Postgres(postgres) => postgres.set_lock_timeout(lock_timeout),
        }
    }

    pub(crate) fn set_reconnect_time(&mut self, reconnect_time: Duration) {
        if let Database::Postgres(postgres) = self {
            postgres.set_reconnect_time(reconnect_time);
        }
    }

    pub(crate) fn set_observer(&mut self, observer: OnConnection) {
        if let Database::Postgres(postgres) = self {
            postgres.set_observer(observer);
        }
    }

    /// Tells the others that this worker has ended.
    pub(crate) fn release_lock(&mut self) {
        match self {
            Database::Sqlite(sqlite) => sqlite.release_lock(),
            Database::Postgres(postgres) => postgres.release_lock(),
        }
    }
}

/// What happens to the connection to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionEvent<'a> {
    /// It was lost, or a new one could not be made.
    Lost {
        /// Why.
        reason: &'a str,
    },
    /// Nothing yet; told several times a second, so that the work can be stopped.
    Waiting,
    /// There is a new one.
    Restored,
}

/// Sees what happens to the connection to a server; breaks to stop waiting for it.
pub type OnConnection = fn(ConnectionEvent<'_>) -> ControlFlow<()>;
