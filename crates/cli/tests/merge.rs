//! Several runs as one classifier, with the real program.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::Scene;
use foliar_model::Bundle;
use foliar_vision::Digest;
use serde_json::Value;

/// Photos in folders train/ and val/, so that all runs hold back the same ones.
fn scene() -> Scene {
    let scene = Scene::empty();
    foliar_synth::write_dataset(&scene.path("photos/train"), 1, 12, 48).unwrap();
    foliar_synth::write_dataset(&scene.path("photos/val"), 7, 6, 48).unwrap();
    foliar_synth::write_dataset(&scene.path("new"), 5, 6, 48).unwrap();
    scene
}

fn train(scene: &Scene, out: &str, more: &[&str]) {
    scene.train(out, &[&["--group", "none"], more].concat()).expect(0);
}

/// Everything in a folder.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files =
        walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap).filter(|entry| entry.path().is_file());
    files.map(|entry| (entry.path().display().to_string(), fs::read(entry.path()).unwrap())).collect()
}

/// Logarithms of the probabilities of each photo of `new`, by class.
fn logarithms(scene: &Scene, bundle: &str) -> Vec<BTreeMap<String, f64>> {
    let arguments = ["predict", bundle, "new", "--format", "jsonl", "--top", "5"];
    let lines = scene.run(&arguments).expect(0).out;
    let of_row = |line: &str| {
        let row: Value = serde_json::from_str(line).unwrap();
        let all = row["predictions"].as_array().unwrap().clone();
        all.into_iter()
            .map(|one| (one["class"].as_str().unwrap().to_owned(), one["probability"].as_f64().unwrap().ln()))
            .collect()
    };
    lines.lines().map(of_row).collect()
}

fn document(scene: &Scene, arguments: &[&str]) -> Value {
    serde_json::from_str(&scene.run(arguments).expect(0).out).unwrap()
}

#[test]
fn outputs_are_averaged_and_everything_works_on_the_result() {
    let scene = scene();
    train(&scene, "a", &["--seed", "1"]);
    train(&scene, "b", &["--seed", "2"]);
    let before = [contents(&scene.path("a")), contents(&scene.path("b"))];
    let merged = document(&scene, &["merge", "a", "b", "--out", "m.foliar", "--json"]);
    assert_eq!(
        [contents(&scene.path("a")), contents(&scene.path("b"))],
        before,
        "the runs stay as they were"
    );
    assert_eq!(
        (&merged["networks"], &merged["photographs"], &merged["groups"]),
        (&2.into(), &30.into(), &30.into())
    );

    // Calibrated logits are the mean of those of the runs, over the temperature.
    let temperature = Bundle::read(&scene.path("m.foliar")).unwrap().temperature;
    let [a, b, m] = ["a", "b", "m.foliar"].map(|bundle| logarithms(&scene, bundle));
    for ((a, b), m) in a.iter().zip(&b).zip(&m) {
        let above = |of: &BTreeMap<String, f64>, class: &String| of[class] - of.values().next().unwrap();
        for class in m.keys() {
            let mean = (above(a, class) + above(b, class)) / 2.0;
            let said = above(m, class) * temperature;
            assert!((said - mean).abs() < 1e-2 * mean.abs().max(1.0), "{class}: {said} {mean}");
        }
    }

    // The figures are those of a comparison of the runs, and the detector was fitted.
    let compared = document(&scene, &["compare", "a", "b", "--json"]);
    for (run, compared) in merged["runs"].as_array().unwrap().iter().zip(compared["runs"].as_array().unwrap())
    {
        let [loss, expected] =
            [&run["loss"]["value"], &compared["loss"]["value"]].map(|loss| loss.as_f64().unwrap());
        assert!((loss - expected).abs() < 1e-6, "{run} {compared}");
    }
    let bundle = Bundle::read(&scene.path("m.foliar")).unwrap();
    let digests: Vec<String> = ["a", "b"]
        .map(|run| Digest::of(&fs::read(scene.path(run).join("model.foliar")).unwrap()).to_string())
        .to_vec();
    assert_eq!(bundle.provenance.members, digests);
    let uncertainty = bundle.uncertainty.unwrap();
    assert_eq!((uncertainty.photographs, uncertainty.groups), (30, 30));
    assert!(uncertainty.ood.is_some());

    let evaluated = document(&scene, &["evaluate", "m.foliar", "--data", "new", "--json"]);
    assert_eq!(evaluated["photographs"], 30);
    assert!(evaluated["prediction_sets"]["coverage"]["value"].is_number());
    let seen = scene.run(&["evaluate", "m.foliar", "--data", "photos/train", "--json"]).expect(1);
    assert!(seen.err.contains("memorisation"), "{}", seen.err);
    for method in ["grad-cam", "occlusion"] {
        scene.run(&["explain", "m.foliar", "new/healthy", "--out", method, "--method", method]).expect(0);
    }
    scene.run(&["export", "m.foliar", "--format", "onnx", "--out", "m.onnx"]).expect(0);
    assert!(fs::metadata(scene.path("m.onnx")).unwrap().len() > 1 << 20);

    let text = scene.run(&["merge", "a", "b", "--out", "folder", "--threads", "1"]).expect(0);
    assert!(text.out.contains("2 networks") && text.out.contains("best of the runs"), "{}", text.out);
    assert_eq!(
        fs::read(scene.path("folder/model.foliar")).unwrap(),
        fs::read(scene.path("m.foliar")).unwrap(),
        "threads change nothing"
    );
    let figures: Value = serde_json::from_slice(&fs::read(scene.path("folder/merge.json")).unwrap()).unwrap();
    assert_eq!(figures["difference"], merged["difference"]);
    scene.run(&["predict", "folder", "new"]).expect(0);
}

