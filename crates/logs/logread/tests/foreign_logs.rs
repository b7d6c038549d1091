//! Logs of many shapes, languages and programs, each with what must be read from it.
//!
//! A case begins with `### name`, goes on with the log, and after `===` says line by line what is expected:
//! the values of the best series of a split and metric, `within` an epoch where it says so, the epochs or
//! steps of the first series of whole epochs, facts, and `no` before what must not be read.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;

use foliar_logread::{Metric, RunLog, Series, Split, read_log};

const FILES: [(&str, &str); 15] = [
    ("consoles", include_str!("shapes/consoles.txt")),
    ("tables", include_str!("shapes/tables.txt")),
    ("objects", include_str!("shapes/objects.txt")),
    ("languages", include_str!("shapes/languages.txt")),
    ("prose", include_str!("shapes/prose.txt")),
    ("more", include_str!("shapes/more.txt")),
    ("exports", include_str!("shapes/exports.txt")),
    ("frameworks", include_str!("shapes/frameworks.txt")),
    ("belonging", include_str!("shapes/belonging.txt")),
    ("copies", include_str!("shapes/copies.txt")),
    ("directions", include_str!("shapes/directions.txt")),
    ("programs", include_str!("shapes/programs.txt")),
    ("wrappings", include_str!("shapes/wrappings.txt")),
    ("counters", include_str!("shapes/counters.txt")),
    ("libraries", include_str!("shapes/libraries.txt")),
];

#[test]
fn logs_of_every_shape_are_read() {
    let mut failures = String::new();
    let mut cases = 0;
    for (file, text) in FILES {
        for case in text.split("### ").skip(1) {
            let (name, rest) = case.split_once('\n').unwrap();
            let (log, expected) = rest.rsplit_once("\n===\n").unwrap();
            cases += 1;
            for problem in check(log, expected) {
                writeln!(failures, "{file}: {name}: {problem}").unwrap();
            }
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
    assert!(cases >= 150, "{cases}");
}

fn check(text: &str, expected: &str) -> Vec<String> {
    let log = match read_log(text.as_bytes()) {
        Ok(log) => log,
        Err(error) => return vec![error.to_string()],
    };
    expected.lines().filter(|line| !line.is_empty()).filter_map(|line| difference(&log, line)).collect()
}

fn difference(log: &RunLog, line: &str) -> Option<String> {
    if let Some(facts) = line.strip_prefix("facts ") {
        let found = serde_json::to_value(log.facts).unwrap();
        return facts.split(' ').find_map(|fact| {
            let (name, value) = fact.split_once('=').unwrap();
            (found[name].as_u64() != value.parse().ok()).then(|| format!("{name} is {}", found[name]))
        });
    }
    if let Some(name) = line.strip_prefix("no ") {
        return series(log, name).map(|series| format!("{name} is {:?}", series.points));
    }
    let (name, values) = line.split_once(" =").unwrap();
    let values: Vec<f64> = values.split_whitespace().map(|value| value.parse().unwrap()).collect();
    let found: Option<Vec<f64>> = match name {
        "epochs" => whole(log).map(|series| series.points.iter().filter_map(|point| point.epoch).collect()),
        "steps" => log
            .series
            .iter()
            .find(|series| series.split.is_some())
            .map(|series| series.points.iter().filter_map(|point| point.step).collect()),
        _ => series(log, name).map(|series| series.points.iter().map(|point| point.value).collect()),
    };
    let Some(found) = found else { return Some(format!("{name} is missing; there are {}", names(log))) };
    let same = found.len() == values.len()
        && found.iter().zip(&values).all(|(left, right)| {
            left == right || (left - right).abs() < 1e-9 || left.is_nan() && right.is_nan()
        });
    (!same).then(|| format!("{name} is {found:?}"))
}

fn whole(log: &RunLog) -> Option<&Series> {
    log.series.iter().find(|series| !series.within_epoch && series.split.is_some())
}

fn series<'a>(log: &'a RunLog, name: &str) -> Option<&'a Series> {
    let mut words = name.split(' ');
    let split = match words.next()? {
        "train" => Split::Train,
        "val" => Split::Validation,
        "test" => Split::Test,
        other => panic!("{other}"),
    };
    let metric = match words.next()? {
        "loss" => Metric::Loss,
        "accuracy" => Metric::Accuracy,
        "top-five" => Metric::TopFive,
        "f1" => Metric::F1,
        "part" => Metric::LossPart,
        "score" => Metric::OtherScore,
        other => panic!("{other}"),
    };
    let within = words.next() == Some("within");
    let matching = |series: &&Series| {
        series.split == Some(split) && series.metric == metric && series.within_epoch == within
    };
    log.series.iter().rev().filter(matching).max_by_key(|series| series.points.len())
}

fn names(log: &RunLog) -> String {
    let names: Vec<String> = log
        .series
        .iter()
        .map(|series| {
            format!(
                "{} ({:?}, {:?}, within {})",
                series.name, series.split, series.metric, series.within_epoch
            )
        })
        .collect();
    names.join("; ")
}
