//! A stored study: creating, opening and reading it.

use std::path::Path;
use std::time::Duration;

use foliar_bayes::{Best, Params, Record, Study, TrialId};
use rusqlite::OpenFlags;

use crate::database::{Access, Database, OnConnection, Sql};
use crate::error::Failure;
use crate::postgres::Postgres;
use crate::schema::{self, Content};
use crate::sqlite::Sqlite;
use crate::{Counts, Definition, Place, StoredTrial, StudyError, check_file_system, history, waiting};

/// How long a worker may be silent. A worker that dies is noticed earlier; this is for workers that hang.
const LEASE_TIME: Duration = Duration::from_secs(120);

/// An open study. Each worker opens its own, whether workers share a process or not.
///
/// Every method can fail with [`StudyError::Locked`], [`StudyError::Full`] or [`StudyError::Damaged`] besides the errors it
/// names. It has then changed nothing and can be called again. Where the connection to a server is lost, a method waits for
/// another one and goes on; [`StudyError::Unreachable`] says that there was none for ten minutes.
#[derive(Debug)]
pub struct StoredStudy {
    pub(crate) database: Database,
    pub(crate) definition: Definition,
    /// The history when it was last read, with the model's fits to it.
    pub(crate) study: Study,
    pub(crate) lease_time: Duration,
    /// How long the last suggestion took.
    pub(crate) fit_time: Duration,
    /// The instructions that this worker computes with.
    pub(crate) instructions: Option<String>,
}

/// Whether the file must exist, must not exist, or either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opening {
    Create,
    Existing,
    Either,
}

impl StoredStudy {
    /// Starts a new study at `place`.
    ///
    /// # Errors
    /// A study exists there already, the place holds something else or lies on a network file system, or cannot be written.
    pub fn create(place: impl Into<Place>, definition: &Definition) -> Result<Self, StudyError> {
        Self::open_with(&place.into(), Opening::Create, Some(definition))
    }

    /// Opens the study at `place` to continue it.
    ///
    /// # Errors
    /// There is none, the place holds something else or lies on a network file system, the schema version, fingerprint or
    /// definition differs, or the place cannot be written.
    pub fn open(place: impl Into<Place>, definition: &Definition) -> Result<Self, StudyError> {
        Self::open_with(&place.into(), Opening::Existing, Some(definition))
    }

    /// Opens the study at `place`, or creates it if there is none. If several processes call this at once, one creates it.
    ///
    /// # Errors
    /// As for [`StoredStudy::open`], except that there need not be one.
    pub fn open_or_create(place: impl Into<Place>, definition: &Definition) -> Result<Self, StudyError> {
        Self::open_with(&place.into(), Opening::Either, Some(definition))
    }

    /// Opens the study at `place` for reading, whatever it tunes. If a file or its folder cannot be written, reading still
    /// works and every change fails with [`StudyError::NotWritable`].
    ///
    /// # Errors
    /// There is none, the place holds something else, or the schema version differs. [`StudyError::NotWritable`] if the
    /// folder cannot be written and a worker's write-ahead log lies beside the file: SQLite needs an index of that log,
    /// which it cannot create there.
    pub fn view(place: impl Into<Place>) -> Result<Self, StudyError> {
        let place = place.into();
        match (Self::open_with(&place, Opening::Existing, None), place.file()) {
            (Err(StudyError::NotWritable { .. }), Some(path)) if path.is_file() => {
                let mut database = Database::Sqlite(Box::new(Sqlite::open_unwritable(path)?));
                let definition =
                    database.run(Access::Read, |sql| inspect(sql, &place, Opening::Existing, None))?;
                Ok(Self::assembled(database, definition))
            }
            (opened, _) => opened,
        }
    }

