//! What evaluations and reports say of the photos of a run, of those that it left out, and of its training, is so.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fmt::Write as _;
use std::fs;

use common::Scene;
use serde_json::Value;

/// The page and the model card of a report.
fn report(scene: &Scene, more: &[&str]) -> String {
    scene.run(&[&["report", "run", "--out", "report"], more].concat()).expect(0);
    ["report.html", "model-card.md"]
        .map(|file| fs::read_to_string(scene.path("report").join(file)).unwrap())
        .concat()
}

#[test]
fn what_a_run_left_out_spoils_nothing() {
    let scene = Scene::new(8);
    let photo = |name: &str| scene.path("photos").join(name);
    for (from, to) in [
        ("healthy/healthy_0000.jpg", "healthy/healthy_0000 - Copy.jpg"),
        ("healthy/healthy_0001.jpg", "rust_pustules/stray.jpg"),
    ] {
        fs::copy(photo(from), photo(to)).unwrap();
    }
    fs::write(
        scene.path("quarantine.csv"),
        "path,reason\nhealthy/healthy_0000 - Copy.jpg,copy\nrust_pustules/stray.jpg,copy\n",
    )
    .unwrap();
    scene.train("run", &["--epochs", "1", "--quarantine", "quarantine.csv"]).expect(3);
    let said = report(&scene, &[]);
    for lie in ["leak", "two labels", "across the split", "in different classes"] {
        assert!(!said.contains(lie), "{lie}");
    }
}

#[test]
fn copies_on_both_sides_of_a_split_are_told() {
    let scene = Scene::new(8);
    let original = scene.path("photos/healthy/healthy_0002.jpg");
    image::open(original).unwrap().save(scene.path("photos/healthy/saved_again.png")).unwrap();
    let mut split = "path,split\nhealthy/saved_again.png,val\n".to_owned();
    for class in foliar_synth::CLASSES {
        for number in 0..8 {
            let part = if number > 5 { "val" } else { "train" };
            writeln!(split, "{class}/{class}_{number:04}.jpg,{part}").unwrap();
        }
    }
    fs::write(scene.path("split.csv"), split).unwrap();
    let left_out = scene.train("without", &["--epochs", "1", "--split", "split.csv"]).expect(3).err;
    assert!(left_out.contains("healthy_0002.jpg: left out: the same image"), "{left_out}");
    scene.train("run", &["--epochs", "1", "--split", "split.csv", "--group", "none"]).expect(0);
    assert!(report(&scene, &[]).contains("Photos leak across the split"));
}

#[test]
fn training_photos_are_known_wherever_they_lie_and_whatever_they_are_called() {
    let scene = Scene::new(6);
    scene.train("run", &["--epochs", "1"]).expect(0);
    let mut copied = 0;
    for class in foliar_synth::CLASSES {
        fs::create_dir_all(scene.path("elsewhere").join(class)).unwrap();
        for number in 0..6 {
            let from = scene.path(&format!("photos/{class}/{class}_{number:04}.jpg"));
            fs::copy(from, scene.path(&format!("elsewhere/{class}/IMG_{copied}.jpg"))).unwrap();
            copied += 1;
        }
    }
    for arguments in
        [&["evaluate", "run", "--data", "elsewhere"][..], &["report", "run", "--data", "elsewhere"]]
    {
        let refused = scene.run(arguments).expect(1);
        assert!(refused.err.contains("trained, tuned or calibrated on all 30 photos"), "{}", refused.err);
    }
    foliar_synth::write_dataset(&scene.path("elsewhere"), 9, 1, 48).unwrap();
    let evaluated = scene.run(&["evaluate", "run", "--data", "elsewhere", "--json"]).expect(0);
    let document: Value = serde_json::from_str(&evaluated.out).unwrap();
    assert_eq!(document["data"]["training_left_out"].as_array().unwrap().len(), 30);
    assert_eq!(document["photographs"], 5);
    let said = report(&scene, &["--data", "elsewhere", "--no-audit"]);
    assert_eq!(said.matches("on 30 photos of this folder").count(), 2, "on the page and in the card");
}

#[test]
fn the_audit_of_a_report_has_the_groups_of_the_run() {
    let scene = Scene::new(8);
    scene.train("run", &["--epochs", "1", "--group-by", r"_000(\d)"]).expect(0);
    assert!(report(&scene, &[]).contains("They are in 8 groups"));
    // Groups for other photos are not taken for those of the run.
    let refused = scene.run(&["report", "run", "--group-by", "(.)"]).expect(2);
    assert!(refused.err.contains("--data"), "{}", refused.err);
}

