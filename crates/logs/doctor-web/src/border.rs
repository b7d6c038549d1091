//! What the script of the page calls.
//!
//! Numbers alone can cross the border, so texts pass through memory: the script asks for room, writes the log
//! there, asks for the diagnosis and reads the answer from where it is told.
//!
//! | export | takes | gives |
//! | --- | --- | --- |
//! | [`doctor_reserve`] | length of the log in bytes | where to write it |
//! | [`doctor_diagnose`] | what is known of the run, 0 for unknown | length of the answer in bytes (UTF-8) |
//! | [`doctor_answer`] | nothing | where the answer begins, until the next call of any export |
#![allow(
    unsafe_code,
    reason = "exported names must be unique in the whole program, which `unsafe(no_mangle)` promises; both buffers are \
              owned vectors and no pointer is followed here"
)]

use std::cell::RefCell;

use foliar_doctor::RunSetup;

use crate::answer::answer;

thread_local! {
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static ANSWER: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Makes room for a log of `bytes` bytes and returns where it is to be written.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn doctor_reserve(bytes: usize) -> *mut u8 {
    LOG.with_borrow_mut(|log| {
        *log = vec![0; bytes];
        log.as_mut_ptr()
    })
}

/// Diagnoses the log that was written, and forgets it. Returns the length of the answer in bytes.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn doctor_diagnose(
    classes: usize,
    batch_size: usize,
    train_size: usize,
    validation_size: usize,
) -> usize {
    let known = |value: usize| (value > 0).then_some(value);
    let setup = RunSetup {
        classes: known(classes),
        batch_size: known(batch_size),
        train_size: known(train_size),
        validation_size: known(validation_size),
    };
    let text = answer(&LOG.take(), &setup);
    ANSWER.with_borrow_mut(|answer| {
        *answer = text;
        answer.len()
    })
}

/// Where the last answer begins.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn doctor_answer() -> *const u8 {
    ANSWER.with_borrow(|answer| answer.as_ptr())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_kept_until_it_was_read() {
        assert!(!doctor_reserve(3).is_null());
        let length = doctor_diagnose(0, 0, 0, 0);
        assert_eq!(ANSWER.with_borrow(String::len), length);
        assert_eq!(ANSWER.with_borrow(|answer| answer.as_ptr()), doctor_answer());
        assert!(LOG.with_borrow(Vec::is_empty), "the log is forgotten");
    }
}
