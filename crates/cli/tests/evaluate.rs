//! How good a classifier is and how far it knows when it is not, with the real program.

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
    assert_eq!(evaluated["sample"]["origin"], "validation");
    assert_eq!(evaluated["photographs"], 10);
    let remarks = evaluated["remarks"].as_array().unwrap();
    assert!(remarks.iter().any(|remark| remark.as_str().unwrap().contains("figures flatter")), "{remarks:?}");
    let held_out = fs::read_to_string(scene.path("run/held-out.csv")).unwrap();
    for row in evaluated["rows"].as_array().unwrap() {
        assert!(held_out.contains(row["path"].as_str().unwrap()), "{row}");
    }

    scene.train("tested", &["--test", "0.25"]).expect(0);
    let evaluated = document(&scene.run(&["evaluate", "tested", "--json"]).expect(0));
    assert_eq!(evaluated["sample"]["origin"], "test");
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
    assert_eq!(evaluated["sample"]["groups"], named.len());
    assert!(evaluated["photographs"].as_u64().unwrap() > named.len() as u64);

    let refused = scene.run(&["evaluate", "run/model.foliar"]).expect(2);
    assert!(refused.err.contains("--data"), "{}", refused.err);

    let row = evaluated["rows"][0]["path"].as_str().unwrap();
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
    assert_eq!(evaluated["sample"]["origin"], "folder");
    let accuracy = estimate(&evaluated["scores"]["accuracy"]);
    assert!((accuracy - evaluated["accuracy"].as_f64().unwrap()).abs() < 1e-12);
    for figure in ["balanced_accuracy", "macro_f1", "loss", "brier"] {
        estimate(&evaluated["scores"][figure]);
    }
    assert_eq!(evaluated["scores"]["classes"].as_array().unwrap().len(), 5);
    let calibration = &evaluated["calibration"];
    let excess = calibration["error"].as_f64().unwrap() - calibration["error_if_perfect"].as_f64().unwrap();
    assert!((excess - calibration["excess"]["value"].as_f64().unwrap()).abs() < 1e-9);
    let sets = &evaluated["sets"];
    assert_eq!(sets["alpha"], 0.1);
    estimate(&sets["coverage"]);
    assert_eq!(sets["sizes"].as_array().unwrap().iter().map(|size| size.as_u64().unwrap()).sum::<u64>(), 30);
    let outside = evaluated["outside"]["sets"].as_array().unwrap();
    assert_eq!(outside[0]["kinds"].as_array().unwrap().len(), foliar_synth::THINGS.len());
    assert_eq!((&outside[1]["name"], &outside[1]["photographs"]), (&"things".into(), &17.into()));
    let rows = evaluated["robustness"]["rows"].as_array().unwrap();
    let lengths: Vec<usize> = rows.iter().map(|row| row["accuracy"].as_array().unwrap().len()).collect();
    assert_eq!(lengths, [1, 5, 5, 5, 5, 5, 5, 1, 1]);
    let plain = rows[0]["accuracy"][0]["value"].as_f64().unwrap();
    assert!((plain - accuracy).abs() < 0.2, "{plain} {accuracy}");

    let mut reader = csv::Reader::from_path(scene.path("rows.csv")).unwrap();
    assert_eq!(reader.headers().unwrap().len(), 15);
    let table: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let right = table.iter().filter(|row| &row[4] == "true").count();
    assert_eq!((table.len(), right as f64 / 30.0), (30, accuracy));
    let covered = table.iter().filter(|row| row[5].split('|').any(|class| *class == row[1])).count();
    assert!((covered as f64 / 30.0 - sets["coverage"]["value"].as_f64().unwrap()).abs() < 1e-9);

    let text = scene.run(&arguments).expect(0).out;
    for part in [
        "accuracy",
        "promised 90 %",
        "drawn things: AUROC",
        "don't know",
        "gaussian blur",
        "confusion matrix",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(text, scene.run(&[&arguments[..], &["--threads", "1"]].concat()).expect(0).out);

    let refused = scene.run(&["evaluate", "run", "--data", "new", "--ood", "run/checkpoints"]).expect(1);
    assert!(refused.err.contains("run/checkpoints"), "{}", refused.err);
}

#[test]
fn a_classifier_says_when_it_does_not_know() {
    let scene = Scene::new(12);
    scene.train("run", &[]).expect(0);
    let lines = scene.run(&["predict", "run", "photos", "--format", "jsonl"]).expect(0).out;
    let rows: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 60);
    for row in &rows {
        let (doubt, distance) = (row["doubt"].as_str(), row["distance"].as_f64().unwrap());
        assert_eq!(row["answer"].is_null(), doubt.is_some(), "{row}");
        assert_eq!(distance > 1.0, doubt == Some("outside"), "{row}");
        let set = row["set"].as_array().unwrap();
        assert!(set.is_empty() || set[0] == row["predictions"][0]["class"], "{row}");
    }
    let surest =
        scene.run(&["predict", "run", "photos", "--format", "jsonl", "--error", "0.01"]).expect(0).out;
    for (line, usual) in surest.lines().zip(&rows) {
        let row: Value = serde_json::from_str(line).unwrap();
        let (set, smaller) = (row["set"].as_array().unwrap(), usual["set"].as_array().unwrap());
        assert!(set.starts_with(smaller), "fewer errors take larger sets: {row} {usual}");
        assert!(row["answer"].is_null() || row["answer"] == usual["answer"], "{row} {usual}");
    }
    let table = scene.run(&["predict", "run", "photos", "--format", "csv"]).expect(0).out;
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    for (row, expected) in reader.records().map(Result::unwrap).zip(&rows) {
        let answer = expected["answer"].as_str().unwrap_or("don't know");
        assert_eq!((&row[7], &row[8]), (answer, expected["doubt"].as_str().unwrap_or("")), "{row:?}");
    }
}

#[test]
fn a_bundle_that_knows_nothing_of_its_limits_still_predicts() {
    let scene = Scene::new(6);
    scene.train("run", &["--validation", "0", "--epochs", "1"]).expect(0);
    let lines = scene.run(&["predict", "run", "photos/healthy", "--format", "jsonl"]).expect(0).out;
    let row: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert!(row["answer"].is_string() && row.get("set").is_none() && row.get("distance").is_none(), "{row}");
    let evaluated = document(&scene.run(&["evaluate", "run", "--data", "photos", "--json"]).expect(0));
    assert!(evaluated["sets"].is_null() && evaluated["selective"]["threshold"].is_null());
    assert!(evaluated["outside"]["sets"][0]["distance_auroc"].is_null());
    scene.run(&["evaluate", "run"]).expect(1);
    let refused = scene.run(&["predict", "run", "photos", "--error", "0.05"]).expect(1);
    assert!(refused.err.contains("--error 0.05"), "{}", refused.err);
}
