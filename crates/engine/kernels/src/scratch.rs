//! Scratch memory that belongs to a thread and only grows.

use std::cell::RefCell;

/// Floats in a cache line: scratch starts on one.
const LINE: usize = 16;

thread_local! {
    /// The same for pointers.
    static FREE_POINTERS: RefCell<Vec<Vec<*const f32>>> = const { RefCell::new(Vec::new()) };

    /// Buffers not in use. More than one is needed only while a thread that waits inside [`with`] for
    /// parallel work helps with another kernel's.
    static FREE: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// Calls `work` with `len` floats of this thread's scratch memory, aligned to a cache line. Their values
/// are whatever an earlier call left there.
pub(crate) fn with<R>(len: usize, work: impl FnOnce(&mut [f32]) -> R) -> R {
    let mut buffer = FREE.with_borrow_mut(Vec::pop).unwrap_or_default();
    if buffer.len() < len + LINE {
        buffer.clear();
        buffer.resize(len + LINE, 0.0);
    }
    let start = buffer.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE);
    let result = work(&mut buffer[start..start + len]);
    FREE.with_borrow_mut(|free| free.push(buffer));
    result
}

/// Calls `work` with room for `len` pointers, whose values are whatever an earlier call left there.
pub(crate) fn with_pointers<R>(len: usize, work: impl FnOnce(&mut [*const f32]) -> R) -> R {
    let mut buffer = FREE_POINTERS.with_borrow_mut(Vec::pop).unwrap_or_default();
    if buffer.len() < len {
        buffer.resize(len, std::ptr::null());
    }
    let result = work(&mut buffer[..len]);
    FREE_POINTERS.with_borrow_mut(|free| free.push(buffer));
    result
}

#[cfg(test)]
mod tests {
    use super::with;

    #[test]
    fn nested_calls_get_separate_memory_and_later_calls_reuse_it() {
        let outer = with(100, |a| {
            a.fill(1.0);
            with(50, |b| b.fill(2.0));
            assert!(a.iter().all(|&value| value == 1.0));
            a.as_ptr()
        });
        assert_eq!(with(80, |a| a.as_ptr()), outer);
    }
}
