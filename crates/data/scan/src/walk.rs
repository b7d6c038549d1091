//! The files and folders below a folder or in an archive, sorted, with links followed and system files left out.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use foliar_archive::{Archive, ArchiveError, Entry};
use foliar_vision::format::ExtensionHint;
use foliar_vision::photo_file::holds_picture;
use foliar_vision::problem::{Problem, Reason};
use walkdir::WalkDir;

use crate::error::ScanError;
use crate::litter::{is_litter, is_own};

/// What is below a root; paths are relative to it and sorted.
#[derive(Default)]
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
    fn sorted(mut self) -> Self {
        self.files.sort();
        self.folders.sort();
        self.problems.sort_by(|a, b| a.path.cmp(&b.path));
        self
    }

    /// Whether a file is a picture, by its name or its content.
    pub(crate) fn is_picture(&self, path: &Path) -> bool {
        ExtensionHint::of(path).is_picture() || self.unnamed.contains(path)
    }
}

/// # Errors
/// [`ScanError::NotFound`], [`ScanError::NotAFolder`], [`ScanError::Archive`] or [`ScanError::Unreadable`] for the root itself.
pub(crate) fn walk(root: &Path) -> Result<Tree, ScanError> {
    if let Some((archive, inside)) = foliar_archive::open(root)? {
        return walk_archive(root, &archive, &inside);
    }
    let metadata = std::fs::metadata(root).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => ScanError::NotFound { root: root.to_owned() },
        _ => ScanError::Unreadable { root: root.to_owned(), source: error },
    })?;
    if !metadata.is_dir() {
        return Err(match foliar_archive::refusal(root) {
            Some(what) => ArchiveError::Refused { path: root.to_owned(), what }.into(),
            None => ScanError::NotAFolder { root: root.to_owned() },
        });
    }
    let mut tree = Tree::default();
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
    Ok(tree.sorted())
}

/// The same for what lies below `inside` in an archive, which `root` leads to.
fn walk_archive(root: &Path, archive: &Archive, inside: &Path) -> Result<Tree, ScanError> {
    match archive.entry(inside) {
        Some(Entry::Folder) => {}
        Some(Entry::File(_)) => return Err(ScanError::NotAFolder { root: root.to_owned() }),
        None => return Err(ScanError::NotFound { root: root.to_owned() }),
    }
    let mut tree = Tree::default();
    let found = archive.below(inside, &mut |path, entry| {
        path.file_name().is_some_and(is_litter)
            || (entry == Entry::Folder && is_own(&root.join(relative(inside, path))))
    });
    for (path, entry) in found {
        let path = relative(inside, &path);
        match entry {
            Entry::Folder => tree.folders.push(path),
            Entry::File(_) => {
                if !ExtensionHint::of(&path).is_picture() && holds_picture(&root.join(&path)) {
                    tree.unnamed.insert(path.clone());
                }
                tree.files.push(path);
            }
        }
    }
    for problem in archive.problems() {
        let is_of_all = problem.path.components().count() < 2;
        let is_litter = problem.path.iter().any(is_litter);
        if (problem.path.starts_with(inside) || is_of_all) && !is_litter {
            let reason = Reason::Archive { what: problem.what.clone(), left_out: problem.left_out };
            tree.problems.push(Problem::new(relative(inside, &problem.path), reason));
        }
    }
    Ok(tree.sorted())
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
