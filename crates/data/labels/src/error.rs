//! Why a table cannot be used.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why a table cannot be used.
#[derive(Debug, Error)]
pub enum LabelError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The content is no table of the expected kind.
    #[error("{}: {what}", path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// What is wrong and what is expected.
        what: String,
    },
    /// The table may be meant in several ways.
    #[error("{}: {what}; choose: {}", path.display(), ways.join(", or "))]
    Undecided {
        /// The file.
        path: PathBuf,
        /// What was found.
        what: String,
        /// What to give, in words and arguments.
        ways: Vec<String>,
    },
}

impl LabelError {
    /// A table with wrong content.
    pub(crate) fn table(path: &Path, what: impl Into<String>) -> Self {
        Self::Table { path: path.to_owned(), what: what.into() }
    }
}
