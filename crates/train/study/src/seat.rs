//! Seats: how workers on one machine see at once that another has died.
//!
//! A worker sits in the lowest free seat, an empty file beside the study that it keeps locked. The system releases the lock
//! with the process, however that ends. All processes of a study are on one machine, because SQLite's write-ahead log needs
//! shared memory; on a file system without locks nobody sits, and leases alone tell.
//!
//! Seats are taken, looked at and removed only inside a write transaction of the study, so that no two workers ever hold
//! locks on different files of one name.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A held seat.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) number: u32,
    path: PathBuf,
    /// Locked for as long as it is open.
    _file: File,
}

impl Seat {
    /// The lowest free seat at `study`; none where files can not be locked.
    pub(crate) fn take(study: &Path) -> Option<Seat> {
        for number in 0..=u32::MAX {
            let path = path(study, number);
            let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).ok()?;
            match file.try_lock() {
                Ok(()) => return Some(Seat { number, path, _file: file }),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(_)) => return None,
            }
        }
        None
    }

    /// Whether whoever sat in seat `number` at `study` is gone.
    pub(crate) fn is_free(study: &Path, number: u32) -> bool {
        match OpenOptions::new().write(true).open(path(study, number)) {
            Ok(file) => file.try_lock().is_ok(),
            Err(error) => error.kind() == ErrorKind::NotFound,
        }
    }

    /// Stands up and takes the file away; one that stays does no harm.
    pub(crate) fn leave(self) {
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
    fn seats_are_held_freed_and_taken_again() {
        let folder = tempfile::tempdir().unwrap();
        let study = folder.path().join("study.sqlite");
        assert!(Seat::is_free(&study, 0));
        let first = Seat::take(&study).unwrap();
        let second = Seat::take(&study).unwrap();
        assert_eq!((first.number, second.number), (0, 1));
        assert!(!Seat::is_free(&study, 0));
        // A killed process leaves its file behind, unlocked.
        drop(first);
        assert!(Seat::is_free(&study, 0));
        assert_eq!(Seat::take(&study).unwrap().number, 0);
        second.leave();
        assert!(Seat::is_free(&study, 1));
        assert!(!folder.path().join("study.sqlite-worker-1").exists());
    }
}
