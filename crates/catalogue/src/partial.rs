//! A download in progress: the bytes so far, and what they are the beginning of.
//!
//! `FILE.partial` holds the bytes. `FILE.download` holds the server's validator of the version that they belong to (an
//! `ETag` or a date), without which they can not be continued, and is locked by the process that is at it.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::error::{CatalogueError, at};

/// Longest validator that is kept; a longer one is as good as none.
const LONGEST_VALIDATOR: usize = 1024;

/// The part of a file that has been downloaded. This process alone writes to it.
pub(crate) struct Partial {
    path: PathBuf,
    bytes: File,
    len: u64,
    label_path: PathBuf,
    label: File,
    /// What the server calls the version that the bytes belong to.
    validator: Option<String>,
}

impl Partial {
    /// Opens what was downloaded of `target` before, or begins.
    pub(crate) fn open(target: &Path) -> Result<Self, CatalogueError> {
        let (path, label_path) = (beside(target, ".partial"), beside(target, ".download"));
        let open = |path: &Path| {
            OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(path)
                .map_err(at(path))
        };
        let label = open(&label_path)?;
        match label.try_lock() {
            // A file system without locks: the digest at the end still finds two writers out.
            Ok(()) | Err(TryLockError::Error(_)) => {}
            Err(TryLockError::WouldBlock) => return Err(CatalogueError::Busy { path: target.to_owned() }),
        }
        let mut text = String::new();
        let read = (&label).take(LONGEST_VALIDATOR as u64 + 1).read_to_string(&mut text);
        let validator = Some(text).filter(|text| read.is_ok() && is_sound(text));
        let bytes = open(&path)?;
        let len = bytes.metadata().map_err(at(&path))?.len();
        let mut partial = Self { path, bytes, len, label_path, label, validator };
        if partial.validator.is_none() {
            partial.restart(None)?;
        }
        Ok(partial)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes so far.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// What to ask the server for to continue, if there is anything to continue.
    pub(crate) fn validator(&self) -> Option<&str> {
        self.validator.as_deref().filter(|_| self.len > 0)
    }

    /// Begins anew with a version that the server calls `validator`.
    pub(crate) fn restart(&mut self, validator: Option<&str>) -> Result<(), CatalogueError> {
        // The bytes go first: old ones must never stand under the new label.
        self.bytes.set_len(0).map_err(at(&self.path))?;
        self.len = 0;
        self.validator = validator.filter(|text| is_sound(text)).map(str::to_owned);
        let text = self.validator.as_deref().unwrap_or_default();
        self.label
            .set_len(0)
            .and_then(|()| self.label.seek(SeekFrom::Start(0)))
            .and_then(|_| self.label.write_all(text.as_bytes()))
            .map_err(at(&self.label_path))
    }

    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<(), CatalogueError> {
        self.bytes
            .seek(SeekFrom::Start(self.len))
            .and_then(|_| self.bytes.write_all(bytes))
            .map_err(at(&self.path))?;
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Makes the bytes durable under the name `target`.
    pub(crate) fn finish(self, target: &Path) -> Result<(), CatalogueError> {
        self.bytes.sync_all().map_err(at(&self.path))?;
        // Some systems do not rename what is open.
        drop(self.bytes);
        fs::rename(&self.path, target).map_err(at(target))?;
        // The file is whole; a label that can not be removed harms nobody.
        let _ = fs::remove_file(&self.label_path);
        sync_folder(target)
    }

    /// Forgets the bytes.
    pub(crate) fn discard(self) {
        // What can not be removed now is found damaged next time.
        let _ = fs::remove_file(&self.path);
        let _ = fs::remove_file(&self.label_path);
    }
}

/// A validator that may stand in a header.
fn is_sound(validator: &str) -> bool {
    !validator.is_empty()
        && validator.len() <= LONGEST_VALIDATOR
        && validator.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

fn beside(target: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(target);
    name.push(suffix);
    name.into()
}

/// Makes a rename durable, where folders can be flushed.
fn sync_folder(target: &Path) -> Result<(), CatalogueError> {
    if cfg!(unix)
        && let Some(folder) = target.parent()
    {
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        if let Err(error) = synced
            && !matches!(error.kind(), std::io::ErrorKind::InvalidInput | std::io::ErrorKind::Unsupported)
        {
            return Err(at(folder)(error));
        }
    }
    Ok(())
}
