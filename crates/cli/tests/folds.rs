//! `foliar train --folds`: the runs of a cross-validation, their folder, and what they come to.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use common::Scene;
use serde_json::Value;

const FOLDS: [&str; 8] = ["--folds", "3", "--epochs", "2", "--threads", "1", "--group-by", r"_00(\d\d)"];

/// (photo, split, group) of each photo of a run.
fn split(scene: &Scene, run: &str) -> Vec<(String, String, String)> {
    let mut rows = csv(scene, &format!("{run}/split.csv"));
    rows.remove(0);
    rows.into_iter().map(|row| (row[0].clone(), row[2].clone(), row[3].clone())).collect()
}

fn csv(scene: &Scene, file: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(scene.path(file)).unwrap();
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

/// The fold of each photo.
fn folds(scene: &Scene, out: &str) -> BTreeMap<String, u32> {
    let mut found = BTreeMap::new();
    for number in 1..=3 {
        for (photo, split, _) in split(scene, &format!("{out}/fold-{number}")) {
            if split == "val" {
                assert!(found.insert(photo, number).is_none(), "a photo is in two folds");
            }
        }
    }
    found
}

#[test]
fn every_photo_is_judged_once_by_a_run_that_has_not_seen_its_group() {
    let scene = Scene::new(9);
    let trained = scene.train("cv", &FOLDS).expect(0);
    assert_eq!(trained.out.trim(), "cv/folds.json");
    assert!(!scene.path("cv/model.foliar").exists(), "no classifier is said to be the one");
    let last = trained.err.trim_end().lines().last().unwrap();
    assert!(last.contains("foliar train photos"), "{last}");
    let refused = scene.run(&["predict", "cv", "photos"]).expect(1);
    assert!(
        refused.err.contains("the runs of a cross-validation") && refused.err.contains("cv/fold-1"),
        "{}",
        refused.err
    );
    assert!(trained.err.contains("none of the 3 classifiers is the one to use"), "{}", trained.err);

    let folds = folds(&scene, "cv");
    assert_eq!(folds.len(), 45);
    for number in 1..=3 {
        let rows = split(&scene, &format!("cv/fold-{number}"));
        assert_eq!(rows.len(), 45);
        let groups = |part: &str| -> BTreeSet<String> {
            rows.iter().filter(|(_, split, _)| split == part).map(|(_, _, group)| group.clone()).collect()
        };
        assert!(groups("train").is_disjoint(&groups("val")), "a group is on both sides");
        let recipe = fs::read_to_string(scene.path(&format!("cv/fold-{number}/recipe.toml"))).unwrap();
        assert!(recipe.contains(&format!("[data.fold]\nnumber = {number}\nof = 3")), "{recipe}");
    }

    let pooled = csv(&scene, "cv/out-of-fold.csv");
    assert_eq!(pooled.len(), 46);
    let right = pooled[1..].iter().filter(|row| row[1] == row[2]).count();
    for row in &pooled[1..] {
        assert_eq!(row[3], folds[&row[0]].to_string(), "{row:?}");
        let own = csv(&scene, &format!("cv/fold-{}/out-of-fold.csv", row[3]));
        let own = own.iter().find(|own| own[0] == row[0]).unwrap();
        assert_eq!(own[4..], row[4..], "the logits are those of the run");
    }

    let summary: Value = serde_json::from_slice(&fs::read(scene.path("cv/folds.json")).unwrap()).unwrap();
    let accuracy = &summary["accuracy"];
    assert!((accuracy["pooled"]["value"].as_f64().unwrap() - right as f64 / 45.0).abs() < 1e-12);
    assert!(accuracy["pooled"]["low"].as_f64() < accuracy["pooled"]["high"].as_f64(), "{accuracy}");
    assert_eq!((summary["photographs"].as_u64(), summary["groups"].as_u64()), (Some(45), Some(9)));
    let of_folds: Vec<f64> = (0..3)
        .map(|fold| {
            let found = summary["folds"][fold]["accuracy"].as_f64().unwrap();
            let rows = pooled[1..].iter().filter(|row| row[3] == (fold + 1).to_string());
            let (count, right) =
                rows.fold((0, 0), |(count, right), row| (count + 1, right + usize::from(row[1] == row[2])));
            assert!((found - f64::from(right as u32) / f64::from(count)).abs() < 1e-12);
            found
        })
        .collect();
    assert!((accuracy["mean"].as_f64().unwrap() - of_folds.iter().sum::<f64>() / 3.0).abs() < 1e-12);
    let lowest = of_folds.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(accuracy["lowest"].as_f64(), Some(lowest));
    // The log of the kept epoch of a run and the summary say the same.
    let events = fs::read_to_string(scene.path("cv/fold-2/events.jsonl")).unwrap();
    let epoch = summary["folds"][1]["epoch"].as_u64().unwrap();
    let logged = events
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .find(|event| event["event"] == "epoch" && event["epoch"].as_u64() == Some(epoch))
        .unwrap();
    for (ours, theirs) in [
        ("accuracy", "validation_accuracy"),
        ("loss", "validation_loss"),
        ("macro_f1", "validation_macro_f1"),
    ] {
        let [ours, theirs] =
            [&summary["folds"][1][ours], &logged[theirs]].map(|value| value.as_f64().unwrap());
        assert!((ours - theirs).abs() < 1e-6, "{ours} {theirs}");
    }
}

#[test]
fn a_cross_validation_goes_on_where_it_stopped() {
    let scene = Scene::new(6);
    scene.train("whole", &FOLDS).expect(0);
    let expected = |file: &str| fs::read(scene.path(&format!("whole/{file}"))).unwrap();
    scene.train("cut", &FOLDS).expect(0);
    // As it was left by a process that was killed in the second fold, before it had begun the third.
    for file in ["folds.json", "out-of-fold.csv", "fold-2/model.foliar", "fold-2/out-of-fold.csv"] {
        fs::remove_file(scene.path(&format!("cut/{file}"))).unwrap();
    }
    fs::remove_dir_all(scene.path("cut/fold-2/checkpoints")).unwrap();
    fs::create_dir(scene.path("cut/fold-2/checkpoints")).unwrap();
    fs::remove_dir_all(scene.path("cut/fold-3")).unwrap();
    let done = fs::metadata(scene.path("cut/fold-1/model.foliar")).unwrap().modified().unwrap();
    let said = scene.run(&["resume", "cut", "--threads", "2"]).expect(0).err;
    assert!(said.contains("fold 1 of 3") && said.contains("done before"), "{said}");
    assert_eq!(said.matches("done before").count(), 1, "{said}");
    assert_eq!(fs::metadata(scene.path("cut/fold-1/model.foliar")).unwrap().modified().unwrap(), done);
    for file in ["out-of-fold.csv", "fold-2/model.foliar", "fold-3/model.foliar", "fold-3/split.csv"] {
        assert!(fs::read(scene.path(&format!("cut/{file}"))).unwrap() == expected(file), "{file}");
    }
    let [whole, cut] = ["whole", "cut"].map(|out| {
        fs::read_to_string(scene.path(&format!("{out}/folds.json"))).unwrap().replace(&format!("{out}/"), "")
    });
    assert_eq!(whole, cut);

    // One of its runs alone.
    fs::remove_file(scene.path("cut/fold-2/model.foliar")).unwrap();
    scene.run(&["resume", "cut/fold-2"]).expect(0);
    assert!(fs::read(scene.path("cut/fold-2/model.foliar")).unwrap() == expected("fold-2/model.foliar"));

    // Other photos.
    fs::remove_file(scene.path("photos/healthy/healthy_0000.jpg")).unwrap();
    let refused = scene.run(&["resume", "cut"]).expect(1);
    assert!(refused.err.contains("healthy_0000.jpg"), "{}", refused.err);
}

#[test]
fn the_division_is_that_of_the_seed() {
    let scene = Scene::new(6);
    let more = ["--folds", "3", "--epochs", "1"];
    for (out, seed) in [("one", "1"), ("again", "1"), ("other", "2")] {
        scene.train(out, &[&more[..], &["--seed", seed]].concat()).expect(0);
    }
    assert_eq!(folds(&scene, "one"), folds(&scene, "again"));
    assert_ne!(folds(&scene, "one"), folds(&scene, "other"));
    // Names are of no effect: photos of equal contents are in the same folds.
    for class in foliar_synth::CLASSES {
        for number in 0..6 {
            let from = scene.path(&format!("photos/{class}/{class}_{number:04}.jpg"));
            fs::rename(from, scene.path(&format!("photos/{class}/{}_renamed.jpg", 9 - number))).unwrap();
        }
    }
    scene.train("renamed", &more).expect(0);
    let before: BTreeMap<String, u32> = folds(&scene, "one")
        .into_iter()
        .map(|(photo, fold)| {
            let (class, name) = photo.split_once('/').unwrap();
            let number: u32 = name[name.len() - 8..name.len() - 4].parse().unwrap();
            (format!("{class}/{}_renamed.jpg", 9 - number), fold)
        })
        .collect();
    assert_eq!(folds(&scene, "renamed"), before);
}

#[test]
fn what_cannot_be_divided_is_refused() {
    let scene = Scene::new(6);
    let refused = scene.train("cv", &["--folds", "1"]).expect(2);
    assert!(refused.err.contains("--folds"), "{}", refused.err);
    fs::write(scene.path("split.csv"), "path,split\n").unwrap();
    scene.train("cv", &["--folds", "3", "--split", "split.csv"]).expect(2);
    let refused = scene.train("cv", &["--folds", "7", "--group-by", r"_00(\d\d)"]).expect(1);
    assert!(refused.err.contains("6 groups") && refused.err.contains("--folds"), "{}", refused.err);
    assert!(!scene.path("cv").exists(), "nothing is left behind");
    scene.train("full", &["--epochs", "1"]).expect(0);
    scene.train("full", &["--epochs", "1", "--folds", "3"]).expect(1);
    let planned = scene.train("cv", &["--folds", "3", "--dry-run"]).expect(0).out;
    assert!(planned.contains("folds        3 runs, each on all but a fold"), "{planned}");
}

#[test]
fn labels_and_quick_runs_are_cross_validated_too() {
    let scene = Scene::new(6);
    scene.pretrain(6, &["--epochs", "1"]);
    let said = scene.train("quick", &["--folds", "3", "--weights", "weights/model.foliar"]).expect(0).err;
    assert!(said.contains("epoch  3/3") || said.contains("epoch 3/3"), "{said}");
    assert!(!said.contains("cross-validation: loss"), "no refit learns from the fold: {said}");
    let mut table = "image,rust,scab\n".to_owned();
    for (place, class) in foliar_synth::CLASSES.iter().enumerate() {
        for number in 0..6 {
            let [rust, scab] = [place % 2, place / 2 % 2];
            writeln!(table, "{class}/{class}_{number:04}.jpg,{rust},{scab}").unwrap();
        }
    }
    fs::write(scene.path("labels.csv"), table).unwrap();
    let arguments =
        ["train", "--labels", "labels.csv", "--images", "photos", "--multi-label", "--image-size", "32"];
    let more =
        ["--recipe", "scratch", "--epochs", "1", "--batch-size", "8", "--folds", "3", "--out", "labels"];
    scene.run(&[&arguments[..], &more].concat()).expect(0);
    let summary: Value = serde_json::from_slice(&fs::read(scene.path("labels/folds.json")).unwrap()).unwrap();
    assert!(summary["mean_f1"]["pooled"]["value"].as_f64().is_some(), "{summary}");
    assert_eq!(csv(&scene, "labels/out-of-fold.csv")[0][..4], ["path", "labels", "called", "fold"]);
}
