//! The SQLite file: opening it, and its transactions.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use crate::StudyError;
use crate::error::Failure;

/// How long to wait for a lock of another process. A claim holds the lock while it fits the model.
const LOCK_TIMEOUT: Duration = Duration::from_secs(30);
/// Pause between attempts in the one place where SQLite does not wait itself.
const PAUSE: Duration = Duration::from_millis(5);

/// An open file.
#[derive(Debug)]
pub(crate) struct Store {
    path: PathBuf,
    connection: Connection,
    lock_timeout: Duration,
}

impl Store {
    /// Opens `path`, and creates a missing file if `flags` say so. Writes nothing.
    pub(crate) fn open(path: &Path, flags: OpenFlags) -> Result<Self, StudyError> {
        let store = Self::connect(path, path, flags | OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // SQLite silently opens a file that it cannot write for reading only.
        let read_only = store.connection.is_readonly(rusqlite::MAIN_DB);
        if read_only.map_err(|error| Failure::from(error).at(path, LOCK_TIMEOUT))? {
            return Err(StudyError::NotWritable { path: path.to_owned() });
        }
        Ok(store)
    }

    /// Opens `path` for reading where nothing can be written beside it. If a worker that runs or has died has left a
    /// write-ahead log, SQLite needs the index of that log, which it cannot create here. Without a log no worker uses the
    /// file, and it is read as immutable.
    ///
    /// # Errors
    /// [`StudyError::NotWritable`] if there is a log without an index.
    pub(crate) fn open_unwritable(path: &Path) -> Result<Self, StudyError> {
        let log = beside(path, "-wal").metadata().is_ok_and(|log| log.len() > 0);
        if log {
            return Self::connect(path, path, OpenFlags::SQLITE_OPEN_READ_ONLY);
        }
        let uri = immutable_uri(path).map_err(|_| StudyError::NotWritable { path: path.to_owned() })?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        Self::connect(path, Path::new(&uri), flags)
    }

    /// Opens the database that SQLite calls `name`.
    fn connect(path: &Path, name: &Path, flags: OpenFlags) -> Result<Self, StudyError> {
        let at = |error: rusqlite::Error| Failure::from(error).at(path, LOCK_TIMEOUT);
        if path.metadata().is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
            return Err(StudyError::NotAStudy { path: path.to_owned(), reason: "it is not a file" });
        }
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(name, flags).map_err(at)?;
        connection.busy_timeout(LOCK_TIMEOUT).map_err(at)?;
        Ok(Store { path: path.to_owned(), connection, lock_timeout: LOCK_TIMEOUT })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn set_lock_timeout(&mut self, lock_timeout: Duration) -> Result<(), StudyError> {
        self.lock_timeout = lock_timeout;
        self.connection
            .busy_timeout(lock_timeout)
            .map_err(|error| Failure::from(error).at(&self.path, lock_timeout))
    }

    /// Turns on the write-ahead log: many readers beside one writer, commits flushed to disk. A killed process or a power cut
    /// leaves whole transactions. On a file system without shared memory SQLite keeps its older journal.
    pub(crate) fn keep_log(&mut self) -> Result<(), StudyError> {
        let begun = Instant::now();
        let result = loop {
            let result = self
                .connection
                .pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))
                .and_then(|()| self.connection.pragma_update(None, "synchronous", "FULL"))
                .and_then(|()| self.connection.pragma_update(None, "foreign_keys", true));
            // SQLite refuses to change the journal while another process reads, and does not wait.
            let busy =
                matches!(&result, Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy));
            if !busy || begun.elapsed() > self.lock_timeout {
                break result;
            }
            sleep(PAUSE);
        };
        result.map_err(|error| Failure::from(error).at(&self.path, self.lock_timeout))
    }

    /// Does `work` with the file locked against other writers from the start, and commits. Undoes everything on failure.
    pub(crate) fn write<T>(
        &mut self,
        work: impl FnOnce(&Transaction) -> Result<T, Failure>,
    ) -> Result<T, StudyError> {
        self.transact(TransactionBehavior::Immediate, work)
    }

    /// Does `work` on one snapshot of the file, whatever others write meanwhile.
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
        let Store { path, connection, lock_timeout } = self;
        let attempt = || {
            let transaction = connection.transaction_with_behavior(behavior)?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        };
        attempt().map_err(|failure: Failure| failure.at(path, *lock_timeout))
    }
}

/// The file that SQLite keeps beside `path` with this suffix.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

/// The URI that makes SQLite treat `path` as immutable (<https://www.sqlite.org/uri.html>).
fn immutable_uri(path: &Path) -> io::Result<String> {
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
    fn uris_keep_every_byte_of_a_path() {
        let address = immutable_uri(Path::new("/studies/a b?c#d%/\u{e9}.sqlite")).unwrap();
        assert_eq!(address, "file:///studies/a%20b%3fc%23d%25/%c3%a9.sqlite?immutable=1");
    }

    #[test]
    fn a_file_that_cannot_be_written_is_read() {
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
        // Without one: nothing is created beside the file.
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
