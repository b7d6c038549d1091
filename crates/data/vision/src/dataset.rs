//! The photos of a data set, before any pixel is decoded.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::label_sets::{LabelSets, Task};
use crate::manifest::Manifest;
use crate::name::portable_name;

/// The split that a photo belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// To learn from.
    Train,
    /// To measure on after each epoch.
    Validation,
    /// To measure on once, at the end.
    Test,
}

impl Split {
    /// The split that a word means, in any case: `train`, `training`; `val`, `valid`, `validation`, `dev`; `test`, `testing`,
    /// and their usual short forms.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        match word.to_lowercase().as_str() {
            "train" | "training" | "trn" => Some(Self::Train),
            "val" | "valid" | "validate" | "validation" | "dev" | "development" => Some(Self::Validation),
            "test" | "testing" | "tst" => Some(Self::Test),
            _ => None,
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        })
    }
}

/// One photo of a [`Dataset`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    /// Relative to [`Dataset::root`].
    pub path: PathBuf,
    /// Index into [`Dataset::classes`].
    pub class: usize,
    /// The split that its folder assigns, if the data set has `train/ val/ test/` folders.
    pub split: Option<Split>,
    /// Hash of the bytes of the file.
    pub digest: Digest,
    /// Size of the file.
    pub bytes: u64,
    /// Pixels in a row once upright.
    pub width: u32,
    /// Rows once upright.
    pub height: u32,
}

/// Tables that the classes of a data set come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableOrigin {
    /// The files.
    pub tables: Vec<PathBuf>,
    /// How the tables write the classes whose names are from elsewhere: mostly numbers.
    pub codes: BTreeMap<String, String>,
    /// What photos belong to, by their path, where a column says it: those of one leaf or plant share it.
    pub groups: BTreeMap<PathBuf, String>,
}

/// Labelled photos under one folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// The folder that all paths are relative to.
    pub root: PathBuf,
    /// Names of the classes, sorted; where photos show sets of labels, of the sets that occur.
    pub classes: Vec<String>,
    /// The photos, sorted by path.
    pub photos: Vec<Photo>,
    /// How the folders were understood, in one sentence; absent where they are class folders and nothing else.
    pub layout: Option<String>,
    /// Where the classes come from; absent where folders name them.
    pub tables: Option<TableOrigin>,
    /// The labels in each class, where a photo may show several; absent where it shows one class.
    pub label_sets: Option<LabelSets>,
}

impl Dataset {
    /// What a classifier of these photos is asked.
    #[must_use]
    pub fn task(&self) -> Task {
        if self.label_sets.is_some() { Task::MultiLabel } else { Task::MultiClass }
    }

    /// What the outputs of a classifier of these photos are: the classes, or the labels.
    #[must_use]
    pub fn outputs(&self) -> &[String] {
        self.label_sets.as_ref().map_or(&self.classes, |sets| &sets.names)
    }

    /// How many kinds of photos a split balances; see [`Dataset::strata_of`].
    pub(crate) fn strata(&self) -> usize {
        self.label_sets.as_ref().map_or(self.classes.len(), |sets| sets.names.len() + 1)
    }

    /// The kinds of photos, below [`Dataset::strata`], that a photo is one of: its class; or its labels, or that it has none.
    pub(crate) fn strata_of(&self, photo: usize) -> &[usize] {
        let class = &self.photos[photo].class;
        self.label_sets.as_ref().map_or(std::slice::from_ref(class), |sets| sets.strata_of(*class))
    }

    /// Number of photos of each class, in the order of `classes`.
    #[must_use]
    pub fn class_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes.len()];
        for photo in &self.photos {
            counts[photo.class] += 1;
        }
        counts
    }

    /// Number of photos of each of [`Dataset::outputs`], in their order: of a class, or with a label.
    #[must_use]
    pub fn output_counts(&self) -> Vec<usize> {
        let Some(sets) = &self.label_sets else { return self.class_counts() };
        let mut counts = vec![0; sets.names.len()];
        self.photos.iter().flat_map(|photo| sets.of(photo.class)).for_each(|&label| counts[label] += 1);
        counts
    }

    /// The identity of the data set: class names, and the digest of each photo by its path.
    #[must_use]
    pub fn manifest(&self) -> Manifest {
        let entries: BTreeMap<String, Digest> =
            self.photos.iter().map(|photo| (portable_name(&photo.path), photo.digest)).collect();
        let label = |photo: &Photo| (portable_name(&photo.path), photo.class);
        let labels = self.tables.iter().flat_map(|_| self.photos.iter().map(label)).collect();
        Manifest { classes: self.classes.clone(), entries, labels }
    }

    /// A hash of the [`Manifest`], as 64 hexadecimal digits: equal if and only if classes, paths and contents are equal.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.manifest().fingerprint()
    }

    /// The data set without the photos for which `keep`, given their index, is false, and the names of the classes that lose
    /// their last photo. Those classes are removed, and the others are renumbered.
    #[must_use]
    pub fn retain(self, keep: impl Fn(usize) -> bool) -> (Self, Vec<String>) {
        let Self { root, classes, photos, layout, tables, label_sets } = self;
        let mut index = 0;
        let mut kept = photos;
        kept.retain(|_| {
            index += 1;
            keep(index - 1)
        });
        let mut used = vec![false; classes.len()];
        kept.iter().for_each(|photo| used[photo.class] = true);

        let label_sets = label_sets.map(|sets| sets.retain(&used));
        let mut number = vec![0; classes.len()];
        let mut remaining = Vec::new();
        let mut lost = Vec::new();
        for (old, name) in classes.into_iter().enumerate() {
            if used[old] {
                number[old] = remaining.len();
                remaining.push(name);
            } else {
                lost.push(name);
            }
        }
        for photo in &mut kept {
            photo.class = number[photo.class];
        }
        (Self { root, classes: remaining, photos: kept, layout, tables, label_sets }, lost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn photo(path: &str, class: usize) -> Photo {
        let digest = Digest::of(path.as_bytes());
        Photo { path: path.into(), class, split: None, digest, bytes: 1, width: 1, height: 1 }
    }

    #[test]
    fn a_class_that_loses_its_last_photograph_is_gone() {
        let data = Dataset {
            root: "r".into(),
            classes: vec!["a".into(), "b".into(), "c".into()],
            photos: vec![photo("a/1", 0), photo("b/1", 1), photo("c/1", 2)],
            layout: None,
            tables: None,
            label_sets: None,
        };
        let (data, lost) = data.retain(|index| index != 1);
        assert_eq!(lost, ["b"]);
        assert_eq!(data.classes, ["a", "c"]);
        assert_eq!(data.photos.iter().map(|p| p.class).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(data.class_counts(), [1, 1]);
    }
}
