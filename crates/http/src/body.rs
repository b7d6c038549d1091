//! Bodies of requests, within limits: of one body, of all bodies together, and of time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http_body_util::BodyExt as _;
use hyper::StatusCode;
use hyper::body::{Body as _, Bytes, Incoming};

use crate::refusal::Refusal;

/// Slowest client once its body takes longer than a client may stay silent, in bytes a second: 5 MB take 20 minutes.
const SLOWEST: u64 = 4 << 10;

/// How long the rest of a body that was refused is read, so that its client sees why.
const LINGER: Duration = Duration::from_secs(2);
/// And how many bytes of it.
const MOST_DISCARDED: u64 = 64 << 20;

/// Bytes that all bodies together may take while they arrive and wait.
#[derive(Debug)]
pub struct Budget {
    used: AtomicU64,
    most: u64,
}

/// What a body takes of the budget, which gets it back when this is dropped: it must be kept as long as the body.
#[derive(Debug)]
pub struct Share {
    budget: Arc<Budget>,
    bytes: u64,
}

impl Budget {
    /// A budget of `most` bytes.
    pub fn new(most: u64) -> Arc<Self> {
        Arc::new(Self { used: AtomicU64::new(0), most })
    }

    /// Nothing of it, to begin with.
    pub fn share(self: &Arc<Self>) -> Share {
        Share { budget: Arc::clone(self), bytes: 0 }
    }

    /// Bytes that bodies take at this moment.
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }
}

impl Share {
    /// Takes `bytes` more.
    ///
    /// # Errors
    /// 429 where the budget is used up.
    pub fn grow(&mut self, bytes: u64) -> Result<(), Refusal> {
        let before = self.budget.used.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
        if before + bytes > self.budget.most {
            return Err(Refusal::queue_full());
        }
        Ok(())
    }

    /// Gives back all but `bytes`.
    fn shrink(&mut self, bytes: u64) {
        self.budget.used.fetch_sub(self.bytes.saturating_sub(bytes), Ordering::Relaxed);
        self.bytes = self.bytes.min(bytes);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Reads a body of at most `limit` bytes, whose client may stay silent for `patience`; memory is taken for bytes that are there, not
/// for those that are announced.
///
/// # Errors
/// 400 for a body that breaks off, 408 for one that arrives too slowly, 413 for one that is too large, 429 where the budget is used up.
pub async fn read(
    body: &mut Incoming,
    limit: u64,
    patience: Duration,
    budget: &Arc<Budget>,
) -> Result<(Bytes, Share), Refusal> {
    if body.size_hint().lower() > limit {
        return Err(Refusal::body_too_large(limit));
    }
    let mut share = budget.share();
    let mut bytes: Vec<u8> = Vec::new();
    let start = Instant::now();
    loop {
        let frame = match tokio::time::timeout(patience, body.frame()).await {
            Err(_) => return Err(too_slow()),
            Ok(None) => {
                bytes.shrink_to_fit();
                share.shrink(bytes.capacity() as u64);
                return Ok((bytes.into(), share));
            }
            Ok(Some(Err(error))) => return Err(Refusal::malformed(format!("the body broke off: {error}"))),
            Ok(Some(Ok(frame))) => frame,
        };
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() as u64 + data.len() as u64 > limit {
            return Err(Refusal::body_too_large(limit));
        }
        // What grows takes more than it holds.
        let before = bytes.capacity();
        bytes.reserve(data.len());
        share.grow((bytes.capacity() - before) as u64)?;
        bytes.extend_from_slice(&data);
        let counted = start.elapsed().saturating_sub(patience);
        if (bytes.len() as u64) < counted.as_secs() * SLOWEST {
            return Err(too_slow());
        }
    }
}

/// Reads on and forgets what comes, within limits: a client that still sends would not see an answer on a connection that is closed.
pub async fn discard(mut body: Incoming) {
    let mut bytes = 0;
    let end = tokio::time::Instant::now() + LINGER;
    while let Ok(Some(Ok(frame))) = tokio::time::timeout_at(end, body.frame()).await {
        bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
        if bytes > MOST_DISCARDED {
            return;
        }
    }
}

fn too_slow() -> Refusal {
    let sentence = "the body arrives too slowly; send at least 4 KiB a second, without long pauses";
    Refusal::new(StatusCode::REQUEST_TIMEOUT, "too-slow", sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_gets_back_what_was_taken() {
        let budget = Budget::new(10);
        let (mut one, mut other) = (budget.share(), budget.share());
        one.grow(6).unwrap();
        assert_eq!(other.grow(5).unwrap_err().reason, "queue-full");
        drop(other);
        assert_eq!(budget.used(), 6);
        one.shrink(2);
        assert_eq!(budget.used(), 2);
        one.shrink(5);
        drop(one);
        assert_eq!(budget.used(), 0);
    }
}
