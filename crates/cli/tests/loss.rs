//! No work is lost: what grows with the photos fits the files of a run, and of two who begin one run one is refused.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;

use common::{Finished, Scene, train_arguments};
use image::{Rgb, RgbImage};
use safetensors::SafeTensors;

/// The header of a checkpoint, and the shape of its tensor of predictions.
fn predictions(checkpoint: &Path) -> (String, Vec<usize>) {
    let bytes = fs::read(checkpoint).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let shape = tensors.tensor("out_of_fold.logits").unwrap().shape().to_vec();
    (String::from_utf8(bytes[8..8 + length].to_vec()).unwrap(), shape)
}

#[test]
fn predictions_are_a_tensor_of_the_checkpoint_and_no_text_of_its_header() {
    let scene = Scene::new(10);
    scene.train("run", &["--epochs", "1"]).expect(0);
    let (header, shape) = predictions(&scene.path("run/checkpoints/best.safetensors"));
    let rows = fs::read_to_string(scene.path("run/out-of-fold.csv")).unwrap().lines().count() - 1;
    assert_eq!(shape, [rows, 5]);
    assert!(!header.contains("logits\\\""), "{header}");
    // The table comes from them.
    let table = fs::read(scene.path("run/out-of-fold.csv")).unwrap();
    fs::remove_file(scene.path("run/out-of-fold.csv")).unwrap();
    fs::remove_file(scene.path("run/model.foliar")).unwrap();
    scene.run(&["resume", "run"]).expect(0);
    assert!(fs::read(scene.path("run/out-of-fold.csv")).unwrap() == table);
}

/// 3,000 classes and as many validation photos: nine million numbers.
#[test]
#[ignore = "takes minutes"]
fn nine_million_predictions_end_in_a_classifier() {
    const CLASSES: u32 = 3_000;
    let scene = Scene::empty();
    for class in 0..CLASSES {
        let folder = scene.path(&format!("photos/class {class}"));
        fs::create_dir_all(&folder).unwrap();
        for number in 0..3 {
            let colour = [(class % 16) * 16, (class / 16 % 16) * 16, (class / 256) * 16 + number];
            let pixel =
                |x: u32, y: u32| Rgb(colour.map(|value| (value + (x * y + class * number) % 9) as u8));
            RgbImage::from_fn(16, 16, pixel).save(folder.join(format!("{number}.png"))).unwrap();
        }
    }
    let more = ["--epochs", "1", "--validation", "0.34", "--group", "none", "--batch-size", "32"];
    scene.train("run", &more).expect(0);
    let (_, shape) = predictions(&scene.path("run/checkpoints/best.safetensors"));
    assert!(shape[0] * shape[1] > 8_500_000, "{shape:?}");
    scene.run(&["resume", "run"]).expect(0);
    scene.run(&["predict", "run", "photos/class 7"]).expect(0);
}

#[test]
fn too_many_classes_are_refused_before_the_work() {
    let scene = Scene::empty();
    // One class comes twice: a column in which none does holds no classes.
    let table: String = (0..5_002).map(|row| format!("{row}.png,class {}\n", row % 5_001)).collect();
    fs::create_dir(scene.path("photos")).unwrap();
    for row in 0..5_002_u32 {
        let bytes = row.to_le_bytes();
        RgbImage::from_fn(2, 1, |x, _| Rgb([bytes[0], bytes[1], x as u8]))
            .save(scene.path(&format!("photos/{row}.png")))
            .unwrap();
    }
    fs::write(scene.path("labels.csv"), format!("image,label\n{table}")).unwrap();
    let more = ["--labels", "labels.csv", "--group", "none"];
    let refused = scene.train("run", &more).expect(2);
    assert!(refused.err.contains("at most 5000"), "{}", refused.err);
    assert!(!scene.path("run").exists());
}

#[test]
fn a_run_that_another_process_begins_is_not_written_to() {
    let scene = Scene::new(4);
    fs::create_dir(scene.path("run")).unwrap();
    let lock = File::create(scene.path("run/.lock")).unwrap();
    lock.lock().unwrap();
    let names = || {
        let names = fs::read_dir(scene.path("run")).unwrap().map(|entry| entry.unwrap().file_name());
        names.collect::<Vec<_>>()
    };
    let refused = scene.train("run", &["--epochs", "1"]).expect(1);
    assert!(refused.err.contains("another foliar process uses run"), "{}", refused.err);
    assert_eq!(names(), [".lock"]);
    // What the other one has written stays, though it has not begun.
    fs::create_dir(scene.path("run/checkpoints")).unwrap();
    fs::write(scene.path("run/data.json"), "of the other").unwrap();
    scene.train("run", &["--epochs", "1"]).expect(1);
    assert_eq!(fs::read_to_string(scene.path("run/data.json")).unwrap(), "of the other");
    drop(lock);
    scene.train("run", &["--epochs", "1"]).expect(0);
}

#[test]
fn of_two_who_begin_one_run_at_once_one_wins() {
    let scene = Scene::new(6);
    let small = ["--epochs", "2", "--threads", "1"];
    scene.train("alone", &small).expect(0);
    let bundle = |run: &str| fs::read(scene.path(run).join("model.foliar")).unwrap();
    let start = |arguments: &[&str]| {
        scene.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    for round in 0..3 {
        let out = format!("both-{round}");
        let arguments = [&train_arguments(&out)[..], &small].concat();
        let both = [start(&arguments), start(&arguments)];
        let mut ended = both.map(|child| Finished::from(child.wait_with_output().unwrap()));
        ended.sort_by_key(|ended| ended.code);
        assert_eq!(ended.each_ref().map(|ended| ended.code), [Some(0), Some(1)], "{ended:?}");
        let said = &ended[1].err;
        assert!(said.contains("another foliar process") || said.contains("already holds a run"), "{said}");
        assert!(bundle(&out) == bundle("alone"));
    }
    // Where no folder is named, each takes its own.
    let unnamed = train_arguments("");
    let arguments = [&unnamed[..unnamed.len() - 2], &small].concat();
    for child in [start(&arguments), start(&arguments)] {
        Finished::from(child.wait_with_output().unwrap()).expect(0);
    }
    assert!(bundle("runs/baseline-1") == bundle("alone") && bundle("runs/baseline-2") == bundle("alone"));
}
