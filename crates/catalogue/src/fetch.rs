//! Downloads a file of the catalogue into the cache and verifies it.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::catalogue::Entry;
use crate::error::{CatalogueError, at};
use crate::options::{FetchEvent, Observer, Options};
use crate::partial::Partial;
use crate::transfer::{Attempt, Transfer, agent};
use crate::verify::{Verified, digest, verify};

/// How often the observer is called during a wait.
const OBSERVE_EVERY: Duration = Duration::from_millis(100);
/// Longest wait between two attempts, unless the server asks for more.
const LONGEST_BACKOFF: Duration = Duration::from_secs(16);
/// Times the size of the file that is received at most, what is thrown away included.
const MOST_RECEIVED: f64 = 4.0;
/// An attempt that downloaded more than 1 / `WORTHWHILE` of the file does not count as failed.
const WORTHWHILE: f64 = 16.0;

/// A file that is in the cache.
#[derive(Clone, Debug, PartialEq)]
pub struct Fetched {
    /// The file and its digest.
    pub file: Verified,
    /// Whether it was downloaded now, or was in the cache before.
    pub downloaded: bool,
}

/// Makes sure that the file of `entry` is in the cache, complete and verified.
///
/// An interrupted download continues where it stopped. It is given up after [`Options::attempts`] attempts in a row that got next to
/// nothing new, and when four times the size of the file has been received. `observe` is called with every event and can stop the download.
///
/// # Errors
/// The file cannot be downloaded (the error says what to do instead), the cached file is damaged, another process is
/// downloading it, `observe` stopped the download, or the disk is full. A usable part is kept.
pub fn fetch(
    entry: &Entry,
    options: &Options,
    observe: &mut dyn FnMut(&FetchEvent<'_>) -> ControlFlow<()>,
) -> Result<Fetched, CatalogueError> {
    let mirror = options.mirror.as_deref();
    if let Some(mirror) = mirror
        && !(mirror.starts_with("https://") || mirror.starts_with("http://"))
    {
        return Err(CatalogueError::Mirror { mirror: mirror.to_owned() });
    }
    fs::create_dir_all(&options.cache_dir).map_err(at(&options.cache_dir))?;
    let target = options.cache_dir.join(entry.file);
    if let Some(file) = present(&target)? {
        return Ok(Fetched { file, downloaded: false });
    }
    let mut partial = Partial::open(&target)?;
    // Another process may have finished before this one locked the part.
    if let Some(file) = present(&target)? {
        partial.discard();
        return Ok(Fetched { file, downloaded: false });
    }
    let (url, agent) = (entry.url(mirror), agent(options));
    let stall_timeout = options.stall_timeout;
    let transfer = Transfer { entry, url: &url, target: &target, stall_timeout, agent: &agent };
    let (sha256, bytes) = download(&transfer, options, &mut partial, observe)?;
    if !sha256.starts_with(entry.sha256_prefix) {
        partial.discard();
        let found = sha256.chars().take(entry.sha256_prefix.len()).collect();
        return Err(CatalogueError::OtherFile {
            url,
            found,
            expected: entry.sha256_prefix.to_owned(),
            path: target,
        });
    }
    partial.finish(&target)?;
    let file =
        Verified { path: target, bytes, sha256, digits: entry.sha256_prefix.len(), entry: known(entry) };
    Ok(Fetched { file, downloaded: true })
}

fn present(target: &Path) -> Result<Option<Verified>, CatalogueError> {
    target.exists().then(|| verify(target)).transpose()
}

fn known(entry: &Entry) -> Option<&'static Entry> {
    crate::catalogue::find(entry.file).ok()
}

/// Completes `partial`; returns its digest and size. If the digest is wrong, the whole file came in a single response.
fn download(
    transfer: &Transfer<'_>,
    options: &Options,
    partial: &mut Partial,
    observe: Observer<'_>,
) -> Result<(String, u64), CatalogueError> {
    let (mut failed, mut attempts) = (0, 0_u32);
    // What was lost and downloaded again is no progress: a server can send one half for ever.
    let mut furthest = partial.len();
    loop {
        attempts = attempts.saturating_add(1);
        let (reason, wait) = match transfer.attempt(partial, observe)? {
            Attempt::Complete { continued } => {
                let (sha256, bytes) = digest(partial.path())?;
                if sha256.starts_with(transfer.entry.sha256_prefix) || !continued {
                    return Ok((sha256, bytes));
                }
                partial.restart(None)?;
                ("the continued file had another digest".to_owned(), None)
            }
            Attempt::Broken { reason, wait } => (reason, wait),
        };
        let downloaded = partial.len().saturating_sub(furthest) as f64 / f64::from(1 << 20);
        furthest = furthest.max(partial.len());
        failed = if downloaded * WORTHWHILE > transfer.entry.mebibytes { 1 } else { failed + 1 };
        let received = partial.received() as f64 / f64::from(1 << 20);
        if failed >= options.attempts || received > MOST_RECEIVED * transfer.entry.mebibytes {
            return Err(CatalogueError::Network {
                url: transfer.url.to_owned(),
                attempts,
                received: partial.received(),
                kept: partial.len(),
                expected: transfer.expected(),
                reason,
                path: transfer.target.to_owned(),
            });
        }
        let doubled = options.backoff.saturating_mul(1 << (failed - 1).min(10)).min(LONGEST_BACKOFF);
        let wait = wait.unwrap_or_default().max(doubled);
        let retry = Retry { attempt: failed + 1, attempts: options.attempts, reason: &reason };
        if pause(wait, &retry, observe).is_break() {
            return Err(CatalogueError::Interrupted { partial: partial.path().to_owned() });
        }
    }
}

/// What there is to say of an attempt that failed.
struct Retry<'a> {
    attempt: u32,
    attempts: u32,
    reason: &'a str,
}

/// Waits, unless the observer stops the download.
fn pause(wait: Duration, retry: &Retry<'_>, observe: Observer<'_>) -> ControlFlow<()> {
    let &Retry { attempt, attempts, reason } = retry;
    let end = Instant::now() + wait;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        observe(&FetchEvent::Retrying { attempt, attempts, wait: left, reason })?;
        if left.is_zero() {
            return ControlFlow::Continue(());
        }
        thread::sleep(left.min(OBSERVE_EVERY));
    }
}
