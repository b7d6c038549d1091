//! How good a classifier is and how well it knows its limits, with the real program.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;

use common::{Finished, Scene};
use serde_json::Value;

fn document(finished: &Finished) -> Value {
    serde_json::from_str(&finished.out).unwrap()
}

/// Asserts that a figure lies within its interval and returns it.
fn estimate(figure: &Value) -> f64 {
    let value = figure["value"].as_f64().unwrap();
    let [low, high] = ["low", "high"].map(|end| figure[end].as_f64().unwrap());
    assert!(low <= value + 1e-9 && value <= high + 1e-9, "{figure}");
    value
}

#[test]
fn a_run_is_measured_on_what_it_held_back() {
    let scene = Scene::new(12);
    scene.train("run", &[]).expect(0);
    let evaluated = document(&scene.run(&["evaluate", "run", "--json"]).expect(0));
    assert_eq!(evaluated["data"]["origin"], "validation");
    assert_eq!(evaluated["photographs"], 10);
    let findings = evaluated["findings"].as_array().unwrap();
    let validation = findings.iter().find(|finding| finding["id"] == "validation-data").unwrap();
    assert!(validation["evidence"][0].as_str().unwrap().contains("optimistic"), "{validation}");
    let few = findings.iter().find(|finding| finding["id"] == "few-photographs").unwrap();
    let largest =
        evaluated["classes"].as_array().unwrap().iter().map(|class| class["photographs"].as_u64().unwrap());
    let majority = largest.max().unwrap() as f64 / 10.0;
    let above_chance = evaluated["accuracy"]["low"].as_f64().unwrap() > majority;
    let rating = if above_chance { "limited" } else { "unsound" };
    assert_eq!((&few["severity"], &evaluated["verdict"]["rating"]), (&"warning".into(), &rating.into()));
    let out_of_fold = fs::read_to_string(scene.path("run/out-of-fold.csv")).unwrap();
    for row in evaluated["predictions"].as_array().unwrap() {
        assert!(out_of_fold.contains(row["path"].as_str().unwrap()), "{row}");
    }

    scene.train("tested", &["--test", "0.25"]).expect(0);
    let evaluated = document(&scene.run(&["evaluate", "tested", "--json"]).expect(0));
    assert_eq!(evaluated["data"]["origin"], "test");
    let split = fs::read_to_string(scene.path("tested/split.csv")).unwrap();
    let set_aside = split.lines().filter(|line| line.contains(",test,")).count();
    assert!(set_aside > 10, "{split}");
    assert_eq!(evaluated["photographs"], set_aside);

    // Files are named CLASS/PLACE.png; places that end alike belong together.
    scene.train("grouped", &["--test", "0.3", "--group-by", "(.)\\.[a-z]+$", "--epochs", "1"]).expect(0);
    let evaluated = document(&scene.run(&["evaluate", "grouped", "--json"]).expect(0));
    let split = csv::Reader::from_path(scene.path("grouped/split.csv")).unwrap().into_records();
    let tested = split.map(Result::unwrap).filter(|row| &row[2] == "test");
    let named: std::collections::BTreeSet<String> = tested.map(|row| row[3].to_owned()).collect();
    assert_eq!(evaluated["data"]["groups"], named.len());
    assert!(evaluated["photographs"].as_u64().unwrap() > named.len() as u64);

    let refused = scene.run(&["evaluate", "run/model.foliar"]).expect(2);
    assert!(refused.err.contains("--data"), "{}", refused.err);

    let row = evaluated["predictions"][0]["path"].as_str().unwrap();
    fs::remove_file(scene.path("photos").join(row)).unwrap();
    let evaluated = scene.run(&["evaluate", "tested", "--json"]).expect(3);
    assert!(evaluated.err.contains(row), "{}", evaluated.err);
    assert_eq!(document(&evaluated)["photographs"], set_aside - 1);
}

