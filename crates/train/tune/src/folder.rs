//! The folder of a tuning and its files.
//!
//! | path | content |
//! | --- | --- |
//! | `plan.json` | what is searched and how; see [`Plan`] |
//! | `split.csv` | the split of every photo |
//! | `study.sqlite` | trials, and the results of all jobs |
//! | `study.txt` | instead of it: where the study is, if many machines share it |
//! | `tuned/`, `untuned/`, `default/` | run folders |
//! | `tuning.json` | the result; see [`crate::TuningResult`] |

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use foliar_files::{check_file, check_folder, lock_file, write_atomically};
use foliar_study::{Address, OnConnection, Place, StoredStudy, StudyError};
use foliar_train::Photographs;
use serde::Serialize;

use crate::error::TuneError;
use crate::plan::Plan;

/// The folder of a tuning, with its plan.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
    plan: Plan,
    study: Place,
    on_connection: OnConnection,
    /// Where this process trains runs that become part of a shared study.
    workshop: PathBuf,
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
        let folder = Self::local(root, plan.clone());
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

    fn local(root: &Path, plan: Plan) -> Self {
        let study = root.join(STUDY).into();
        Self::of(root, plan, study, |_| ControlFlow::Continue(()))
    }

    fn of(root: &Path, plan: Plan, study: Place, on_connection: OnConnection) -> Self {
        // Workers of several machines may share the folder.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let own = blake3::hash(format!("{} {now} {study}", std::process::id()).as_bytes()).to_hex();
        let workshop = root.join(format!(".worker-{}", &own[..12]));
        Self { root: root.to_owned(), plan, study, on_connection, workshop }
    }

    /// The folder of one of the processes that share the study at `address`, for what the study has found; several processes may
    /// share the folder, too. Nothing is written before the study has let the process in. `on_connection` sees what happens to the
    /// connection.
    ///
    /// # Errors
    /// The plan cannot be carried out, or the folder holds something else.
    pub fn shared(
        root: &Path,
        plan: &Plan,
        photographs: &Photographs,
        address: &Address,
        on_connection: OnConnection,
    ) -> Result<Self, TuneError> {
        plan.validate(photographs)?;
        let folder = Self::of(root, plan.clone(), address.clone().into(), on_connection);
        match foliar_files::read_to_string(&root.join(SHARED)) {
            Ok(text) if text.trim_end() == folder.study.to_string() => {}
            Ok(_) => return Err(TuneError::Exists { path: root.to_owned() }),
            Err(_) => Self::check_empty(root)?,
        }
        Ok(folder)
    }

    /// The plan of the study at `address`, if there is such a study.
    ///
    /// # Errors
    /// The server cannot be reached, or the plan is another version's.
    pub fn stored_plan(address: &Address) -> Result<Option<Plan>, TuneError> {
        let mut study = match StoredStudy::view(address.clone()) {
            Err(StudyError::Absent { .. }) => return Ok(None),
            study => study?,
        };
        let Some(text) = study.results()?.remove(PLAN) else { return Ok(None) };
        let damaged = |error: serde_json::Error| StudyError::Damaged {
            place: address.clone().into(),
            reason: format!("its plan: {error}"),
        };
        Ok(Some(serde_json::from_str(&text).map_err(damaged)?))
    }

    /// Writes what the folder of a shared study begins with; for the first process of the study also the plan into it.
    pub(crate) fn begin_shared(&self, study: &mut StoredStudy) -> Result<(), TuneError> {
        let plan =
            serde_json::to_string(&self.plan).map_err(|error| TuneError::plan("plan", error.to_string()))?;
        study.store_once(PLAN, &plan)?;
        fs::create_dir_all(&self.root).map_err(at(&self.root))?;
        let path = self.root.join(SHARED);
        write_atomically(&path, |file| writeln!(file, "{}", self.study)).map_err(at(&path))?;
        self.write_json(&self.root.join(PLAN), &self.plan)
    }

    /// Whether processes of other machines work on the study.
    pub fn is_shared(&self) -> bool {
        matches!(self.study, Place::Server(_))
    }

    pub(crate) fn on_connection(&self) -> OnConnection {
        self.on_connection
    }

    /// Where this process trains the run `name`.
    pub(crate) fn workplace(&self, name: &str) -> PathBuf {
        if self.is_shared() { self.workshop.join(name) } else { self.run(name) }
    }

    /// Path of the run `name`.
    pub(crate) fn run(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The files of the finished run `name` that the other processes need, by their names in the study; none if they see them.
    pub(crate) fn files_to_share(&self, name: &str) -> Result<Vec<(String, Vec<u8>)>, TuneError> {
        if !self.is_shared() {
            return Ok(Vec::new());
        }
        let (folder, mut files) = (self.workplace(name), Vec::new());
        for entry in folder.read_dir().map_err(at(&folder))? {
            let path = entry.map_err(at(&folder))?.path();
            let Some(own) = path.file_name().and_then(|own| own.to_str()) else { continue };
            if path.is_file() && !own.starts_with('.') {
                files.push((format!("{name}/{own}"), foliar_files::read(&path).map_err(at(&path))?));
            }
        }
        Ok(files)
    }

    /// Removes what this process has trained for the study.
    pub(crate) fn clear_workshop(&self) {
        let _ = fs::remove_dir_all(&self.workshop);
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
    /// The folder is not empty, or lies on a network file system.
    pub fn check_free(root: &Path) -> Result<(), TuneError> {
        foliar_study::check_file_system(root)?;
        Self::check_empty(root)
    }

    fn check_empty(root: &Path) -> Result<(), TuneError> {
        let path = root.to_owned();
        if root.join(SHARED).exists() {
            return Err(TuneError::Shared { path });
        }
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
        if root.join(SHARED).exists() {
            return Err(TuneError::Shared { path: root.to_owned() });
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
        Ok(Self::local(root, plan))
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

    /// Where the study is.
    pub fn study(&self) -> &Place {
        &self.study
    }

    /// Path of the tuned run.
    pub fn tuned(&self) -> PathBuf {
        self.run(TUNED)
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
/// Names the study that many machines share.
const SHARED: &str = "study.txt";
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
