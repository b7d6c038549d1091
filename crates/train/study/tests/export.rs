//! The exported documents. `bench/test_optuna_import.py` loads the same fixture in Optuna.

#![allow(clippy::unwrap_used)]

use foliar_bayes::{
    Direction, Options, Outcome, Parameter, Params, Pruner, Report, Scale, Space, Step, Value,
};
use foliar_study::{Budget, Definition, Lease, NextTrial, StoredStudy};
use serde_json::Value as Json;

const FIXTURE: &str = include_str!("fixtures/export.json");

fn params(rate: f64, momentum: f64, batch: i64, augmentation: &str) -> Params {
    let values = [
        ("learning rate", Value::Float(rate)),
        ("momentum", Value::Float(momentum)),
        ("batch size", Value::Integer(batch)),
        ("augmentation", Value::Choice(augmentation.into())),
    ];
    values.into_iter().collect()
}

fn claim(study: &mut StoredStudy) -> Lease {
    match study.claim("worker 1", Budget::trials(0)).unwrap() {
        NextTrial::Trial(lease) => lease,
        next => panic!("{next:?}"),
    }
}

/// A study with every kind of parameter and one trial in every state.
fn study(path: &std::path::Path) -> StoredStudy {
    let space = Space::new(vec![
        Parameter::float("learning rate", 1e-4, 1.0, Scale::Log),
        Parameter::float("momentum", 0.0, 0.99, Scale::Momentum),
        Parameter::integer("batch size", 8, 128, Scale::Log),
        Parameter::choice("augmentation", ["none", "flips, turns"]),
    ]);
    let definition = Definition {
        fingerprint: "photos 3f2a, recipe 91c0".into(),
        space: space.unwrap(),
        direction: Direction::Minimise,
        seed: 7,
        options: Options::default(),
        pruner: Pruner::Never,
    };
    let mut study = StoredStudy::create(path, &definition).unwrap();
    for (rate, momentum, batch, augmentation) in [
        (0.01, 0.9, 32, "none"),
        (0.1, 0.0, 8, "flips, turns"),
        (1.0, 0.99, 128, "none"),
        (0.001, 0.5, 16, "none"),
        (0.02, 0.9, 32, "flips, turns"),
        (0.03, 0.9, 32, "none"),
        (0.04, 0.9, 32, "none"),
    ] {
        study.enqueue(&params(rate, momentum, batch, augmentation)).unwrap();
    }
    let report = |fold, epoch, value| Report { step: Step { fold, epoch }, value };
    let finished = claim(&mut study);
    study.report(&finished, report(0, 1, 0.75)).unwrap();
    study.report(&finished, report(1, 1, 0.1 + 0.2)).unwrap();
    study.finish(&finished, Outcome::Value { value: 0.1 + 0.2 }).unwrap();
    let pruned = claim(&mut study);
    study.report(&pruned, report(0, 1, 0.9)).unwrap();
    study.finish(&pruned, Outcome::Pruned).unwrap();
    let infeasible = claim(&mut study);
    study.report(&infeasible, report(0, 1, f64::NAN)).unwrap();
    study.finish(&infeasible, Outcome::Infeasible).unwrap();
    let failed = claim(&mut study);
    study.fail(&failed, "the disk is full, \"really\"").unwrap();
    let abandoned = claim(&mut study);
    study.finish(&abandoned, Outcome::Abandoned).unwrap();
    claim(&mut study);
    study
}

#[test]
fn the_json_document_is_the_one_that_optuna_imports() {
    let folder = tempfile::tempdir().unwrap();
    let mut out = Vec::new();
    study(&folder.path().join("study.sqlite")).export().unwrap().write_json(&mut out).unwrap();
    let mut document: Json = serde_json::from_slice(&out).unwrap();
    for trial in document["trials"].as_array_mut().unwrap() {
        let begun = trial["state"] != "waiting";
        assert_eq!(trial["started"].is_f64(), begun, "{trial}");
        for time in ["started", "ended", "seconds"] {
            assert!(trial[time].is_f64() || trial[time].is_null(), "{trial}");
            trial[time] = Json::Null;
        }
    }
    let expected: Json = serde_json::from_str(FIXTURE).unwrap();
    assert_eq!(document, expected, "{document:#}");
}

#[test]
fn the_csv_table_has_the_same_trials() {
    let folder = tempfile::tempdir().unwrap();
    let mut out = Vec::new();
    study(&folder.path().join("study.sqlite")).export().unwrap().write_csv(&mut out).unwrap();
    let mut reader = csv::Reader::from_reader(out.as_slice());
    let columns = reader.headers().unwrap().clone();
    let expected: Json = serde_json::from_str(FIXTURE).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let trials = expected["trials"].as_array().unwrap();
    assert_eq!(rows.len(), trials.len());
    for (row, trial) in rows.iter().zip(trials) {
        for (column, cell) in columns.iter().zip(row) {
            let value = match column.strip_prefix("params_") {
                Some(name) => &trial["params"][name],
                None if ["started", "ended", "seconds", "intermediate"].contains(&column) => continue,
                None => &trial[column],
            };
            match value {
                Json::Null => assert_eq!(cell, "", "{column}"),
                Json::String(text) => assert_eq!(cell, text, "{column}"),
                number => assert_eq!(cell.parse::<f64>().ok(), number.as_f64(), "{column}"),
            }
        }
    }
    let intermediate = columns.iter().position(|name| name == "intermediate").unwrap();
    assert_eq!(&rows[0][intermediate], "0:1:0.75 1:1:0.30000000000000004");
}
