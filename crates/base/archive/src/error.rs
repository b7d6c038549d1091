//! Why an archive cannot be read at all.

use std::io;
use std::path::PathBuf;

use foliar_files::Printable as _;

/// Why an archive cannot be read at all; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// An archive of a kind that cannot be read in place, or no archive.
    #[error("{}: {what}", path.shown())]
    Refused {
        /// The file.
        path: PathBuf,
        /// What it is, and the way to go on.
        what: String,
    },
    /// A pattern of shards of which none is there.
    #[error("{}: no file fits this pattern of archives", pattern.shown())]
    NoShards {
        /// The pattern.
        pattern: PathBuf,
    },
    /// The file cannot be read.
    #[error("{}: {source}", path.shown())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl From<ArchiveError> for io::Error {
    fn from(error: ArchiveError) -> Self {
        let kind = match &error {
            ArchiveError::Refused { .. } => io::ErrorKind::InvalidData,
            ArchiveError::NoShards { .. } => io::ErrorKind::NotFound,
            ArchiveError::Unreadable { source, .. } => source.kind(),
        };
        io::Error::new(kind, error)
    }
}
