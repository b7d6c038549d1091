//! Whether a path lies on a network file system, where SQLite's locks and shared memory do not hold between machines
//! (<https://www.sqlite.org/wal.html>).

use std::path::{Path, PathBuf};

use crate::StudyError;

/// File systems that several machines can mount at once. A FUSE file system is named after what is behind it.
const KINDS: [&str; 26] = [
    "9p",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "coda",
    "fuse.ceph",
    "fuse.gcsfuse",
    "fuse.glusterfs",
    "fuse.juicefs",
    "fuse.mount-s3",
    "fuse.rclone",
    "fuse.s3fs",
    "fuse.sshfs",
    "gfs2",
    "gpfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "ocfs2",
    "orangefs",
    "panfs",
    "smb3",
    "smbfs",
    "wekafs",
];

/// Refuses a place for a file where SQLite would damage it.
///
/// # Errors
/// [`StudyError::NetworkFileSystem`].
pub fn check_file_system(path: &Path) -> Result<(), StudyError> {
    match of(path) {
        Some(kind) => Err(StudyError::NetworkFileSystem { place: path.into(), kind }),
        None => Ok(()),
    }
}

/// The kind of network file system that `path`, or the folder that it will lie in, is on; none if it is on another one, or the
/// system does not tell. Linux tells.
fn of(path: &Path) -> Option<String> {
    let mounts = std::fs::read("/proc/self/mountinfo").ok()?;
    let absolute = std::path::absolute(path).ok()?;
    let there = absolute.ancestors().find_map(|path| path.canonicalize().ok())?;
    kind(&String::from_utf8_lossy(&mounts), &there).filter(|kind| KINDS.contains(&kind.as_str()))
}

/// The kind of the file system that `path` is on (`man 5 proc_pid_mountinfo`): of the mounts above the path the deepest one, and
/// of several on one place the last one.
fn kind(mounts: &str, path: &Path) -> Option<String> {
    let mount = |line: &str| {
        let (place, kind) = line.split_once(" - ")?;
        let place = PathBuf::from(unescaped(place.split(' ').nth(4)?));
        Some((place, kind.split(' ').next()?.to_owned()))
    };
    let above = mounts.lines().filter_map(mount).filter(|(place, _)| path.starts_with(place));
    above.max_by_key(|(place, _)| place.components().count()).map(|(_, kind)| kind)
}

/// Spaces and other separators are written as `\040`.
fn unescaped(text: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .iter()
        .fold(text.to_owned(), |text, (written, meant)| text.replace(written, meant))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deepest_mount_counts() {
        let mounts = "21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n\
            30 21 0:40 / /home rw shared:2 - nfs4 server:/home rw\n\
            31 30 0:41 / /home/leaf/a\\040disk rw - xfs /dev/sdb1 rw\n\
            32 21 0:42 / /scratch rw - ext4 /dev/sdc1 rw\n\
            33 21 0:43 / /scratch rw master:1 - lustre mgs:/scratch rw\n";
        for (path, expected) in [
            ("/home/leaf/study.sqlite", "nfs4"),
            ("/home/leaf/a disk/study.sqlite", "xfs"),
            ("/homes/study.sqlite", "ext4"),
            ("/scratch/x", "lustre"),
            ("/", "ext4"),
        ] {
            assert_eq!(kind(mounts, Path::new(path)).as_deref(), Some(expected), "{path}");
        }
    }

    #[test]
    fn kinds_are_in_order() {
        assert!(KINDS.is_sorted());
    }
}
