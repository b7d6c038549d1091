//! Errors of reading and writing the tables of an audit.

use std::io;
use std::path::PathBuf;

use foliar_files::Printable as _;
use thiserror::Error;

/// Why a table, a pattern or a folder cannot be used.
#[derive(Debug, Error)]
pub enum AuditError {
    /// A pattern that is not a regular expression.
    #[error("`{pattern}` is not a regular expression: {what}")]
    Pattern {
        /// What was given.
        pattern: String,
        /// What the parser says, in a line.
        what: String,
    },
    /// A pattern that matches no photo.
    #[error(
        "`{pattern}` matches none of the {photographs} photos, so nothing would be grouped; a path looks like {example}"
    )]
    NothingMatches {
        /// What was given.
        pattern: String,
        /// Number of photos.
        photographs: usize,
        /// Path of the first photo.
        example: String,
    },
    /// A table that cannot be read.
    #[error("{}: {source}", path.shown())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A table with a missing column or a malformed row.
    #[error("{}: {what}", path.shown())]
    Table {
        /// The file.
        path: PathBuf,
        /// What is wrong and what is expected.
        what: String,
    },
    /// A table that lists no photo of the data set.
    #[error("{}: none of its {rows} rows names a photo in the folder; paths are relative to the folder, like {example}", path.shown())]
    NothingListed {
        /// The file.
        path: PathBuf,
        /// Number of its rows.
        rows: usize,
        /// Path of a photo.
        example: String,
    },
    /// A file that cannot be written.
    #[error("{} cannot be written: {source}", path.shown())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}
