//! The whole audit as one value: the findings, and the tables behind them.

use foliar_vision::Split;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::groups::GroupSource;
use crate::label_issues::LabelIssue;
use crate::probe::Probe;
use crate::quality::{MeasuredIssue, Measures};
use crate::quarantine::Proposal;
use crate::split_check::SplitCheck;
use crate::symmetry::Symmetry;
use crate::watermarks::Watermark;

/// Everything that was found in a data set. Photos are named by their path relative to the folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Audit {
    /// The folder.
    pub root: String,
    /// Digest of all readable photos.
    pub data_fingerprint: String,
    /// The findings, the most important first; never empty.
    pub findings: Vec<Finding>,
    /// Classes in the order of their names.
    pub classes: Vec<ClassCount>,
    /// Largest class over smallest, in photos; 1 if they are equal.
    pub imbalance: f64,
    /// Files that cannot be used, and other oddities, sorted by path.
    pub problems: Vec<FileProblem>,
    /// Photos that are copies of one another, sorted by path.
    pub copies: Vec<CopyPair>,
    /// Groups of photos that belong together.
    pub groups: GroupSummary,
    /// Shortcuts: what predicts the class without the leaf.
    pub background: Background,
    /// How optimistic a random split is; absent if no two photos share a group.
    pub split_check: Option<SplitCheck>,
    /// Labels that are probably wrong, the most likely first.
    pub label_issues: Vec<LabelIssue>,
    /// Photos that are proposed to be left out.
    pub quarantine: Vec<Proposal>,
    /// Every readable photo, sorted by path.
    pub photographs: Vec<Photograph>,
}

/// The size of a class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassCount {
    /// Its name.
    pub class: String,
    /// Number of readable photos.
    pub photographs: usize,
    /// Number of groups among them.
    pub groups: usize,
}

/// A file that cannot be used, or is odd.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileProblem {
    /// Path.
    pub path: String,
    /// Stable name of the kind.
    pub code: String,
    /// Whether the file is left out because of it.
    pub excluded: bool,
    /// The sentence.
    pub message: String,
}

/// Two photos of which one is a copy of the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CopyPair {
    /// Path of the first.
    pub a: String,
    /// Path of the second.
    pub b: String,
    /// Whether the files are equal byte for byte.
    pub exact: bool,
    /// How to turn or mirror `b` so that it looks like `a`.
    pub symmetry: Symmetry,
    /// Correlation of the aligned thumbnails.
    pub similarity: f64,
    /// Correlation of their fine detail.
    pub detail: f64,
    /// Proportion of one photo that the other shows too.
    pub overlap: f64,
    /// Whether they are of different classes.
    pub across_classes: bool,
    /// Whether they are in different splits (train, validation, test).
    pub across_splits: bool,
}

/// Groups of photos that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupSummary {
    /// What the groups rest on, besides copies.
    pub source: GroupSource,
    /// Number of groups, including those of one photo.
    pub count: usize,
    /// Photos in the largest group.
    pub largest: usize,
    /// Groups of one photo.
    pub alone: usize,
    /// Photos to which the pattern or table gives no group.
    pub unnamed: usize,
    /// Rows of the table whose photo is not in the folder.
    pub absent: usize,
}

/// Shortcuts in the background.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Background {
    /// How well each cue predicts the class.
    pub probes: Vec<Probe>,
    /// Marks at the border that one class alone has.
    pub watermarks: Vec<Watermark>,
}

/// One photo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Photograph {
    /// Path.
    pub path: String,
    /// Class.
    pub class: String,
    /// The split that its folder assigns.
    pub split: Option<Split>,
    /// Path of the first photo of its group.
    pub group: String,
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Size of the file.
    pub bytes: u64,
    /// Its quality.
    pub measures: Measures,
    /// What is wrong with it.
    pub issues: Vec<MeasuredIssue>,
}
