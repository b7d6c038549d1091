//! A study's file: made, opened, looked at.

use std::path::Path;
use std::time::Duration;

use foliar_bayes::{Best, Record, Setting, Study, TrialId};
use rusqlite::{OpenFlags, Transaction};

use crate::error::Failure;
use crate::schema::{self, Content};
use crate::seat::Seat;
use crate::store::Store;
use crate::{Counts, Definition, StoredTrial, StudyError, claim, history};

/// How long a worker may be silent. Its death is noticed earlier; this is for workers that hang.
const LEASE: Duration = Duration::from_secs(120);

/// An open study. Workers, in one process or several, each open their own.
///
/// Every method may fail with [`StudyError::Locked`], [`StudyError::Full`] or [`StudyError::Damaged`] beside what it names;
/// it has then changed nothing, and may be called again.
#[derive(Debug)]
pub struct StudyFile {
    pub(crate) store: Store,
    pub(crate) definition: Definition,
    /// The file's history as of the last look, with what the model remembers of fitting it.
    pub(crate) study: Study,
    /// Where this worker sits, once it has claimed.
    pub(crate) seat: Option<Seat>,
    pub(crate) lease: Duration,
}

/// What to do with a file that is there, and one that is not.
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
    /// A study that is already there, a file of something else, a place that can not be written.
    pub fn create(path: &Path, definition: &Definition) -> Result<Self, StudyError> {
        Self::enter(path, Opening::Create, Some(definition))
    }

    /// Opens the study at `path` to go on with it.
    ///
    /// # Errors
    /// No file, a file of something else, another schema version, another fingerprint or definition, a place that can not
    /// be written.
    pub fn open(path: &Path, definition: &Definition) -> Result<Self, StudyError> {
        Self::enter(path, Opening::Existing, Some(definition))
    }

    /// Opens the study at `path`, or starts it if there is none. Of several processes at once, one starts it.
    ///
    /// # Errors
    /// As for [`StudyFile::open`], but for a file that is not there.
    pub fn open_or_create(path: &Path, definition: &Definition) -> Result<Self, StudyError> {
        Self::enter(path, Opening::Either, Some(definition))
    }

    /// Opens the study at `path` whatever it tunes, to look at it. Where the file or its folder can not be written, it can
    /// still be read, and all that would change it fails with [`StudyError::NotWritable`].
    ///
    /// # Errors
    /// No file, a file of something else, another schema version; [`StudyError::NotWritable`] where a worker's unfinished
    /// log lies beside a file in a folder that can not be written, for SQLite reads the one by the other.
    pub fn view(path: &Path) -> Result<Self, StudyError> {
        match Self::enter(path, Opening::Existing, None) {
            Err(StudyError::NotWritable { .. }) if path.is_file() => {
                let mut store = Store::open_unwritable(path)?;
                let definition =
                    store.read(|transaction| inspect(transaction, path, Opening::Existing, None))?;
                Ok(Self::assembled(store, definition))
            }
            other => other,
        }
    }

    fn enter(path: &Path, opening: Opening, definition: Option<&Definition>) -> Result<Self, StudyError> {
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
        StudyFile { store, definition, study, seat: None, lease: LEASE }
    }

    /// The same file, with another lease for the trials that are claimed through it: how long a worker may go without
    /// [`StudyFile::heartbeat`] or [`StudyFile::report`] before its trial is given to another. Default: two minutes.
    pub fn with_lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// The same file, waiting up to `patience` where another process has locked it. Default: 30 seconds.
    ///
    /// # Errors
    /// None that is expected: SQLite refuses to be set.
    pub fn with_patience(mut self, patience: Duration) -> Result<Self, StudyError> {
        self.store.set_patience(patience)?;
        Ok(self)
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        self.store.path()
    }

    /// What is searched.
    pub fn definition(&self) -> &Definition {
        &self.definition
    }

    /// The study with the file's history as of now: for predictions, progress, importance and borders. It suggests what the
    /// next claim would, but numbers are handed out by [`StudyFile::claim`] alone.
    ///
    /// # Errors
    /// See [`StudyFile`].
    pub fn study(&mut self) -> Result<&Study, StudyError> {
        let study = &mut self.study;
        self.store.read(|transaction| history::refresh(study, transaction))?;
        Ok(&self.study)
    }

    /// All trials as the model sees them, ordered by number. One that waits counts as running.
    ///
    /// # Errors
    /// See [`StudyFile`].
    pub fn records(&mut self) -> Result<&[Record], StudyError> {
        Ok(self.study()?.records())
    }

    /// All trials with all that is known of them, ordered by number.
    ///
    /// # Errors
    /// See [`StudyFile`].
    pub fn trials(&mut self) -> Result<Vec<StoredTrial>, StudyError> {
        self.store.read(|transaction| history::trials(transaction))
    }

    /// The trial to use, as [`Study::best`] says. None before a trial has finished with a value.
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

    /// Adds a trial with a setting chosen by hand; the next claim takes it. The same setting may be added again and again,
    /// to be measured with other seeds.
    ///
    /// # Errors
    /// A setting that does not belong to the space.
    pub fn enqueue(&mut self, setting: &Setting) -> Result<TrialId, StudyError> {
        self.definition.space.encode(setting)?;
        let definition = &self.definition;
        self.store.write(|transaction| {
            let id = claim::next_id(transaction)?;
            claim::insert(transaction, id, setting, definition)?;
            Ok(id)
        })
    }

    /// Adds trials with settings chosen by hand to a study that has none yet; does nothing if it has. Of several workers
    /// that begin at once, one adds them.
    ///
    /// # Errors
    /// A setting that does not belong to the space.
    pub fn begin_with(&mut self, settings: &[Setting]) -> Result<(), StudyError> {
        let definition = &self.definition;
        settings.iter().try_for_each(|setting| definition.space.encode(setting).map(|_| ()))?;
        self.store.write(|transaction| {
            if claim::next_id(transaction)? == TrialId(0) {
                for (id, setting) in (0..).map(TrialId).zip(settings) {
                    claim::insert(transaction, id, setting, definition)?;
                }
            }
            Ok(())
        })
    }
}

/// Leaves the seat, so that an unfinished trial is claimed by others without delay.
impl Drop for StudyFile {
    fn drop(&mut self) {
        let Some(seat) = self.seat.take() else { return };
        // Without waiting: a seat that stays is found free all the same.
        let _ = self.store.set_patience(Duration::ZERO);
        let _ = self.store.write(|_| {
            seat.leave();
            Ok(())
        });
    }
}

/// The definition of the study in the file, which is made from `given` if the file is to be created.
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
