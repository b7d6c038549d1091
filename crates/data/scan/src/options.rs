//! How the photos of a folder are found.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use foliar_labels::{ClassMap, ColumnChoice};
use foliar_vision::Task;
use foliar_vision::limits::Limits;
use serde::{Deserialize, Serialize};

use crate::review::Review;

/// Which folders are the classes, below the root, or below its parts or folds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WrittenDepth", into = "WrittenDepth")]
pub enum ClassesFrom {
    /// Those so many levels down: 1 for folders of photos, 2 for folders of folders, whose two names together name a class.
    Depth(usize),
    /// Those that photos lie in, wherever that is: folders of one name are one class, whatever lies above them.
    Last,
}

/// [`ClassesFrom`] in a recipe: a number, or `last`.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum WrittenDepth {
    Depth(usize),
    Word(String),
}

const LAST: &str = "last";
const DEEPEST: usize = 4;

impl TryFrom<WrittenDepth> for ClassesFrom {
    type Error = String;

    fn try_from(written: WrittenDepth) -> Result<Self, String> {
        match written {
            WrittenDepth::Depth(depth) => Ok(Self::Depth(depth)),
            WrittenDepth::Word(word) => word.parse(),
        }
    }
}

impl From<ClassesFrom> for WrittenDepth {
    fn from(from: ClassesFrom) -> Self {
        match from {
            ClassesFrom::Depth(depth) => Self::Depth(depth),
            ClassesFrom::Last => Self::Word(LAST.to_owned()),
        }
    }
}

impl FromStr for ClassesFrom {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(depth) if (1..=DEEPEST).contains(&depth) => Ok(Self::Depth(depth)),
            _ if text == LAST => Ok(Self::Last),
            _ => Err(format!("a number from 1 to {DEEPEST}, or {LAST}, is expected")),
        }
    }
}

impl fmt::Display for ClassesFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Depth(depth) => depth.fmt(f),
            Self::Last => f.write_str(LAST),
        }
    }
}

/// How the photos of a folder are found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScanOptions {
    /// Limits on one photo.
    pub limits: Limits,
    /// Which folders are the classes. Absent: understood from the whole tree, or an error.
    pub classes_from: Option<ClassesFrom>,
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
    /// Whether a photo has one class, or any number of labels.
    pub task: Task,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depths_are_read_as_they_are_written() {
        for (from, written) in [(ClassesFrom::Depth(2), "2"), (ClassesFrom::Last, "\"last\"")] {
            assert_eq!(serde_json::to_string(&from).unwrap(), written);
            assert_eq!(serde_json::from_str::<ClassesFrom>(written).unwrap(), from);
            assert_eq!(from.to_string().parse::<ClassesFrom>().unwrap(), from);
        }
        for text in ["0", "5", "first", ""] {
            assert!(text.parse::<ClassesFrom>().unwrap_err().contains("1 to 4, or last"), "{text}");
        }
    }
}
