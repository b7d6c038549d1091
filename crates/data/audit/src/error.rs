//! Why an audit, or what it leaves behind for training, can not be used.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why a list, a pattern or a folder can not be used.
#[derive(Debug, Error)]
pub enum AuditError {
    /// A pattern that is no regular expression.
    #[error("`{pattern}` is no regular expression: {what}")]
    Pattern {
        /// What was given.
        pattern: String,
        /// What the parser says, in a line.
        what: String,
    },
    /// A pattern that names no photograph's group.
    #[error(
        "`{pattern}` matches none of the {photographs} photographs, whose paths read like {example}; nothing would be grouped"
    )]
    NothingMatches {
        /// What was given.
        pattern: String,
        /// How many were looked at.
        photographs: usize,
        /// Path of the first.
        example: String,
    },
    /// A table that can not be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A table whose rows can not be taken apart.
    #[error("{}: {what}", path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what is expected.
        what: String,
    },
    /// A table that knows none of the photographs.
    #[error("{}: none of its {rows} rows names a photograph of the folder; paths are relative to it, like {example}", path.display())]
    NothingListed {
        /// The file.
        path: PathBuf,
        /// How many rows it has.
        rows: usize,
        /// Path of a photograph.
        example: String,
    },
    /// A file that can not be written.
    #[error("{} can not be written: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}
