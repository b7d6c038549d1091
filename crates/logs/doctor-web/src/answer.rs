//! From the bytes of a log to what the page shows.

use foliar_doctor::{RunSetup, diagnose};
use foliar_logread::read_log;
use foliar_report::doctor_fragment;
use maud::html;

/// The diagnosis of a log, or why there is none, as an HTML fragment in which every text of the log is
/// escaped.
#[must_use]
pub fn answer(bytes: &[u8], setup: &RunSetup) -> String {
    let log = match read_log(bytes) {
        Ok(log) => log,
        Err(error) => return refusal(&error.to_string()),
    };
    doctor_fragment(&log, &diagnose(&log, setup)).unwrap_or_else(|error| refusal(&error.to_string()))
}

fn refusal(reason: &str) -> String {
    html! {
        p.refusal role="alert" { strong { "Not read. " } (reason) }
    }
    .into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str =
        "epoch,train_loss,val_loss,val_acc\n1,2.31,2.02,0.42\n2,1.62,1.45,0.58\n3,1.21,1.12,0.67\n";

    #[test]
    fn a_log_is_answered_with_its_diagnosis() {
        let answer = answer(LOG.as_bytes(), &RunSetup { classes: Some(10), ..RunSetup::default() });
        assert!(answer.starts_with("<article class=\"foliar-article foliar-doctor\""));
        assert!(answer.contains("ln C = 2.30"));
    }

    #[test]
    fn what_is_no_log_is_answered_with_an_example() {
        for bytes in [&b""[..], b"nothing of the kind", b"\0\x01\xff\xfe"] {
            let answer = answer(bytes, &RunSetup::default());
            assert!(
                answer.starts_with("<p class=\"refusal\" role=\"alert\">") && answer.contains("epoch 1"),
                "{answer}"
            );
        }
    }
}
