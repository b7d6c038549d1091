//! The SQLite file: opening it, and its transactions.

use std::borrow::Cow;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, params_from_iter};

use crate::database::{Access, Sql};
use crate::error::Failure;
use crate::schema::{Content, TABLES, VERSION};
use crate::value::{Row, Value};
use crate::worker_lock::WorkerLock;
use crate::{Place, StudyError};

/// How long to wait for a lock of another process. A claim may hold the lock while it fits a model quickly.
const LOCK_TIMEOUT: Duration = Duration::from_secs(30);
/// Pause between attempts in the one place where SQLite does not wait itself.
const PAUSE: Duration = Duration::from_millis(5);

/// Marks a file as one of ours: "fols". The version of the tables is SQLite's `user_version`.
const APPLICATION: i64 = 0x666f_6c73;

/// An open file.
#[derive(Debug)]
pub(crate) struct Sqlite {
    path: PathBuf,
    place: Place,
    connection: Connection,
    lock_timeout: Duration,
    /// This worker's lock, from its first claim on.
    worker_lock: Option<WorkerLock>,
}

impl Sqlite {
    /// Opens `path`, and creates a missing file if `flags` say so. Writes nothing.
    pub(crate) fn open(path: &Path, flags: OpenFlags) -> Result<Self, StudyError> {
        let opened = Self::connect(path, path, flags | OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // SQLite silently opens a file that it cannot write for reading only.
        let read_only = opened.connection.is_readonly(rusqlite::MAIN_DB);
        if read_only.map_err(|error| Failure::from(error).at(&path.into(), LOCK_TIMEOUT))? {
            return Err(StudyError::NotWritable { place: path.into() });
        }
        Ok(opened)
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
        let uri = immutable_uri(path).map_err(|_| StudyError::NotWritable { place: path.into() })?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        Self::connect(path, Path::new(&uri), flags)
    }

    /// Opens the database that SQLite calls `name`.
    fn connect(path: &Path, name: &Path, flags: OpenFlags) -> Result<Self, StudyError> {
        let at = |error: rusqlite::Error| Failure::from(error).at(&path.into(), LOCK_TIMEOUT);
        if path.metadata().is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
            return Err(StudyError::NotAStudy { place: path.into(), reason: "it is not a file" });
        }
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(name, flags).map_err(at)?;
        connection.busy_timeout(LOCK_TIMEOUT).map_err(at)?;
        // The workers of a file are processes of one machine: they have one clock, and see each other's locks.
        let locks = path.to_owned();
        let gone = move |context: &mut Context<'_>| {
            let number: Option<u32> = context.get(0)?;
            Ok(number.is_some_and(|number| WorkerLock::is_free(&locks, number)))
        };
        connection.create_scalar_function("worker_gone", 1, FunctionFlags::SQLITE_UTF8, gone).map_err(at)?;
        let place = path.into();
        Ok(Self { path: path.to_owned(), place, connection, lock_timeout: LOCK_TIMEOUT, worker_lock: None })
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    pub(crate) fn lock(&self) -> Option<u32> {
        self.worker_lock.as_ref().map(|lock| lock.number)
    }

    /// Releases the worker lock, so that others can claim an unfinished trial without delay. Without waiting: a lock file that
    /// stays is found unlocked anyway.
    pub(crate) fn release_lock(&mut self) {
        let Some(lock) = self.worker_lock.take() else { return };
        let _ = self.set_lock_timeout(Duration::ZERO);
        let mut lock = Some(lock);
        let _ = self.run(Access::Exclusive, &mut |_| {
            if let Some(lock) = lock.take() {
                lock.remove();
            }
            Ok(())
        });
    }

    pub(crate) fn set_lock_timeout(&mut self, lock_timeout: Duration) -> Result<(), StudyError> {
        self.lock_timeout = lock_timeout;
        self.connection
            .busy_timeout(lock_timeout)
            .map_err(|error| Failure::from(error).at(&self.place, lock_timeout))
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
        result.map_err(|error| Failure::from(error).at(&self.place, self.lock_timeout))
    }

