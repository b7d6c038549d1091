//! Files and folders within a folder that may come from elsewhere: a symbolic link in it leads to a place that its sender chose.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::Path;

/// Opens the file at `path` to lock it; makes an empty one if there is none. What it holds stays.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] for a link, a folder, a named pipe or anything else that is no file, none of which is opened to its
/// harm; what the operating system says of others. The path is not part of the error.
pub fn lock_file(path: &Path) -> io::Result<File> {
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        made => return made,
    }
    let named = fs::symlink_metadata(path)?;
    if !named.is_file() {
        return Err(refusal(&named));
    }
    let file = OpenOptions::new().write(true).open(path)?;
    // A link that was put in the place of the file meanwhile leads to another one, which is opened and not changed.
    if is_same(&named, &file.metadata()?) { Ok(file) } else { Err(refusal(&named)) }
}

/// Makes the folder at `path`, and those above it, unless it is there.
///
/// # Errors
/// As [`check_folder`], and what the operating system says.
pub fn make_folder(path: &Path) -> io::Result<()> {
    check_folder(path)?;
    fs::create_dir_all(path)
}

/// Refuses a link, even one to a folder, and anything else that is no folder. What is absent is none of these.
///
/// # Errors
/// [`ErrorKind::InvalidInput`], without the path.
pub fn check_folder(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(found) => Err(refusal(&found)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Refuses a link to a file. What is absent is none.
///
/// # Errors
/// [`ErrorKind::InvalidInput`], without the path.
pub fn check_file(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => Err(refusal(&found)),
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn refusal(found: &Metadata) -> io::Error {
    let what = if found.is_symlink() {
        "this is a link to another place, which is not written to; remove the link, or put what it leads to in its place"
    } else if found.is_dir() {
        "this is a folder, not a file"
    } else if found.is_file() {
        "this is a file, not a folder"
    } else {
        "this is neither a file nor a folder"
    };
    io::Error::new(ErrorKind::InvalidInput, what)
}

#[cfg(unix)]
fn is_same(named: &Metadata, opened: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (named.dev(), named.ino()) == (opened.dev(), opened.ino())
}

#[cfg(not(unix))]
fn is_same(_: &Metadata, opened: &Metadata) -> bool {
    opened.is_file()
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_a_link_leads_to_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("diary"), "dear diary").unwrap();
        fs::create_dir(at("home")).unwrap();
        for (link, target) in [("file", "diary"), ("nothing", "absent"), ("folder", "home")] {
            symlink(at(target), at(link)).unwrap();
            for refused in [
                lock_file(&at(link)).map(|_| ()),
                make_folder(&at(link)),
                check_folder(&at(link)),
                check_file(&at(link)),
            ] {
                let error = refused.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidInput, "{link}: {error}");
                assert!(error.to_string().contains("link"), "{link}: {error}");
            }
        }
        assert_eq!(fs::read_to_string(at("diary")).unwrap(), "dear diary");
        assert!(!at("absent").exists());
    }

    #[test]
    fn files_are_locked_and_keep_what_they_hold() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let first = lock_file(&path).unwrap();
        first.try_lock().unwrap();
        assert!(lock_file(&path).unwrap().try_lock().is_err());
        fs::write(&path, "kept").unwrap();
        drop(first);
        lock_file(&path).unwrap().try_lock().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "kept");
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(
            lock_file(&pipe).is_err() && lock_file(folder.path()).is_err() && make_folder(&path).is_err()
        );
        make_folder(&folder.path().join("a/b")).unwrap();
        make_folder(&folder.path().join("a/b")).unwrap();
    }
}
