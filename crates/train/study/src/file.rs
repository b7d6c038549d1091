//! The study's file: creating, opening and reading it.

use std::path::Path;
use std::time::Duration;

use foliar_bayes::{Best, Params, Record, Study, TrialId};
use rusqlite::{OpenFlags, Transaction};

use crate::error::Failure;
use crate::schema::{self, Content};
use crate::store::Store;
use crate::worker_lock::WorkerLock;
use crate::{Counts, Definition, StoredTrial, StudyError, history, waiting};

/// How long a worker may be silent. A worker that dies is noticed earlier; this is for workers that hang.
const LEASE_TIME: Duration = Duration::from_secs(120);

/// An open study. Each worker opens its own, whether workers share a process or not.
///
/// Every method can fail with [`StudyError::Locked`], [`StudyError::Full`] or [`StudyError::Damaged`] besides the errors it
/// names. It has then changed nothing and can be called again.
#[derive(Debug)]
pub struct StudyFile {
    pub(crate) store: Store,
    pub(crate) definition: Definition,
    /// The history when the file was last read, with the model's fits to it.
    pub(crate) study: Study,
    /// This worker's lock, from its first claim on.
    pub(crate) worker_lock: Option<WorkerLock>,
    pub(crate) lease_time: Duration,
}

/// Whether the file must exist, must not exist, or either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opening {
    Create,
    Existing,
    Either,
}

impl StudyFile {
    /// Starts a new study at `path`.
    ///
    /// # Errors
    /// A study exists there already, the file holds something else, or the path cannot be written.
    pub fn create(path: &Path, definition: &Definition) -> Result<Self, StudyError> {
        Self::open_with(path, Opening::Create, Some(definition))
    }

    /// Opens the study at `path` to continue it.
    ///
    /// # Errors
    /// There is no file, the file holds something else, the schema version, fingerprint or definition differs, or the path
    /// cannot be written.
    pub fn open(path: &Path, definition: &Definition) -> Result<Self, StudyError> {
        Self::open_with(path, Opening::Existing, Some(definition))
    }

    /// Opens the study at `path`, or creates it if there is none. If several processes call this at once, one creates it.
    ///
    /// # Errors
    /// As for [`StudyFile::open`], except that the file may be absent.
    pub fn open_or_create(path: &Path, definition: &Definition) -> Result<Self, StudyError> {
        Self::open_with(path, Opening::Either, Some(definition))
    }

    /// Opens the study at `path` for reading, whatever it tunes. If the file or its folder cannot be written, reading still
    /// works and every change fails with [`StudyError::NotWritable`].
    ///
    /// # Errors
    /// There is no file, the file holds something else, or the schema version differs. [`StudyError::NotWritable`] if the
    /// folder cannot be written and a worker's write-ahead log lies beside the file: SQLite needs an index of that log,
    /// which it cannot create there.
    pub fn view(path: &Path) -> Result<Self, StudyError> {
        match Self::open_with(path, Opening::Existing, None) {
            Err(StudyError::NotWritable { .. }) if path.is_file() => {
                let mut store = Store::open_unwritable(path)?;
                let definition =
                    store.read(|transaction| inspect(transaction, path, Opening::Existing, None))?;
                Ok(Self::assembled(store, definition))
            }
            other => other,
        }
    }

    fn open_with(path: &Path, opening: Opening, definition: Option<&Definition>) -> Result<Self, StudyError> {
        let flags = match opening {
            Opening::Existing if !path.exists() => return Err(StudyError::Absent { path: path.to_owned() }),
            Opening::Existing => OpenFlags::empty(),
            Opening::Create | Opening::Either => OpenFlags::SQLITE_OPEN_CREATE,
        };
        let mut store = Store::open(path, flags)?;
        let work = |transaction: &Transaction| inspect(transaction, path, opening, definition);
        let definition = match opening {
            Opening::Existing => store.read(work),
            Opening::Create | Opening::Either => store.write(work),
        }?;
        store.keep_log()?;
        Ok(Self::assembled(store, definition))
    }

    fn assembled(store: Store, definition: Definition) -> Self {
        let study = definition.study();
        StudyFile { store, definition, study, worker_lock: None, lease_time: LEASE_TIME }
    }

    /// Sets how long a lease lasts: a worker that calls neither [`StudyFile::heartbeat`] nor [`StudyFile::report`] for this
    /// long loses its trial to another worker. Default: two minutes.
    pub fn with_lease_time(mut self, lease_time: Duration) -> Self {
        self.lease_time = lease_time;
        self
    }

