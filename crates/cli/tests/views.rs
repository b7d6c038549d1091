//! Several views of each photo, with the real program.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeMap;
use std::fs;

use common::{Finished, Scene};
use serde_json::Value;

fn rows(finished: &Finished) -> Vec<Value> {
    finished.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Probabilities by class.
fn probabilities(row: &Value) -> BTreeMap<String, f64> {
    let all = row["predictions"].as_array().unwrap().iter();
    all.map(|one| (one["class"].as_str().unwrap().to_owned(), one["probability"].as_f64().unwrap())).collect()
}

fn distance(first: &Value, second: &Value) -> f64 {
    let (first, second) = (probabilities(first), probabilities(second));
    first.iter().map(|(class, p)| (p - second[class]).abs()).fold(0.0, f64::max)
}

/// A run whose photos are cropped alike on all sides.
fn scene() -> Scene {
    let scene = Scene::new(12);
    scene
        .train("run", &["--image-size", "40", "--epochs", "4", "--augment", "none", "--test", "0.3"])
        .expect(0);
    scene
}

#[test]
fn a_photo_that_is_held_otherwise_gets_the_same_answer() {
    let scene = scene();
    fs::create_dir(scene.path("turned")).unwrap();
    let mut names = Vec::new();
    for (class, name) in foliar_synth::CLASSES.iter().enumerate() {
        let file = fs::read_dir(scene.path("photos").join(name)).unwrap().next().unwrap().unwrap().path();
        let picture = image::open(file).unwrap().to_rgb8();
        picture.save(scene.path("turned").join(format!("{class}-a.png"))).unwrap();
        let turned = image::imageops::rotate90(&image::imageops::flip_horizontal(&picture));
        turned.save(scene.path("turned").join(format!("{class}-b.png"))).unwrap();
        names.push(class);
    }
    let predicted = |views: &str| {
        let arguments = ["predict", "run", "turned", "--format", "jsonl", "--top", "5", "--views", views];
        rows(&scene.run(&arguments).expect(0))
    };
    let (one, eight) = (predicted("1"), predicted("8"));
    let apart = |rows: &[Value]| rows.chunks(2).map(|pair| distance(&pair[0], &pair[1])).fold(0.0, f64::max);
    // Pixels are whole numbers after they are resampled, so that they may differ by one.
    assert!(4.0 * apart(&eight) < apart(&one), "{eight:#?} {one:#?}");
    for (one, eight) in one.iter().zip(&eight) {
        assert!(one.get("views").is_none() && eight["views"] == 8, "{one} {eight}");
        assert_eq!(one["distance"], eight["distance"], "the distance is that of the photo as it is");
    }
}

#[test]
fn batches_and_threads_change_nothing() {
    let scene = scene();
    let arguments = ["predict", "run", "photos", "--format", "csv", "--views", "4"];
    let together = scene.run(&arguments).expect(0);
    assert!(together.err.contains("fitted to one view"), "{}", together.err);
    assert_eq!(together.out, scene.run(&[&arguments[..], &["--threads", "1"]].concat()).expect(0).out);
    let mut table = csv::Reader::from_reader(together.out.as_bytes());
    let place = table.headers().unwrap().iter().position(|name| name == "views").unwrap();
    for row in table.records().map(Result::unwrap).take(3) {
        assert_eq!(&row[place], "4");
        let alone = scene.run(&["predict", "run", &row[0], "--format", "csv", "--views", "4"]).expect(0).out;
        assert!(together.out.contains(alone.lines().nth(1).unwrap()), "{alone}");
    }
    let plain = scene.run(&["predict", "run", "photos", "--format", "csv"]).expect(0);
    assert!(!plain.out.lines().next().unwrap().contains("views") && plain.err.is_empty(), "{}", plain.err);
    let refused = scene.run(&["predict", "run", "photos", "--views", "3"]).expect(2);
    assert!(refused.err.contains("1, 2, 4 or 8"), "{}", refused.err);
}

#[test]
fn an_evaluation_compares_them_with_one() {
    let scene = scene();
    let document =
        |arguments: &[&str]| -> Value { serde_json::from_str(&scene.run(arguments).expect(0).out).unwrap() };
    let one = document(&["evaluate", "run", "--json"]);
    let several = document(&["evaluate", "run", "--json", "--views", "2"]);
    assert!(one.get("views").is_none());
    let views = &several["views"];
    assert_eq!(views["count"], 2);
    assert_eq!(views["several"]["accuracy"], several["accuracy"]["value"]);
    for (figure, whole) in [("accuracy", &one["accuracy"]), ("loss", &one["loss"])] {
        assert_eq!(views["one"][figure], whole["value"], "{figure}");
    }
    let gained = views["several"]["accuracy"].as_f64().unwrap() - views["one"]["accuracy"].as_f64().unwrap();
    assert!((views["accuracy"]["value"].as_f64().unwrap() - gained).abs() < 1e-9, "{views}");
    assert_eq!(several["selective"]["guaranteed"], false);
    let text = scene.run(&["evaluate", "run", "--views", "2"]).expect(0).out;
    assert!(text.contains("2 views minus one: accuracy") && text.contains("fitted to one view"), "{text}");

    // A run that set nothing aside has predictions of one view alone.
    scene.train("whole", &["--epochs", "1"]).expect(0);
    let refused = scene.run(&["evaluate", "whole", "--views", "2"]).expect(1);
    assert!(refused.err.contains("--data FOLDER"), "{}", refused.err);
}
