//! Studies shown and exported, with the real program.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::Path;

use common::{Finished, Scene};
use foliar_bayes::{Direction, Options, Outcome, Parameter, Pruner, Report, Scale, Space, Step};
use foliar_study::{Budget, Definition, Lease, NextTrial, StoredStudy};
use serde_json::{Value, json};

const STUDY: &str = "study.sqlite";

fn definition() -> Definition {
    let space = Space::new(vec![
        Parameter::float("learning_rate", 1e-4, 1.0, Scale::Log),
        Parameter::float("momentum", 0.0, 0.99, Scale::Momentum),
        Parameter::integer("batch_size", 8, 64, Scale::Log),
        Parameter::choice("augmentation", ["none", "flips, turns"]),
    ]);
    Definition {
        fingerprint: "leaves 3f2a, recipe 91c0".into(),
        space: space.unwrap(),
        direction: Direction::Minimise,
        seed: 7,
        options: Options::default(),
        pruner: Pruner::Never,
    }
}

fn claim(study: &mut StoredStudy) -> Lease {
    match study.claim("worker 1", Budget::trials(100)).unwrap() {
        NextTrial::Trial(lease) => lease,
        next => panic!("{next:?}"),
    }
}

/// One trial of each state, two of them finished, the second one better.
fn studied(path: &Path) -> StoredStudy {
    let mut study = StoredStudy::create(path, &definition()).unwrap();
    let outcomes = [
        Outcome::Value { value: 0.5 },
        Outcome::Pruned,
        Outcome::Infeasible,
        Outcome::Value { value: 0.1 + 0.2 },
        Outcome::Abandoned,
    ];
    for outcome in outcomes {
        let trial = claim(&mut study);
        for epoch in 1..=2 {
            let step = Step { fold: 0, epoch };
            let value = if outcome == Outcome::Infeasible { f64::NAN } else { 1.0 / f64::from(epoch) };
            study.report(&trial, Report { step, value }).unwrap();
        }
        study.finish(&trial, outcome).unwrap();
    }
    let trial = claim(&mut study);
    study.fail(&trial, "the disk is full, \"really\"").unwrap();
    study
}

fn exported(finished: &Finished) -> Value {
    serde_json::from_str(&finished.out).unwrap()
}

#[test]
fn trials_are_shown_with_their_settings() {
    let scene = Scene::empty();
    drop(studied(&scene.path(STUDY)));
    let shown = scene.run(&["study", "show", STUDY]).expect(0);
    let lines: Vec<&str> = shown.out.lines().collect();
    assert_eq!(lines.len(), 7, "{}", shown.out);
    for word in
        ["trial", "state", "value", "learning_rate", "momentum", "batch_size", "augmentation", "seconds"]
    {
        assert!(lines[0].contains(word), "{word}: {}", lines[0]);
    }
    assert!(lines[4].trim_start().starts_with("*3  finished") && lines[4].contains("0.3"), "{}", lines[4]);
    assert!(lines[2].contains("pruned") && lines[2].contains("(0.5)"), "{}", lines[2]);
    assert!(shown.err.contains("6 trials: 2 finished, 1 pruned, 1 infeasible, 1 failed, 1 abandoned"));
    assert!(shown.err.contains("best: trial 3 with 0.3"), "{}", shown.err);
    assert_eq!(scene.run(&["study", "show", "."]).expect(0).out, shown.out, "a folder means the study in it");
}

