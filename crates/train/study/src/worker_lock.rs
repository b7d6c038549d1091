//! Worker locks: how workers on one machine see at once that another has died.
//!
//! A worker holds the lock with the lowest free number: an empty file beside the study that it keeps locked. The operating
//! system releases the lock when the process ends, however it ends. All processes of a study run on one machine, because
//! SQLite's write-ahead log needs shared memory. Where the file system has no locks, no worker holds one, and only leases
//! show that a worker is gone.
//!
//! Locks are taken, checked and removed only inside a write transaction of the study. So no two workers ever hold locks on
//! different files of the same name.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use foliar_files::lock_file;

/// A held lock.
#[derive(Debug)]
pub(crate) struct WorkerLock {
    pub(crate) number: u32,
    path: PathBuf,
    /// Locked for as long as it is open.
    _file: File,
}

impl WorkerLock {
    /// Takes the lock with the lowest free number at `study`; none where files cannot be locked.
    pub(crate) fn take(study: &Path) -> Option<WorkerLock> {
        for number in 0..=u32::MAX {
            let path = path(study, number);
            let file = match lock_file(&path) {
                Ok(file) => file,
                // What leads elsewhere is nobody's lock.
                Err(error) if error.kind() == ErrorKind::InvalidInput => continue,
                Err(_) => return None,
            };
            match file.try_lock() {
                Ok(()) => return Some(WorkerLock { number, path, _file: file }),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(_)) => return None,
            }
        }
        None
    }

    /// Whether the holder of lock `number` at `study` is gone.
    pub(crate) fn is_free(study: &Path, number: u32) -> bool {
        let path = path(study, number);
        match fs::symlink_metadata(&path).and_then(|_| lock_file(&path)) {
            Ok(file) => file.try_lock().is_ok(),
            Err(error) => matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidInput),
        }
    }

    /// Releases the lock and removes its file. A file that stays does no harm.
    pub(crate) fn remove(self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn path(study: &Path, number: u32) -> PathBuf {
    let mut path = OsString::from(study);
    path.push(format!("-worker-{number}"));
    path.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_are_held_freed_and_taken_again() {
        let folder = tempfile::tempdir().unwrap();
        let study = folder.path().join("study.sqlite");
        assert!(WorkerLock::is_free(&study, 0));
        let first = WorkerLock::take(&study).unwrap();
        let second = WorkerLock::take(&study).unwrap();
        assert_eq!((first.number, second.number), (0, 1));
        assert!(!WorkerLock::is_free(&study, 0));
        // A killed process leaves its file behind, unlocked.
        drop(first);
        assert!(WorkerLock::is_free(&study, 0));
        assert_eq!(WorkerLock::take(&study).unwrap().number, 0);
        second.remove();
        assert!(WorkerLock::is_free(&study, 1));
        assert!(!folder.path().join("study.sqlite-worker-1").exists());
    }
}