    /// Does `work` with the file locked against other writers from the start unless it only reads, and commits. Undoes everything
    /// on failure.
    pub(crate) fn run<T>(
        &mut self,
        access: Access,
        work: &mut dyn FnMut(&mut dyn Sql) -> Result<T, Failure>,
    ) -> Result<T, StudyError> {
        let Sqlite { path, place, connection, lock_timeout, worker_lock } = self;
        let behavior = match access {
            Access::Single | Access::Brief => None,
            Access::Read => Some(TransactionBehavior::Deferred),
            Access::Write | Access::Exclusive => Some(TransactionBehavior::Immediate),
        };
        let held = worker_lock.is_some();
        let mut attempt = || {
            let Some(behavior) = behavior else {
                return work(&mut Statements { path, connection, worker_lock });
            };
            let transaction = connection.transaction_with_behavior(behavior)?;
            let result = work(&mut Statements { path, connection: &transaction, worker_lock })?;
            transaction.commit()?;
            Ok(result)
        };
        let result = attempt().map_err(|failure: Failure| failure.at(place, *lock_timeout));
        if result.is_err() && !held {
            // What a dead worker had under this lock was not requeued.
            *worker_lock = None;
        }
        result
    }
}

/// Statements on one connection.
struct Statements<'a> {
    path: &'a Path,
    connection: &'a Connection,
    worker_lock: &'a mut Option<WorkerLock>,
}

/// In SQLite's words.
fn translated(statement: &str) -> Cow<'_, str> {
    if !statement.contains('{') {
        return Cow::Borrowed(statement);
    }
    let now = "CAST(round(unixepoch('subsec') * 1000) AS INTEGER)";
    Cow::Owned(statement.replace("{now}", now).replace("{gone}", "worker_gone(worker_lock)"))
}

impl Sql for Statements<'_> {
    fn execute(&mut self, statement: &'static str, values: &[Value]) -> Result<u64, Failure> {
        let mut statement = self.connection.prepare_cached(&translated(statement))?;
        Ok(statement.execute(params_from_iter(values))? as u64)
    }

    fn query(&mut self, statement: &'static str, values: &[Value]) -> Result<Vec<Row>, Failure> {
        let mut statement = self.connection.prepare_cached(&translated(statement))?;
        let columns = statement.column_count();
        let mut found = statement.query(params_from_iter(values))?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            let value = |column| row.get_ref(column).map_err(Failure::from).and_then(value_of);
            rows.push(Row((0..columns).map(value).collect::<Result<_, _>>()?));
        }
        Ok(rows)
    }

    fn retried(&self) -> bool {
        false
    }

    fn take_lock(&mut self) -> Result<Option<u32>, Failure> {
        if self.worker_lock.is_none() {
            *self.worker_lock = WorkerLock::take(self.path);
        }
        Ok(self.lock())
    }

    fn lock(&self) -> Option<u32> {
        self.worker_lock.as_ref().map(|lock| lock.number)
    }

    fn content(&mut self) -> Result<Content, Failure> {
        let pragma = |name| self.connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let (application, version) = (pragma("application_id")?, pragma("user_version")?);
        let tables = self
            .connection
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
        Ok(match (application, version, tables) {
            (APPLICATION, version, _) => Content::Study { version },
            (0, 0, 0) => Content::Nothing,
            _ => Content::Foreign,
        })
    }

    fn create_tables(&mut self) -> Result<(), Failure> {
        self.connection.pragma_update(None, "application_id", APPLICATION)?;
        self.connection.pragma_update(None, "user_version", VERSION)?;
        Ok(self.connection.execute_batch(TABLES)?)
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Integer(number) => ValueRef::Integer(*number),
            Value::Real(number) => ValueRef::Real(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn value_of(stored: ValueRef<'_>) -> Result<Value, Failure> {
    Ok(match stored {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => Value::Text(text.to_owned()),
            Err(_) => return Err(Failure::Damaged("text that is not UTF-8".to_owned())),
        },
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_owned()),
    })
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
        let value = |opened: &mut Sqlite| {
            opened.run(Access::Read, &mut |sql| sql.query("SELECT x FROM t", &[])?[0].get::<i64>(0))
        };
        // With a log.
        assert_eq!(value(&mut Sqlite::open_unwritable(&path).unwrap()).unwrap(), 7);
        drop(connection);
        let before: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(before, std::slice::from_ref(&path));
        // Without one: nothing is created beside the file.
        let mut opened = Sqlite::open_unwritable(&path).unwrap();
        assert_eq!(value(&mut opened).unwrap(), 7);
        let after: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(after, before);
        let error =
            opened.run(Access::Write, &mut |sql| sql.execute("INSERT INTO t VALUES (8)", &[])).unwrap_err();
        assert!(matches!(error, StudyError::NotWritable { .. }), "{error:?}");
    }
}
