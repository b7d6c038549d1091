//! Every log of a folder against its known diagnosis: `FOLIAR_SHARED=FOLDER cargo test --release -p
//! foliar-doctor --test logs -- --ignored --nocapture`.
//!
//! `logs/real/expected.json` and `logs/made/truth.json` in the folder are each a list of logs with what must
//! and what must not be found.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a test prints what it found and fails by panicking"
)]

use std::path::{Path, PathBuf};

use foliar_doctor::{Diagnosis, Id, RunSetup, ScaleEstimate, Severity, diagnose};
use foliar_logread::{RunLog, read_log};
use serde_json::Value;

#[derive(Default)]
struct Tally {
    right: usize,
    total: usize,
    inside: usize,
    factors: usize,
    named: usize,
    named_of: usize,
    widths: Vec<f64>,
}

/// The folder of logs with a known diagnosis.
fn folder() -> PathBuf {
    let shared =
        std::env::var_os("FOLIAR_SHARED").expect("FOLIAR_SHARED must name the folder that holds logs/");
    let folder = Path::new(&shared).join("logs");
    assert!(folder.is_dir(), "FOLIAR_SHARED: {} is not a folder", folder.display());
    folder
}

#[test]
#[ignore = "needs FOLIAR_SHARED: a folder that holds logs/real and logs/made"]
fn logs_get_their_known_diagnosis() {
    for (part, list, least) in
        [("real", "expected.json", 1.0), ("made", "truth.json", 1.0), ("field", "expected.json", 1.0)]
    {
        let folder = folder().join(part);
        let text = std::fs::read_to_string(folder.join(list)).expect(list);
        let mut tally = Tally::default();
        for entry in serde_json::from_str::<Vec<Value>>(&text).expect(list) {
            let file = entry["file"].as_str().expect("file");
            let bytes = std::fs::read(folder.join(file)).expect(file);
            tally.total += 1;
            match read_log(&bytes) {
                Ok(log) => {
                    let diagnosis = diagnose(&log, &setup(&entry["context"]));
                    judge(&mut tally, &entry, &diagnosis);
                    if entry["kind"] == "healthy" {
                        watch(&log, &setup(&entry["context"]));
                    }
                }
                Err(error) => println!("{file}: UNREADABLE {error}"),
            }
        }
        tally.widths.sort_by(f64::total_cmp);
        println!(
            "== {part}: {} of {} right; {} of {} factors inside, median width {:.2}; {} of {} ways named \
                where sizes are given",
            tally.right,
            tally.total,
            tally.inside,
            tally.factors,
            tally.widths.get(tally.widths.len() / 2).copied().unwrap_or(1.0),
            tally.named,
            tally.named_of
        );
        let enough = tally.right as f64 >= least * tally.total as f64;
        assert!(enough, "{part}: see the lines that begin with BAD");
    }
}

/// A healthy log is not warned of on the way either.
fn watch(log: &RunLog, setup: &RunSetup) {
    let end = log.series.iter().flat_map(|series| &series.points).map(|point| point.row).max().unwrap_or(0);
    for row in 0..end {
        let mut start = log.clone();
        start.series.iter_mut().for_each(|series| series.points.retain(|point| point.row <= row));
        for finding in diagnose(&start, setup).findings {
            assert!(finding.severity == Severity::Note, "after record {row}: {}", finding.claim);
        }
    }
}

fn setup(value: &Value) -> RunSetup {
    let read = |name: &str| value[name].as_u64().map(|number| number as usize);
    RunSetup {
        classes: read("classes"),
        batch_size: read("batch_size"),
        train_size: read("train_size"),
        validation_size: read("val_size"),
        ..RunSetup::default()
    }
}

fn judge(tally: &mut Tally, entry: &Value, diagnosis: &Diagnosis) {
    let names = |key: &str| -> Vec<String> {
        entry[key]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|name| Some(name.as_str()?.to_owned()))
            .collect()
    };
    let (expected, never) = (names("expect_any"), names("never"));
    let healthy = entry["kind"] == "healthy";
    let met =
        expected.is_empty() || diagnosis.findings.iter().any(|f| expected.iter().any(|id| id == f.id.name()));
    let raised = diagnosis.findings.iter().find(|finding| {
        let counts = finding.severity > Severity::Note || finding.id == Id::Healthy;
        counts
            && (never.iter().any(|id| id == finding.id.name())
                || (healthy && finding.severity > Severity::Note))
    });
    let right = met && raised.is_none();
    tally.right += usize::from(right);
    let mark = |severity| match severity {
        Severity::Note => "",
        Severity::Warning => "!",
        Severity::Error => "!!",
    };
    let found: Vec<String> = diagnosis
        .findings
        .iter()
        .map(|finding| format!("{}{}", mark(finding.severity), finding.id.name()))
        .collect();
    let shown = |estimate: Option<ScaleEstimate>| {
        estimate.map_or("-".to_owned(), |one| format!("{:.3}..{:.3}", one.low, one.high))
    };
    println!(
        "{} {} {} | {} | {} | {} | {}",
        if right { "ok " } else { "BAD" },
        entry["file"].as_str().unwrap_or(""),
        entry["kind"].as_str().unwrap_or(""),
        found.join(" "),
        shown(diagnosis.scale.train),
        shown(diagnosis.scale.val),
        entry["divisor"]
    );
    let sizes_given = entry["context"]["train_size"].is_u64();
    for (column, estimate) in [("train", diagnosis.scale.train), ("val", diagnosis.scale.val)] {
        if let (Some(truth), Some(estimate)) = (entry["divisor"][column].as_f64(), estimate) {
            tally.factors += 1;
            let inside = estimate.low <= truth && truth <= estimate.high;
            tally.inside += usize::from(inside);
            tally.widths.push(estimate.high / estimate.low);
            if sizes_given {
                tally.named_of += 1;
                tally.named += usize::from(serde_json::json!(estimate.reduction) == entry["reduction"]);
            }
        }
    }
}
