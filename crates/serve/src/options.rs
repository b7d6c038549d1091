//! What a server is asked to do.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use foliar_http::Tls;
use foliar_vision::Limits;

use crate::key::Key;

/// How long the head of a request may take, and how long a connection may be idle or a body pause; less with a shorter time limit.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most memory that one photograph may take while it is decoded is at most this much a pixel of the limit, in bytes.
const MEMORY_PER_PIXEL: u64 = 6;

/// What a server is asked to do.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it listens; port 0 takes any that is free.
    pub listen: SocketAddr,
    /// Most bytes of a request, all its photographs together.
    pub body: u64,
    /// Most pixels of a photograph.
    pub pixels: u64,
    /// Most photographs that wait or are worked on, 1 or more; others are refused.
    pub queue: usize,
    /// Most photographs that a thread takes through the network together, 1 or more. Answers do not depend on it.
    pub batch: usize,
    /// Threads that decode and predict, 1 or more.
    pub threads: usize,
    /// How long a request may wait for its answer.
    pub timeout: Duration,
    /// Names of hosts that requests may be for, besides `localhost` and addresses.
    pub hosts: Vec<String>,
    /// What clients must show, if anything.
    pub key: Option<Key>,
    /// What it speaks TLS with; plain HTTP without.
    pub tls: Option<Tls>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            body: 20 << 20,
            pixels: 64_000_000,
            queue: 64,
            batch: Self::BATCH,
            threads: 1,
            timeout: Duration::from_secs(30),
            hosts: Vec::new(),
            key: None,
            tls: None,
        }
    }
}

impl Options {
    /// Photographs that a thread takes together unless told otherwise. More take no less time each, and the first of them waits for the
    /// last.
    pub const BATCH: usize = 2;

    /// How long a client may be silent.
    pub(crate) fn patience(&self) -> Duration {
        PATIENCE.min(self.timeout)
    }

    /// Limits on one photograph. The memory is never above that of `foliar predict`, so that the same photograph is decoded the same way.
    pub(crate) fn limits(&self) -> Limits {
        let most = Limits::default();
        let memory = self.pixels.saturating_mul(MEMORY_PER_PIXEL).saturating_add(self.body).min(most.memory);
        Limits { pixels: self.pixels.min(most.pixels), bytes: self.body.min(most.bytes), memory }
    }
}
