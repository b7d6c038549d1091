//! An unfinished download: the bytes so far, and the version that they belong to.
//!
//! `FILE.partial` holds the bytes. `FILE.download` holds the server's validator for their version (an `ETag` or a date),
//! without which the download cannot be continued. The downloading process keeps `FILE.download` locked.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::error::{CatalogueError, at};

/// Longest validator that is stored; a longer one is ignored.
const LONGEST_VALIDATOR: usize = 1024;

/// The downloaded part of a file. Only this process writes to it.
pub(crate) struct Partial {
    path: PathBuf,
    bytes: File,
    len: u64,
    /// Bytes that this process has received, those among them that were thrown away.
    received: u64,
    label_path: PathBuf,
    label: File,
    /// The server's validator for the version of the bytes.
    validator: Option<String>,
}

impl Partial {
    /// Opens the part of `target` that was downloaded before, or an empty one.
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
            // Without file locks the digest at the end still detects two writers.
            Ok(()) | Err(TryLockError::Error(_)) => {}
            Err(TryLockError::WouldBlock) => return Err(CatalogueError::Busy { path: target.to_owned() }),
        }
        let mut text = String::new();
        let read = (&label).take(LONGEST_VALIDATOR as u64 + 1).read_to_string(&mut text);
        let validator = Some(text).filter(|text| read.is_ok() && is_sound(text));
        let bytes = open(&path)?;
        let len = bytes.metadata().map_err(at(&path))?.len();
        let mut partial = Self { path, bytes, len, received: 0, label_path, label, validator };
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

    /// Bytes that this process has received for it in all.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// The validator to continue with, if there is anything to continue.
    pub(crate) fn validator(&self) -> Option<&str> {
        self.validator.as_deref().filter(|_| self.len > 0)
    }

    /// Starts again, with the version that `validator` identifies.
    pub(crate) fn restart(&mut self, validator: Option<&str>) -> Result<(), CatalogueError> {
        // The bytes are removed first: old bytes must never be stored with a new validator.
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
        self.received += bytes.len() as u64;
        Ok(())
    }

    /// Flushes the bytes and renames the file to `target`.
    pub(crate) fn finish(self, target: &Path) -> Result<(), CatalogueError> {
        self.bytes.sync_all().map_err(at(&self.path))?;
        // Some systems cannot rename an open file.
        drop(self.bytes);
        fs::rename(&self.path, target).map_err(at(target))?;
        // The file is complete; a validator file that cannot be removed does no harm.
        let _ = fs::remove_file(&self.label_path);
        sync_folder(target)
    }

    /// Removes the part.
    pub(crate) fn discard(self) {
        // A part that cannot be removed now is found to be damaged next time.
        let _ = fs::remove_file(&self.path);
        let _ = fs::remove_file(&self.label_path);
    }
}

/// Whether a validator can be sent in a header.
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

/// Flushes the folder, where possible, so that a rename is durable.
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