#[test]
fn json_has_every_trial_and_optunas_distributions() {
    let scene = Scene::empty();
    let mut study = studied(&scene.path(STUDY));
    let document = exported(&scene.run(&["study", "export", STUDY]).expect(0));
    assert_eq!(document["direction"], "minimise");
    assert_eq!(document["best"], 3);
    let distributions: Vec<&Value> = document["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|parameter| &parameter["distribution"])
        .collect();
    assert_eq!(
        *distributions[0],
        json!({"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-4, "high": 1.0, "log": true}})
    );
    assert_eq!(distributions[1]["attributes"]["log"], false);
    assert_eq!(
        *distributions[2],
        json!({"name": "IntDistribution", "attributes": {"log": true, "step": 1, "low": 8, "high": 64}})
    );
    assert_eq!(distributions[3]["attributes"]["choices"], json!(["none", "flips, turns"]));
    let trials = document["trials"].as_array().unwrap();
    let stored = study.trials().unwrap();
    assert_eq!(trials.len(), stored.len());
    for (trial, stored) in trials.iter().zip(&stored) {
        assert_eq!(trial["number"], stored.record.id.0);
        assert_eq!(trial["state"], stored.state.name());
        assert_eq!(trial["value"], json!(stored.record.value()));
        assert_eq!(trial["seed"], stored.seed);
        assert_eq!(trial["params"], serde_json::to_value(&stored.record.params).unwrap());
        assert_eq!(trial["intermediate"].as_array().unwrap().len(), stored.record.reports.len());
        assert!(trial["seconds"].as_f64().unwrap() >= 0.0);
    }
    assert_eq!(trials[3]["value"], 0.1 + 0.2, "every bit of a value is kept");
    assert_eq!(trials[2]["intermediate"][0], json!({"fold": 0, "epoch": 1, "value": null}));
    assert_eq!(trials[5]["message"], "the disk is full, \"really\"");
}

#[test]
fn csv_has_a_row_a_trial() {
    let scene = Scene::empty();
    drop(studied(&scene.path(STUDY)));
    scene.run(&["study", "export", STUDY, "--format", "csv", "--out", "trials.csv"]).expect(0);
    let mut reader = csv::Reader::from_path(scene.path("trials.csv")).unwrap();
    let head = reader.headers().unwrap().clone();
    let column = |name: &str| head.iter().position(|header| header == name).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 6);
    assert_eq!(rows[3][column("value")].parse::<f64>().unwrap(), 0.1 + 0.2);
    assert_eq!(&rows[2][column("state")], "infeasible");
    assert_eq!(&rows[2][column("value")], "");
    assert_eq!(&rows[0][column("intermediate")], "0:1:1 0:2:0.5");
    assert_eq!(&rows[5][column("message")], "the disk is full, \"really\"");
    assert!(rows.iter().all(|row| ["none", "flips, turns"].contains(&&row[column("params_augmentation")])));
    let printed = scene.run(&["study", "export", STUDY, "--format", "csv"]).expect(0);
    assert_eq!(printed.out, fs::read_to_string(scene.path("trials.csv")).unwrap());
}

#[test]
fn a_study_is_seen_while_a_worker_is_at_it() {
    let scene = Scene::empty();
    let mut study = studied(&scene.path(STUDY));
    let running = claim(&mut study);
    let shown = scene.run(&["study", "show", STUDY]).expect(0);
    assert!(shown.err.contains("1 running"), "{}", shown.err);
    study.finish(&running, Outcome::Value { value: 0.2 }).unwrap();
}

#[test]
fn a_study_without_a_trial_says_so() {
    let scene = Scene::empty();
    drop(StoredStudy::create(scene.path(STUDY), &definition()).unwrap());
    let shown = scene.run(&["study", "show", STUDY]).expect(0);
    assert_eq!(shown.out.lines().count(), 1);
    assert!(shown.err.contains("0 trials") && shown.err.contains("no trial has finished"), "{}", shown.err);
    assert_eq!(exported(&scene.run(&["study", "export", STUDY]).expect(0))["trials"], json!([]));
}

#[test]
fn what_is_no_study_is_said_to_be_none() {
    let scene = Scene::empty();
    fs::write(scene.path("notes.txt"), "learning rate 0.1\n".repeat(100)).unwrap();
    fs::write(scene.path("empty"), "").unwrap();
    fs::create_dir(scene.path("folder")).unwrap();
    for (name, words) in [
        ("absent", "does not exist"),
        ("notes.txt", "not a study"),
        ("empty", "not a study"),
        ("folder", "folder/study.sqlite does not exist"),
    ] {
        for command in ["show", "export"] {
            let refused = scene.run(&["study", command, name]).expect(1);
            assert!(refused.err.contains(name) && refused.err.contains(words), "{}", refused.err);
            assert!(refused.out.is_empty() && refused.err.lines().count() == 1, "{refused:?}");
        }
    }
    assert!(!scene.path("absent").exists());
}

#[test]
fn a_study_of_a_newer_program_is_left_alone() {
    let scene = Scene::empty();
    drop(studied(&scene.path(STUDY)));
    let mut bytes = fs::read(scene.path(STUDY)).unwrap();
    // SQLite keeps the schema version, its `user_version`, in these four bytes.
    bytes[60..64].copy_from_slice(&999_u32.to_be_bytes());
    fs::write(scene.path(STUDY), &bytes).unwrap();
    let refused = scene.run(&["study", "show", STUDY]).expect(1);
    assert!(
        refused.err.contains("schema version 999") && refused.err.contains("newer program"),
        "{}",
        refused.err
    );
    assert_eq!(fs::read(scene.path(STUDY)).unwrap(), bytes);
}

/// Root may write everywhere; what it sees must be the same.
#[cfg(unix)]
#[test]
fn a_read_only_folder_is_read() {
    use std::os::unix::fs::PermissionsExt;
    let scene = Scene::empty();
    let folder = scene.path("shelf");
    fs::create_dir(&folder).unwrap();
    drop(studied(&folder.join(STUDY)));
    let file = format!("shelf/{STUDY}");
    let before = scene.run(&["study", "export", &file]).expect(0).out;
    let allow = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    allow(&folder.join(STUDY), 0o444);
    allow(&folder, 0o555);
    let after = scene.run(&["study", "export", &file]);
    let shown = scene.run(&["study", "show", &file]);
    allow(&folder, 0o755);
    assert_eq!(after.expect(0).out, before);
    assert!(shown.expect(0).err.contains("best: trial 3"));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing is left beside the study");
}