#[test]
fn classifiers_of_one_frozen_network_become_one() {
    let scene = Scene::new(16);
    scene.pretrain(8, &[]);
    let quick = ["--recipe", "quick", "--weights", "weights/model.foliar", "--group", "none"];
    for seed in ["1", "2", "3"] {
        scene.train(seed, &[&quick[..], &["--seed", seed]].concat()).expect(0);
    }
    let merged = document(&scene, &["merge", "1", "2", "3", "--out", "m.foliar", "--json"]);
    // The refit predicts every photo in folds.
    assert_eq!((&merged["networks"], &merged["photographs"]), (&1.into(), &80.into()));
    let [one, all] = ["1/model.foliar", "m.foliar"].map(|file| fs::metadata(scene.path(file)).unwrap().len());
    assert!(all < one + one / 10, "{one} {all}");
    let [one, all] = ["1/model.foliar", "m.foliar"].map(|file| Bundle::read(&scene.path(file)).unwrap());
    assert_eq!(one.graph, all.graph);
    assert!(all.uncertainty.unwrap().ood.is_some());
    foliar_synth::write_dataset(&scene.path("new"), 5, 6, 48).unwrap();
    let [a, b, c, m] = ["1", "2", "3", "m.foliar"].map(|bundle| logarithms(&scene, bundle));
    for (place, m) in m.iter().enumerate() {
        let above = |of: &BTreeMap<String, f64>, class: &String| of[class] - of.values().next().unwrap();
        for class in m.keys() {
            let mean = [&a, &b, &c].iter().map(|of| above(&of[place], class)).sum::<f64>() / 3.0;
            let said = above(m, class) * all.temperature;
            assert!((said - mean).abs() < 1e-2 * mean.abs().max(1.0), "{class}: {said} {mean}");
        }
    }
}

