//! Why nothing can be judged.

use std::io;
use std::path::PathBuf;

use foliar_files::Printable as _;

/// Why a review cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// No audit lies there.
    #[error("{} is no folder that `foliar audit --out` wrote: there is no audit.json", path.shown())]
    NoAudit {
        /// What was given.
        path: PathBuf,
    },
    /// The audit cannot be understood.
    #[error("{}: this is no audit of this version of foliar ({what}); audit the photos again", path.shown())]
    Audit {
        /// The document.
        path: PathBuf,
        /// What the reader says.
        what: String,
    },
    /// The photos are not where they were.
    #[error(
        "the photos of this audit are not in {}; if they have moved, give their folder with --data PHOTOS", root.shown()
    )]
    NoPhotos {
        /// Where they were looked for.
        root: PathBuf,
    },
    /// The table of decisions is no review, or was changed.
    #[error(transparent)]
    Table(#[from] foliar_scan::ReviewError),
    /// Somebody else is judging.
    #[error("another foliar review writes {}; go on there, or end it", path.shown())]
    Busy {
        /// The table.
        path: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("{}: {source}", path.shown())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}
