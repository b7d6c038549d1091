//! An audit of photographs as plain values, put together by whoever made it.

use crate::estimate::Estimate;
use crate::photo::{Gallery, Photo};
use crate::remark::Remark;

/// What is known of a folder of photographs. Every list may be empty and every option absent: what is not there is not shown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AuditView {
    /// The folder: `plantvillage-mini`.
    pub subject: String,
    /// Photographs that can be used.
    pub photographs: u64,
    /// Files that can not.
    pub unusable: u64,
    /// Photographs of each class.
    pub classes: Vec<(String, u64)>,
    /// Groups of photographs that belong together, and how they were found; none where they were not looked for.
    pub groups: Option<Groups>,
    /// What was found, in words, the most important first.
    pub remarks: Vec<Remark>,
    /// Photographs that are the same, or nearly.
    pub duplicates: Gallery<Pair>,
    /// Pairs on both sides of the split; none where there is no split.
    pub crossing: Option<u64>,
    /// Pairs in two classes.
    pub conflicting: u64,
    /// Photographs whose label may be wrong.
    pub suspects: Gallery<Suspect>,
    /// Photographs of poor quality.
    pub poor: Gallery<Poor>,
    /// What can be predicted without looking at the leaf.
    pub probes: Vec<Probe>,
    /// By how much a random split flatters.
    pub split_check: Option<SplitCheck>,
}

/// Photographs that belong together, such as those of one leaf.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Groups {
    /// How many groups there are, photographs that stand alone included.
    pub count: u64,
    /// Photographs of the largest.
    pub largest: u64,
    /// What they were found by: `file names that count`.
    pub how: String,
}

/// Two photographs that are the same, or nearly.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pair {
    /// The first by name.
    pub one: Photo,
    /// The other.
    pub other: Photo,
    /// In what way they are alike: `the same file`, `turned by 90°`.
    pub how: String,
}

impl Pair {
    /// Whether they are of two classes.
    pub fn is_conflicting(&self) -> bool {
        self.one.class != self.other.class
    }

    /// Whether they stand on two sides of the split.
    pub fn is_crossing(&self) -> bool {
        self.one.split != self.other.split && !self.one.split.is_empty() && !self.other.split.is_empty()
    }
}

/// A photograph whose label may be wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Suspect {
    /// The photograph with the class that it has.
    pub photo: Photo,
    /// The class that it may belong to.
    pub proposed: String,
    /// Why.
    pub reason: String,
}

/// A photograph of poor quality.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Poor {
    /// The photograph.
    pub photo: Photo,
    /// What is wrong with it: `blurred`.
    pub reason: String,
}

/// How well something beside the leaf predicts the class.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Probe {
    /// What it sees: `eight pixels of the border`.
    pub name: String,
    /// Accuracy under cross-validation, 0 to 1.
    pub accuracy: Estimate,
    /// Accuracy to be expected of guessing, 0 to 1.
    pub chance: f64,
    /// Whether that is far above chance.
    pub alarming: bool,
}

/// Accuracy of one classifier under two ways of splitting.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SplitCheck {
    /// Under a random split, 0 to 1.
    pub random: Estimate,
    /// Where what belongs together stays on one side, 0 to 1.
    pub grouped: Estimate,
}
