//! A study in a PostgreSQL database: one schema, with the tables that a study's file has.
//!
//! - Claims are serial under an advisory lock of the transaction, because a suggestion depends on the whole history. Reports and
//!   heartbeats need no lock: they change a row only while its attempt is the worker's.
//! - A worker's lock is an advisory lock of its session with a number that no other worker ever has: it is gone with the
//!   connection, and never somebody else's.
//! - The only clock is the server's.
//! - Work whose connection was lost is repeated on a new one. Whether the lost one had committed it is unknown: each piece of work
//!   says what then holds ([`Sql::retried`]).

use std::collections::HashMap;
use std::error::Error as _;
use std::ops::ControlFlow;
use std::thread::sleep;
use std::time::{Duration, Instant};

use postgres::types::{IsNull, ToSql, Type, private::BytesMut};
use postgres::{Client, Statement};

use crate::database::{Access, ConnectionEvent, OnConnection, Sql};
use crate::error::{Failure, words};
use crate::schema::{Content, VERSION, tables_of_postgres};
use crate::value::{Row, Value};
use crate::{Address, Place, StudyError};

/// How long to wait for a claim of another worker.
const LOCK_TIMEOUT: Duration = Duration::from_secs(120);
/// How long a worker that has lost its connection may take to come back: longer than two heartbeats.
const RECONNECT_TIME: Duration = Duration::from_secs(60);
/// How long the server is tried when a connection was lost.
const PATIENCE: Duration = Duration::from_secs(600);
/// Pauses between two attempts to connect.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(5)];
/// How often the observer is asked during a pause.
const TICK: Duration = Duration::from_millis(100);
/// What the server may end in a transaction of its own accord, such as a deadlock, is repeated this often.
const REPEATS: u32 = 5;

/// A connection, which may have been lost.
struct Connection {
    client: Client,
    statements: HashMap<&'static str, Statement>,
}

/// A study in a database.
pub(crate) struct Postgres {
    address: Address,
    place: Place,
    connection: Option<Connection>,
    /// Number of the study's schema, the first half of the numbers of its advisory locks; none before there is one.
    schema: Option<u32>,
    /// This worker's lock, from its first claim on.
    worker_lock: Option<u32>,
    lock_timeout: Duration,
    reconnect_time: Duration,
    observer: OnConnection,
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Postgres").field(&self.address).finish()
    }
}

