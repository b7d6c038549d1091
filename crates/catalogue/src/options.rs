//! What whoever wants a download says, and what is told them.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

use crate::cache::default_cache_dir;
use crate::error::CatalogueError;

/// Where from and where to, and with how much patience.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The folder that files are kept in; created if it is not there.
    pub cache_dir: PathBuf,
    /// Address of a folder to use instead of torchvision's server.
    pub mirror: Option<String>,
    /// Longest wait for a connection, default 20 s.
    pub connect_timeout: Duration,
    /// Longest silence of the server, default 30 s. Slowness is no silence.
    pub stall_timeout: Duration,
    /// How many attempts in a row may bring next to nothing, at least 1; default 5.
    pub attempts: u32,
    /// Wait before the second attempt, default 1 s; doubled for each one after it, up to 30 s.
    pub backoff: Duration,
}

impl Options {
    /// The defaults with this cache folder and no mirror.
    pub fn new(cache_dir: PathBuf) -> Self {
        Self {
            cache_dir,
            mirror: None,
            connect_timeout: Duration::from_secs(20),
            stall_timeout: Duration::from_secs(30),
            attempts: 5,
            backoff: Duration::from_secs(1),
        }
    }

    /// The defaults with the user's cache folder ([`default_cache_dir`]) and the mirror in `FOLIAR_WEIGHTS_URL`, if any.
    ///
    /// # Errors
    /// The cache folder is unknown.
    pub fn from_environment() -> Result<Self, CatalogueError> {
        let mirror = std::env::var("FOLIAR_WEIGHTS_URL").ok().filter(|mirror| !mirror.is_empty());
        Ok(Self { mirror, ..Self::new(default_cache_dir()?) })
    }
}

/// What a download is doing.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress<'a> {
    /// Bytes of the file that are there, and all that there will be, if the server told. The first number falls if the
    /// download has to begin anew.
    Received {
        /// Bytes so far.
        bytes: u64,
        /// Bytes in all.
        total: Option<u64>,
    },
    /// An attempt failed; another one follows.
    Retrying {
        /// Its number among the attempts, from 2.
        attempt: u32,
        /// What still is waited before it.
        wait: Duration,
        /// Why the last one failed.
        reason: &'a str,
    },
}

/// Sees what a download does, several times a second, and may stop it.
pub(crate) type Observer<'a> = &'a mut dyn FnMut(&Progress<'_>) -> ControlFlow<()>;
