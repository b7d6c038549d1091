//! Why a data set is not imported.

use std::io;
use std::path::PathBuf;

use foliar_files::Printable as _;

/// Why a data set is not imported; nothing is written then.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Something is at the place of the folder.
    #[error("{} exists already; nothing is written over it: give another --out, or move it away", path.shown())]
    Exists {
        /// The place.
        path: PathBuf,
    },
    /// A file is none of these data sets.
    #[error("{}: {what}", path.shown())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        what: String,
    },
    /// Files of which some are of a part and others may be of any.
    #[error(
        "{} is of no part, while others are; rename it, as to train-{}", path.shown(),
        path.file_name().unwrap_or_default().display()
    )]
    NoPart {
        /// The file.
        path: PathBuf,
    },
    /// No row could be used.
    #[error("none of the {rows} rows holds a photo with a label{}", first.as_ref().map(|first| format!("; the first: {first}")).unwrap_or_default())]
    Nothing {
        /// Their number.
        rows: u64,
        /// What is wrong with the first.
        first: Option<String>,
    },
    /// The system does not read or write.
    #[error("{}: {source}", path.shown())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it says.
        source: io::Error,
    },
}
