//! Whether the threads that decode and predict are at work.
//!
//! No photo ends them: what goes wrong with one is caught. If one fails all the same, nothing waits for an answer that cannot come: the
//! health checks say so, and the server ends, so that whatever started it can start it again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use foliar_http::{Refusal, Stop};
use hyper::StatusCode;

/// Whether all threads are at work.
#[derive(Debug, Default)]
pub(crate) struct Health {
    failed: AtomicBool,
    stop: OnceLock<Stop>,
}

/// What a thread holds as long as it works.
pub(crate) struct Shift(Arc<Health>);

impl Health {
    /// Held by a thread; if it panics, it has failed.
    pub(crate) fn shift(self: &Arc<Self>) -> Shift {
        Shift(Arc::clone(self))
    }

    /// Whether a thread has failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::SeqCst)
    }

    /// Asks `stop` once a thread has failed.
    pub(crate) fn end_with(&self, stop: &Stop) {
        let _ = self.stop.set(stop.clone());
        if self.has_failed() {
            stop.ask();
        }
    }

    /// What is told to whoever asks for what a thread that failed should do.
    pub(crate) fn refusal() -> Refusal {
        let sentence = "a thread of the server has failed, and the server ends; start it again, and report what it printed";
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "worker-gone", sentence)
    }
}

impl Drop for Shift {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.failed.store(true, Ordering::SeqCst);
            if let Some(stop) = self.0.stop.get() {
                stop.ask();
            }
        }
    }
}
