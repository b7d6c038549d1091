//! Options and events of a download.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

use crate::cache::default_cache_dir;
use crate::error::CatalogueError;

/// Bytes that a server has to send within [`Options::stall_timeout`], default 15 s; less is a stall.
pub const LEAST: u64 = 16 << 10;

/// Options of a download: source, destination and time limits.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The cache folder; created if it does not exist.
    pub cache_dir: PathBuf,
    /// URL of a folder to use instead of torchvision's server.
    pub mirror: Option<String>,
    /// Longest wait for a connection, default 15 s.
    pub connect_timeout: Duration,
    /// Longest time with less than [`LEAST`] bytes from the server, default 15 s. A download that is only slow is not interrupted.
    pub stall_timeout: Duration,
    /// How many attempts in a row may download next to nothing that is new, at least 1; default 5.
    pub attempts: u32,
    /// Wait before the second attempt, default 1 s; doubled for each one after it, up to 16 s.
    pub backoff: Duration,
}

impl Options {
    /// The defaults, with this cache folder and no mirror.
    pub fn new(cache_dir: PathBuf) -> Self {
        Self {
            cache_dir,
            mirror: None,
            connect_timeout: Duration::from_secs(15),
            stall_timeout: Duration::from_secs(15),
            attempts: 5,
            backoff: Duration::from_secs(1),
        }
    }

    /// The defaults, with the user's cache folder ([`default_cache_dir`]) and the mirror in `FOLIAR_WEIGHTS_URL`, if any.
    ///
    /// # Errors
    /// The cache folder is unknown.
    pub fn from_environment() -> Result<Self, CatalogueError> {
        let mirror = std::env::var("FOLIAR_WEIGHTS_URL").ok().filter(|mirror| !mirror.is_empty());
        Ok(Self { mirror, ..Self::new(default_cache_dir()?) })
    }
}

/// An event of a download.
#[derive(Clone, Debug, PartialEq)]
pub enum FetchEvent<'a> {
    /// More of the file was downloaded. `bytes` decreases if the download has to start again.
    Received {
        /// Bytes so far.
        bytes: u64,
        /// Size of the file, if the server sent it.
        total: Option<u64>,
    },
    /// An attempt failed; another follows.
    Retrying {
        /// Number of the next attempt, from 2.
        attempt: u32,
        /// Attempts that may fail in a row.
        attempts: u32,
        /// Remaining wait before it.
        wait: Duration,
        /// Why the last one failed.
        reason: &'a str,
    },
}

/// Called with the events of a download several times a second; can stop it.
pub(crate) type Observer<'a> = &'a mut dyn FnMut(&FetchEvent<'_>) -> ControlFlow<()>;
