//! From the bytes of logs to what the page shows and copies.

use foliar_doctor::{Diagnosis, RunSetup, compare, diagnose};
use foliar_logread::{RunLog, read_log};
use foliar_report::{
    DiagnosedLog, ReportError, doctor_comparison_fragment, doctor_comparison_markdown, doctor_fragment,
    doctor_markdown,
};
use maud::html;

/// What is said about logs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// An HTML fragment in which every text of the logs is escaped.
    pub html: String,
    /// The same in Markdown; empty where nothing was read.
    pub markdown: String,
}

/// The diagnosis of one log, or the comparison of several, and why others were not read. A log is its name and its bytes.
#[must_use]
pub fn answer(logs: &[(String, Vec<u8>)], setup: &RunSetup) -> Answer {
    let (mut read, mut refused) = (Vec::new(), String::new());
    for (name, bytes) in logs {
        match read_log(bytes) {
            Ok(log) => {
                let diagnosis = diagnose(&log, setup);
                read.push((name, log, diagnosis));
            }
            Err(error) => {
                let named = if logs.len() > 1 { format!("{name}: {error}") } else { error.to_string() };
                refused += &refusal(&named);
            }
        }
    }
    let said = match &read[..] {
        [] => Ok(Answer::default()),
        [(_, log, diagnosis)] => one(log, diagnosis),
        _ => {
            let read: Vec<DiagnosedLog<'_>> =
                read.iter().map(|(name, log, diagnosis)| DiagnosedLog { name, log, diagnosis }).collect();
            several(&read, setup)
        }
    };
    let mut answer =
        said.unwrap_or_else(|error| Answer { html: refusal(&error.to_string()), markdown: String::new() });
    answer.html.insert_str(0, &refused);
    answer
}

fn one(log: &RunLog, diagnosis: &Diagnosis) -> Result<Answer, ReportError> {
    Ok(Answer { html: doctor_fragment(log, diagnosis)?, markdown: doctor_markdown(log, diagnosis) })
}

fn several(logs: &[DiagnosedLog<'_>], setup: &RunSetup) -> Result<Answer, ReportError> {
    let runs: Vec<(&str, &Diagnosis)> = logs.iter().map(|log| (log.name, log.diagnosis)).collect();
    let comparison = compare(&runs, setup);
    Ok(Answer {
        html: doctor_comparison_fragment(logs, &comparison)?,
        markdown: doctor_comparison_markdown(logs, &comparison),
    })
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

    fn of(logs: &[&[u8]]) -> Answer {
        let logs: Vec<_> =
            logs.iter().enumerate().map(|(place, bytes)| (format!("log {place}"), bytes.to_vec())).collect();
        answer(&logs, &RunSetup { classes: Some(10), ..RunSetup::default() })
    }

    #[test]
    fn a_log_is_answered_with_its_diagnosis() {
        let answer = of(&[LOG.as_bytes()]);
        assert!(answer.html.starts_with("<article class=\"foliar-article foliar-doctor\""));
        assert!(answer.html.contains("ln C = 2.30"));
        assert!(answer.markdown.starts_with("**Verdict:**"), "{}", answer.markdown);
    }

    #[test]
    fn several_logs_are_compared_and_the_others_named() {
        let better = LOG.replace("0.67", "0.87");
        let answer = of(&[LOG.as_bytes(), b"a poem", better.as_bytes()]);
        assert!(
            answer.html.starts_with("<p class=\"refusal\" role=\"alert\"><strong>Not read. </strong>log 1: ")
        );
        for text in [&answer.html, &answer.markdown] {
            assert!(text.contains("log 2 is better than log 0"), "{text}");
        }
    }

    #[test]
    fn what_is_no_log_is_answered_with_an_example() {
        for bytes in [&b""[..], b"nothing of the kind", b"\0\x01\xff\xfe"] {
            let Answer { html, markdown } = of(&[bytes]);
            assert!(
                html.starts_with("<p class=\"refusal\" role=\"alert\">") && html.contains("epoch 1"),
                "{html}"
            );
            assert_eq!(markdown, "");
        }
    }
}
