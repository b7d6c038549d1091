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
    assert!(told.out.contains("out.onnx.expected.jsonl"), "{}", told.out);
    let rows = fs::read_to_string(scene.path("out.onnx.expected.jsonl")).unwrap();
    let arguments =
        [&["predict", "run"], &checked[..], &["--risk", "0.2", "--format", "jsonl", "--all"]].concat();
    assert_eq!(rows, scene.run(&arguments).expect(3).out);

    // Half the size; another input.
    scene.run(&["export", "run", "--out", "half.onnx", "--weights", "f16", "--input", "tensor"]).expect(0);
    let half = fs::read(scene.path("half.onnx")).unwrap();
    assert!(half.len() * 10 < bytes.len() * 6 && holds(&half, "\"input\":\"tensor\""));
    assert!(fs::read_to_string(scene.path("half.onnx.py")).unwrap().contains("\"tensor\""));

    // TFLite.
    let told = scene.run(&["export", "run", "--format", "tflite", "--check", "photos/healthy"]).expect(0);
    assert!(
        told.out.starts_with("run/model.tflite  ") && told.err.contains("uint8 [1, 32, 32, 3]"),
        "{told:?}"
    );
    let file = fs::read(scene.path("run/model.tflite")).unwrap();
    assert!(holds(&file, "\"judged_by\":") && holds(&file, "TFLITE_METADATA") && holds(&file, "labels.txt"));
    let rows = fs::read_to_string(scene.path("run/model.tflite.expected.jsonl")).unwrap();
    assert_eq!(
        rows,
        scene.run(&["predict", "run", "photos/healthy", "--format", "jsonl", "--all"]).expect(0).out
    );
    let again = ["export", "run", "--format", "tflite", "--weights", "f16"];
    scene.run(&again).expect(0);
    let half = fs::read(scene.path("run/model.tflite")).unwrap();
    assert!(half.len() * 20 < file.len() * 11);
    assert!(fs::read_to_string(scene.path("run/model.tflite.py")).unwrap().contains("def upright"));
    let refused = scene.run(&[&again[..], &["--input", "image"]].concat()).expect(2);
    assert!(refused.err.contains("a TFLite file takes uint8"), "{}", refused.err);

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
fn a_run_becomes_a_page() {
    let scene = Scene::new(8);
    scene.train("run", &[]).expect(0);

    let told = scene.run(&["export", "run", "--format", "page"]).expect(0);
    assert!(told.out.starts_with("run/model.html  ") && told.out.lines().count() == 1, "{}", told.out);
    for hint in ["double click", "iPhones and iPads", "half precision"] {
        assert!(told.err.contains(hint), "{hint}: {}", told.err);
    }
    let page = fs::read(scene.path("run/model.html")).unwrap();
    for text in
        ["\"classes\":[\"angular_spot\"", "\"judged_by\":", "\"weights\":\"f16\"", "default-src 'none'"]
    {
        assert!(holds(&page, text), "{text}");
    }
    assert!(!holds(&page, scene.root().to_str().unwrap()), "no path of this machine is in it");

    // The rows of --check are those of the classifier in the page.
    let arguments = [
        "export",
        "run",
        "--format",
        "page",
        "--out",
        "leaf.html",
        "--risk",
        "0.2",
        "--check",
        "photos/healthy",
    ];
    scene.run(&arguments).expect(0);
    let rows = fs::read_to_string(scene.path("leaf.html.expected.jsonl")).unwrap();
    let whole =
        scene.run(&["predict", "run", "photos/healthy", "--format", "jsonl", "--all", "--risk", "0.2"]);
    let probability = |line: &str| -> f64 {
        let row: Value = serde_json::from_str(line).unwrap();
        row["predictions"][0]["probability"].as_f64().unwrap()
    };
    assert_eq!(rows.lines().count(), 8);
    for (half, whole) in rows.lines().zip(whole.expect(0).out.lines()) {
        assert!((probability(half) - probability(whole)).abs() < 0.05, "{half} {whole}");
    }
    let arguments = ["export", "run", "--format", "page", "--out", "whole.html", "--weights", "f32"];
    let told = scene.run(&arguments).expect(0);
    assert!(!told.err.contains("half precision"), "{}", told.err);

    // A folder for a web server, which a later export replaces.
    for _ in 0..2 {
        let told = scene.run(&["export", "run", "--format", "page", "--out", "site/leaf/"]).expect(0);
        assert!(told.err.contains("Add to Home Screen"), "{}", told.err);
    }
    let expected = ["icon-192.png", "icon-512.png", "index.html", "manifest.webmanifest", "sw.js"];
    assert_eq!(files(&scene.path("site/leaf")), expected);
    let manifest = fs::read_to_string(scene.path("site/leaf/manifest.webmanifest")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&manifest).unwrap()["display"], "standalone");
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
    let refused = scene.run(&["export", "run", "--format", "page", "--input", "image"]).expect(2);
    assert!(refused.err.contains("a page takes photos as they are"), "{}", refused.err);
    // A file that is there stays until the new one is whole, and nothing else is left.
    scene.run(&["export", "run", "--out", "new/folder/model.onnx"]).expect(0);
    assert_eq!(files(&scene.path("new/folder")), ["model.onnx", "model.onnx.py"]);
    scene.run(&["export", "run", "--out", "new/folder/model.onnx", "--weights", "f16"]).expect(0);
    assert_eq!(files(&scene.path("new/folder")), ["model.onnx", "model.onnx.py"]);
    scene.run(&["export", "run", "--format", "torch", "--out", "new/a/b"]).expect(0);
    scene.run(&["export", "run", "--format", "torch", "--out", "new/a/b", "--weights", "f16"]).expect(0);
    assert_eq!(files(&scene.path("new/a/b")), ["config.json", "load.py", "model.safetensors"]);
}

