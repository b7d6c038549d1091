//! What can go wrong with weight files.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A weight file that could not be had, or is not what its name says.
#[derive(Debug, Error)]
pub enum CatalogueError {
    /// No entry of this name.
    #[error("the catalogue has no weights called `{name}`; it has {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The names that there are.
        known: String,
    },
    /// No folder for the cache can be told.
    #[error("no folder for downloaded weights is known; set FOLIAR_CACHE to one")]
    NoCacheFolder,
    /// A file that is not in the cache.
    #[error("{} is not there; `foliar weights fetch {name}` downloads it from {url}, or put it there yourself", path.display())]
    Absent {
        /// Name of the entry.
        name: &'static str,
        /// Where it is fetched from.
        url: String,
        /// Where it should lie.
        path: PathBuf,
    },
    /// The mirror's address is none.
    #[error("the mirror `{mirror}` is no address; FOLIAR_WEIGHTS_URL should look like https://HOST/FOLDER")]
    Mirror {
        /// What was given.
        mirror: String,
    },
    /// The server has no such file, or refuses it.
    #[error("{url} answered {status}; {}", instead(path))]
    Status {
        /// The address.
        url: String,
        /// HTTP's status.
        status: u16,
        /// Where the file should lie.
        path: PathBuf,
    },
    /// The server could not be reached or broke off, again and again. What came so far is kept.
    #[error(
        "{url} could not be fetched in {attempts} attempts: {reason}; try again to go on where it stopped, or {}",
        instead(path)
    )]
    Network {
        /// The address.
        url: String,
        /// How often it was tried.
        attempts: u32,
        /// What happened last.
        reason: String,
        /// Where the file should lie.
        path: PathBuf,
    },
    /// The server offers something of another size.
    #[error(
        "{url} offers {found} bytes where the file has about {expected}: it is not the file; {}",
        instead(path)
    )]
    Size {
        /// The address.
        url: String,
        /// Bytes that the server announced, or sent at least.
        found: u64,
        /// Bytes of the file, to within a few hundred.
        expected: u64,
        /// Where the file should lie.
        path: PathBuf,
    },
    /// The server sent a file with another digest.
    #[error("{url} serves another file: its SHA-256 begins with {found}, not {expected}; {}", instead(path))]
    OtherFile {
        /// The address.
        url: String,
        /// The first digits of the digest of what came.
        found: String,
        /// The digits in the file's name.
        expected: String,
        /// Where the file should lie.
        path: PathBuf,
    },
    /// A file on this machine whose digest is not what its name says.
    #[error("{} is damaged or another file: its SHA-256 begins with {found}, not {expected}; remove it and fetch it again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The first digits of its digest.
        found: String,
        /// The digits in its name.
        expected: String,
    },
    /// A file whose name carries no digest.
    #[error("{} can not be verified: its name does not end in -DIGITS, the first eight or more of its SHA-256, as in resnet50-11ad3fa6.pth", path.display())]
    NoDigits {
        /// The file.
        path: PathBuf,
    },
    /// Another process is at it.
    #[error("another process is downloading {}; wait for it", path.display())]
    Busy {
        /// The file that it will be.
        path: PathBuf,
    },
    /// The caller had enough. What came so far is kept.
    #[error("stopped; what was downloaded is kept in {}", partial.display())]
    Interrupted {
        /// The part.
        partial: PathBuf,
    },
    /// Reading or writing failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

/// What to do without the network.
fn instead(path: &Path) -> String {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    format!("without a network, put {file} at {}", path.display())
}

/// Names the file that an operation failed on.
pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> CatalogueError {
    |source| CatalogueError::Io { path: path.to_owned(), source }
}
