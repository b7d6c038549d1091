//! Files and folders by their paths, on the disk or in an archive.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::archive::Entry;
use crate::opened::{find, whole_path};
use crate::split_path::splits;

/// What lies at a path inside an archive; the outer `None` is for paths that lead into none.
fn inside(path: &Path) -> Option<Option<Entry>> {
    match find(path) {
        Ok(found) => found.map(|(archive, inside)| archive.entry(&inside)),
        Err(_) => Some(None),
    }
}

/// Whether a file lies at `path`. An archive is a folder.
#[must_use]
pub fn is_file(path: &Path) -> bool {
    match inside(path) {
        Some(entry) => matches!(entry, Some(Entry::File(_))),
        None => path.is_file(),
    }
}

/// Whether a folder or an archive lies at `path`.
#[must_use]
pub fn is_folder(path: &Path) -> bool {
    match inside(path) {
        Some(entry) => entry == Some(Entry::Folder),
        None => path.is_dir(),
    }
}

/// Whether anything lies at `path`.
#[must_use]
pub fn exists(path: &Path) -> bool {
    match inside(path) {
        Some(entry) => entry.is_some(),
        None => path.exists(),
    }
}

/// Bytes of the file at `path`.
///
/// # Errors
/// [`io::ErrorKind::NotFound`] and others of the system; [`io::ErrorKind::InvalidInput`] for what is no file.
pub fn length(path: &Path) -> io::Result<u64> {
    let no_file = || io::Error::new(io::ErrorKind::InvalidInput, "this is no file");
    match find(path)? {
        None => {
            fs::metadata(path).and_then(|data| if data.is_file() { Ok(data.len()) } else { Err(no_file()) })
        }
        Some((archive, inside)) => match archive.entry(&inside) {
            Some(Entry::File(length)) => Ok(length),
            Some(Entry::Folder) => Err(no_file()),
            None => Err(io::Error::from(io::ErrorKind::NotFound)),
        },
    }
}

/// The bytes of the file at `path`.
///
/// # Errors
/// As [`foliar_files::read`], and those of [`Archive::read`](crate::Archive::read).
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    match find(path)? {
        None => foliar_files::read(path),
        Some((archive, inside)) => archive.read(&inside, u64::MAX),
    }
}

/// At most `most` of the first bytes of the file at `path`.
///
/// # Errors
/// As [`read`].
pub fn start(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    match find(path)? {
        None => {
            let mut bytes = Vec::new();
            foliar_files::open(path)?.take(most).read_to_end(&mut bytes)?;
            Ok(bytes)
        }
        Some((archive, inside)) => archive.read(&inside, most),
    }
}

/// Paths of what lies directly in the folder at `path`, sorted.
///
/// # Errors
/// What the system says, and archives that cannot be read.
pub fn entries(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = match find(path)? {
        None => fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?,
        Some((archive, inside)) => {
            if archive.entry(&inside) != Some(Entry::Folder) {
                return Err(io::Error::from(io::ErrorKind::NotADirectory));
            }
            let name = |path: PathBuf| path.file_name().map(|name| name.to_owned()).unwrap_or_default();
            archive.children(&inside).into_iter().map(|child| path.join(name(child))).collect()
        }
    };
    found.sort();
    Ok(found)
}

/// The whole path of a file or folder, whether on the disk or in an archive; links on the disk are followed.
///
/// # Errors
/// [`io::ErrorKind::NotFound`] for what is not there, and others of the system.
pub fn canonical(path: &Path) -> io::Result<PathBuf> {
    match find(path)? {
        None => fs::canonicalize(path),
        Some((archive, inside)) if archive.entry(&inside).is_some() => {
            let whole = splits(path).find_map(|(place, inside)| Some((whole_path(&place)?, inside)));
            // An empty part would end the path in a slash.
            let joined = |(place, inside): (PathBuf, PathBuf)| match inside.as_os_str().is_empty() {
                true => place,
                false => place.join(inside),
            };
            whole.map(joined).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
        }
        Some(_) => Err(io::Error::from(io::ErrorKind::NotFound)),
    }
}
