//! The folder of a run: which file lies where.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::RunError;
use foliar_files::{check_folder, is_partial, lock_file, make_folder};

/// Held while a process writes to the folder.
const LOCK: &str = ".lock";

/// Keeps other processes from writing to the folder of a run for as long as it lives.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
}

/// The folder of one run. Its files:
///
/// | path             | content                                                     |
/// | ---------------- | ----------------------------------------------------------- |
/// | `recipe.toml`    | everything that changes the numbers, after defaults         |
/// | `data.json`      | where the photos are, and the digest of each                |
/// | `split.csv`     | which photo is trained on and which is held back       |
/// | `out-of-fold.csv` | predictions of models that were not trained on the photo |
/// | `problems.jsonl` | files that were left out, with the reason                   |
/// | `events.jsonl`   | what happened, see [`Event`](crate::Event)                  |
/// | `metrics.csv`    | one row per epoch                                           |
/// | `checkpoints/`   | states that training can continue from                      |
/// | `model.foliar`   | the bundle: the trained classifier as one file              |
/// | `report.html`    | the report                                                  |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunDir {
    root: PathBuf,
}

impl RunDir {
    /// File name of the recipe.
    pub const RECIPE: &str = "recipe.toml";
    /// File name of the list of photos that the run began with.
    pub const DATA: &str = "data.json";
    /// File name of the event log.
    pub const EVENTS: &str = "events.jsonl";
    /// File name of the table of epochs.
    pub const METRICS: &str = "metrics.csv";
    /// Name of the folder of checkpoints.
    pub const CHECKPOINTS: &str = "checkpoints";
    /// File name of the bundle.
    pub const BUNDLE: &str = "model.foliar";
    /// File name of the list of files left out.
    pub const PROBLEMS: &str = "problems.jsonl";
    /// File name of the split.
    pub const SPLIT: &str = "split.csv";
    /// File name of what the run says of photos that it has not learned from.
    pub const OUT_OF_FOLD: &str = "out-of-fold.csv";
    /// File name of the report.
    pub const REPORT: &str = "report.html";

