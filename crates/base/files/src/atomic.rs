//! Files that are whole or absent.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::with_path;

/// Ends the name of a file that is being written.
const PARTIAL: &str = ".partial";

/// Numbers the temporary files of this process, so that two threads never share one.
static WRITES: AtomicU64 = AtomicU64::new(0);

/// Writes a file so that `path` is at every moment the old file or the whole new one, even through a kill or a power cut.
///
/// `write` fills a hidden temporary file in the same folder, which is flushed to the disk and then renamed. The folder
/// must exist.
///
/// # Errors
///
/// What `write` returned, or the first failure to create, write, flush or rename, a full disk among them. The old file
/// is then untouched and the temporary one is removed.
pub fn write_atomically(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> io::Result<()> {
    let partial = partial_path(path).map_err(with_path(path))?;
    let result = File::create_new(&partial)
        .and_then(|file| fill(file, write))
        .and_then(|()| fs::rename(&partial, path));
    if let Err(error) = result {
        // The first error is the one worth telling; a file that was never created cannot be removed.
        let _ = fs::remove_file(&partial);
        return Err(with_path(path)(error));
    }
    sync_folder(folder_of(path)).map_err(with_path(path))
}

/// Whether a file of this name was left behind by a killed [`write_atomically`].
pub fn is_partial(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.starts_with(b".") && name.ends_with(PARTIAL.as_bytes())
}

fn partial_path(path: &Path) -> io::Result<PathBuf> {
    let Some(name) = path.file_name() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "this path names no file"));
    };
    let mut partial = OsString::from(".");
    partial.push(name);
    let count = WRITES.fetch_add(1, Ordering::Relaxed);
    partial.push(format!(".{}-{count}{PARTIAL}", std::process::id()));
    Ok(path.with_file_name(partial))
}

fn fill(file: File, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
    let mut writer = BufWriter::new(file);
    write(&mut writer)?;
    writer.flush()?;
    writer.get_ref().sync_all()
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Makes a rename durable. Some file systems cannot flush a folder and say so; there the rename is as safe as it gets.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder)?.sync_all() {
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
            Ok(())
        }
        result => result,
    }
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{self, Write};
    use std::path::Path;

    use super::{fill, folder_of, is_partial, partial_path, write_atomically};

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_created_and_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.foliar");
        for text in ["first", "second"] {
            write_atomically(&path, |writer| writer.write_all(text.as_bytes())).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(names(folder.path()), ["model.foliar"]);
    }

    #[test]
    fn a_failure_leaves_the_old_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.foliar");
        fs::write(&path, "old").unwrap();
        let error = write_atomically(&path, |writer| {
            writer.write_all(b"half of the new")?;
            writer.flush()?;
            Err(io::Error::new(io::ErrorKind::StorageFull, "no space left"))
        })
        .unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert!(error.to_string().contains("model.foliar"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(folder.path()), ["model.foliar"]);
    }

    #[test]
    fn a_target_that_can_not_be_replaced_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("taken");
        fs::create_dir(&path).unwrap();
        assert!(write_atomically(&path, |writer| writer.write_all(b"x")).is_err());
        assert_eq!(names(folder.path()), ["taken"]);
        assert!(write_atomically(&folder.path().join("absent/file"), |_| Ok(())).is_err());
        assert!(write_atomically(Path::new("/"), |_| Ok(())).is_err());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error_even_if_the_bytes_fit_the_buffer() {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let error = fill(full, |writer| writer.write_all(b"small")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }

    #[test]
    fn partial_files_are_known_by_name() {
        let partial = partial_path(Path::new("run/last.ckpt")).unwrap();
        assert_eq!(partial.parent(), Some(Path::new("run")));
        assert!(is_partial(partial.file_name().unwrap()));
        assert!(!is_partial("events.jsonl".as_ref()));
        assert_eq!(folder_of(Path::new("bare")), Path::new("."));
    }
}