#[test]
fn every_figure_has_its_interval_and_every_photograph_its_row() {
    let scene = Scene::new(12);
    scene.train("run", &["--epochs", "6"]).expect(0);
    foliar_synth::write_dataset(&scene.path("new"), 5, 6, 48).unwrap();
    fs::create_dir(scene.path("things")).unwrap();
    for thing in 0..foliar_synth::THINGS.len() {
        let path = scene.path("things").join(format!("{thing}.png"));
        foliar_synth::draw_thing(3, thing, 1, 48).save(path).unwrap();
    }
    let arguments = ["evaluate", "run", "--data", "new", "--ood", "things", "--robustness"];
    let finished = scene.run(&[&arguments[..], &["--json", "--predictions", "rows.csv"]].concat()).expect(0);
    let evaluated = document(&finished);
    assert_eq!(evaluated["data"]["origin"], "folder");
    let accuracy = estimate(&evaluated["accuracy"]);
    for figure in ["balanced_accuracy", "macro_f1", "loss", "brier"] {
        estimate(&evaluated[figure]);
    }
    let classes = evaluated["classes"].as_array().unwrap();
    assert_eq!(classes.len(), 5);
    classes.iter().for_each(|class| assert!((0.0..=1.0).contains(&estimate(&class["recall"])), "{class}"));
    let calibration = &evaluated["calibration"];
    let excess = calibration["error"].as_f64().unwrap() - calibration["error_if_perfect"].as_f64().unwrap();
    assert!((excess - calibration["excess"]["value"].as_f64().unwrap()).abs() < 1e-9);
    let sets = &evaluated["prediction_sets"];
    assert_eq!(sets["alpha"], 0.1);
    estimate(&sets["coverage"]);
    assert_eq!(sets["sizes"].as_array().unwrap().iter().map(|size| size.as_u64().unwrap()).sum::<u64>(), 30);
    let ood = evaluated["ood"]["sets"].as_array().unwrap();
    assert_eq!(ood[0]["kinds"].as_array().unwrap().len(), foliar_synth::THINGS.len());
    assert_eq!((&ood[1]["name"], &ood[1]["photographs"]), (&"things".into(), &17.into()));
    let rows = evaluated["robustness"]["rows"].as_array().unwrap();
    let lengths: Vec<usize> = rows.iter().map(|row| row["accuracy"].as_array().unwrap().len()).collect();
    assert_eq!(lengths, [1, 5, 5, 5, 5, 5, 5, 1, 1]);
    let plain = rows[0]["accuracy"][0]["value"].as_f64().unwrap();
    assert!((plain - accuracy).abs() < 0.2, "{plain} {accuracy}");

    let mut reader = csv::Reader::from_path(scene.path("rows.csv")).unwrap();
    assert_eq!(reader.headers().unwrap().len(), 16);
    let table: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let right = table.iter().filter(|row| &row[4] == "true").count();
    assert_eq!((table.len(), right as f64 / 30.0), (30, accuracy));
    let covered = table.iter().filter(|row| row[5].split('|').any(|class| *class == row[1])).count();
    assert!((covered as f64 / 30.0 - sets["coverage"]["value"].as_f64().unwrap()).abs() < 1e-9);

    let text = scene.run(&arguments).expect(0).out;
    for part in
        ["accuracy", "target 90 %", "drawn things: AUROC", "answered", "gaussian blur", "confusion matrix"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(text, scene.run(&[&arguments[..], &["--threads", "1"]].concat()).expect(0).out);

    let refused = scene.run(&["evaluate", "run", "--data", "new", "--ood", "run/checkpoints"]).expect(1);
    assert!(refused.err.contains("run/checkpoints"), "{}", refused.err);
}

#[test]
fn a_classifier_says_when_it_abstains() {
    let scene = Scene::new(12);
    scene.train("run", &[]).expect(0);
    let lines = scene.run(&["predict", "run", "photos", "--format", "jsonl"]).expect(0).out;
    let rows: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 60);
    for row in &rows {
        let (reason, distance) = (row["reason"].as_str(), row["distance"].as_f64().unwrap());
        assert_eq!(row["answer"].is_null(), reason.is_some(), "{row}");
        assert_eq!(row["abstained"].as_bool(), Some(reason.is_some()), "{row}");
        // The photo that the threshold is of rounds to either side of it.
        assert_eq!(distance > 1.0 + 1e-5, reason == Some("out-of-distribution"), "{row}");
        let set = row["set"].as_array().unwrap();
        assert!(set.is_empty() || set[0] == row["predictions"][0]["class"], "{row}");
    }
    let surest =
        scene.run(&["predict", "run", "photos", "--format", "jsonl", "--risk", "0.01"]).expect(0).out;
    for (line, usual) in surest.lines().zip(&rows) {
        let row: Value = serde_json::from_str(line).unwrap();
        let (set, smaller) = (row["set"].as_array().unwrap(), usual["set"].as_array().unwrap());
        assert!(set.starts_with(smaller), "fewer errors take larger sets: {row} {usual}");
        assert!(row["answer"].is_null() || row["answer"] == usual["answer"], "{row} {usual}");
    }
    let table = scene.run(&["predict", "run", "photos", "--format", "csv"]).expect(0).out;
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    for (row, expected) in reader.records().map(Result::unwrap).zip(&rows) {
        // What the classifier does not answer has no class.
        let answer = expected["answer"].as_str().unwrap_or("");
        assert_eq!((&row[1], &row[4]), (answer, expected["reason"].as_str().unwrap_or("")), "{row:?}");
        assert_eq!(row[2].is_empty(), answer.is_empty(), "{row:?}");
    }
}

#[test]
fn a_bundle_without_limits_still_predicts() {
    let scene = Scene::new(6);
    scene.train("run", &["--validation", "0", "--epochs", "1"]).expect(0);
    let lines = scene.run(&["predict", "run", "photos/healthy", "--format", "jsonl"]).expect(0).out;
    let row: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert!(row["answer"].is_string() && row.get("set").is_none() && row.get("distance").is_none(), "{row}");
    let refused = scene.run(&["evaluate", "run", "--data", "photos"]).expect(1);
    assert!(refused.err.contains("memorisation"), "{}", refused.err);
    let arguments = ["evaluate", "run", "--data", "photos", "--include-training", "--json"];
    let evaluated = document(&scene.run(&arguments).expect(0));
    assert!(evaluated["prediction_sets"].is_null() && evaluated["selective"]["threshold"].is_null());
    assert!(evaluated["ood"]["sets"][0]["distance_auroc"].is_null());
    let findings = evaluated["findings"].as_array().unwrap();
    assert!(findings.iter().any(|finding| finding["id"] == "tested-on-training-data"), "{findings:?}");
    assert_eq!(evaluated["verdict"]["rating"], "unsound");
    scene.run(&["evaluate", "run"]).expect(1);
    let refused = scene.run(&["predict", "run", "photos", "--risk", "0.05"]).expect(1);
    assert!(refused.err.contains("--risk 0.05"), "{}", refused.err);
}