#[test]
fn a_verdict_is_of_what_was_measured_and_not_of_the_log() {
    let scene = Scene::new(12);
    scene.train("run", &["--epochs", "1"]).expect(0);
    let events = scene.path("run/events.jsonl");
    let lines: Vec<Value> = fs::read_to_string(&events)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut written = String::new();
    for line in lines {
        if line["event"] != "epoch" {
            writeln!(written, "{line}").unwrap();
            continue;
        }
        // Ten epochs that stay at guessing among five classes.
        for epoch in 1..=10 {
            let mut line = line.clone();
            (line["epoch"], line["epochs"], line["total_step"]) =
                (epoch.into(), 10.into(), (6 * epoch).into());
            for (name, value) in [
                ("train_loss", 1.61),
                ("validation_loss", 1.61),
                ("train_accuracy", 0.2),
                ("validation_accuracy", 0.2),
            ] {
                line[name] = value.into();
            }
            writeln!(written, "{line}").unwrap();
        }
    }
    fs::write(&events, written).unwrap();
    let log: Value = serde_json::from_str(&scene.run(&["doctor", "run", "--json"]).out).unwrap();
    assert!(log["findings"].to_string().contains("at-chance"), "{log:#}");
    let reported = scene.run(&["report", "run", "--no-audit"]).expect(0);
    assert!(!reported.err.to_lowercase().contains("nothing was learned"), "{}", reported.err);
    let page = fs::read_to_string(scene.path("run/report.html")).unwrap();
    assert!(page.contains("In training: nothing was learned"), "the log is told of as a note");
}

/// A slow start: a training loss that hardly falls, a validation loss at rest, and accuracies on 40 photos.
#[test]
fn a_network_that_is_mostly_right_is_not_said_to_have_learned_nothing() {
    let scene = Scene::empty();
    let doctor = |best: f64| {
        let line = |epoch: i32| {
            let accuracy = 0.5 + (best - 0.5) * f64::from(epoch) / 10.0;
            let loss = 2.0_f64.ln() - 0.0005 * f64::from(epoch);
            let held = 2.0_f64.ln() - 0.0001 * f64::from(epoch % 3);
            format!("epoch {epoch} train_loss {loss:.4} val_loss {held:.4} val_acc {accuracy:.3}\n")
        };
        fs::write(scene.path("train.log"), (1..=10).map(line).collect::<String>()).unwrap();
        scene.run(&["doctor", "train.log", "--classes", "2", "--val-size", "40"]).out
    };
    assert!(!doctor(0.825).contains("learned nothing"), "{}", doctor(0.825));
    assert!(doctor(0.6).contains("learned nothing"), "{}", doctor(0.6));
}

/// The text with each run of blanks as one: lines fit a terminal, sentences do not care.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_split_that_cannot_be_made_is_said_before_and_after() {
    let scene = Scene::new(6);
    for (name, pattern, why) in [
        ("one", "(_)", "all 30 photos are in one group"),
        ("classes", "^([^/]+)/", "each class is one group (5 groups of 30 photos)"),
    ] {
        let with = ["--epochs", "1", "--group-by", pattern];
        let planned = scene.train(name, &[&with[..], &["--dry-run"]].concat()).expect(0);
        let planned = flat(&planned.out);
        let told = [why, "no validation split can be made", "--group copies", "another pattern", pattern];
        assert!(told.iter().all(|words| planned.contains(words)), "{planned}");
        assert!(!planned.contains("best on the"), "{planned}");

        let trained = scene.train(name, &with).expect(0);
        let err = flat(&trained.err);
        assert!(told.iter().all(|words| err.contains(words)), "{err}");
        assert!(err.contains("not known how good: no validation split could be made"), "{err}");
        assert!(!err.contains("in 1 groups") && !err.contains("--validation 0.2 does"), "{err}");

        let audited = flat(&scene.run(&["audit", "photos", "--group-by", pattern]).expect(0).out);
        assert!(audited.contains("in one group") && audited.contains("no split can be made"), "{audited}");
        for lie in
            ["grouped split give nearly", "random split is optimistic", "wrong label;", "to 50.0)", "to 0.0)"]
        {
            assert!(!audited.contains(lie), "{lie}: {audited}");
        }
        // What the words advise is so.
        scene.train(&format!("{name}-alone"), &["--epochs", "1", "--group", "copies"]).expect(0);
        scene.run(&["evaluate", &format!("{name}-alone")]).expect(0);
    }
    // Where a split was not asked for, nothing is missing.
    let planned = scene.train("none", &["--validation", "0", "--dry-run"]).expect(0).out;
    assert!(!planned.contains("can be made") && planned.contains("the last epoch"), "{planned}");
    scene.train("none", &["--validation", "0", "--epochs", "1"]).expect(0);
    scene.train("some", &["--epochs", "1"]).expect(0);
    for run in ["one", "none"] {
        let refused = scene.run(&["evaluate", run]).expect(1).err;
        assert!(
            refused.contains("the run has no validation or test photos; test it on other photos"),
            "{refused}"
        );
        let refused = scene.run(&["compare", run, "some"]).expect(1).err;
        assert!(refused.contains("held back no validation photos to compare on"), "{refused}");
    }
}
