//! What is known of a data set before training: findings, and the tables behind them.

mod doubt;
mod finding;
mod folders;
mod photographs;
mod shortcuts;
mod symmetry;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use self::doubt::Doubt;
pub use self::finding::FindingId;
pub use self::folders::{NameCopies, NameFamily, SecondCopy};
pub use self::photographs::{
    CopyPair, LabelIssue, MeasuredIssue, Measures, Photograph, Proposal, QualityIssue,
};
pub use self::shortcuts::{Background, Probe, ShortcutCue, SplitCheck, Watermark};
pub use self::symmetry::Symmetry;
use crate::evaluation::FileProblem;
use crate::finding::Finding;

/// Everything that was found in a data set. Photos are named by their path relative to the folder, with `/`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Audit {
    /// The folder.
    pub root: String,
    /// Its place in the file system, so that the photos are found again; empty where nobody has said it.
    #[serde(default, with = "foliar_files::any_path")]
    pub place: PathBuf,
    /// How the folders were understood, in one sentence; absent where they are class folders and nothing else.
    pub layout: Option<String>,
    /// Digest of all readable photos.
    pub data_fingerprint: String,
    /// The findings, the most important first; never empty.
    pub findings: Vec<Finding<FindingId>>,
    /// Classes in the order of their names.
    pub classes: Vec<ClassCount>,
    /// Largest class over smallest, in photos; 1 if they are equal.
    pub imbalance: f64,
    /// Files that cannot be used, and other oddities, sorted by path.
    pub problems: Vec<FileProblem>,
    /// Photos that are copies of one another, sorted by path. Of photos with very many copies not every pair: as many as it takes
    /// to join them.
    pub copies: Vec<CopyPair>,
    /// Folders whose photos are copies of those in another one.
    pub second_copies: Vec<SecondCopy>,
    /// Photos that are copies by their file names.
    pub name_copies: NameCopies,
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
    /// Doubts that a person has settled by keeping the photo as it is, by its path: they are no findings any more.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settled: BTreeMap<String, Vec<Doubt>>,
    /// Every readable photo, sorted by path.
    pub photographs: Vec<Photograph>,
}

impl Audit {
    /// Name of the folder.
    #[must_use]
    pub fn name(&self) -> &str {
        self.root.rsplit(['/', std::path::MAIN_SEPARATOR]).find(|part| !part.is_empty()).unwrap_or(&self.root)
    }

    /// Pairs of copies in different splits; `None` if no photo is in a split.
    #[must_use]
    pub fn copies_across_splits(&self) -> Option<usize> {
        let is_split = self.photographs.iter().any(|photograph| photograph.split.is_some());
        is_split.then(|| self.copies.iter().filter(|pair| pair.across_splits).count())
    }

    /// Labels that probability and neighbours agree are wrong.
    pub fn strong_label_issues(&self) -> impl Iterator<Item = &LabelIssue> {
        self.label_issues.iter().filter(|issue| issue.strong)
    }

    /// Whether a person has settled this doubt of a photo.
    #[must_use]
    pub fn is_settled(&self, path: &str, doubt: Doubt) -> bool {
        self.settled.get(path).is_some_and(|settled| settled.contains(&doubt))
    }

    /// Whether a person has looked at one of these copies and keeps it.
    #[must_use]
    pub fn is_settled_pair(&self, pair: &CopyPair) -> bool {
        self.is_settled(&pair.a, Doubt::Copy) || self.is_settled(&pair.b, Doubt::Copy)
    }

    /// Files that cannot be used.
    #[must_use]
    pub fn unusable(&self) -> usize {
        self.problems.iter().filter(|problem| problem.is_unusable()).count()
    }
}

/// The size of a class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassCount {
    /// Its name.
    pub class: String,
    /// Number of readable photos.
    pub photographs: usize,
    /// Number of groups among them.
    pub groups: usize,
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
    /// Photos of which others are copies by their file names; see [`Audit::name_copies`].
    pub by_name: usize,
}

/// What groups rest on, besides copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroupSource {
    /// Numbers in the file names.
    Sequence,
    /// A regular expression.
    Pattern,
    /// A table.
    Table,
    /// Copies only.
    Copies,
}

impl GroupSource {
    /// What it is, in words that follow "by".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Sequence => "file-name sequence, and copies",
            Self::Pattern => "a pattern in the path, and copies",
            Self::Table => "a table, and copies",
            Self::Copies => "copies only",
        }
    }
}

impl fmt::Display for GroupSource {
    /// One sentence without its full stop.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sequence => {
                "grouped by file-name sequence: consecutive photos (probably one leaf) stay in one split"
            }
            Self::Pattern => {
                "grouped by a pattern in the path: photos with the same match, and copies, stay in one split"
            }
            Self::Table => "grouped by a table: photos of the same group, and copies, stay in one split",
            Self::Copies => "not grouped: only copies of one photo stay in one split",
        })
    }
}
