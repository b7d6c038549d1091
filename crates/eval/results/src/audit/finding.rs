//! What an audit can find.

use serde::{Deserialize, Serialize};

/// All kinds of findings of an audit. Printed in kebab-case, such as `copies-across-splits`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingId {
    /// Copies are in different splits of the given folders.
    CopiesAcrossSplits,
    /// Copies are in different classes.
    CopiesAcrossClasses,
    /// A folder holds the photos of another one again.
    SecondCopy,
    /// File names say that photos are copies, and not of which photo.
    UnsureNames,
    /// Most photos of one class have a mark at the border.
    Watermark,
    /// Something other than the leaf predicts the class.
    Background,
    /// How optimistic a random split is.
    RandomSplit,
    /// All photos of a class are in one group, so that no grouped split divides them.
    Indivisible,
    /// Labels that are probably wrong.
    WrongLabels,
    /// Files that cannot be used.
    BrokenFiles,
    /// Files that are used, though something is odd about them.
    OddFiles,
    /// Copies within one class.
    Copies,
    /// Classes of very different sizes.
    Imbalance,
    /// Photos of poor quality.
    Quality,
    /// Nothing says which photos belong together.
    NoGroups,
    /// Nothing more serious than a note was found.
    Sound,
}

impl FindingId {
    /// The finding in a few words.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::CopiesAcrossSplits => "Copies leak across the split",
            Self::CopiesAcrossClasses => "Copies have different labels",
            Self::SecondCopy => "A folder is a second copy of another",
            Self::UnsureNames => "Some photos are named as copies",
            Self::Watermark => "A class has a watermark",
            Self::Background => "The background alone would tell the classes apart",
            Self::RandomSplit => "Random split against grouped split",
            Self::Indivisible => "Groups cannot be divided",
            Self::WrongLabels => "Some labels may be wrong",
            Self::BrokenFiles => "Some files cannot be used",
            Self::OddFiles => "Some files are odd",
            Self::Copies => "Some photos are copies",
            Self::Imbalance => "Classes differ in size",
            Self::Quality => "Some photos are of poor quality",
            Self::NoGroups => "It is not known which photos belong together",
            Self::Sound => "No serious problem was found",
        }
    }
}
