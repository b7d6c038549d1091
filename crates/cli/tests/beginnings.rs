//! Runs that begin with the bundle of an older run, with the real program: what they are measured on, and which classes they
//! take over.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::{Finished, Scene};
use foliar_model::Bundle;

/// An old classifier in `weights/`, trained on `others/`; in `photos/` these leaves, named `old_...`, and new ones.
fn scene() -> Scene {
    let scene = Scene::new(8);
    scene.pretrain(6, &[]);
    add_old(&scene, "photos");
    scene
}

/// Copies the leaves that the old classifier has learned from into the classes of `folder`.
fn add_old(scene: &Scene, folder: &str) {
    for class in foliar_synth::CLASSES {
        for photo in fs::read_dir(scene.path("others").join(class)).unwrap() {
            let photo = photo.unwrap();
            let name = format!("old_{}", photo.file_name().to_string_lossy());
            fs::copy(photo.path(), scene.path(folder).join(class).join(name)).unwrap();
        }
    }
}

const BEGIN: [&str; 2] = ["--weights", "weights/model.foliar"];

fn begin(scene: &Scene, out: &str, more: &[&str]) -> Finished {
    scene.train(out, &[&BEGIN[..], more].concat())
}

/// (old photographs, others) in each split of a run, and in its out-of-fold predictions.
fn measured(run: &Path) -> BTreeMap<String, [usize; 2]> {
    let mut counts = BTreeMap::new();
    for (file, column) in [("split.csv", "split"), ("out-of-fold.csv", "")] {
        let Ok(mut reader) = csv::Reader::from_path(run.join(file)) else { continue };
        let headers = reader.headers().unwrap().clone();
        for row in reader.records() {
            let row = row.unwrap();
            let of =
                |name| headers.iter().position(|header| header == name).map(|place| row[place].to_owned());
            let kind = of(column).unwrap_or_else(|| file.to_owned());
            let is_old = of("path").unwrap().contains("old_");
            counts.entry(kind).or_insert([0; 2])[usize::from(!is_old)] += 1;
        }
    }
    counts
}

#[test]
fn photos_that_the_old_classifier_learned_from_are_trained_on_and_never_measured_on() {
    let scene = scene();
    for (out, more) in [
        ("quick", &[][..]),
        ("no-refit", &["--refit", "0", "--weights", "weights"]),
        ("fine", &["--recipe", "fine"]),
        ("whole", &["--recipe", "scratch", "--test", "0.2"]),
        ("copies", &["--group", "none", "--validation", "0.5"]),
    ] {
        let said = begin(&scene, out, more).expect(0).err;
        assert!(said.contains("weights/model.foliar has learned from 30 of these photos"), "{said}");
        let counts = measured(&scene.path(out));
        assert_eq!(counts["train"][0], 30, "{out}: {counts:?}");
        for (split, [old, new]) in counts.into_iter().filter(|(split, _)| split != "train") {
            assert!(old == 0 && new > 0, "{out}, {split}: {old} old, {new} others");
        }
    }
    // Folds measure on every other photograph, and the classifier learns from all.
    assert_eq!(measured(&scene.path("quick"))["out-of-fold.csv"], [0, 40]);
    let bundle = Bundle::read(&scene.path("quick/model.foliar")).unwrap();
    assert_eq!((bundle.provenance.train_photographs, bundle.training_digests.len()), (70, 70));

    // Begun again from the run folder alone.
    for file in ["model.foliar", "out-of-fold.csv", "checkpoints/last.safetensors"] {
        fs::remove_file(scene.path("quick").join(file)).unwrap();
    }
    scene.run(&["resume", "quick"]).expect(0);
    assert_eq!(measured(&scene.path("quick"))["out-of-fold.csv"], [0, 40]);
    assert_eq!(Bundle::read(&scene.path("quick/model.foliar")).unwrap(), bundle);
}