    /// Makes the folder of a new run, with its folder of checkpoints, and locks it. It may exist if it is empty but for
    /// hidden files, or if it holds only what a run leaves that was killed before it had begun; that is removed.
    ///
    /// # Errors
    ///
    /// [`RunError::RunExists`] if a run lies there, [`RunError::Busy`] if another process begins one,
    /// [`RunError::NotEmpty`] if anything else lies there, and I/O errors.
    pub fn create(path: impl Into<PathBuf>) -> Result<(Self, RunLock), RunError> {
        let run = Self { root: path.into() };
        fs::create_dir_all(&run.root).map_err(RunError::write(&run.root))?;
        run.check_free()?;
        let lock = run.lock()?;
        // Another process may have begun a run, and ended it, before this one held the lock.
        if !run.check_free()?.is_empty() {
            run.remove_partial_files()?;
            for file in [Self::DATA, Self::SPLIT, Self::PROBLEMS].map(|name| run.root.join(name)) {
                match fs::remove_file(&file) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        return Err(RunError::write(&file)(error));
                    }
                    _ => {}
                }
            }
        }
        let checkpoints = run.checkpoints();
        make_folder(&checkpoints).map_err(RunError::write(&checkpoints))?;
        Ok((run, lock))
    }

    /// Makes sure that a run can begin at `path`, and changes nothing.
    ///
    /// # Errors
    ///
    /// As [`RunDir::create`], as far as it can be told before a process holds the lock.
    pub fn check(path: impl Into<PathBuf>) -> Result<(), RunError> {
        let run = Self { root: path.into() };
        if run.root.exists() { run.check_free().map(drop) } else { Ok(()) }
    }

    /// What lies in the folder: nothing, or what a run leaves that was killed before it had begun.
    fn check_free(&self) -> Result<Vec<OsString>, RunError> {
        let path = self.root.clone();
        if self.is_run() {
            return Err(RunError::RunExists { path });
        }
        let names = visible_names(&path).map_err(RunError::read(&path))?;
        if names.is_empty() || self.is_unbegun(&names) { Ok(names) } else { Err(RunError::NotEmpty { path }) }
    }

    /// Keeps other processes from writing to the folder for as long as the result lives. What is written to then is no link to
    /// another place.
    ///
    /// # Errors
    ///
    /// [`RunError::Busy`] if another process holds the lock, and I/O errors, such as for a lock or a folder of checkpoints
    /// that is a link.
    pub fn lock(&self) -> Result<RunLock, RunError> {
        let (path, checkpoints) = (self.root.join(LOCK), self.checkpoints());
        let file = lock_file(&path).map_err(RunError::write(&path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(RunError::Busy { path: self.root.clone() }),
            Err(TryLockError::Error(source)) => return Err(RunError::write(&path)(source)),
        }
        check_folder(&checkpoints).map_err(RunError::write(&checkpoints))?;
        Ok(RunLock { _file: file })
    }

    /// The folder of a run that exists.
    ///
    /// # Errors
    ///
    /// [`RunError::NotARun`] if there is no such folder or it holds neither a recipe nor an event log.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, RunError> {
        let run = Self { root: path.into() };
        if run.is_run() { Ok(run) } else { Err(RunError::NotARun { path: run.root }) }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Path of the recipe.
    pub fn recipe(&self) -> PathBuf {
        self.root.join(Self::RECIPE)
    }

    /// Path of the event log.
    pub fn events(&self) -> PathBuf {
        self.root.join(Self::EVENTS)
    }

    /// Path of the table of epochs.
    pub fn metrics(&self) -> PathBuf {
        self.root.join(Self::METRICS)
    }

    /// Path of the folder of checkpoints.
    pub fn checkpoints(&self) -> PathBuf {
        self.root.join(Self::CHECKPOINTS)
    }

    /// Path of the bundle.
    pub fn bundle(&self) -> PathBuf {
        self.root.join(Self::BUNDLE)
    }

    /// Path of the list of files left out.
    pub fn problems(&self) -> PathBuf {
        self.root.join(Self::PROBLEMS)
    }

    /// Path of the split.
    pub fn split(&self) -> PathBuf {
        self.root.join(Self::SPLIT)
    }

    /// Path of what the run says of photos that it has not learned from.
    pub fn out_of_fold(&self) -> PathBuf {
        self.root.join(Self::OUT_OF_FOLD)
    }

    /// Path of the report.
    pub fn report(&self) -> PathBuf {
        self.root.join(Self::REPORT)
    }

    /// Whether `names` are files that are written before the recipe, with which a run begins, beside its folder of checkpoints,
    /// which is made first and has nothing in it yet: without that folder a table of splits may be anybody's.
    fn is_unbegun(&self, names: &[OsString]) -> bool {
        let of_run = |name: &OsString| {
            [Self::CHECKPOINTS, Self::DATA, Self::SPLIT, Self::PROBLEMS].iter().any(|own| name == own)
        };
        names.iter().all(of_run)
            && names.iter().any(|name| name == Self::CHECKPOINTS)
            && visible_names(&self.checkpoints()).is_ok_and(|names| names.is_empty())
    }

    fn is_run(&self) -> bool {
        self.recipe().is_file() || self.events().is_file()
    }

    /// Removes the temporary files of killed writers. Only for a process that is the run's sole writer.
    pub(crate) fn remove_partial_files(&self) -> Result<(), RunError> {
        for folder in [self.root.clone(), self.checkpoints()] {
            let entries = match fs::read_dir(&folder) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                entries => entries.map_err(RunError::read(&folder))?,
            };
            for entry in entries {
                let entry = entry.map_err(RunError::read(&folder))?;
                if is_partial(&entry.file_name()) {
                    let path = entry.path();
                    fs::remove_file(&path).map_err(RunError::write(&path))?;
                }
            }
        }
        Ok(())
    }
}