    fn open_with(
        place: &Place,
        opening: Opening,
        definition: Option<&Definition>,
    ) -> Result<Self, StudyError> {
        let mut database = match place {
            Place::File(path) => Database::Sqlite(Box::new(open_file(path, opening, definition.is_some())?)),
            Place::Server(address) => Database::Postgres(Box::new(Postgres::open(address)?)),
        };
        let access = match opening {
            Opening::Existing => Access::Read,
            Opening::Create | Opening::Either => Access::Exclusive,
        };
        let definition = database.run(access, |sql| inspect(sql, place, opening, definition))?;
        if let Database::Sqlite(sqlite) = &mut database {
            sqlite.keep_log()?;
        }
        Ok(Self::assembled(database, definition))
    }

    fn assembled(database: Database, definition: Definition) -> Self {
        let study = definition.study();
        // The first suggestion may be one for a long history.
        let (fit_time, instructions) = (Duration::MAX, None);
        StoredStudy { database, definition, study, lease_time: LEASE_TIME, fit_time, instructions }
    }

    /// Sets how long a lease lasts: a worker that calls neither [`StoredStudy::heartbeat`] nor [`StoredStudy::report`] for this
    /// long loses its trial to another worker. Default: two minutes.
    pub fn with_lease_time(mut self, lease_time: Duration) -> Self {
        self.lease_time = lease_time;
        self
    }

    /// Sets how long to wait while another process has the study locked. Default: 30 seconds for a file, two minutes for a server.
    ///
    /// # Errors
    /// SQLite refuses the value. This is not expected.
    pub fn with_lock_timeout(mut self, lock_timeout: Duration) -> Result<Self, StudyError> {
        self.database.set_lock_timeout(lock_timeout)?;
        Ok(self)
    }

    /// Sets how long a worker whose connection to a server was lost may take to come back before its trial goes to another
    /// worker. Default: one minute. A study in a file needs none: its workers lose their lock only by ending.
    pub fn with_reconnect_time(mut self, reconnect_time: Duration) -> Self {
        self.database.set_reconnect_time(reconnect_time);
        self
    }

    /// Sets what sees the loss of a connection to a server, and can stop the wait for another one.
    pub fn with_observer(mut self, observer: OnConnection) -> Self {
        self.database.set_observer(observer);
        self
    }

    /// Sets what the worker computes with, such as `avx512`, which is stored with each trial that it claims: processors with
    /// other instructions round differently.
    pub fn with_instructions(mut self, instructions: &str) -> Self {
        self.instructions = Some(instructions.to_owned());
        self
    }

    /// Where the study is.
    pub fn place(&self) -> &Place {
        self.database.place()
    }

    /// What is searched.
    pub fn definition(&self) -> &Definition {
        &self.definition
    }

    /// The study with the current history, for predictions, expected gain, importance and bounds. It suggests the same
    /// parameters as the next claim would, but only [`StoredStudy::claim`] assigns trial numbers.
    ///
    /// # Errors
    /// See [`StoredStudy`].
    pub fn study(&mut self) -> Result<&Study, StudyError> {
        let (study, reconnect_time) = (&mut self.study, self.database.reconnect_time());
        self.database.run(Access::Single, |sql| history::refresh(study, sql, reconnect_time))?;
        Ok(&self.study)
    }

    /// All trials as the model sees them, ordered by number. A waiting trial counts as running.
    ///
    /// # Errors
    /// See [`StoredStudy`].
    pub fn records(&mut self) -> Result<&[Record], StudyError> {
        Ok(self.study()?.records())
    }

    /// All trials with everything that is stored about them, ordered by number.
    ///
    /// # Errors
    /// See [`StoredStudy`].
    pub fn trials(&mut self) -> Result<Vec<StoredTrial>, StudyError> {
        self.database.run(Access::Single, history::trials)
    }

    /// The best trial, as [`Study::best`] chooses it. None before a trial has finished with a value.
    ///
    /// # Errors
    /// See [`StoredStudy`].
    pub fn best(&mut self) -> Result<Option<Best>, StudyError> {
        Ok(self.study()?.best())
    }