/// What a bundle began with is known to the bundle, and to those that begin with it.
#[test]
fn descendants_remember() {
    let scene = Scene::new(8);
    scene.pretrain(6, &[]);
    begin(&scene, "second", &[]).expect(0);
    let refused = scene.run(&["evaluate", "second", "--data", "others"]).expect(1);
    assert!(refused.err.contains("memorisation"), "{}", refused.err);
    foliar_synth::write_dataset(&scene.path("third-photos"), 3, 8, 48).unwrap();
    add_old(&scene, "third-photos");
    let mut arguments = common::train_arguments("third");
    arguments[1] = "third-photos";
    arguments.extend(["--weights", "second/model.foliar"]);
    scene.run(&arguments).expect(0);
    assert_eq!(measured(&scene.path("third"))["out-of-fold.csv"], [0, 40]);
}

#[test]
fn a_classifier_is_not_measured_on_its_own_photos_again() {
    let scene = Scene::new(6);
    scene.train("weights", &[]).expect(0);
    for more in [&[][..], &["--recipe", "scratch"], &["--recipe", "fine"]] {
        let refused = begin(&scene, "again", more).expect(1);
        for part in ["has learned from 30 of the 30 photos", "Add photos", "--validation 0"] {
            assert!(refused.err.contains(part), "{part}: {}", refused.err);
        }
        assert!(!scene.path("again").exists());
    }
    begin(&scene, "again", &["--validation", "0"]).expect(0);
    let refused = scene.run(&[&["tune", "photos", "--out", "tuned"], &BEGIN[..]].concat()).expect(1);
    assert!(refused.err.contains("has learned from"), "{}", refused.err);
}

#[test]
fn few_others_and_classes_without_any_are_said() {
    let scene = scene();
    for class in ["healthy", "rust"] {
        let folder = scene.path("photos").join(class);
        if let Ok(files) = fs::read_dir(folder) {
            let new = files
                .map(|file| file.unwrap().path())
                .filter(|path| !path.to_string_lossy().contains("old_"));
            new.for_each(|path| fs::remove_file(path).unwrap());
        }
    }
    let said = begin(&scene, "run", &["--refit", "0"]).expect(0).err;
    assert!(said.contains("are few") && said.contains("say nothing, of: healthy"), "{said}");
}

#[test]
fn folders_for_validation_lose_what_was_learned_from() {
    let scene = Scene::empty();
    scene.pretrain(6, &[]);
    for (part, seed) in [("train", 1), ("val", 3)] {
        foliar_synth::write_dataset(&scene.path("photos").join(part), seed, 4, 48).unwrap();
    }
    add_old(&scene, "photos/val");
    begin(&scene, "run", &[]).expect(3);
    let counts = measured(&scene.path("run"));
    assert_eq!((counts["train"], counts["val"]), ([0, 20], [0, 20]));
    let problems = fs::read_to_string(scene.path("run/problems.jsonl")).unwrap();
    assert_eq!(problems.matches("learned-before").count(), 30, "{problems}");
}

#[test]
fn tuning_measures_on_what_is_new() {
    let scene = scene();
    let small =
        ["--image-size", "32", "--batch-size", "8", "--epochs", "2", "--trials", "3", "--repeats", "1"];
    let folds = ["--cv-weight-decay", "2", "--weight-decays", "0,0.01"];
    let arguments = [&["tune", "photos", "--out", "tuning"], &BEGIN[..], &small, &folds].concat();
    let tuned = scene.run(&arguments).expect(0);
    assert!(tuned.err.contains("5 of 5 classes known to weights/model.foliar"), "{}", tuned.err);
    for run in ["tuning/tuned", "tuning/untuned"] {
        let counts = measured(&scene.path(run));
        assert_eq!(counts["train"][0], 30, "{counts:?}");
        assert!(counts.iter().all(|(split, [old, _])| split == "train" || *old == 0), "{counts:?}");
        assert!(counts["val"][1] > 0 && counts["test"][1] > 0, "{counts:?}");
    }
}

