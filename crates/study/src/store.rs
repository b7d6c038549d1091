//! The SQLite file: how it is opened, and transactions that either happen as a whole or not at all.

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use crate::StudyError;
use crate::error::Failure;

/// How long a lock of another process is waited for. A claim holds it while the model is fitted.
const PATIENCE: Duration = Duration::from_secs(30);
/// Pause between attempts where SQLite does not wait itself.
const PAUSE: Duration = Duration::from_millis(5);

/// An open file.
#[derive(Debug)]
pub(crate) struct Store {
    path: PathBuf,
    connection: Connection,
    patience: Duration,
}

impl Store {
    /// Opens `path`; a file that does not exist is created if `flags` say so. Writes nothing.
    pub(crate) fn open(path: &Path, flags: OpenFlags) -> Result<Self, StudyError> {
        let name = |error: rusqlite::Error| Failure::from(error).at(path, PATIENCE);
        let flags = flags | OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(name)?;
        connection.busy_timeout(PATIENCE).map_err(name)?;
        // SQLite opens what it can not write for reading only, without a word.
        if connection.is_readonly(rusqlite::MAIN_DB).map_err(name)? {
            return Err(StudyError::NotWritable { path: path.to_owned() });
        }
        Ok(Store { path: path.to_owned(), connection, patience: PATIENCE })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn set_patience(&mut self, patience: Duration) -> Result<(), StudyError> {
        self.patience = patience;
        self.connection.busy_timeout(patience).map_err(|error| Failure::from(error).at(&self.path, patience))
    }

    /// Readers and one writer at a time, commits flushed to disk: a killed process, and a power cut, leave whole
    /// transactions. Where the file system has no shared memory, SQLite keeps its older journal.
    pub(crate) fn keep_log(&mut self) -> Result<(), StudyError> {
        let begun = Instant::now();
        let result = loop {
            let result = self
                .connection
                .pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))
                .and_then(|()| self.connection.pragma_update(None, "synchronous", "FULL"))
                .and_then(|()| self.connection.pragma_update(None, "foreign_keys", true));
            // Changing the journal is refused, not waited for, while another process reads.
            let busy =
                matches!(&result, Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy));
            if !busy || begun.elapsed() > self.patience {
                break result;
            }
            sleep(PAUSE);
        };
        result.map_err(|error| Failure::from(error).at(&self.path, self.patience))
    }

    /// Does `work` with the file locked for other writers from its beginning, and commits; undoes all of it on failure.
    pub(crate) fn write<T>(
        &mut self,
        work: impl FnOnce(&Transaction) -> Result<T, Failure>,
    ) -> Result<T, StudyError> {
        self.transact(TransactionBehavior::Immediate, work)
    }

    /// Does `work` on one state of the file, whatever others write meanwhile.
    pub(crate) fn read<T>(
        &mut self,
        work: impl FnOnce(&Transaction) -> Result<T, Failure>,
    ) -> Result<T, StudyError> {
        self.transact(TransactionBehavior::Deferred, work)
    }

    fn transact<T>(
        &mut self,
        behavior: TransactionBehavior,
        work: impl FnOnce(&Transaction) -> Result<T, Failure>,
    ) -> Result<T, StudyError> {
        let Store { path, connection, patience } = self;
        let attempt = || {
            let transaction = connection.transaction_with_behavior(behavior)?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        };
        attempt().map_err(|failure: Failure| failure.at(path, *patience))
    }
}
