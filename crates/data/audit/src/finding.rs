//! One finding of an audit: what is so, how much it matters and what to do.

use serde::{Deserialize, Serialize};

/// All kinds of findings. Printed in kebab-case, such as `copies-across-splits`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Id {
    /// Copies are in different splits.
    CopiesAcrossSplits,
    /// Copies are in different classes.
    CopiesAcrossClasses,
    /// Most photos of one class have a mark at the border.
    Watermark,
    /// Something other than the leaf predicts the class.
    Background,
    /// How optimistic a random split is.
    RandomSplit,
    /// Labels that are probably wrong.
    WrongLabels,
    /// Files that cannot be used.
    BrokenFiles,
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

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Good to know.
    Note,
    /// Results on these photos need a caveat.
    Warning,
    /// Results on these photos are misleading.
    Error,
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Its kind.
    pub id: Id,
    /// How much it matters.
    pub severity: Severity,
    /// What is so, in one or two sentences.
    pub claim: String,
    /// The evidence, a line each.
    pub evidence: Vec<String>,
    /// What to do.
    pub advice: String,
}