/// Writes the old bundle to `path` with its classes, and what belongs to them, as `order` says, under the names of `rename`.
fn rewrite(scene: &Scene, path: &str, order: &[usize], rename: impl Fn(&str) -> String) {
    let mut bundle = Bundle::read(&scene.path("weights/model.foliar")).unwrap();
    bundle.classes = order.iter().map(|&old| rename(&bundle.classes[old])).collect();
    bundle.graph = foliar_nn::zoo::build(&bundle.graph.name, order.len()).unwrap();
    bundle.uncertainty = None;
    bundle.validation = None;
    for (name, tensor) in &mut bundle.state.tensors {
        if name.starts_with("fc.") {
            let width = tensor.data.len() / tensor.shape[0];
            let rows = order.iter().flat_map(|&old| tensor.data[old * width..][..width].to_vec());
            tensor.data = rows.collect();
            tensor.shape[0] = order.len();
        }
    }
    bundle.write(&scene.path(path)).unwrap();
}

#[test]
fn classes_are_taken_over_by_name_and_never_by_place() {
    let scene = Scene::new(6);
    scene.pretrain(6, &[]);
    let [right, turned, upper, other, part] =
        ["right", "turned", "upper", "other", "part"].map(|name| format!("{name}.foliar"));
    rewrite(&scene, &right, &[0, 1, 2, 3, 4], str::to_owned);
    rewrite(&scene, &turned, &[3, 0, 4, 1, 2], str::to_owned);
    rewrite(&scene, &upper, &[4, 3, 2, 1, 0], |name| format!(" {}", name.to_uppercase().replace(' ', "_")));
    rewrite(&scene, &other, &[0, 1, 2, 3, 4], |name| format!("rice {name}"));
    rewrite(&scene, &part, &[2, 0], str::to_owned);
    let run = |weights: &str| {
        let out = format!("run-{weights}");
        let said = scene.train(&out, &["--weights", weights, "--refit", "0"]).expect(0).err;
        (said, Bundle::read(&scene.path(&out).join("model.foliar")).unwrap())
    };
    let (said, straight) = run(&right);
    assert!(said.contains("5 of 5 classes known to") && !said.contains("fresh"), "{said}");
    for weights in [&turned, &upper] {
        let (said, begun) = run(weights);
        assert!(said.contains("5 of 5 classes known to"), "{said}");
        assert_eq!(
            (begun.state, begun.validation),
            (straight.state.clone(), straight.validation.clone()),
            "{weights}"
        );
    }
    let (said, begun) = run(&other);
    assert!(said.contains("none of the 5 classes is known to") && said.contains("rice "), "{said}");
    assert!(begun.state != straight.state);
    let (said, _) = run(&part);
    let [known, fresh] = ["2 of 5 classes known to", "fresh: "].map(|part| said.contains(part));
    assert!(known && fresh, "{said}");
}

#[test]
fn size_and_colours_are_taken_over() {
    let scene = Scene::new(6);
    scene.pretrain(6, &[]);
    let arguments =
        ["train", "photos", "--epochs", "1", "--batch-size", "8", "--weights", "weights/model.foliar"];
    let same = scene.run(&[&arguments[..], &["--out", "same"]].concat()).expect(0);
    assert!(same.err.contains("image size 32 x 32"), "{}", same.err);
    let larger = scene.run(&[&arguments[..], &["--out", "larger", "--image-size", "48"]].concat()).expect(0);
    assert!(
        larger.err.contains("trained on photos of 32 x 32 pixels, this run uses 48 x 48"),
        "{}",
        larger.err
    );
    let [weights, same, larger] = ["weights", "same", "larger"]
        .map(|run| Bundle::read(&scene.path(run).join("model.foliar")).unwrap().preprocessing);
    assert_eq!(same, weights);
    assert_eq!((larger.size, larger.mean, larger.std), (48, weights.mean, weights.std));
}
