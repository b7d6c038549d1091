//! What folders and file names say of copies.

use serde::{Deserialize, Serialize};

/// A folder whose photos are nearly all copies of photos in another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondCopy {
    /// The folder.
    pub folder: String,
    /// The other one.
    pub of: String,
    /// Photos of the folder that are copies.
    pub copies: usize,
    /// Photos of the folder.
    pub photographs: usize,
}

/// Photos that are copies by their file names, such as `leaf_flip.jpg` and `leaf_jpg.rf.HASH.jpg`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameCopies {
    /// Photos that were made of one photo. They are one group.
    pub families: Vec<NameFamily>,
    /// Photos with names of copies that do not say of which photo. They are not grouped.
    pub unsure: Vec<NameFamily>,
}

/// Photos with names of copies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameFamily {
    /// The first of them.
    pub first: String,
    /// All of them, the first included.
    pub photographs: Vec<String>,
    /// Whether they are in different splits (train, validation, test).
    pub across_splits: bool,
}
