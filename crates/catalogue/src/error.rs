//! Errors of weight files.

use std::io;
use std::path::{Path, PathBuf};

use foliar_files::Printable as _;
use thiserror::Error;

/// A weight file could not be downloaded, or its content does not match its name.
#[derive(Debug, Error)]
pub enum CatalogueError {
    /// There is no entry with this name.
    #[error("the catalogue has no weights named `{name}`; known names: {known}")]
    Unknown {
        /// The requested name.
        name: String,
        /// The known names.
        known: String,
    },
    /// The cache folder is unknown.
    #[error("the cache folder for weights is unknown; set FOLIAR_CACHE to a folder")]
    NoCacheFolder,
    /// The file is not in the cache.
    #[error("{} is not in the cache; download it with `foliar weights fetch {name}`, or copy {url} there yourself", path.shown())]
    Absent {
        /// Name of the entry.
        name: &'static str,
        /// Its URL.
        url: String,
        /// Its path in the cache.
        path: PathBuf,
    },
    /// The mirror is not a URL.
    #[error("the mirror `{mirror}` is not a URL; FOLIAR_WEIGHTS_URL should look like https://HOST/FOLDER")]
    Mirror {
        /// The given mirror.
        mirror: String,
    },
    /// The server refused the request or has no such file.
    #[error("{url} answered {status}; {}", instead(url, path))]
    Status {
        /// The URL.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The file's path in the cache.
        path: PathBuf,
    },
    /// The server could not be reached or broke off the connection, in every attempt. The downloaded part is kept.
    #[error(
        "{url} could not be downloaded: given up after {attempts} attempts and {received} bytes, {kept} of about {expected} are kept; \
         the last one: {reason}. Try again to continue where it stopped, or {}",
        instead(url, path)
    )]
    Network {
        /// The URL.
        url: String,
        /// Number of attempts.
        attempts: u32,
        /// Bytes that were received in all of them, those included that were received again.
        received: u64,
        /// Bytes that are kept.
        kept: u64,
        /// Size of the file in bytes, to within a few hundred.
        expected: u64,
        /// Why the last attempt failed.
        reason: String,
        /// The file's path in the cache.
        path: PathBuf,
    },
    /// The file on the server has another size.
    #[error(
        "{url} has {found} bytes, but the file should have about {expected}, so it is not the right file; {}",
        instead(url, path)
    )]
    Size {
        /// The URL.
        url: String,
        /// Bytes that the server announced or sent.
        found: u64,
        /// Expected size in bytes, to within a few hundred.
        expected: u64,
        /// The file's path in the cache.
        path: PathBuf,
    },
    /// The file on the server has another digest.
    #[error("{url} is another file: its SHA-256 begins with {found}, not {expected}; {}", instead(url, path))]
    OtherFile {
        /// The URL.
        url: String,
        /// The first digits of the downloaded file's digest.
        found: String,
        /// The digits in the file's name.
        expected: String,
        /// The file's path in the cache.
        path: PathBuf,
    },
    /// The digest of a local file does not match its name.
    #[error("{} is damaged or another file: its SHA-256 begins with {found}, not {expected}; remove it and download it again", path.shown())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The first digits of its digest.
        found: String,
        /// The digits in its name.
        expected: String,
    },
    /// The file's name contains no digest.
    #[error("{} cannot be verified: its name does not contain the first eight or more digits of its SHA-256, as in resnet50-11ad3fa6.pth", path.shown())]
    NoDigits {
        /// The file.
        path: PathBuf,
    },
    /// Another process is downloading the file.
    #[error("another process is downloading {}; wait until it has finished", path.shown())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// The caller stopped the download. The downloaded part is kept.
    #[error("stopped; the downloaded part is kept in {}", partial.shown())]
    Interrupted {
        /// The file of the downloaded part.
        partial: PathBuf,
    },
    /// Reading or writing failed.
    #[error("{}: {source}", path.shown())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

/// What to do instead.
fn instead(url: &str, path: &Path) -> String {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    format!(
        "by hand: `curl -L -o '{0}' {url}`, or without a network, copy {file} to {0}; `foliar weights verify {0}` checks it",
        path.shown()
    )
}

/// Adds the path on which an operation failed.
pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> CatalogueError {
    |source| CatalogueError::Io { path: path.to_owned(), source }
}
