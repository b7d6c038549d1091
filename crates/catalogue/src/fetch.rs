//! From the catalogue into the cache: requests until the file is whole, its digest, its name.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::catalogue::Entry;
use crate::error::{CatalogueError, at};
use crate::options::{Observer, Options, Progress};
use crate::partial::Partial;
use crate::transfer::{Attempt, Transfer, agent};
use crate::verify::{Verified, digest, verify};

/// How long a wait may be before the observer is asked again.
const NAP: Duration = Duration::from_millis(100);
/// Longest wait between two attempts, unless the server asks for more.
const LONGEST_BACKOFF: Duration = Duration::from_secs(30);
/// An attempt that brought this share of the file, one in so many, was none in vain.
const WORTHWHILE: f64 = 16.0;

/// A file that is in the cache.
#[derive(Clone, Debug, PartialEq)]
pub struct Fetched {
    /// The file and its digest.
    pub file: Verified,
    /// Whether it was downloaded now; it was there before if not.
    pub downloaded: bool,
}

/// Makes sure that the file of `entry` is in the cache, whole and verified.
///
/// A download that was broken off goes on where it stopped. `progress` is told what happens and may break it off.
///
/// # Errors
/// The file can not be had, with what to do instead; what is in the cache is damaged; another process is downloading it;
/// `progress` stopped it; the disk is full. A part that is worth keeping is kept.
pub fn fetch(
    entry: &Entry,
    options: &Options,
    progress: &mut dyn FnMut(&Progress<'_>) -> ControlFlow<()>,
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
    // Another process may have finished before the part was locked.
    if let Some(file) = present(&target)? {
        partial.discard();
        return Ok(Fetched { file, downloaded: false });
    }
    let (url, agent) = (entry.url(mirror), agent(options));
    let stall_timeout = options.stall_timeout;
    let transfer = Transfer { entry, url: &url, target: &target, stall_timeout, agent: &agent };
    let (sha256, bytes) = download(&transfer, options, &mut partial, progress)?;
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

/// Completes `partial`; its digest and its size. The digest is right, or what one single response held.
fn download(
    transfer: &Transfer<'_>,
    options: &Options,
    partial: &mut Partial,
    progress: Observer<'_>,
) -> Result<(String, u64), CatalogueError> {
    let mut in_vain = 0;
    loop {
        let before = partial.len();
        let (reason, wait) = match transfer.attempt(partial, progress)? {
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
        let brought = partial.len().saturating_sub(before) as f64 / f64::from(1 << 20);
        in_vain = if brought * WORTHWHILE > transfer.entry.mebibytes { 1 } else { in_vain + 1 };
        if in_vain >= options.attempts {
            return Err(CatalogueError::Network {
                url: transfer.url.to_owned(),
                attempts: in_vain,
                reason,
                path: transfer.target.to_owned(),
            });
        }
        let doubled = options.backoff.saturating_mul(1 << (in_vain - 1).min(10)).min(LONGEST_BACKOFF);
        let wait = wait.unwrap_or_default().max(doubled);
        if rest(wait, in_vain + 1, &reason, progress).is_break() {
            return Err(CatalogueError::Interrupted { partial: partial.path().to_owned() });
        }
    }
}

/// Waits, but not for an observer that wants to stop.
fn rest(wait: Duration, attempt: u32, reason: &str, progress: Observer<'_>) -> ControlFlow<()> {
    let end = Instant::now() + wait;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        progress(&Progress::Retrying { attempt, wait: left, reason })?;
        if left.is_zero() {
            return ControlFlow::Continue(());
        }
        thread::sleep(left.min(NAP));
    }
}
