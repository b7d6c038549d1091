//! The folder of a study: which file lies where.
//!
//! | path | content |
//! | --- | --- |
//! | `plan.json` | what is searched, and how; see [`Plan`] |
//! | `split.csv` | part of every photograph |
//! | `study.sqlite` | trials, folds and everything else that is done once |
//! | `tuned/`, `untuned/` | run folders |
//! | `tuning.json` | the result; see [`crate::Report`] |

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use foliar_files::write_atomically;
use foliar_train::Photographs;
use serde::Serialize;

use crate::error::TuneError;
use crate::plan::Plan;

/// The folder of a study, with its plan.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
    plan: Plan,
}

impl Folder {
    /// Begins a study in a new or empty folder.
    ///
    /// # Errors
    /// A folder that holds something already, a plan that can not be carried out, a place that can not be written.
    pub fn create(root: &Path, plan: &Plan, photographs: &Photographs) -> Result<Self, TuneError> {
        plan.validate(photographs)?;
        Self::check_free(root)?;
        fs::create_dir_all(root).map_err(at(root))?;
        let folder = Self { root: root.to_owned(), plan: plan.clone() };
        let split = root.join("split.csv");
        let table = photographs.split_table()?;
        write_atomically(&split, |file| file.write_all(&table)).map_err(at(&split))?;
        // Last: what has a plan can be gone on with.
        folder.write_json(&folder.root.join(PLAN), plan)?;
        Ok(folder)
    }

    /// Makes sure that a study could begin at `root`.
    ///
    /// # Errors
    /// A folder that holds something already.
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

    /// The folder of a study that was begun.
    ///
    /// # Errors
    /// A folder without a plan, a plan that can not be read.
    pub fn open(root: &Path) -> Result<Self, TuneError> {
        let path = root.join(PLAN);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(TuneError::Absent { path: root.to_owned() });
            }
            text => text.map_err(at(&path))?,
        };
        let plan = serde_json::from_str(&text).map_err(|error| TuneError::Damaged {
            path,
            problem: format!(
                "{error}; the plan of a study is not edited, begin another with the plan you want"
            ),
        })?;
        Ok(Self { root: root.to_owned(), plan })
    }

    /// The same folder with the plan as `change` makes it, for this process alone.
    pub fn with_plan(mut self, change: impl FnOnce(&mut Plan)) -> Self {
        change(&mut self.plan);
        self
    }

    /// What is searched.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The study.
    pub fn study(&self) -> PathBuf {
        self.root.join("study.sqlite")
    }

    /// The run with the tuned setting.
    pub fn tuned(&self) -> PathBuf {
        self.root.join(TUNED)
    }

    /// The run that it is compared with.
    pub fn untuned(&self) -> PathBuf {
        self.root.join(UNTUNED)
    }

    /// The result.
    pub fn result(&self) -> PathBuf {
        self.root.join("tuning.json")
    }

    /// Writes a JSON document whole or not at all.
    pub(crate) fn write_json(&self, path: &Path, value: &impl Serialize) -> Result<(), TuneError> {
        let write = |file: &mut dyn Write| {
            serde_json::to_writer_pretty(&mut *file, value).map_err(io::Error::from)?;
            file.write_all(b"\n")
        };
        write_atomically(path, |file| write(file)).map_err(at(path))
    }

    /// A file to lock while doing what several processes would otherwise each do in full.
    pub(crate) fn lock_file(&self) -> Result<File, TuneError> {
        let path = self.root.join(".lock");
        File::create(&path).map_err(at(&path))
    }
}

const PLAN: &str = "plan.json";
/// Name of the folder of the tuned run.
pub(crate) const TUNED: &str = "tuned";
/// Name of the folder of the run that it is compared with.
pub(crate) const UNTUNED: &str = "untuned";

pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> TuneError + '_ {
    |source| TuneError::Io { path: path.to_owned(), source }
}
