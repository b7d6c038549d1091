//! How the photos of a folder are found.

use std::path::PathBuf;

use foliar_labels::{ClassMap, ColumnChoice};
use foliar_vision::limits::Limits;

use crate::review::Review;

/// How the photos of a folder are found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScanOptions {
    /// Limits on one photo.
    pub limits: Limits,
    /// How many folders below the root, or below its parts or folds, the classes are: 1 for folders of photos, 2 for folders of
    /// folders, whose two names together name a class. Absent: understood from the whole tree, or an error.
    pub classes_from: Option<usize>,
    /// The tables that say the classes.
    pub labels: LabelSource,
    /// What becomes of the classes that folders or tables say.
    pub classes: Option<ClassMap>,
    /// Whether classes whose names differ in case, blanks, underscores, hyphens or accents only are one class; see
    /// [`foliar_vision::normal_class_name`].
    pub match_names: bool,
    /// What a person has decided about single photos: their class, and whether they are used.
    pub review: Option<Review>,
}

/// Tables that say what photos show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelSource {
    /// The files, in any place. None: folders name the classes, or else the one table that lies among the photos.
    pub tables: Vec<PathBuf>,
    /// Their columns, where they are given.
    pub columns: ColumnChoice,
}
