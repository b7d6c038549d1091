//! Whatever a log says, it gets a diagnosis: with at least one finding, and with probabilities that are some.

use foliar_doctor::{Diagnosis, RunSetup, diagnose};
use foliar_logread::read_log;

fn check_findings(diagnosis: &Diagnosis) {
    assert!(!diagnosis.verdict.is_empty());
    assert!(!diagnosis.findings.is_empty());
    for finding in &diagnosis.findings {
        assert!((0.0..=1.0).contains(&finding.confidence), "{finding:?}");
        assert!(!finding.claim.is_empty() && !finding.advice.is_empty(), "{finding:?}");
    }
    for scale in [diagnosis.scale.train, diagnosis.scale.val].into_iter().flatten() {
        assert!(scale.low <= scale.best && scale.best <= scale.high, "{scale:?}");
    }
}

/// The bytes of a log, of a run that nothing is known of and of one whose sizes are.
pub(crate) fn check(bytes: &[u8]) {
    let Ok(log) = read_log(bytes) else { return };
    check_findings(&diagnose(&log, &RunSetup::default()));
    let known = RunSetup {
        classes: Some(5),
        batch_size: Some(32),
        train_size: Some(160),
        validation_size: Some(40),
        ..RunSetup::default()
    };
    check_findings(&diagnose(&log, &known));
}