impl Postgres {
    /// Connects.
    ///
    /// # Errors
    /// The server cannot be reached, or does not let the user in.
    pub(crate) fn open(address: &Address) -> Result<Self, StudyError> {
        let mut opened = Self {
            address: address.clone(),
            place: address.clone().into(),
            connection: None,
            schema: None,
            worker_lock: None,
            lock_timeout: LOCK_TIMEOUT,
            reconnect_time: RECONNECT_TIME,
            observer: |_| ControlFlow::Continue(()),
        };
        opened.connect().map_err(|reason| StudyError::Unreachable {
            place: opened.place.clone(),
            waited: Duration::ZERO,
            reason,
        })?;
        Ok(opened)
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    pub(crate) fn lock(&self) -> Option<u32> {
        self.worker_lock
    }

    pub(crate) fn reconnect_time(&self) -> Duration {
        self.reconnect_time
    }

    pub(crate) fn set_reconnect_time(&mut self, reconnect_time: Duration) {
        self.reconnect_time = reconnect_time;
    }

    pub(crate) fn set_observer(&mut self, observer: OnConnection) {
        self.observer = observer;
    }

    pub(crate) fn set_lock_timeout(&mut self, lock_timeout: Duration) -> Result<(), StudyError> {
        self.lock_timeout = lock_timeout;
        let Some(connection) = &mut self.connection else { return Ok(()) };
        let setting = format!("SET lock_timeout = {}", lock_timeout.as_millis().max(1));
        let set = connection.client.batch_execute(&setting);
        set.map_err(|error| Failure::from(error).at(&self.place, lock_timeout))
    }

    /// Connects once, and takes a worker's lock if this worker had one.
    fn connect(&mut self) -> Result<(), String> {
        self.connection = None;
        let mut client = self.address.connect()?;
        // The server notices a host that has vanished, and a worker that hangs while others wait for it.
        let setup = format!(
            "SET search_path = \"{}\"; SET lock_timeout = {}; SET idle_in_transaction_session_timeout = '90s';
             SET client_min_messages = warning; SET tcp_keepalives_idle = 15; SET tcp_keepalives_interval = 5;
             SET tcp_keepalives_count = 3;",
            self.address.schema(),
            self.lock_timeout.as_millis().max(1),
        );
        client.batch_execute(&setup).map_err(|error| words(&error))?;
        let mut connection = Connection { client, statements: HashMap::new() };
        if let (Some(_), Some(schema)) = (self.worker_lock, self.schema) {
            self.worker_lock = Some(connection.take_lock(schema).map_err(|error| words(&error))?);
        }
        self.connection = Some(connection);
        Ok(())
    }

    /// Connects again after `reason`, with growing pauses.
    fn reconnect(&mut self, mut reason: String, brief: bool) -> Result<(), StudyError> {
        let began = Instant::now();
        let mut pause = PAUSES[0];
        loop {
            let _ = (self.observer)(ConnectionEvent::Lost { reason: &reason });
            match self.connect() {
                Ok(()) => {
                    let _ = (self.observer)(ConnectionEvent::Restored);
                    return Ok(());
                }
                Err(error) => reason = error,
            }
            if brief || began.elapsed() > PATIENCE {
                let (place, waited) = (self.place.clone(), began.elapsed());
                return Err(StudyError::Unreachable { place, waited, reason });
            }
            let until = Instant::now() + pause;
            while Instant::now() < until {
                if (self.observer)(ConnectionEvent::Waiting).is_break() {
                    return Err(StudyError::Stopped { place: self.place.clone() });
                }
                sleep(TICK.min(pause));
            }
            pause = (2 * pause).min(PAUSES[1]);
        }
    }

    /// Does `work` in a transaction of the kind that `access` needs, and again where the connection was lost.
    pub(crate) fn run<T>(
        &mut self,
        access: Access,
        work: &mut dyn FnMut(&mut dyn Sql) -> Result<T, Failure>,
    ) -> Result<T, StudyError> {
        let (mut retried, mut repeats) = (false, 0);
        loop {
            if self.connection.is_none() {
                self.reconnect("there is no connection".to_owned(), access == Access::Brief)?;
            }
            match self.attempt(access, retried, work) {
                Ok(done) => return Ok(done),
                Err(Failure::Postgres(error)) if is_lost(&error) => {
                    self.connection = None;
                    retried = true;
                    self.reconnect(words(&error), access == Access::Brief)?;
                }
                Err(Failure::Postgres(error)) if is_transient(&error) && repeats < REPEATS => repeats += 1,
                Err(failure) => return Err(failure.at(&self.place, self.lock_timeout)),
            }
        }
    }

    fn attempt<T>(
        &mut self,
        access: Access,
        retried: bool,
        work: &mut dyn FnMut(&mut dyn Sql) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let Postgres { address, connection, schema, worker_lock, .. } = self;
        let Some(connection) = connection else {
            return Err(Failure::Damaged("there is no connection".to_owned()));
        };
        let begin = match (access, *schema) {
            (Access::Single | Access::Brief, _) => None,
            (Access::Read, _) => Some("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY".to_owned()),
            (Access::Write, _) => Some("BEGIN".to_owned()),
            (Access::Exclusive, Some(schema)) => {
                Some(format!("BEGIN; SELECT pg_advisory_xact_lock({}, 0)", half(schema)))
            }
            // Before there is a schema, its name is locked.
            (Access::Exclusive, None) => Some(format!(
                "BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('{}', 0))",
                address.schema()
            )),
        };
        let Some(begin) = begin else {
            return work(&mut Statements { address, connection, schema, worker_lock, retried });
        };
        connection.client.batch_execute(&begin)?;
        match work(&mut Statements { address, connection, schema, worker_lock, retried }) {
            Ok(done) => {
                connection.client.batch_execute("COMMIT")?;
                Ok(done)
            }
            Err(failure) => {
                let _ = connection.client.batch_execute("ROLLBACK");
                Err(failure)
            }
        }
    }

    /// Tells the others that this worker has ended: without this they would wait for it to come back.
    pub(crate) fn release_lock(&mut self) {
        let Some(number) = self.worker_lock.take() else { return };
        let Some(connection) = &mut self.connection else { return };
        let _ = connection.client.batch_execute(&format!(
            "SET lock_timeout = 1000; BEGIN;
             UPDATE trial SET expires = 0 WHERE state = 'running' AND worker_lock = {number};
             UPDATE job SET expires = 0 WHERE state = 'running' AND worker_lock = {number}; COMMIT"
        ));
    }
}

impl Connection {
    /// Takes a worker's lock with a new number.
    fn take_lock(&mut self, schema: u32) -> Result<u32, postgres::Error> {
        let taken = self.client.query_one(
            &format!(
                "SELECT number, pg_try_advisory_lock({}, number)
                 FROM (SELECT nextval('worker_lock')::integer AS number) AS next",
                half(schema)
            ),
            &[],
        )?;
        taken.try_get::<_, i32>(0).map(i32::unsigned_abs)
    }
}

/// The bits of a number of 32 bits as one of the two numbers of an advisory lock.
fn half(number: u32) -> i32 {
    i32::from_ne_bytes(number.to_ne_bytes())
}

/// Whether the connection is gone, or the server about to end or to start.
fn is_lost(error: &postgres::Error) -> bool {
    match error.code() {
        Some(code) => {
            code.code().starts_with("08") || ["57P01", "57P02", "57P03", "25P03"].contains(&code.code())
        }
        None => error.is_closed() || error.source().is_some_and(|cause| cause.is::<std::io::Error>()),
    }
}

/// Whether the same work may succeed at once: a deadlock, transactions that cannot be put in order, or a study that another worker
/// has created in this moment.
fn is_transient(error: &postgres::Error) -> bool {
    error.code().is_some_and(|code| ["40001", "40P01", "42P06", "23505"].contains(&code.code()))
}

/// Statements on one connection.
struct Statements<'a> {
    address: &'a Address,
    connection: &'a mut Connection,
    schema: &'a mut Option<u32>,
    worker_lock: &'a mut Option<u32>,
    retried: bool,
}

