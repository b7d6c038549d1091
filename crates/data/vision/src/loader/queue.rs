//! Threads that make batches ahead of time, and the iterator that returns them in order.
//!
//! Each worker takes the number of the next unassigned batch, unless it is too far ahead of the batch that is returned next.
//! Finished batches wait in a map for their turn.

use std::any::Any;
use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

use super::epoch::{Batch, Epoch};
use crate::image_cache::LoadError;
use crate::preprocess::Workspace;

/// The batches of an epoch, in order. A batch that cannot be made is an error in its position; the next batches follow.
#[derive(Debug)]
pub struct Batches {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    workspace: Workspace,
}

#[derive(Debug)]
struct Shared {
    epoch: Epoch,
    look_ahead: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    /// Batches that are not assigned yet.
    unmade: Range<usize>,
    /// The batch that is returned next.
    next: usize,
    ready: BTreeMap<usize, Result<Batch, LoadError>>,
    stopped: bool,
}

impl Batches {
    pub(super) fn start(epoch: Epoch, batches: Range<usize>, workers: usize, look_ahead: usize) -> Self {
        let state = State { next: batches.start, unmade: batches, ready: BTreeMap::new(), stopped: false };
        let shared =
            Arc::new(Shared { epoch, look_ahead, state: Mutex::new(state), changed: Condvar::new() });
        // If the system gives no thread, batches are made when they are needed.
        let threads = (0..workers)
            .map_while(|worker| {
                let shared = Arc::clone(&shared);
                Builder::new().name(format!("loader-{worker}")).spawn(move || shared.work()).ok()
            })
            .collect();
        Self { shared, threads, workspace: Workspace::default() }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes batches until there are no more or the iterator is gone.
    fn work(&self) {
        let mut workspace = Workspace::default();
        let mut state = self.lock();
        while !state.stopped && !state.unmade.is_empty() {
            if state.unmade.start >= state.next + self.look_ahead {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let batch = state.unmade.start;
            state.unmade.start += 1;
            drop(state);
            let made = self.make(batch, &mut workspace);
            state = self.lock();
            state.ready.insert(batch, made);
            self.changed.notify_all();
        }
    }

    fn make(&self, batch: usize, workspace: &mut Workspace) -> Result<Batch, LoadError> {
        catch_unwind(AssertUnwindSafe(|| self.epoch.make(batch, workspace)))
            .unwrap_or_else(|panic| Err(LoadError::Worker { batch, detail: message(&*panic) }))
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_owned(),
        (_, Some(text)) => text.clone(),
        _ => "a panic without a message".to_owned(),
    }
}

impl Iterator for Batches {
    type Item = Result<Batch, LoadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut state = self.shared.lock();
        let next = state.next;
        if self.threads.is_empty() {
            let batch = state.unmade.next()?;
            state.next += 1;
            drop(state);
            return Some(self.shared.make(batch, &mut self.workspace));
        }
        loop {
            if let Some(batch) = state.ready.remove(&next) {
                state.next += 1;
                self.shared.changed.notify_all();
                return Some(batch);
            }
            if next >= state.unmade.end {
                return None;
            }
            state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let state = self.shared.lock();
        let left = state.unmade.end.saturating_sub(state.next);
        (left, Some(left))
    }
}

impl ExactSizeIterator for Batches {}

impl Drop for Batches {
    fn drop(&mut self) {
        self.shared.lock().stopped = true;
        self.shared.changed.notify_all();
        for thread in self.threads.drain(..) {
            // A worker catches its panics, so its result says nothing.
            let _ = thread.join();
        }
    }
}
