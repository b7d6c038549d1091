//! A diagnosis as Markdown: what it says, and that a log cannot write markup into it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use foliar_doctor::{Diagnosis, RunSetup, compare, diagnose};
use foliar_logread::{RunLog, read_log};
use foliar_report::{DiagnosedLog, doctor_comparison_markdown, doctor_comparison_page, doctor_markdown};

mod markup;

const SUMMED: &str = "Epoch 1: train loss 118.4, val loss 86.1, val acc 74.6 %\n\
    Epoch 2: train loss 66.2, val loss 49.0, val acc 86.4 %\n\
    Epoch 3: train loss 40.7, val loss 30.6, val acc 92.5 %\n\
    Epoch 4: train loss 26.0, val loss 20.7, val acc 98.9 %\n\
    Epoch 20: train loss 3.9, val loss 3.1, val acc 98.1 %\n\
    Epoch 30: train loss 2.2, val loss 2.0, val acc 98.8 %\n";
const MEANS: &str =
    "epoch,train_loss,val_loss,val_acc\n1,2.31,2.02,0.42\n2,1.62,1.45,0.58\n3,1.21,1.12,0.67\n";

fn examined(text: &str) -> (RunLog, Diagnosis) {
    let log = read_log(text.as_bytes()).unwrap();
    let diagnosis = diagnose(&log, &RunSetup::default());
    (log, diagnosis)
}

/// The cells of the table rows of a text.
fn rows(text: &str) -> Vec<Vec<&str>> {
    let rows = text.lines().filter(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

/// A line without what stands between as many backticks as begin it, which is shown as it is.
fn without_code(line: &str) -> String {
    let mut prose = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        let fence: String = rest[start..].chars().take_while(|&letter| letter == '`').collect();
        let inside = &rest[start + fence.len()..];
        let escaped = rest[..start].ends_with('\\');
        let end = inside
            .match_indices(&fence)
            .map(|(at, _)| at)
            .find(|at| !inside[at + fence.len()..].starts_with('`') && !inside[..*at].ends_with('`'));
        prose += &rest[..start];
        rest = match end.filter(|_| !escaped) {
            Some(end) => &inside[end + fence.len()..],
            None => inside,
        };
    }
    prose + rest
}

#[test]
fn the_answer_holds_verdict_findings_and_three_epochs() {
    let (log, diagnosis) = examined(SUMMED);
    let text = doctor_markdown(&log, &diagnosis);
    assert!(text.starts_with("**Verdict:** "), "{text}");
    for finding in &diagnosis.findings {
        assert!(text.contains(&format!("(`{}`, ", finding.id.name())), "{text}");
    }
    for part in ["- line 1: ", "**What to do:**", "```python\n", "numbers from 6 lines"] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    for other in diagnosis.explanations.iter().flat_map(|explanation| &explanation.alternatives) {
        assert!(text.contains(&other.cause[1..]), "no {} in {text}", other.cause);
    }
    assert!(text.contains("**What else it could be:**"), "{text}");
    let rows = rows(&text);
    assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{rows:?}");
    let named: Vec<_> = rows[2..].iter().map(|row| (row[0], row[1])).collect();
    assert_eq!(named, [("first", "1"), ("best", "4"), ("last", "30")]);
    assert_eq!(rows[2][2], "118.4");
}

#[test]
fn a_log_can_not_write_markup() {
    let attack = "</details><img src=x onerror=alert(1)> | [a](http://b) `code` ![c](d)\n# **bold** @all";
    let (mut log, mut diagnosis) = examined(SUMMED);
    log.format = attack.to_owned();
    log.series.iter_mut().for_each(|series| series.name = attack.to_owned());
    diagnosis.verdict = attack.to_owned();
    for finding in &mut diagnosis.findings {
        finding.claim = attack.to_owned();
        finding.evidence.iter_mut().for_each(|piece| piece.text = attack.to_owned());
    }
    let logged = [DiagnosedLog { name: attack, log: &log, diagnosis: &diagnosis }; 2];
    let comparison = compare(&[(attack, &diagnosis), (attack, &diagnosis)], &RunSetup::default());
    for text in [doctor_markdown(&log, &diagnosis), doctor_comparison_markdown(&logged, &comparison)] {
        let mut code = false;
        for line in text.lines() {
            code ^= line.starts_with("```");
            let prose = without_code(line);
            for sign in ["<", "[", "|", "**bold"] {
                let bare = prose.match_indices(sign).any(|(at, _)| !prose[..at].ends_with('\\'));
                assert!(code || !bare || line.starts_with('|'), "{sign} in {line}");
            }
            assert!(code || !line.starts_with("# "), "{line}");
        }
    }
}

#[test]
fn several_logs_stand_side_by_side() {
    let (summed, means) = (examined(SUMMED), examined(MEANS));
    let logs = [("runs/summed_up.log", &summed), ("means.csv", &means)]
        .map(|(name, (log, diagnosis))| DiagnosedLog { name, log, diagnosis });
    let compared: Vec<_> = logs.iter().map(|logged| (logged.name, logged.diagnosis)).collect();
    let comparison = compare(&compared, &RunSetup::default());
    let text = doctor_comparison_markdown(&logs, &comparison);
    assert!(text.starts_with("**Comparison:** ") && text.contains("## means.csv"), "{text}");
    let table = rows(&text);
    assert_eq!((table[2][0], table[2][1], table[3][0]), ("runs/summed\\_up.log", "6", "means.csv"));
    let page = doctor_comparison_page(&logs, &comparison).unwrap();
    markup::assert_well_formed(&page);
    for part in [&comparison.answer[..10], "86.1 to 2", "warning: loss-scaled", "doctor-2-verdict", "<svg"] {
        assert!(page.contains(part), "no {part}");
    }
    let mut ids: Vec<_> = page.split(" id=\"").skip(1).map(|rest| rest.split('"').next()).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "every name of a part is used once");
    let none = compare(&[], &RunSetup::default());
    markup::assert_well_formed(&doctor_comparison_page(&[], &none).unwrap());
}
