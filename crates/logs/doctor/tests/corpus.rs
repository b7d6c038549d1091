//! Every log that fuzzing has kept is read, and gets a diagnosis.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use foliar_doctor::{RunSetup, diagnose};
use foliar_logread::read_log;

#[test]
fn whatever_fuzzing_found_is_read_or_refused() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fuzz/corpus");
    let (mut files, mut logs) = (0, 0);
    for target in ["read_log", "read_and_diagnose"] {
        for entry in fs::read_dir(corpus.join(target)).unwrap() {
            files += 1;
            let Ok(log) = read_log(&fs::read(entry.unwrap().path()).unwrap()) else { continue };
            logs += 1;
            assert!(!diagnose(&log, &RunSetup::default()).findings.is_empty());
        }
    }
    assert!(files > 100 && 2 * logs > files, "{logs} logs in {files} files");
}
