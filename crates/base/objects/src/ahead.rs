//! Objects that are fetched before they are asked for.
//!
//! Threads fetch the objects of a list in its order, many at a time, and wait once so many lie ready that nobody has taken. Whoever
//! asks for one that lies further ahead moves that bound: nobody ever waits for an object that nobody fetches.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::address::Address;
use crate::error::{ObjectError, Scope};
use crate::store::Store;

/// Requests at a time.
const REQUESTS: usize = 16;
/// Objects between the furthest one that was asked for and the furthest one that is fetched.
const OBJECTS: usize = 64;
/// Bytes that lie ready, beyond which none is fetched before it is asked for.
const BYTES: usize = 256 << 20;

/// A list of objects of one or several stores, being fetched until it is dropped.
#[derive(Debug)]
pub struct Ahead {
    shared: Arc<Shared>,
    /// The system gave a thread.
    fetches: bool,
}

#[derive(Debug)]
struct Shared {
    /// Where they are, and their bytes where these are known.
    objects: Vec<(Address, Option<u64>)>,
    /// At most as many bytes as this of one object.
    most: u64,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// What was fetched and not yet taken.
    ready: std::collections::HashMap<usize, Result<Vec<u8>, ObjectError>>,
    /// The first object that nobody fetches yet.
    next: usize,
    /// The first one that nobody has asked for, nor one behind it.
    asked: usize,
    /// Bytes in `ready`.
    bytes: usize,
    /// Why no other object can be had either.
    failed: Option<ObjectError>,
    stopped: bool,
}

impl State {
    fn may_fetch(&self, objects: usize) -> bool {
        let ahead = self.next < self.asked + OBJECTS && self.bytes < BYTES;
        self.next < objects && (self.next < self.asked || ahead)
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fetches objects until there are no more, or the store fails.
    fn work(&self) {
        loop {
            let idle = |state: &mut State| {
                !state.stopped
                    && state.failed.is_none()
                    && state.next < self.objects.len()
                    && !state.may_fetch(self.objects.len())
            };
            let mut state =
                self.changed.wait_while(self.state(), idle).unwrap_or_else(PoisonError::into_inner);
            if state.stopped || state.failed.is_some() || state.next >= self.objects.len() {
                return;
            }
            let index = state.next;
            state.next += 1;
            drop(state);
            let fetched = self.fetch(index);
            let mut state = self.state();
            match &fetched {
                Ok(bytes) => state.bytes += bytes.len(),
                Err(error) if error.scope == Scope::Store && state.failed.is_none() => {
                    state.failed = Some(error.clone())
                }
                Err(_) => {}
            }
            state.ready.insert(index, fetched);
            drop(state);
            self.changed.notify_all();
        }
    }

    fn fetch(&self, index: usize) -> Result<Vec<u8>, ObjectError> {
        let (object, known) = &self.objects[index];
        let check = |bytes: u64| {
            if bytes <= self.most {
                return Ok(());
            }
            let what = format!("the file has {bytes} bytes; the limit is {}", self.most);
            Err(ObjectError { address: object.to_string(), what, scope: Scope::Object })
        };
        check(known.unwrap_or_default())?;
        let bytes = Store::open(object)?.read(object)?;
        check(bytes.len() as u64)?;
        Ok(bytes)
    }
}

impl Ahead {
    /// Begins to fetch `objects`, each with its bytes where they are known; none may have more than `most` bytes.
    #[must_use]
    pub fn new(objects: Vec<(Address, Option<u64>)>, most: u64) -> Self {
        let threads = REQUESTS.min(objects.len());
        let shared = Arc::new(Shared { objects, most, state: Mutex::default(), changed: Condvar::new() });
        let start = |_| {
            let shared = Arc::clone(&shared);
            thread::Builder::new().name("objects".to_owned()).spawn(move || shared.work()).is_ok()
        };
        // Fewer threads fetch as well; without any, whoever asks fetches.
        let fetches = (0..threads).filter(|&thread| start(thread)).count() > 0;
        Self { shared, fetches }
    }

    /// Takes the bytes of the object at `index`, once; waits until they are there.
    ///
    /// # Errors
    /// Why they cannot be had; where the store fails, that of the object where that was seen.
    pub fn take(&self, index: usize) -> Result<Vec<u8>, ObjectError> {
        if !self.fetches {
            return self.shared.fetch(index);
        }
        let mut state = self.shared.state();
        state.asked = state.asked.max(index + 1);
        drop(state);
        self.shared.changed.notify_all();
        let absent = |state: &mut State| !state.ready.contains_key(&index) && state.failed.is_none();
        let mut state = self
            .shared
            .changed
            .wait_while(self.shared.state(), absent)
            .unwrap_or_else(PoisonError::into_inner);
        let taken = state.ready.remove(&index);
        if let Some(Ok(bytes)) = &taken {
            state.bytes -= bytes.len();
        }
        let failed = state.failed.clone();
        drop(state);
        self.shared.changed.notify_all();
        match (taken, failed) {
            (Some(fetched), _) => fetched,
            (None, Some(error)) => Err(error),
            (None, None) => self.shared.fetch(index),
        }
    }

    /// Why no more objects can be had, if the store fails.
    #[must_use]
    pub fn failure(&self) -> Option<ObjectError> {
        self.shared.state().failed.clone()
    }
}

impl Drop for Ahead {
    /// Threads end after their request; nobody waits for them.
    fn drop(&mut self) {
        self.shared.state().stopped = true;
        self.shared.changed.notify_all();
    }
}
