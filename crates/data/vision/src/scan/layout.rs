//! Finds which folder of a path is the class.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::Path;

use super::error::ScanError;
use super::walk::Tree;
use crate::dataset::Split;
use crate::format::ExtensionHint;
use crate::name::portable_component;

/// How the folders of a data set are arranged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// `class/photograph`.
    Classes,
    /// `train/class/photograph`, and the same under `val` and `test`.
    Splits,
}

/// Class and split of a photo.
pub(super) struct Place {
    /// Name of the class.
    pub(super) class: String,
    /// The split, under [`Layout::Splits`].
    pub(super) split: Option<Split>,
}

impl Layout {
    /// Judges by the folders that hold pictures: they are splits if each of them is named like one and one of them has
    /// folders with pictures in turn.
    ///
    /// # Errors
    /// [`ScanError::Mixed`] if a `train/` folder of classes stands beside folders that are no splits.
    pub(super) fn of(root: &Path, tree: &Tree) -> Result<Self, ScanError> {
        // Each top folder with pictures, and whether it has them in folders of its own.
        let mut tops: BTreeMap<&OsStr, bool> = BTreeMap::new();
        for path in tree.files.iter().filter(|path| ExtensionHint::of(path).is_picture()) {
            let depth = path.components().count();
            if let Some(top) = path.iter().next().filter(|_| depth >= 2) {
                *tops.entry(top).or_default() |= depth >= 3;
            }
        }
        let split_of = |top: &OsStr| top.to_str().and_then(Split::of_folder);
        let others: BTreeSet<String> =
            tops.keys().filter(|top| split_of(top).is_none()).map(|top| portable_component(top)).collect();
        let nested = |wanted: fn(Split) -> bool| {
            tops.iter()
                .find(|(top, nested)| **nested && split_of(top).is_some_and(wanted))
                .map(|(top, _)| *top)
        };
        if others.is_empty() {
            return Ok(if nested(|_| true).is_some() { Self::Splits } else { Self::Classes });
        }
        match nested(|split| split == Split::Train) {
            Some(train) => Err(ScanError::Mixed {
                root: root.to_owned(),
                train: portable_component(train),
                others: others.into_iter().collect(),
            }),
            None => Ok(Self::Classes),
        }
    }

    /// The class of a file, if it lies inside a class folder.
    pub(super) fn place(self, file: &Path) -> Option<Place> {
        self.class_folder(file.parent()?).map(|class| Place { class, split: self.split(file) })
    }

    /// The class that a folder is or belongs to.
    pub(super) fn class_folder(self, folder: &Path) -> Option<String> {
        let level = match self {
            Self::Classes => 0,
            Self::Splits => 1,
        };
        folder.iter().nth(level).map(portable_component)
    }

    fn split(self, file: &Path) -> Option<Split> {
        match self {
            Self::Classes => None,
            Self::Splits => file.iter().next().and_then(OsStr::to_str).and_then(Split::of_folder),
        }
    }
}
