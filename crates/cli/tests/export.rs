//! `foliar export` on a run of the real program.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::Path;

use common::Scene;
use serde_json::Value;

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Whether the bytes hold this text.
fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn a_run_becomes_files_for_other_programs() {
    let scene = Scene::new(8);
    scene.train("run", &[]).expect(0);
    fs::write(scene.path("broken.jpg"), b"no picture").unwrap();

    // One ONNX file beside the bundle, a program that runs it, and how to use it.
    let told = scene.run(&["export", "run"]).expect(0);
    let lines: Vec<&str> = told.out.lines().collect();
    assert!(lines[0].starts_with("run/model.onnx  ") && lines[0].ends_with(" MB"), "{}", told.out);
    assert!(lines[1].starts_with("run/model.onnx.py  ") && lines.len() == 2, "{}", told.out);
    for trap in ["exif_transpose", "red, green, blue", "over white"] {
        assert!(told.err.contains(trap), "{trap}: {}", told.err);
    }
    let bytes = fs::read(scene.path("run/model.onnx")).unwrap();
    for text in ["probabilities", "\"judged_by\":", "trained from random weights", "{0: 'angular_spot', 1: '"]
    {
        assert!(holds(&bytes, text), "{text}");
    }
    scene.run(&["export", "run/model.foliar", "--out", "again.onnx"]).expect(0);
    assert_eq!(bytes, fs::read(scene.path("again.onnx")).unwrap(), "the bundle of a run is the run");
    fs::create_dir(scene.path("elsewhere")).unwrap();
    fs::copy(scene.path("run/model.foliar"), scene.path("elsewhere/model.foliar")).unwrap();
    scene.run(&["export", "elsewhere/model.foliar"]).expect(0);
    assert!(!holds(&fs::read(scene.path("elsewhere/model.onnx")).unwrap(), "\"judged_by\":"));

    // What this program says of photos, at the same risk.
    let checked = ["photos/healthy", "broken.jpg", "absent.jpg"];
    let arguments =
        [&["export", "run", "--out", "out.onnx", "--risk", "0.2", "--check"], &checked[..]].concat();
    let told = scene.run(&arguments).expect(3);
    assert!(told.out.contains("expected.jsonl"), "{}", told.out);
    let rows = fs::read_to_string(scene.path("expected.jsonl")).unwrap();
    let arguments =
        [&["predict", "run"], &checked[..], &["--risk", "0.2", "--format", "jsonl", "--all"]].concat();
    assert_eq!(rows, scene.run(&arguments).expect(3).out);

    // Half the size; another input.
    scene.run(&["export", "run", "--out", "half.onnx", "--weights", "f16", "--input", "tensor"]).expect(0);
    let half = fs::read(scene.path("half.onnx")).unwrap();
    assert!(half.len() * 10 < bytes.len() * 6 && holds(&half, "\"input\":\"tensor\""));
    assert!(fs::read_to_string(scene.path("half.onnx.py")).unwrap().contains("\"tensor\""));

    // PyTorch.
    scene.run(&["export", "run", "--format", "torch"]).expect(0);
    assert_eq!(files(&scene.path("run/torch")), ["config.json", "load.py", "model.safetensors"]);
    let config = fs::read_to_string(scene.path("run/torch/config.json")).unwrap();
    let config: Value = serde_json::from_str(&config).unwrap();
    assert_eq!((&config["architecture"], &config["num_classes"]), (&"baseline".into(), &5.into()));
    let tensors = fs::read(scene.path("run/torch/model.safetensors")).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&tensors).unwrap();
    assert!(tensors.names().iter().all(|name| !name.starts_with("uncertainty")));
}

#[test]
fn what_cannot_be_exported_leaves_nothing_behind() {
    let scene = Scene::new(6);
    let before = files(scene.root());
    let refused = scene.run(&["export", "photos"]).expect(1);
    assert!(refused.err.contains("photos is no run folder"), "{}", refused.err);
    let refused = scene.run(&["export", "absent"]).expect(1);
    assert!(refused.err.contains("absent does not exist"), "{}", refused.err);
    fs::write(scene.path("model.foliar"), b"none").unwrap();
    let refused = scene.run(&["export", "model.foliar"]).expect(1);
    assert!(refused.err.contains("not a bundle"), "{}", refused.err);
    fs::remove_file(scene.path("model.foliar")).unwrap();
    scene.run(&["export", "photos", "--format", "keras"]).expect(2);
    scene.run(&["export", "photos", "--risk", "0.3"]).expect(2);
    assert_eq!(files(scene.root()), before);

    scene.train("run", &[]).expect(0);
    let refused = scene.run(&["export", "run", "--format", "torch", "--input", "tensor"]).expect(2);
    assert!(refused.err.contains("--input is for --format onnx"), "{}", refused.err);
    let refused = scene.run(&["export", "run", "--out", "no-folder/model.onnx"]).expect(1);
    assert!(refused.err.contains("no-folder/model.onnx"), "{}", refused.err);
    fs::write(scene.path("taken"), b"a file").unwrap();
    let refused = scene.run(&["export", "run", "--format", "torch", "--out", "taken"]).expect(1);
    assert!(refused.err.contains("taken: the folder cannot be created"), "{}", refused.err);
    // A file that is there stays until the new one is whole, and nothing else is left.
    scene.run(&["export", "run", "--out", "taken"]).expect(0);
    assert!(fs::read(scene.path("taken")).unwrap().len() > 1_000_000);
    assert!(files(scene.root()).iter().all(|name| !name.ends_with(".partial")));
}
