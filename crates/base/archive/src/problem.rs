//! What is wrong with an archive that can be read all the same.

use std::path::PathBuf;

/// A member, a shard or an archive of which something cannot be used, or should be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveProblem {
    /// The member, or the name of a shard; empty for the archive as a whole.
    pub path: PathBuf,
    /// What is wrong, in words of one line.
    pub what: String,
    /// Whether something is lost by it.
    pub left_out: bool,
}

impl ArchiveProblem {
    /// Something that is left out.
    pub(crate) fn lost(path: impl Into<PathBuf>, what: impl Into<String>) -> Self {
        Self { path: path.into(), what: what.into(), left_out: true }
    }

    /// Something that should be known.
    pub(crate) fn note(path: impl Into<PathBuf>, what: impl Into<String>) -> Self {
        Self { path: path.into(), what: what.into(), left_out: false }
    }
}
