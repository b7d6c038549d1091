//! What an audit has to say: one finding, its weight, and what to do.

use serde::{Deserialize, Serialize};

/// Everything that can be found. Printed in kebab-case, such as `copies-across-splits`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Id {
    /// Copies stand on both sides of the given parts.
    CopiesAcrossParts,
    /// Copies stand in different classes.
    CopiesAcrossClasses,
    /// Most photographs of one class carry a mark at the border.
    Mark,
    /// The class can be told without looking at the leaf.
    Background,
    /// A random split flatters.
    RandomSplit,
    /// Classes that are probably wrong.
    WrongLabels,
    /// Files that can not be used.
    BrokenFiles,
    /// Copies of one class.
    Copies,
    /// Classes of very different sizes.
    Imbalance,
    /// Photographs of poor quality.
    Quality,
    /// Nothing tells which photographs belong together.
    NoGroups,
    /// Nothing above a note was found.
    Sound,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Good to know.
    Note,
    /// Numbers measured on these photographs can not be taken at face value.
    Warning,
    /// Numbers measured on these photographs mean something else than they seem to.
    Error,
}

/// One thing found in a data set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What kind of thing.
    pub id: Id,
    /// How much it matters.
    pub severity: Severity,
    /// One or two sentences: what is so.
    pub claim: String,
    /// What it rests on, a line each.
    pub evidence: Vec<String>,
    /// What to do.
    pub advice: String,
}
