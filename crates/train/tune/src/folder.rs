//! The folder of a tuning and its files.
//!
//! | path | content |
//! | --- | --- |
//! | `plan.json` | what is searched and how; see [`Plan`] |
//! | `split.csv` | the split of every photo |
//! | `study.sqlite` | trials, and the results of all jobs |
//! | `tuned/`, `untuned/`, `default/` | run folders |
//! | `tuning.json` | the result; see [`crate::TuningResult`] |

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use foliar_files::{check_file, check_folder, lock_file, write_atomically};
use foliar_train::Photographs;
use serde::Serialize;

use crate::error::TuneError;
use crate::plan::Plan;

/// The folder of a tuning, with its plan.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
    plan: Plan,
}

impl Folder {
    /// Starts a tuning in a new or empty folder.
    ///
    /// # Errors
    /// The folder is not empty, another process starts a tuning in it, the plan cannot be carried out, or the folder cannot be
    /// written.
    pub fn create(root: &Path, plan: &Plan, photographs: &Photographs) -> Result<Self, TuneError> {
        plan.validate(photographs)?;
        Self::check_free(root)?;
        fs::create_dir_all(root).map_err(at(root))?;
        let folder = Self { root: root.to_owned(), plan: plan.clone() };
        let lock = folder.lock_file()?;
        if let Err(TryLockError::WouldBlock) = lock.try_lock() {
            return Err(TuneError::Exists { path: folder.root });
        }
        // Another process may have been faster.
        Self::check_free(root)?;
        // The plan is written first: a folder with a plan can be resumed, and one with other files alone may be anybody's.
        folder.write_json(&folder.root.join(PLAN), plan)?;
        folder.write_split(photographs)?;
        Ok(folder)
    }

    /// Writes the split of every photo, unless it is there.
    pub(crate) fn write_split(&self, photographs: &Photographs) -> Result<(), TuneError> {
        let split = self.root.join("split.csv");
        if split.exists() {
            return Ok(());
        }
        let table = photographs.split_table()?;
        write_atomically(&split, |file| file.write_all(&table)).map_err(at(&split))
    }

    /// Checks that a tuning can start in `root`.
    ///
    /// # Errors
    /// The folder is not empty.
    pub fn check_free(root: &Path) -> Result<(), TuneError> {
        let path = root.to_owned();
        if root.join(PLAN).exists() {
            return Err(TuneError::Exists { path });
        }
        let visible = |entry: io::Result<fs::DirEntry>| {
            entry.is_ok_and(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."))
        };
        match root.read_dir().map(|mut entries| entries.any(visible)) {
            Ok(true) => Err(TuneError::NotEmpty { path }),
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(TuneError::Io { path, source }),
            _ => Ok(()),
        }
    }

    /// Opens the folder of a tuning that was started.
    ///
    /// # Errors
    /// The folder has no plan, the plan cannot be read, or what is written to is a link to another place.
    pub fn open(root: &Path) -> Result<Self, TuneError> {
        for path in [TUNED, UNTUNED, DEFAULT].map(|name| root.join(name)) {
            check_folder(&path).map_err(at(&path))?;
        }
        for path in [STUDY, LOCK].map(|name| root.join(name)) {
            check_file(&path).map_err(at(&path))?;
        }
        let path = root.join(PLAN);
        let text = match foliar_files::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(TuneError::Absent { path: root.to_owned() });
            }
            text => text.map_err(at(&path))?,
        };
        let plan = serde_json::from_str(&text).map_err(|error| TuneError::Damaged {
            path,
            problem: format!(
                "{error}; a plan cannot be edited: start another study with the options you want"
            ),
        })?;
        Ok(Self { root: root.to_owned(), plan })
    }

    /// The same folder with a changed plan, for this process only.
    pub fn with_plan(mut self, change: impl FnOnce(&mut Plan)) -> Self {
        change(&mut self.plan);
        self
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Path of the study's file.
    pub fn study(&self) -> PathBuf {
        self.root.join(STUDY)
    }

    /// Path of the tuned run.
    pub fn tuned(&self) -> PathBuf {
        self.root.join(TUNED)
    }

    /// Path of the untuned run.
    pub fn untuned(&self) -> PathBuf {
        self.root.join(UNTUNED)
    }

    /// Path of the run with the default parameters.
    pub fn default_run(&self) -> PathBuf {
        self.root.join(DEFAULT)
    }

    /// Path of the result.
    pub fn result(&self) -> PathBuf {
        self.root.join("tuning.json")
    }

    /// Writes a JSON document atomically.
    pub(crate) fn write_json(&self, path: &Path, value: &impl Serialize) -> Result<(), TuneError> {
        let write = |file: &mut dyn Write| {
            serde_json::to_writer_pretty(&mut *file, value).map_err(io::Error::from)?;
            file.write_all(b"\n")
        };
        write_atomically(path, |file| write(file)).map_err(at(path))
    }

    /// A file to lock while one process does work that the others then reuse.
    pub(crate) fn lock_file(&self) -> Result<File, TuneError> {
        let path = self.root.join(LOCK);
        lock_file(&path).map_err(at(&path))
    }
}

const PLAN: &str = "plan.json";
const STUDY: &str = "study.sqlite";
/// Locked by the process that starts the tuning, and then by the one that computes features for all.
const LOCK: &str = ".lock";
/// Name of the folder of the tuned run.
pub(crate) const TUNED: &str = "tuned";
/// Name of the folder of the untuned run.
pub(crate) const UNTUNED: &str = "untuned";
/// Name of the folder of the run with the default parameters.
pub(crate) const DEFAULT: &str = "default";

pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> TuneError + '_ {
    |source| TuneError::Io { path: path.to_owned(), source }
}