impl Statements<'_> {
    fn prepared(&mut self, statement: &'static str) -> Result<Statement, Failure> {
        if let Some(prepared) = self.connection.statements.get(statement) {
            return Ok(prepared.clone());
        }
        let prepared = self.connection.client.prepare(&translated(statement, *self.schema))?;
        self.connection.statements.insert(statement, prepared.clone());
        Ok(prepared)
    }
}

/// In PostgreSQL's words.
fn translated(statement: &str, schema: Option<u32>) -> String {
    let now = "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint";
    let held = format!(
        "SELECT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND classid = {}
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        schema.unwrap_or(0)
    );
    statement
        .replace('?', "$")
        .replace("{now}", now)
        .replace("{gone}", &format!("(worker_lock NOT IN ({held}))"))
}

fn parameters(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

impl Sql for Statements<'_> {
    fn execute(&mut self, statement: &'static str, values: &[Value]) -> Result<u64, Failure> {
        let prepared = self.prepared(statement)?;
        Ok(self.connection.client.execute(&prepared, &parameters(values))?)
    }

    fn query(&mut self, statement: &'static str, values: &[Value]) -> Result<Vec<Row>, Failure> {
        let prepared = self.prepared(statement)?;
        let rows = self.connection.client.query(&prepared, &parameters(values))?;
        let row = |row: &postgres::Row| {
            (0..row.len()).map(|column| value_of(row, column)).collect::<Result<_, _>>().map(Row)
        };
        rows.iter().map(row).collect()
    }

    fn retried(&self) -> bool {
        self.retried
    }

    fn take_lock(&mut self) -> Result<Option<u32>, Failure> {
        if let (None, Some(schema)) = (*self.worker_lock, *self.schema) {
            *self.worker_lock = Some(self.connection.take_lock(schema)?);
        }
        Ok(*self.worker_lock)
    }

    fn lock(&self) -> Option<u32> {
        *self.worker_lock
    }

    fn content(&mut self) -> Result<Content, Failure> {
        let row = self.connection.client.query_opt(
            "SELECT oid, obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = $1",
            &[&self.address.schema()],
        )?;
        *self.schema = row.as_ref().map(|row| row.try_get(0)).transpose()?;
        let Some(row) = row else { return Ok(Content::Nothing) };
        let comment: Option<String> = row.try_get(1)?;
        let version = comment.as_deref().and_then(|text| text.strip_prefix(COMMENT)?.parse().ok());
        Ok(version.map_or(Content::Foreign, |version| Content::Study { version }))
    }

    fn create_tables(&mut self) -> Result<(), Failure> {
        let (schema, tables) = (self.address.schema(), tables_of_postgres());
        self.connection.client.batch_execute(&format!(
            "CREATE SCHEMA \"{schema}\"; COMMENT ON SCHEMA \"{schema}\" IS '{COMMENT}{VERSION}'; {tables}"
        ))?;
        Ok(())
    }
}

/// Marks a schema as one of ours; the version follows.
const COMMENT: &str = "a study of foliar, version ";

impl ToSql for Value {
    fn to_sql(
        &self,
        wanted: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Value::Null => Ok(IsNull::Yes),
            Value::Integer(number) if *wanted == Type::INT4 => i32::try_from(*number)?.to_sql(wanted, out),
            Value::Integer(number) => number.to_sql(wanted, out),
            Value::Real(number) => number.to_sql(wanted, out),
            Value::Text(text) => text.to_sql(wanted, out),
            Value::Bytes(bytes) => bytes.to_sql(wanted, out),
        }
    }

    fn accepts(wanted: &Type) -> bool {
        [Type::INT4, Type::INT8, Type::FLOAT8, Type::TEXT, Type::BYTEA].contains(wanted)
    }

    postgres::types::to_sql_checked!();
}

fn value_of(row: &postgres::Row, column: usize) -> Result<Value, Failure> {
    fn some<T: Into<Value>>(value: Option<T>) -> Value {
        value.into()
    }
    let kind = row.columns()[column].type_();
    Ok(match *kind {
        Type::INT8 => some(row.try_get::<_, Option<i64>>(column)?),
        Type::INT4 => some(row.try_get::<_, Option<i32>>(column)?.map(i64::from)),
        Type::BOOL => some(row.try_get::<_, Option<bool>>(column)?.map(i64::from)),
        Type::FLOAT8 => some(row.try_get::<_, Option<f64>>(column)?),
        Type::TEXT => some(row.try_get::<_, Option<&str>>(column)?),
        Type::BYTEA => some(row.try_get::<_, Option<&[u8]>>(column)?),
        _ => return Err(Failure::Damaged(format!("a column of type {kind}"))),
    })
}
