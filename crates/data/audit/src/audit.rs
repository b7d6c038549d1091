//! The whole answer as one value: what was found, and the tables behind it.

use foliar_vision::Split;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::groups::Basis;
use crate::marks::Mark;
use crate::probe::Probe;
use crate::quality::{Flaw, Measures};
use crate::quarantine::Proposal;
use crate::split_check::SplitCheck;
use crate::suspects::Suspect;
use crate::symmetry::Symmetry;

/// Everything that was found in a data set. Photographs are named by their path relative to the folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Audit {
    /// The folder.
    pub root: String,
    /// Digest of all photographs that could be read.
    pub data_fingerprint: String,
    /// What there is to say, by importance; never empty.
    pub findings: Vec<Finding>,
    /// Classes in the order of their names.
    pub classes: Vec<ClassCount>,
    /// Largest class over smallest, in photographs; 1 if they are equal.
    pub imbalance: f64,
    /// Files that can not be used, and what else is odd, sorted by path.
    pub problems: Vec<FileProblem>,
    /// Photographs that are copies of one another, sorted by path.
    pub copies: Vec<CopyPair>,
    /// What belongs together.
    pub groups: GroupSummary,
    /// What the background gives away.
    pub background: Background,
    /// How much a random split flatters; absent where nothing is grouped.
    pub split_check: Option<SplitCheck>,
    /// Classes that are probably wrong, likeliest first.
    pub suspects: Vec<Suspect>,
    /// What is proposed to be left out.
    pub quarantine: Vec<Proposal>,
    /// Every photograph that could be read, sorted by path.
    pub photographs: Vec<Photograph>,
}

/// How many photographs a class has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassCount {
    /// Its name.
    pub class: String,
    /// Photographs that can be read.
    pub photographs: usize,
    /// Groups among them.
    pub groups: usize,
}

/// A file that can not be used, or is odd.
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

/// Two photographs that show the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CopyPair {
    /// Path of the first.
    pub a: String,
    /// Path of the second.
    pub b: String,
    /// Whether the files are equal byte for byte.
    pub exact: bool,
    /// What `b` has to go through to look like `a`.
    pub symmetry: Symmetry,
    /// Correlation of the small pictures laid over one another.
    pub similarity: f64,
    /// Correlation of their fine detail.
    pub detail: f64,
    /// Share of the one that the other shows too.
    pub overlap: f64,
    /// Whether they are of different classes.
    pub across_classes: bool,
    /// Whether they stand in different splits (train, validation, test).
    pub across_splits: bool,
}

/// What belongs together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupSummary {
    /// What it rests on, besides copies.
    pub basis: Basis,
    /// Groups, those of one photograph among them.
    pub count: usize,
    /// Photographs in the largest.
    pub largest: usize,
    /// Photographs that stand alone.
    pub alone: usize,
    /// Photographs that the pattern or table gave no group.
    pub unnamed: usize,
    /// Rows of the table whose photograph is not there.
    pub absent: usize,
}

/// What the background gives away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Background {
    /// How well the class is told from each clue.
    pub probes: Vec<Probe>,
    /// Marks that one class carries at the border.
    pub marks: Vec<Mark>,
}

/// One photograph.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Photograph {
    /// Path.
    pub path: String,
    /// Class.
    pub class: String,
    /// The split that its folder assigns.
    pub split: Option<Split>,
    /// Path of the first photograph of its group.
    pub group: String,
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Size of the file.
    pub bytes: u64,
    /// Its quality.
    pub measures: Measures,
    /// What is wrong with it, with what was measured and the threshold.
    pub flaws: Vec<MeasuredFlaw>,
}

/// What is wrong with a photograph.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasuredFlaw {
    /// What.
    pub flaw: Flaw,
    /// What was measured.
    pub value: f64,
    /// What it was compared with.
    pub threshold: f64,
}
