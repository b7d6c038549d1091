//! Reused memory of finished batches.

use std::sync::{Mutex, PoisonError};

/// A few buffers that are reused, so that batches do not allocate after the first few.
#[derive(Debug)]
pub(super) struct Pool {
    most: usize,
    buffers: Mutex<Vec<Vec<f32>>>,
}

impl Pool {
    /// Keeps at most `most` buffers.
    pub(super) fn new(most: usize) -> Self {
        Self { most, buffers: Mutex::new(Vec::with_capacity(most)) }
    }

    /// A buffer of `length` numbers of any value.
    pub(super) fn take(&self, length: usize) -> Vec<f32> {
        let used = self.buffers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut buffer = used.unwrap_or_default();
        // A batch may be smaller by one than the next; the buffer keeps its capacity.
        buffer.resize(length, 0.0);
        buffer
    }

    /// Takes a buffer back.
    pub(super) fn give(&self, buffer: Vec<f32>) {
        let mut buffers = self.buffers.lock().unwrap_or_else(PoisonError::into_inner);
        if buffer.capacity() > 0 && buffers.len() < self.most {
            buffers.push(buffer);
        }
    }
}
