//! `foliar bench`: its figures are there, agree with each other, and with what the networks are known to cost.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::Scene;
use serde_json::Value;

const TINY: [&str; 11] =
    ["bench", "--model", "baseline", "--batch", "2", "--size", "32", "--classes", "10", "--seconds", "0.05"];

fn document(scene: &Scene, arguments: &[&str]) -> Value {
    let finished = scene.run(arguments).expect(0);
    serde_json::from_str(&finished.out).unwrap()
}

fn number(document: &Value, field: &str) -> f64 {
    document[field].as_f64().unwrap_or_else(|| panic!("{field} in {document}"))
}

#[test]
fn a_network_is_measured() {
    let scene = Scene::empty();
    let mut multiply_adds = Vec::new();
    for mode in ["infer", "train"] {
        let arguments = [&TINY[..], &["--mode", mode, "--threads", "1", "--json", "--profile"]].concat();
        let document = document(&scene, &arguments);
        assert_eq!((&document["mode"], &document["threads"]), (&mode.into(), &1.into()));
        let rate = number(&document, "images_per_second");
        let gflops = number(&document, "gflops");
        let expected = 2e-9 * number(&document, "multiply_adds") * rate;
        assert!(rate > 0.0 && (gflops / expected - 1.0).abs() < 1e-9, "{gflops} {expected}");
        let share = gflops / number(&document, "peak_gflops");
        assert!((number(&document, "peak_share") - share).abs() < 1e-9 && (0.0..1.0).contains(&share));
        assert!(document["step_seconds"].as_array().unwrap().len() >= 3);
        let nodes = document["nodes"].as_array().unwrap();
        let names: Vec<&str> = nodes.iter().map(|node| node["name"].as_str().unwrap()).collect();
        // A network that only predicts has its norms in its weights.
        let first: &[&str] = if mode == "infer" { &["conv1", "pool1"] } else { &["conv1", "bn1", "pool1"] };
        assert_eq!(&names[..first.len()], first, "{mode}");
        assert_eq!(names.last(), Some(&"fc"));
        if cfg!(target_os = "linux") {
            assert!(number(&document, "peak_memory_bytes") > 1e6);
        }
        multiply_adds.push(document["multiply_adds"].as_u64().unwrap());
    }
    // 3 x 3 convolutions at 32 to 2 pixels and the classifier; training adds two of each but the first, whose input has no
    // gradient.
    let first = 32 * 32 * 32 * 27;
    let forward = first
        + 16 * 16 * 64 * 32 * 9
        + 8 * 8 * 128 * 64 * 9
        + 4 * 4 * 256 * 128 * 9
        + 2 * 2 * 256 * 256 * 9
        + 256 * 10;
    assert_eq!(multiply_adds, [forward, 3 * forward - first]);
}

#[test]
fn the_table_names_what_takes_time() {
    let scene = Scene::empty();
    let text = scene.run(&[&TINY[..], &["--mode", "train", "--threads", "1"]].concat()).expect(0).out;
    for expected in ["images/s", "GFLOP/s", "peak memory", "conv ", "batch norm", "max pool", "linear"] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    assert!(!text.contains("conv1"), "{text}");
}

#[test]
fn loading_is_measured() {
    let scene = Scene::new(4);
    for threads in ["1", "2"] {
        let arguments = [
            "bench",
            "--mode",
            "load",
            "--data",
            "photos",
            "--size",
            "32",
            "--batch",
            "4",
            "--seconds",
            "0.1",
        ];
        let document = document(&scene, &[&arguments[..], &["--threads", threads, "--json"]].concat());
        assert!(number(&document, "images_per_second") > 0.0);
        assert_eq!(number(&document, "images") % number(&document, "photographs"), 0.0);
    }
}

#[test]
fn what_can_not_be_measured_is_refused() {
    let scene = Scene::new(2);
    for (arguments, expected) in [
        (&["bench", "--batch", "0"][..], "--batch 1 or more"),
        (&["bench", "--size", "16"], "--size 32 to 4096"),
        (&["bench", "--classes", "1"], "--classes 2 or more"),
        (&["bench", "--seconds", "nan"], "--seconds"),
        (&["bench", "--mode", "load"], "--data FOLDER"),
        (&["bench", "--mode", "infer", "--data", "photos"], "--mode load"),
    ] {
        let refused = scene.run(arguments).expect(2);
        assert!(refused.err.contains(expected), "{arguments:?}: {}", refused.err);
    }
    let refused = scene.run(&["bench", "--mode", "load", "--data", "absent"]).expect(1);
    assert!(refused.err.contains("absent"), "{}", refused.err);
}
