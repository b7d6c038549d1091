//! Room in memory for the photos that are being decoded.
//!
//! An allocation that the system refuses ends the program, and with it the work on all other photos. So what a photo needs is asked
//! for before it is decoded, together with what was promised to those that are decoded beside it, and given back at once. Where it
//! cannot be had, the photo waits for the others, and is refused if it cannot be had alone either.

use std::cell::Cell;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::limits::Limits;
use crate::problem::Reason;

/// Bytes that were promised to photos that are being decoded.
static PROMISED: Mutex<u64> = Mutex::new(0);
/// Told when some of it is given back.
static RETURNED: Condvar = Condvar::new();

thread_local! {
    /// Rooms of this thread. One that waited for itself would wait for ever.
    static HELD: Cell<u32> = const { Cell::new(0) };
}

/// Memory that was promised to one photo, for as long as it lives. It stays on its thread.
#[derive(Debug)]
pub(super) struct Room {
    bytes: u64,
}

impl Room {
    /// Room for a photo that needs `bytes` in all.
    ///
    /// # Errors
    /// [`Reason::TooMuchMemory`] beyond the limit, [`Reason::NoMemory`] if the system does not give it.
    pub(super) fn new(bytes: u64, limits: &Limits) -> Result<Self, Reason> {
        limits.check_memory(bytes)?;
        let mut promised = lock();
        while !can_be_had(promised.saturating_add(bytes)) {
            if *promised == 0 || HELD.get() > 0 {
                return Err(Reason::NoMemory { bytes });
            }
            promised = RETURNED.wait(promised).unwrap_or_else(PoisonError::into_inner);
        }
        *promised += bytes;
        HELD.set(HELD.get() + 1);
        Ok(Self { bytes })
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        *lock() -= self.bytes;
        HELD.set(HELD.get().saturating_sub(1));
        RETURNED.notify_all();
    }
}

fn lock() -> MutexGuard<'static, u64> {
    PROMISED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks the allocator for so many bytes and gives them back.
fn can_be_had(bytes: u64) -> bool {
    usize::try_from(bytes).is_ok_and(|bytes| Vec::<u8>::new().try_reserve_exact(bytes).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_had_is_refused_and_what_was_promised_comes_back() {
        let all = Limits { memory: u64::MAX, ..Limits::default() };
        let refused = |bytes| Room::new(bytes, &all).unwrap_err();
        // More than any address space has.
        assert_eq!(refused(u64::MAX / 2), Reason::NoMemory { bytes: u64::MAX / 2 });
        let room = Room::new(1000, &all).unwrap();
        assert!(*lock() >= 1000);
        assert_eq!(refused(u64::MAX / 2), Reason::NoMemory { bytes: u64::MAX / 2 });
        drop(room);
        let few = Limits { memory: 10, ..Limits::default() };
        assert_eq!(Room::new(11, &few).unwrap_err(), Reason::TooMuchMemory { bytes: 11, limit: 10 });
        assert_eq!(HELD.get(), 0);
    }
}
