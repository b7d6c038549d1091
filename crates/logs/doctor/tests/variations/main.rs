//! The same log in another shape has the same findings.
//!
//! Logs of many programs are changed in the ways in which logs change before they are read: wrapped, prefixed, quoted, coloured,
//! encoded, cut. What is found must stay, and no number may be read that the log did not hold, unless it is said that values may
//! be cut.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a test prints what it found and fails by panicking"
)]

mod course;
mod logs;
mod numbers;
mod variations;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use foliar_doctor::{Id, RunSetup, Severity, diagnose};
use foliar_logread::{RunLog, read_log};

/// What a reader takes from a diagnosis: the findings above a note, or the note that concludes.
fn concluded(log: &RunLog) -> BTreeSet<Id> {
    let findings = diagnose(log, &RunSetup::default()).findings;
    let concludes = |id| matches!(id, Id::Healthy | Id::TooLittleToTell);
    findings
        .iter()
        .filter(|found| found.severity > Severity::Note || concludes(found.id))
        .map(|found| found.id)
        .collect()
}

#[test]
fn the_same_log_in_another_shape_has_the_same_findings() {
    let (mut same, mut all) = (0, 0);
    let (mut different, mut wrong) = (String::new(), String::new());
    let originals = logs::originals();
    assert!(originals.len() >= 12);
    for original in originals {
        let plain = read_log(original.text.as_bytes()).expect(original.name);
        let wanted = concluded(&plain);
        assert!(wanted.contains(&original.truth), "{}: {wanted:?}\n{}", original.name, original.text);
        let variations = variations::variations(&original.text, original.commas);
        assert!(variations.len() >= 17);
        for variation in variations {
            all += i32::from(!variation.lossy);
            let name = format!("{}, {}", original.name, variation.name);
            let log = match read_log(&variation.bytes) {
                Ok(log) => log,
                Err(_) if variation.lossy => continue,
                Err(error) => {
                    writeln!(different, "{name}: {error}").expect("memory");
                    continue;
                }
            };
            let found = concluded(&log);
            if variation.lossy {
                // Only its numbers are checked.
            } else if found == wanted {
                same += 1;
            } else {
                writeln!(different, "{name}: {found:?} instead of {wanted:?}").expect("memory");
            }
            if let Some(number) = numbers::foreign(&plain, &log, variation.cut) {
                writeln!(wrong, "{name}: {number}").expect("memory");
            }
        }
    }
    let share = f64::from(same) / f64::from(all);
    println!("{same} of {all} ({:.1} %) have the same findings", 100.0 * share);
    println!("{different}wrong numbers:\n{wrong}");
    assert!(all >= 200);
    assert!(wrong.is_empty(), "numbers that the log does not hold, unsaid:\n{wrong}");
    assert!(share >= 0.97, "{same} of {all}:\n{different}");
}
