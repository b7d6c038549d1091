//! A run for another place, with the real program.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::Path;

use common::Scene;
use foliar_model::Bundle;
use serde_json::Value;

/// A run with a network that has batch norms, and photos of its place.
fn scene() -> Scene {
    let scene = Scene::empty();
    foliar_synth::write_dataset(&scene.path("photos/train"), 1, 50, 48).unwrap();
    foliar_synth::write_dataset(&scene.path("photos/val"), 7, 20, 48).unwrap();
    foliar_synth::write_dataset(&scene.path("same"), 5, 14, 48).unwrap();
    scene.train("run", &["--group", "none", "--image-size", "48", "--epochs", "20"]).expect(0);
    scene
}

/// The photos of `from`, without their folders, every value of which `change` has changed.
fn seen_otherwise(scene: &Scene, from: &str, to: &str, change: impl Fn(u8, usize) -> u8) {
    fs::create_dir(scene.path(to)).unwrap();
    for (place, entry) in walkdir::WalkDir::new(scene.path(from)).sort_by_file_name().into_iter().enumerate()
    {
        let entry = entry.unwrap();
        if entry.path().is_file() {
            let mut photo = image::open(entry.path()).unwrap().to_rgb8();
            photo.iter_mut().enumerate().for_each(|(at, value)| *value = change(*value, at));
            photo.save(scene.path(&format!("{to}/{place}.png"))).unwrap();
        }
    }
}

/// Twice the contrast.
fn harsh(value: u8) -> u8 {
    (2 * i32::from(value) - 128).clamp(0, 255) as u8
}

fn document(scene: &Scene, arguments: &[&str]) -> Value {
    serde_json::from_str(&scene.run(arguments).expect(0).out).unwrap()
}

fn bytes(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap()
}

#[test]
fn another_camera_is_adapted_to_the_same_place_and_another_thing_are_not() {
    let scene = scene();
    let before = bytes(&scene.path("run/model.foliar"));
    let same = document(&scene, &["adapt", "run", "same", "--out", "same.foliar", "--json"]);
    assert_eq!((&same["adaptation"], &same["bundle"]), (&"not-needed".into(), &Value::Null));
    assert!(!scene.path("same.foliar").exists());

    seen_otherwise(&scene, "same", "harsh", |value, _| harsh(value));
    let found = document(&scene, &["adapt", "run", "harsh", "--out", "harsh.foliar", "--json"]);
    assert_eq!(found["adaptation"], "adapted", "{found}");
    let distance = |which: &str| found[which]["distance"].as_f64().unwrap();
    let usual = found["usual_distance"].as_f64().unwrap();
    assert!(distance("before") > usual && distance("after") <= usual, "{found}");
    // The same bits again, on one thread; the run stays as it was.
    scene.run(&["adapt", "run", "harsh", "--out", "again.foliar", "--threads", "1"]).expect(0);
    assert_eq!(bytes(&scene.path("again.foliar")), bytes(&scene.path("harsh.foliar")));
    assert_eq!(bytes(&scene.path("run/model.foliar")), before);
    // More of the answers are right on such photos that it has not seen.
    foliar_synth::write_dataset(&scene.path("later"), 9, 14, 48).unwrap();
    for class in fs::read_dir(scene.path("later")).unwrap() {
        let class = class.unwrap().file_name().into_string().unwrap();
        seen_otherwise(&scene, &format!("later/{class}"), &format!("harsh-{class}"), |value, _| harsh(value));
        fs::create_dir_all(scene.path("labelled")).unwrap();
        fs::rename(scene.path(&format!("harsh-{class}")), scene.path(&format!("labelled/{class}"))).unwrap();
    }
    let loss = |bundle: &str| {
        let found = document(&scene, &["evaluate", bundle, "--data", "labelled", "--json"]);
        found["loss"]["value"].as_f64().unwrap()
    };
    assert!(loss("harsh.foliar") < loss("run"), "{} {}", loss("harsh.foliar"), loss("run"));

    // Noise is no photo of leaves, however its statistics are.
    seen_otherwise(&scene, "same", "noise", |value, at| (at.wrapping_mul(2_654_435_761) >> 7) as u8 ^ value);
    let noise = document(&scene, &["adapt", "run", "noise", "--out", "noise.foliar", "--json"]);
    assert_eq!((&noise["adaptation"], &noise["bundle"]), (&"still-unlike".into(), &Value::Null), "{noise}");
}

#[test]
fn classes_that_cannot_occur_go() {
    let scene = scene();
    let classes = Bundle::read(&scene.path("run/model.foliar")).unwrap().classes;
    let among = format!("{},{}*", classes[3], &classes[1]);
    let found = document(&scene, &["adapt", "run", "same", "--among", &among, "--out", "some", "--json"]);
    assert_eq!(found["classes"], serde_json::json!([classes[1], classes[3]]));
    assert_eq!(found["bundle"], "some/model.foliar");
    let written: Value = serde_json::from_slice(&bytes(&scene.path("some/adapt.json"))).unwrap();
    assert_eq!(written, found);
    let bundle = Bundle::read(&scene.path("some/model.foliar")).unwrap();
    assert_eq!(bundle.classes, [&*classes[1], &*classes[3]]);
    assert_eq!(bundle.provenance.members.len(), 1);
    // Of two classes the odds are those that they had among all.
    let odds = |bundle: &str, top: &str| -> Vec<f64> {
        let rows = scene.run(&["predict", bundle, "same", "--format", "jsonl", "--top", top]).expect(0).out;
        let of = |row: &Value, class: &str| {
            let all = row["predictions"].as_array().unwrap();
            all.iter().find(|one| one["class"] == class).unwrap()["probability"].as_f64().unwrap().ln()
        };
        rows.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .map(|row: Value| of(&row, &classes[1]) - of(&row, &classes[3]))
            .collect()
    };
    let run = Bundle::read(&scene.path("run/model.foliar")).unwrap();
    let scale = run.temperature / bundle.temperature;
    for (some, all) in odds("some", "2").iter().zip(odds("run", "9")) {
        assert!((some - scale * all).abs() < 1e-2 * some.abs().max(1.0), "{some} {all}");
    }
    scene.run(&["export", "some", "--out", "some.onnx"]).expect(0);
}

#[test]
fn what_does_not_go_is_said() {
    let scene = scene();
    fs::create_dir(scene.path("few")).unwrap();
    seen_otherwise(&scene, "same/".trim_end_matches('/'), "all", |value, _| value / 2);
    for place in fs::read_dir(scene.path("all")).unwrap().take(3) {
        let from = place.unwrap().path();
        fs::copy(&from, scene.path("few").join(from.file_name().unwrap())).unwrap();
    }
    fs::create_dir(scene.path("none")).unwrap();
    for (arguments, code, said) in [
        (vec!["run", "few", "--out", "x.foliar"], 1, "32 photos are needed"),
        (vec!["run", "none", "--out", "x.foliar"], 1, "no photos"),
        (vec!["run", "photos/train", "--out", "x.foliar"], 1, "learned from"),
        (vec!["run", "all", "--among", "maize", "--out", "x.foliar"], 1, "no class of this run"),
        (vec!["run", "all", "--out", "photos"], 2, "there already"),
        (vec!["nowhere", "all", "--out", "x.foliar"], 1, "nowhere"),
    ] {
        let run = scene.run(&[&["adapt"], &arguments[..]].concat());
        assert!(run.expect(code).err.contains(said), "{arguments:?}");
        assert!(!scene.path("x.foliar").exists());
    }
}