#[test]
fn weights_of_runs_that_began_alike_are_averaged() {
    let scene = scene();
    scene.pretrain(8, &[]);
    let begun = ["--weights", "weights/model.foliar", "--recipe", "fine", "--freeze", "none", "--refit", "0"];
    for seed in ["1", "2"] {
        train(&scene, seed, &[&begun[..], &["--seed", seed]].concat());
    }
    let merged =
        document(&scene, &["merge", "1", "2", "--average", "weights", "--out", "soup.foliar", "--json"]);
    assert_eq!((&merged["networks"], &merged["photographs"]), (&1.into(), &30.into()));
    let [one, two, soup] = ["1/model.foliar", "2/model.foliar", "soup.foliar"]
        .map(|file| Bundle::read(&scene.path(file)).unwrap());
    assert_eq!(one.graph, soup.graph);
    for (name, tensor) in soup.state.tensors.iter().filter(|(name, _)| !name.contains("running")) {
        let pairs = one.state.tensors[name].data.iter().zip(&two.state.tensors[name].data);
        assert!(pairs.zip(&tensor.data).all(|((a, b), mean)| ((a + b) / 2.0 - mean).abs() < 1e-6), "{name}");
    }
    let evaluated = document(&scene, &["evaluate", "soup.foliar", "--data", "new", "--json"]);
    assert_eq!(evaluated["photographs"], 30);

    train(&scene, "scratch-1", &["--seed", "1"]);
    train(&scene, "scratch-2", &["--seed", "2"]);
    let refused = scene
        .run(&["merge", "scratch-1", "scratch-2", "--average", "weights", "--out", "x.foliar"])
        .expect(1);
    assert!(refused.err.contains("did not begin with the weights"), "{}", refused.err);
    assert!(!scene.path("x.foliar").exists());
}

#[test]
fn what_does_not_fit_is_refused_in_a_sentence() {
    let scene = scene();
    train(&scene, "a", &["--epochs", "1"]);
    train(&scene, "large", &["--epochs", "1", "--image-size", "40"]);
    fs::create_dir(scene.path("fewer")).unwrap();
    for part in ["train", "val"] {
        for class in foliar_synth::CLASSES.iter().skip(1) {
            let to = scene.path("fewer").join(part).join(class);
            fs::create_dir_all(&to).unwrap();
            for file in fs::read_dir(scene.path("photos").join(part).join(class)).unwrap().map(Result::unwrap)
            {
                fs::copy(file.path(), to.join(file.file_name())).unwrap();
            }
        }
    }
    let fixed =
        ["train", "fewer", "--image-size", "32", "--epochs", "1", "--batch-size", "8", "--group", "none"];
    scene.run(&[&fixed[..], &["--out", "fewer-run"]].concat()).expect(0);
    foliar_synth::write_dataset(&scene.path("others"), 3, 8, 48).unwrap();
    let fixed = ["train", "others", "--image-size", "32", "--epochs", "1", "--batch-size", "8"];
    scene.run(&[&fixed[..], &["--out", "others-run"]].concat()).expect(0);
    scene.run(&[&fixed[..], &["--out", "unmeasured", "--validation", "0"]].concat()).expect(0);
    fs::write(scene.path("there.foliar"), "something").unwrap();
    for (runs, out, code, words) in [
        (["a", "large"], "m.foliar", 1, "size 40 and not 32"),
        (["a", "a"], "m.foliar", 1, "a run counts once"),
        (["a", "fewer-run"], "m.foliar", 1, "it lacks"),
        (["a", "others-run"], "m.foliar", 1, "10 are needed"),
        (["a", "unmeasured"], "m.foliar", 1, "held back no photos"),
        (["a", "absent"], "m.foliar", 1, "does not exist"),
        (["a", "large"], "there.foliar", 2, "already"),
        (["a", "large"], "photos", 2, "already"),
    ] {
        let refused = scene.run(&["merge", runs[0], runs[1], "--out", out]).expect(code);
        assert!(refused.err.contains(words), "{words}: {}", refused.err);
        assert!(!scene.path("m.foliar").exists());
    }
    assert_eq!(fs::read_to_string(scene.path("there.foliar")).unwrap(), "something");
}