/// Nothing but an earlier export is replaced, and where a part of one cannot be written none of it is.
#[test]
fn what_is_there_is_not_replaced() {
    let scene = Scene::new(6);
    scene.train("run", &[]).expect(0);
    let bundle = fs::read(scene.path("run/model.foliar")).unwrap();
    fs::create_dir_all(scene.path("notes")).unwrap();
    fs::write(scene.path("notes/text"), b"mine").unwrap();
    fs::write(scene.path("program.onnx.py"), b"print('mine')").unwrap();
    fs::write(scene.path("mine.html"), b"<!doctype html><title>mine</title>").unwrap();
    fs::create_dir(scene.path("part.onnx.py")).unwrap();
    fs::create_dir(scene.path("late.onnx.expected.jsonl")).unwrap();
    fs::write(scene.path("rows.onnx.expected.jsonl"), b"mine").unwrap();
    let mut cases = vec![
        ("onnx", "run/model.foliar", "is the classifier itself", 1),
        ("onnx", "run/recipe.toml", "was not written by `foliar export`", 1),
        ("onnx", "notes/text", "was not written by `foliar export`", 1),
        ("onnx", "program.onnx", "program.onnx.py is there, was not written by", 1),
        ("onnx", "part.onnx", "part.onnx.py is a folder", 1),
        ("onnx", "late.onnx", "late.onnx.expected.jsonl is a folder", 1),
        ("onnx", "rows.onnx", "rows.onnx.expected.jsonl is there, was not written by", 1),
        ("onnx", "notes/text/model.onnx", "notes/text is a file, where a folder should be", 1),
        ("onnx", "notes", "give a file name: --out notes/model.onnx", 2),
        ("onnx", "absent/", "give a file name: --out absent/model.onnx", 2),
        ("onnx", "-", "give a name: --out model.onnx", 2),
        ("tflite", "-", "give a name: --out model.tflite", 2),
        ("tflite", "notes", "give a file name: --out notes/model.tflite", 2),
        ("tflite", "run/recipe.toml", "was not written by `foliar export`", 1),
        ("torch", "-", "give a name: --out leaf-torch", 2),
        ("torch", "run/model.foliar", "is a file, and this format is a folder", 1),
        ("torch", "notes", "give another folder: --out notes/torch", 1),
        ("torch", "run", "give another folder: --out run/torch", 1),
        ("torch", "notes/text/torch", "notes/text is a file, where a folder should be", 1),
        ("page", "-", "give a name: --out leaf.html", 2),
        ("page", "leaf", "--out leaf.html, or --out leaf/ for a folder", 2),
        ("page", "notes", "give another folder: --out notes/leaf", 1),
        ("page", "run/", "was not written by `foliar export`", 1),
        ("page", "mine.html", "was not written by `foliar export`", 1),
    ];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(scene.path("run/model.foliar"), scene.path("same")).unwrap();
        std::os::unix::fs::symlink(scene.path("notes/text"), scene.path("link")).unwrap();
        let _listener = std::os::unix::net::UnixListener::bind(scene.path("socket")).unwrap();
        cases.push(("onnx", "same", "is the classifier itself", 1));
        cases.push(("onnx", "link", "link is a link", 1));
        cases.push(("onnx", "socket", "no regular file", 1));
    }
    let before = files(scene.root());
    let run = files(&scene.path("run"));
    for (format, out, expected, code) in cases {
        let arguments = ["export", "run", "--format", format, "--out", out, "--check", "photos/healthy"];
        let refused = scene.run(&arguments).expect(code);
        assert!(refused.err.contains(expected), "{out}: {}", refused.err);
        assert!(refused.out.is_empty(), "{out}: {}", refused.out);
        assert_eq!((files(scene.root()), files(&scene.path("run"))), (before.clone(), run.clone()), "{out}");
    }
    assert_eq!(fs::read(scene.path("run/model.foliar")).unwrap(), bundle);
    assert_eq!(fs::read(scene.path("notes/text")).unwrap(), b"mine");
}

