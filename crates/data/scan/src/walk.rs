//! The files and folders below a folder, sorted, with links followed and system files left out.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use foliar_vision::format::ExtensionHint;
use foliar_vision::photo_file::holds_picture;
use foliar_vision::problem::{Problem, Reason};
use walkdir::WalkDir;

use crate::error::ScanError;
use crate::litter::{is_litter, is_own};

/// What is below a root; paths are relative to it and sorted.
pub(crate) struct Tree {
    /// Regular files.
    pub(crate) files: Vec<PathBuf>,
    /// Those that are pictures by their content alone.
    unnamed: BTreeSet<PathBuf>,
    /// Folders, without the root.
    pub(crate) folders: Vec<PathBuf>,
    /// What could not be read.
    pub(crate) problems: Vec<Problem>,
}

impl Tree {
    /// Whether a file is a picture, by its name or its content.
    pub(crate) fn is_picture(&self, path: &Path) -> bool {
        ExtensionHint::of(path).is_picture() || self.unnamed.contains(path)
    }
}

/// # Errors
/// [`ScanError::NotFound`], [`ScanError::NotAFolder`] or [`ScanError::Unreadable`] for the root itself.
pub(crate) fn walk(root: &Path) -> Result<Tree, ScanError> {
    let metadata = std::fs::metadata(root).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => ScanError::NotFound { root: root.to_owned() },
        _ => ScanError::Unreadable { root: root.to_owned(), source: error },
    })?;
    if !metadata.is_dir() {
        return Err(ScanError::NotAFolder { root: root.to_owned() });
    }
    let mut tree =
        Tree { files: Vec::new(), unnamed: BTreeSet::new(), folders: Vec::new(), problems: Vec::new() };
    let entries =
        WalkDir::new(root).min_depth(1).follow_links(true).into_iter().filter_entry(|entry| {
            entry.depth() == 0 || !(is_litter(entry.file_name()) || is_own(entry.path()))
        });
    for entry in entries {
        match entry {
            Ok(entry) => {
                let path = relative(root, entry.path());
                let kind = entry.file_type();
                if kind.is_dir() {
                    tree.folders.push(path);
                } else if kind.is_file() {
                    if !ExtensionHint::of(&path).is_picture() && holds_picture(entry.path()) {
                        tree.unnamed.insert(path.clone());
                    }
                    tree.files.push(path);
                } else if ExtensionHint::of(&path).is_picture() {
                    tree.problems.push(Problem::new(path, Reason::NotAFile));
                }
            }
            Err(error) if error.depth() == 0 => {
                return Err(ScanError::Unreadable { root: root.to_owned(), source: error.into() });
            }
            Err(error) => {
                let path = error.path().unwrap_or(root).to_owned();
                if !path.file_name().is_some_and(is_litter) {
                    tree.problems.push(Problem::new(relative(root, &path), reason(&path, &error)));
                }
            }
        }
    }
    tree.files.sort();
    tree.folders.sort();
    tree.problems.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(tree)
}

fn reason(path: &Path, error: &walkdir::Error) -> Reason {
    if error.loop_ancestor().is_some() {
        return Reason::SymlinkLoop;
    }
    let Some(io) = error.io_error() else {
        return Reason::Unreadable { detail: error.to_string() };
    };
    match io.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory if path.is_symlink() => Reason::BrokenLink,
        // The remaining case of a readable link is that it leads back to itself. The system finds that before the walk
        // does, and its kind of error has no stable name.
        kind if path.is_symlink() && kind != io::ErrorKind::PermissionDenied => Reason::SymlinkLoop,
        _ => Reason::Unreadable { detail: io.to_string() },
    }
}

fn relative(root: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(root).unwrap_or(path).to_owned()
}
