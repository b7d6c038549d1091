//! Which folder of a path is the class, and which part of the data set it lies in.

use std::path::{Path, PathBuf};

use foliar_vision::dataset::Split;
use foliar_vision::portable_component;

use crate::options::ClassesFrom;
use crate::part::part_beside;
use crate::walk::Tree;

/// What the name of a mask ends in, behind that of its photo.
pub(crate) const MASK_ENDS: [&str; 12] = [
    "_mask",
    "-mask",
    "_masks",
    "_segmentation",
    "_segmented",
    "_seg",
    "_label",
    "_annotation",
    "_groundtruth",
    "_gt",
    "_masked",
    "_final_masked",
];

/// A folder whose folders are classes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Section {
    /// Below the root; empty for the root itself.
    pub(crate) folder: PathBuf,
    /// The part of the data set that it is.
    pub(crate) split: Option<Split>,
}

/// How the folders of a data set are arranged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// None lies inside another.
    pub(crate) sections: Vec<Section>,
    /// Which folders below a section name a class: the first, two where folders of crops hold folders of diseases, or the last.
    pub(crate) classes_from: ClassesFrom,
    /// Whether the folders in a class, which are the first, are the parts of the data set: `rust/train`, `rust/test`.
    pub(crate) parts_inside: bool,
    /// Folders with pictures that are not used, and why; sorted.
    pub(crate) left_out: Vec<(PathBuf, &'static str)>,
    /// What had to be understood, in one sentence; absent for a folder of class folders.
    pub(crate) understood: Option<String>,
}

/// Class and part of a photo.
pub(crate) struct Place {
    /// Name of the class.
    pub(crate) class: String,
    /// The part, where folders say it.
    pub(crate) split: Option<Split>,
}

impl Layout {
    /// The folders of the root are the classes.
    pub(crate) fn plain() -> Self {
        let section = Section { folder: PathBuf::new(), split: None };
        Self {
            sections: vec![section],
            classes_from: ClassesFrom::Depth(1),
            parts_inside: false,
            left_out: Vec::new(),
            understood: None,
        }
    }

    /// Why a file is not used although it may be a photo.
    pub(crate) fn left_out(&self, file: &Path) -> Option<&'static str> {
        let at = |folder: &Path| {
            self.left_out.binary_search_by(|(left_out, _)| left_out.as_path().cmp(folder)).ok()
        };
        file.ancestors().find_map(at).map(|place| self.left_out[place].1)
    }

    /// The class of a file, if it lies inside a class folder.
    pub(crate) fn place(&self, file: &Path) -> Option<Place> {
        let folder = file.parent()?;
        let (section, class) = self.class_of(folder)?;
        let inside = || {
            let below = folder.strip_prefix(&section.folder).ok()?;
            part_beside(&portable_component(below.iter().nth(1)?)).map(|part| part.split)
        };
        let split = if self.parts_inside { inside() } else { section.split };
        Some(Place { class, split })
    }

    /// The class that a folder is or belongs to.
    pub(crate) fn class_folder(&self, folder: &Path) -> Option<String> {
        self.class_of(folder).map(|(_, class)| class)
    }

    fn class_of(&self, folder: &Path) -> Option<(&Section, String)> {
        let section = self.sections.iter().find(|section| folder.starts_with(&section.folder))?;
        let below = folder.strip_prefix(&section.folder).ok()?;
        match self.classes_from {
            ClassesFrom::Depth(depth) => {
                let names: Vec<String> = below.iter().take(depth).map(portable_component).collect();
                (names.len() == depth).then(|| (section, names.join(" ")))
            }
            ClassesFrom::Last => below.file_name().map(|name| (section, portable_component(name))),
        }
    }

    /// Masks and other pictures that belong to a photo beside them, by their names: `leaf_mask.png` beside `leaf.jpg`.
    pub(crate) fn companions(tree: &Tree) -> std::collections::BTreeSet<&Path> {
        let stems: std::collections::BTreeSet<PathBuf> =
            tree.files.iter().map(|file| file.with_extension("")).collect();
        let beside = |file: &&PathBuf| {
            let bare = file.with_extension("");
            let name = bare.to_string_lossy().to_lowercase();
            MASK_ENDS.iter().any(|end| {
                name.ends_with(end)
                    && bare.to_str().is_some_and(|bare| {
                        bare.get(..bare.len() - end.len()).is_some_and(|stem| stems.contains(Path::new(stem)))
                    })
            })
        };
        tree.files.iter().filter(beside).map(PathBuf::as_path).collect()
    }
}