    /// Sets how long to wait while another process has the file locked. Default: 30 seconds.
    ///
    /// # Errors
    /// SQLite refuses the value. This is not expected.
    pub fn with_lock_timeout(mut self, lock_timeout: Duration) -> Result<Self, StudyError> {
        self.store.set_lock_timeout(lock_timeout)?;
        Ok(self)
    }

    /// The file's path.
    pub fn path(&self) -> &Path {
        self.store.path()
    }

    /// What is searched.
    pub fn definition(&self) -> &Definition {
        &self.definition
    }

    /// The study with the file's current history, for predictions, expected gain, importance and bounds. It suggests the same
    /// parameters as the next claim would, but only [`StudyFile::claim`] assigns trial numbers.
    ///
    /// # Errors
    /// See [`StudyFile`].
    pub fn study(&mut self) -> Result<&Study, StudyError> {
        let study = &mut self.study;
        self.store.read(|transaction| history::refresh(study, transaction))?;
        Ok(&self.study)
    }

    /// All trials as the model sees them, ordered by number. A waiting trial counts as running.
    ///
    /// # Errors
    /// See [`StudyFile`].
    pub fn records(&mut self) -> Result<&[Record], StudyError> {
        Ok(self.study()?.records())
    }

    /// All trials with everything that is stored about them, ordered by number.
    ///
    /// # Errors
    /// See [`StudyFile`].
    pub fn trials(&mut self) -> Result<Vec<StoredTrial>, StudyError> {
        self.store.read(|transaction| history::trials(transaction))
    }

    /// The best trial, as [`Study::best`] chooses it. None before a trial has finished with a value.
    ///
    /// # Errors
    /// See [`StudyFile`].
    pub fn best(&mut self) -> Result<Option<Best>, StudyError> {
        Ok(self.study()?.best())
    }

    /// How many trials are in each state.
    ///
    /// # Errors
    /// See [`StudyFile`].
    pub fn counts(&mut self) -> Result<Counts, StudyError> {
        self.store.read(|transaction| history::counts(transaction))
    }

    /// Adds a trial with given parameters; the next claim takes it. The same parameters may be added several times, to
    /// measure them with several seeds.
    ///
    /// # Errors
    /// `params` do not belong to the space.
    pub fn enqueue(&mut self, params: &Params) -> Result<TrialId, StudyError> {
        self.definition.space.encode(params)?;
        let definition = &self.definition;
        self.store.write(|transaction| {
            let id = waiting::next_id(transaction)?;
            waiting::insert(transaction, id, params, definition)?;
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
        self.store.write(|transaction| {
            if waiting::next_id(transaction)? == TrialId(0) {
                for (id, params) in (0..).map(TrialId).zip(points) {
                    waiting::insert(transaction, id, params, definition)?;
                }
            }
            Ok(())
        })
    }
}

/// Releases the worker lock, so that others can claim an unfinished trial without delay.
impl Drop for StudyFile {
    fn drop(&mut self) {
        let Some(worker_lock) = self.worker_lock.take() else { return };
        // Without waiting: a lock file that stays is found unlocked anyway.
        let _ = self.store.set_lock_timeout(Duration::ZERO);
        let _ = self.store.write(|_| {
            worker_lock.remove();
            Ok(())
        });
    }
}

/// The definition of the study in the file. If the file is to be created, it is created with `given`.
fn inspect(
    transaction: &Transaction,
    path: &Path,
    opening: Opening,
    given: Option<&Definition>,
) -> Result<Definition, Failure> {
    let path = path.to_owned();
    match (Content::of(transaction)?, given) {
        (Content::Foreign, _) => {
            Err(StudyError::NotAStudy { path, reason: "a database of another program" }.into())
        }
        (Content::Nothing, Some(definition)) if opening != Opening::Existing => {
            schema::create(transaction, definition)?;
            Ok(definition.clone())
        }
        (Content::Nothing, _) => Err(StudyError::NotAStudy { path, reason: "an empty file" }.into()),
        (Content::Study { .. }, _) if opening == Opening::Create => Err(StudyError::Exists { path }.into()),
        (Content::Study { version }, given) => {
            schema::check_version(version, &path)?;
            let stored = schema::definition(transaction)?;
            given.map_or(Ok(()), |given| check(&stored, given, &path))?;
            Ok(stored)
        }
    }
}

fn check(stored: &Definition, given: &Definition, path: &Path) -> Result<(), StudyError> {
    let path = path.to_owned();
    if stored.fingerprint != given.fingerprint {
        let (stored, given) = (stored.fingerprint.clone(), given.fingerprint.clone());
        return Err(StudyError::OtherFingerprint { path, stored, given });
    }
    match stored.difference(given) {
        Some(part) => Err(StudyError::OtherDefinition { path, part }),
        None => Ok(()),
    }
}
