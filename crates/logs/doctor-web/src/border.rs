//! What the script of the page calls.
//!
//! Numbers alone can cross the border, so texts pass through memory: the script asks for room for each log, writes it there, asks
//! for the answer and reads it from where it is told.
//!
//! | export | takes | gives |
//! | --- | --- | --- |
//! | [`doctor_reserve`] | lengths in bytes of a log and of its name | where to write one after the other |
//! | [`doctor_diagnose`] | what is known of the runs, 0 for unknown | nothing |
//! | [`doctor_answer`] | 0 for HTML, 1 for Markdown | where the answer begins, until the next diagnosis |
//! | [`doctor_answer_length`] | the same | its length in bytes (UTF-8) |
#![allow(
    unsafe_code,
    reason = "exported names must be unique in the whole program, which `unsafe(no_mangle)` promises; all buffers are \
              owned and no pointer is followed here"
)]

use std::cell::RefCell;

use foliar_doctor::RunSetup;

use crate::answer::{Answer, answer};

/// A log as it was written: its length, then log and name.
type Written = (usize, Vec<u8>);

thread_local! {
    static LOGS: RefCell<Vec<Written>> = const { RefCell::new(Vec::new()) };
    static ANSWER: RefCell<Answer> = const { RefCell::new(Answer { html: String::new(), markdown: String::new() }) };
}

/// Makes room for another log and its name behind it, and returns where they are to be written.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn doctor_reserve(log_bytes: usize, name_bytes: usize) -> *mut u8 {
    LOGS.with_borrow_mut(|logs| {
        let mut room = vec![0; log_bytes + name_bytes];
        let place = room.as_mut_ptr();
        logs.push((log_bytes, room));
        place
    })
}

/// Diagnoses the logs that were written, and forgets them.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn doctor_diagnose(
    classes: usize,
    batch_size: usize,
    train_size: usize,
    validation_size: usize,
) {
    let known = |value: usize| (value > 0).then_some(value);
    let setup = RunSetup {
        classes: known(classes),
        batch_size: known(batch_size),
        train_size: known(train_size),
        validation_size: known(validation_size),
        ..RunSetup::default()
    };
    let logs: Vec<(String, Vec<u8>)> = LOGS.take().into_iter().map(parted).collect();
    ANSWER.set(answer(&logs, &setup));
}

/// Name and log.
fn parted((log_bytes, mut log): Written) -> (String, Vec<u8>) {
    let name = log.split_off(log_bytes);
    (String::from_utf8_lossy(&name).into_owned(), log)
}

/// Where the last answer begins.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn doctor_answer(form: usize) -> *const u8 {
    ANSWER.with_borrow(|answer| text(answer, form).as_ptr())
}

/// How long the last answer is.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn doctor_answer_length(form: usize) -> usize {
    ANSWER.with_borrow(|answer| text(answer, form).len())
}

fn text(answer: &Answer, form: usize) -> &str {
    if form == 0 { &answer.html } else { &answer.markdown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_kept_until_the_next() {
        assert!(!doctor_reserve(3, 2).is_null());
        doctor_diagnose(0, 0, 0, 0);
        assert_eq!(ANSWER.with_borrow(|answer| answer.html.len()), doctor_answer_length(0));
        assert_eq!(ANSWER.with_borrow(|answer| answer.html.as_ptr()), doctor_answer(0));
        assert_eq!(doctor_answer_length(1), 0, "nothing was read");
        assert!(LOGS.with_borrow(Vec::is_empty), "the log is forgotten");
        assert_eq!(parted((3, b"logab".to_vec())), ("ab".to_owned(), b"log".to_vec()));
    }
}