/// Each file has its own expectations, and keeps them no longer than they are its own.
#[test]
fn expectations_belong_to_one_export() {
    let scene = Scene::new(6);
    scene.train("run", &[]).expect(0);
    let export =
        |out: &str, more: &[&str]| scene.run(&[&["export", "run", "--out", out], more].concat()).expect(0);
    export("a.onnx", &["--risk", "0.2", "--check", "photos/healthy"]);
    let first = fs::read(scene.path("a.onnx.expected.jsonl")).unwrap();
    export("b.onnx", &["--check", "photos/rust_pustules"]);
    assert_eq!(fs::read(scene.path("a.onnx.expected.jsonl")).unwrap(), first);
    assert_ne!(fs::read(scene.path("b.onnx.expected.jsonl")).unwrap(), first);
    // The same export again: they still fit.
    let told = export("a.onnx", &["--risk", "0.2"]);
    assert!(!told.err.contains("removed"), "{}", told.err);
    assert_eq!(fs::read(scene.path("a.onnx.expected.jsonl")).unwrap(), first);
    let told = export("a.onnx", &["--risk", "0.05", "--input", "tensor"]);
    assert!(told.err.contains("removed a.onnx.expected.jsonl"), "{}", told.err);
    assert!(!scene.path("a.onnx.expected.jsonl").exists());
    assert!(scene.path("b.onnx.expected.jsonl").exists());
    export("torch", &["--format", "torch", "--check", "photos/rust_pustules"]);
    let rows = fs::read(scene.path("torch/expected.jsonl")).unwrap();
    assert_eq!(rows, fs::read(scene.path("b.onnx.expected.jsonl")).unwrap());
    let told = export("torch", &["--format", "torch", "--weights", "f16"]);
    assert!(told.err.contains("removed torch/expected.jsonl"), "{}", told.err);
}
