//! Every log that fuzzing has kept is read, and gets a diagnosis.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../../../fuzz/checks/corpus.rs"]
mod corpus;
#[path = "../../../../fuzz/checks/diagnosis.rs"]
mod diagnosis;
#[path = "../../../../fuzz/checks/log.rs"]
mod log;

use foliar_logread::read_log;

#[test]
fn whatever_fuzzing_found_is_read_or_refused() {
    for (target, check) in [("read_log", log::check as fn(&[u8])), ("read_and_diagnose", diagnosis::check)] {
        let mut logs = 0;
        let files = corpus::replay(target, |bytes| {
            check(bytes);
            logs += usize::from(read_log(bytes).is_ok());
        });
        assert!(files > 100 && 2 * logs > files, "{target}: {logs} logs in {files} files");
    }
}
