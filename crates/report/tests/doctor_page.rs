//! The page of a diagnosis: what it says, and that a log cannot write into it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod markup;

use foliar_doctor::{Diagnosis, RunSetup, diagnose};
use foliar_logread::{RunLog, read_log};
use foliar_report::{doctor_fragment, doctor_page};
use markup::assert_well_formed;

/// A run whose losses are 64 times the mean, the shape of the question that the project starts from.
const SUMMED: &str = "Epoch 1: train loss 118.4, val loss 86.1, val acc 74.6 %\n\
    Epoch 2: train loss 66.2, val loss 49.0, val acc 86.4 %\n\
    Epoch 3: train loss 40.7, val loss 30.6, val acc 92.5 %\n\
    Epoch 4: train loss 26.0, val loss 20.7, val acc 94.9 %\n\
    Epoch 20: train loss 3.9, val loss 3.1, val acc 98.1 %\n\
    Epoch 30: train loss 2.2, val loss 2.0, val acc 98.8 %\n";

const HEALTHY: &str = "epoch,train_loss,val_loss,train_acc,val_acc\n\
    1,2.31,2.02,0.31,0.42\n2,1.62,1.45,0.52,0.58\n3,1.21,1.12,0.64,0.67\n4,0.95,0.93,0.71,0.72\n\
    5,0.78,0.82,0.76,0.76\n6,0.66,0.74,0.80,0.78\n";

fn examined(text: &str, setup: RunSetup) -> (RunLog, Diagnosis) {
    let log = read_log(text.as_bytes()).unwrap();
    let diagnosis = diagnose(&log, &setup);
    (log, diagnosis)
}

fn page(text: &str, setup: RunSetup) -> String {
    let (log, diagnosis) = examined(text, setup);
    doctor_page(&log, &diagnosis).unwrap()
}

/// Parses what is between `<body` and `</body>` as XML: every element is closed, every text escaped.
#[test]
fn verdict_findings_curves_and_numbers_are_there() {
    let (log, diagnosis) = examined(SUMMED, RunSetup { classes: Some(38), ..RunSetup::default() });
    let page = doctor_page(&log, &diagnosis).unwrap();
    assert_well_formed(&page);
    assert!(page.contains(&diagnosis.verdict.replace(" %", "\u{a0}%")));
    let mut place = 0;
    for finding in &diagnosis.findings {
        let found = page[place..].find(&format!("<code>{}</code>", finding.id.name()));
        place += found.expect("findings stand in their order");
    }
    for text in [
        "loss-scaled",
        "Warning",
        "What to do",
        "line 1<",
        "seen += images.size(0)",
        "ln C = 3.64: guessing",
        "training, printed",
        "training, mean",
        "expected",
        "What else it could be",
        "118.4",
        "98.80\u{a0}%",
    ] {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn a_mean_is_shown_once() {
    let page = page(HEALTHY, RunSetup::default());
    assert_well_formed(&page);
    assert!(page.contains("verdict healthy"));
    assert!(!page.contains(", printed") && !page.contains(">mean</th>"));
}

#[test]
fn the_page_loads_nothing() {
    let page = page(SUMMED, RunSetup::default());
    for word in ["<script", "<link", "src=", "href=", "url(", "@import", " on"] {
        let markup = page.split('<').skip(1).filter_map(|rest| rest.split('>').next());
        assert!(markup.clone().all(|tag| !format!("<{tag}").contains(word)), "{word}");
    }
    let addresses: Vec<_> =
        page.match_indices("http").map(|(at, _)| &page[at..(at + 27).min(page.len())]).collect();
    assert!(
        addresses
            .iter()
            .all(|address| address.starts_with("http://www.w3.org/2000/svg")
                || address.starts_with("http-equiv")),
        "{addresses:?}"
    );
}

#[test]
fn a_log_can_not_write_markup() {
    let attack =
        "</title></style><script>alert(1)</script><img src=x onerror=alert(1)>\"' onload=\"alert(1)&amp;";
    let (mut log, mut diagnosis) = examined(SUMMED, RunSetup::default());
    log.format = attack.to_owned();
    for series in &mut log.series {
        series.name = attack.to_owned();
    }
    diagnosis.verdict = attack.to_owned();
    for finding in &mut diagnosis.findings {
        (finding.claim, finding.advice, finding.code) =
            (attack.to_owned(), attack.to_owned(), Some(attack.to_owned()));
        finding.evidence.iter_mut().for_each(|piece| piece.text = attack.to_owned());
    }
    let page = doctor_page(&log, &diagnosis).unwrap();
    assert_well_formed(&page);
    assert!(!page.contains("<script") && !page.contains("<img"));
}

#[test]
fn numbers_that_are_none_do_no_harm() {
    let nasty = "epoch 1 train loss nan val loss inf val acc 0.1\nepoch 2 train loss -3 val loss 1e300 val acc 0.1\n\
        epoch 2 train loss 0 val loss 1e-300 val acc 1.0\n";
    for text in [
        nasty,
        "epoch 1 loss nan\nepoch 2 loss nan\n",
        "epoch 1 train loss 2.3\n",
        "epoch 1 val acc 0.5\nepoch 2 val acc 0.5\n",
    ] {
        assert_well_formed(&page(text, RunSetup::default()));
    }
    let empty = diagnose(&RunLog::default(), &RunSetup::default());
    assert!(doctor_fragment(&RunLog::default(), &empty).unwrap().contains("no losses or accuracies"));
}

#[test]
fn a_long_run_makes_a_page_that_opens() {
    let rows: String = (1..=20_000)
        .map(|epoch| {
            format!(
                "epoch {epoch} train loss {:.4} val loss {:.4}\n",
                2.0 / f64::from(epoch),
                2.1 / f64::from(epoch)
            )
        })
        .collect();
    let page = page(&rows, RunSetup::default());
    assert!(page.len() < 1_000_000, "{}", page.len());
}