    /// How many trials are in each state.
    ///
    /// # Errors
    /// See [`StoredStudy`].
    pub fn counts(&mut self) -> Result<Counts, StudyError> {
        self.database.run(Access::Single, history::counts)
    }

    /// Adds a trial with given parameters; the next claim takes it. The same parameters may be added several times, to
    /// measure them with several seeds.
    ///
    /// # Errors
    /// `params` do not belong to the space.
    pub fn enqueue(&mut self, params: &Params) -> Result<TrialId, StudyError> {
        self.definition.space.encode(params)?;
        let definition = &self.definition;
        self.database.run(Access::Exclusive, |sql| {
            let id = waiting::next_id(sql)?;
            waiting::insert(sql, id, params, definition)?;
            Ok(id)
        })
    }

    /// Adds trials with given parameters to a study that has no trial yet; does nothing otherwise. If several workers call
    /// this at once, one of them adds the trials.
    ///
    /// # Errors
    /// `params` do not belong to the space.
    pub fn enqueue_if_empty(&mut self, points: &[Params]) -> Result<(), StudyError> {
        let definition = &self.definition;
        points.iter().try_for_each(|params| definition.space.encode(params).map(|_| ()))?;
        self.database.run(Access::Exclusive, |sql| {
            if waiting::next_id(sql)? == TrialId(0) {
                for (id, params) in (0..).map(TrialId).zip(points) {
                    waiting::insert(sql, id, params, definition)?;
                }
            }
            Ok(())
        })
    }
}

/// Releases the worker lock, so that others can claim an unfinished trial without delay.
impl Drop for StoredStudy {
    fn drop(&mut self) {
        self.database.release_lock();
    }
}

/// Opens a file, which must not lie on a network file system if it is to be worked on.
fn open_file(path: &Path, opening: Opening, works: bool) -> Result<Sqlite, StudyError> {
    let flags = match opening {
        Opening::Existing if !path.exists() => return Err(StudyError::Absent { place: path.into() }),
        Opening::Existing => OpenFlags::empty(),
        Opening::Create | Opening::Either => OpenFlags::SQLITE_OPEN_CREATE,
    };
    if works {
        check_file_system(path)?;
    }
    Sqlite::open(path, flags)
}

/// The definition of the study in the place. If it is to be created, it is created with `given`.
fn inspect(
    sql: &mut dyn Sql,
    place: &Place,
    opening: Opening,
    given: Option<&Definition>,
) -> Result<Definition, Failure> {
    let refused = |reason| Failure::from(StudyError::NotAStudy { place: place.clone(), reason });
    match (sql.content()?, given) {
        (Content::Foreign, _) => Err(refused(match place {
            Place::File(_) => "a database of another program",
            Place::Server(_) => "a schema of this name that another program made",
        })),
        (Content::Nothing, Some(definition)) if opening != Opening::Existing => {
            sql.create_tables()?;
            // For a server: the number of what was created, which its locks need.
            sql.content()?;
            schema::define(sql, definition)?;
            Ok(definition.clone())
        }
        (Content::Nothing, _) => Err(match place {
            Place::File(_) => refused("an empty file"),
            Place::Server(_) => StudyError::Absent { place: place.clone() }.into(),
        }),
        (Content::Study { .. }, _) if opening == Opening::Create => {
            Err(StudyError::Exists { place: place.clone() }.into())
        }
        (Content::Study { version }, given) => {
            schema::check_version(version, place)?;
            let stored = schema::definition(sql)?;
            given.map_or(Ok(()), |given| check(&stored, given, place))?;
            Ok(stored)
        }
    }
}

fn check(stored: &Definition, given: &Definition, place: &Place) -> Result<(), StudyError> {
    let place = place.clone();
    if stored.fingerprint != given.fingerprint {
        let (stored, given) = (stored.fingerprint.clone(), given.fingerprint.clone());
        return Err(StudyError::OtherFingerprint { place, stored, given });
    }
    match stored.difference(given) {
        Some(part) => Err(StudyError::OtherDefinition { place, part }),
        None => Ok(()),
    }
}
