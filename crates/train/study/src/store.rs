//! The SQLite file: how it is opened, and transactions that either happen as a whole or not at all.

use std::ffi::OsString;
use std::io;
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
        let store = Self::connect(path, path, flags | OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // SQLite opens what it can not write for reading only, without a word.
        let read_only = store.connection.is_readonly(rusqlite::MAIN_DB);
        if read_only.map_err(|error| Failure::from(error).at(path, PATIENCE))? {
            return Err(StudyError::NotWritable { path: path.to_owned() });
        }
        Ok(store)
    }

    /// Opens `path` for reading where nothing can be written beside it. With a log of a worker that runs or has died, SQLite
    /// needs the index of that log, which it can not make here; without a log nobody works on the file, and it is read as
    /// one that does not change.
    ///
    /// # Errors
    /// [`StudyError::NotWritable`] where there is a log without an index.
    pub(crate) fn open_unwritable(path: &Path) -> Result<Self, StudyError> {
        let log = beside(path, "-wal").metadata().is_ok_and(|log| log.len() > 0);
        if log {
            return Self::connect(path, path, OpenFlags::SQLITE_OPEN_READ_ONLY);
        }
        let unchanging = unchanging(path).map_err(|_| StudyError::NotWritable { path: path.to_owned() })?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        Self::connect(path, Path::new(&unchanging), flags)
    }

    /// Opens the database that SQLite knows by `name`.
    fn connect(path: &Path, name: &Path, flags: OpenFlags) -> Result<Self, StudyError> {
        let at = |error: rusqlite::Error| Failure::from(error).at(path, PATIENCE);
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(name, flags).map_err(at)?;
        connection.busy_timeout(PATIENCE).map_err(at)?;
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

/// The file that SQLite keeps beside `path` under this ending.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

/// The address by which SQLite takes `path` for a file that nobody changes (<https://www.sqlite.org/uri.html>).
fn unchanging(path: &Path) -> io::Result<String> {
    let path = std::path::absolute(path)?;
    let mut address = "file://".to_owned();
    if cfg!(windows) {
        address.push('/');
    }
    for &byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'\\' if cfg!(windows) => address.push('/'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b':' => {
                address.push(byte.into())
            }
            other => address.push_str(&format!("%{other:02x}")),
        }
    }
    address.push_str("?immutable=1");
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_keep_every_byte_of_a_path() {
        let address = unchanging(Path::new("/studies/a b?c#d%/\u{e9}.sqlite")).unwrap();
        assert_eq!(address, "file:///studies/a%20b%3fc%23d%25/%c3%a9.sqlite?immutable=1");
    }

    #[test]
    fn what_can_not_be_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a ?#% study.sqlite");
        let connection = Connection::open(&path).unwrap();
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).unwrap();
        connection.execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (7)").unwrap();
        let value = |store: &mut Store| {
            store.read(|transaction| {
                Ok(transaction.query_row("SELECT x FROM t", [], |row| row.get::<_, i64>(0))?)
            })
        };
        // With a log.
        assert_eq!(value(&mut Store::open_unwritable(&path).unwrap()).unwrap(), 7);
        drop(connection);
        let before: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(before, std::slice::from_ref(&path));
        // Without one: nothing is made beside the file.
        let mut store = Store::open_unwritable(&path).unwrap();
        assert_eq!(value(&mut store).unwrap(), 7);
        let after: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(after, before);
        let error =
            store.write(|transaction| Ok(transaction.execute("INSERT INTO t VALUES (8)", [])?)).unwrap_err();
        assert!(matches!(error, StudyError::NotWritable { .. }), "{error:?}");
    }
}