fn visible_names(folder: &Path) -> io::Result<Vec<OsString>> {
    let names = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.file_name()));
    names.filter(|name| !name.as_ref().is_ok_and(|name| name.as_encoded_bytes().starts_with(b"."))).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{LOCK, RunDir};
    use crate::error::RunError;

    #[test]
    fn a_new_or_empty_folder_becomes_a_run() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".DS_Store"), "").unwrap();
        let (run, _lock) = RunDir::create(folder.path()).unwrap();
        assert!(run.checkpoints().is_dir());
        let (nested, _lock) = RunDir::create(folder.path().join("a/b")).unwrap();
        assert_eq!(nested.bundle(), folder.path().join("a/b/model.foliar"));
    }

    #[test]
    fn a_folder_in_use_is_refused_with_advice() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("thesis.docx"), "precious").unwrap();
        let error = RunDir::create(folder.path()).unwrap_err();
        assert!(matches!(error, RunError::NotEmpty { .. }), "{error}");
        assert!(error.to_string().contains("empty folder"), "{error}");
        assert!(!folder.path().join(RunDir::CHECKPOINTS).exists());

        fs::write(folder.path().join(RunDir::RECIPE), "").unwrap();
        let error = RunDir::create(folder.path()).unwrap_err();
        assert!(matches!(error, RunError::RunExists { .. }), "{error}");
        assert!(error.to_string().contains("foliar resume"), "{error}");
        assert_eq!(RunDir::open(folder.path()).unwrap().root(), folder.path());
    }

    #[test]
    fn a_run_that_was_killed_before_it_began_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunDir::create(folder.path()).unwrap().0;
        fs::write(run.split(), "path,class,split,group").unwrap();
        fs::write(folder.path().join(".split.csv.7-0.partial"), "path").unwrap();
        RunDir::create(folder.path()).unwrap();
        let mut names: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, [LOCK, RunDir::CHECKPOINTS]);
        // Not so where there is more, or no folder of checkpoints: these files may be somebody's.
        for strange in ["notes.txt", "checkpoints/last.safetensors"] {
            fs::write(folder.path().join(strange), "precious").unwrap();
            assert!(matches!(RunDir::create(folder.path()), Err(RunError::NotEmpty { .. })), "{strange}");
            fs::remove_file(folder.path().join(strange)).unwrap();
        }
        fs::write(run.split(), "path,class").unwrap();
        fs::remove_dir(run.checkpoints()).unwrap();
        assert!(matches!(RunDir::create(folder.path()), Err(RunError::NotEmpty { .. })));
        assert!(run.split().exists());
    }

    #[test]
    fn of_two_who_begin_one_run_the_second_is_refused_and_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (run, lock) = RunDir::create(folder.path()).unwrap();
        fs::write(run.split(), "of the first").unwrap();
        assert!(matches!(RunDir::create(folder.path()), Err(RunError::Busy { .. })));
        assert!(matches!(run.lock(), Err(RunError::Busy { .. })));
        assert_eq!(fs::read_to_string(run.split()).unwrap(), "of the first");
        drop(lock);
        run.lock().unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_of_checkpoints_that_leads_elsewhere_is_not_written_to() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(folder.path().join(RunDir::RECIPE), "").unwrap();
        std::os::unix::fs::symlink(other.path(), folder.path().join(RunDir::CHECKPOINTS)).unwrap();
        let error = RunDir::open(folder.path()).unwrap().lock().unwrap_err().to_string();
        assert!(error.contains("checkpoints") && error.contains("link"), "{error}");
    }

    #[test]
    fn what_is_no_run_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(RunDir::open(folder.path()), Err(RunError::NotARun { .. })));
        assert!(matches!(RunDir::open(folder.path().join("absent")), Err(RunError::NotARun { .. })));
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(RunDir::create(file), Err(RunError::Write { .. })));
    }

    #[test]
    fn only_partial_files_are_swept() {
        let folder = tempfile::tempdir().unwrap();
        let (run, _lock) = RunDir::create(folder.path()).unwrap();
        let stale = run.checkpoints().join(".last.ckpt.17-0.partial");
        fs::write(&stale, "half").unwrap();
        fs::write(run.events(), "").unwrap();
        run.remove_partial_files().unwrap();
        assert!(!stale.exists());
        assert!(run.events().exists());
    }
}
