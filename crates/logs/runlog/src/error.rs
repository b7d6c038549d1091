//! The errors of this crate.

use std::io;
use std::path::{Path, PathBuf};

use foliar_files::Printable as _;

/// Why a run folder or one of its logs cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A file or folder of the run could not be read.
    #[error("cannot read {}: {source}", path.shown())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file or folder of the run could not be written.
    #[error("cannot write {}: {source}", path.shown())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A new run was to go where other files lie.
    #[error("{} is not empty and holds no run: choose a new or an empty folder", path.shown())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// A new run was to go where a run already lies.
    #[error(
        "{0} already holds a run: continue it with `foliar resume {0}`, or choose another folder",
        path.shown()
    )]
    RunExists {
        /// The folder.
        path: PathBuf,
    },
    /// Another process trains the run, or begins one there.
    #[error("another foliar process uses {}; wait for it, stop it, or choose another folder", path.shown())]
    Busy {
        /// The folder.
        path: PathBuf,
    },
    /// A run was expected and something else was found.
    #[error("{} is no run folder: it has no recipe.toml and no events.jsonl", path.shown())]
    NotARun {
        /// The path that was given.
        path: PathBuf,
    },
}

impl RunError {
    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Read { path, source }
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Write { path, source }
    }
}
