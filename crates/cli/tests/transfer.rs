//! Pretrained weights, frozen parts, kept features, and what is said about them, with the real program. The pretrained
//! network is one that was trained on other drawn leaves.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use common::Scene;
use safetensors::SafeTensors;

/// Photographs, and weights in `weights/model.foliar`.
fn scene() -> Scene {
    let scene = Scene::new(8);
    scene.pretrain(8, &["--epochs", "2", "--seed", "7"]);
    scene
}

const WEIGHTS: [&str; 2] = ["--weights", "weights/model.foliar"];

fn tensors(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let bytes = fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    // What a classifier knows of its limits is no part of the network.
    let network = file.tensors().into_iter().filter(|(name, _)| !name.starts_with("uncertainty."));
    network.map(|(name, tensor)| (name, tensor.data().to_vec())).collect()
}

/// Names of the tensors in which the bundle of `run` differs from the pretrained weights.
fn changed(scene: &Scene, run: &str) -> Vec<String> {
    let before = tensors(&scene.path("weights/model.foliar"));
    let after = tensors(&scene.path(run).join("model.foliar"));
    assert!(before.keys().eq(after.keys()));
    after.into_iter().filter(|(name, data)| before[name] != *data).map(|(name, _)| name).collect()
}

fn features(scene: &Scene) -> PathBuf {
    let files = fs::read_dir(scene.path("cache/features")).unwrap().map(|entry| entry.unwrap().path());
    let mut files =
        files.filter(|path| !path.file_name().unwrap().to_string_lossy().starts_with("thumbnails"));
    let file = files.next().unwrap();
    assert!(files.next().is_none(), "one network, one file");
    file
}

#[test]
fn a_quick_run_trains_the_classifier_alone_on_kept_features() {
    let scene = scene();
    let first = scene.train("first", &WEIGHTS).expect(0);
    assert!(first.err.contains("epoch 3/3") || first.err.contains("epoch  3/3"), "{}", first.err);
    assert_eq!(changed(&scene, "first"), ["fc.bias", "fc.weight"]);
    let (file, bundle) = (features(&scene), fs::read(scene.path("first/model.foliar")).unwrap());
    let kept = fs::read(&file).unwrap();

    scene.train("again", &WEIGHTS).expect(0);
    assert_eq!(fs::read(scene.path("again/model.foliar")).unwrap(), bundle, "from kept features");
    assert_eq!(fs::read(&file).unwrap(), kept);

    // Torn, altered, or nowhere to keep them: computed again, to the same bits.
    fs::write(&file, &kept[..kept.len() / 2]).unwrap();
    scene.train("torn", &WEIGHTS).expect(0);
    assert_eq!(fs::read(scene.path("torn/model.foliar")).unwrap(), bundle, "from torn features");
    assert_eq!(fs::read(&file).unwrap(), kept, "and the file is whole again");
    let mut altered = kept.clone();
    altered[kept.len() / 2] ^= 1;
    fs::write(&file, altered).unwrap();
    scene.train("altered", &WEIGHTS).expect(0);
    assert_eq!(fs::read(scene.path("altered/model.foliar")).unwrap(), bundle, "from altered features");
    fs::remove_dir_all(scene.path("cache")).unwrap();
    fs::write(scene.path("cache"), b"no folder").unwrap();
    scene.train("nowhere", &WEIGHTS).expect(0);
    assert_eq!(fs::read(scene.path("nowhere/model.foliar")).unwrap(), bundle, "without a cache");
}

#[test]
fn a_new_photograph_is_the_only_one_that_is_computed() {
    let scene = scene();
    scene.train("first", &WEIGHTS).expect(0);
    let before = fs::metadata(features(&scene)).unwrap().len();
    let photo = fs::read_dir(scene.path("photos/healthy")).unwrap().next().unwrap().unwrap().path();
    let picture = image::open(&photo).unwrap().fliph();
    picture.save(scene.path("photos/healthy/new.png")).unwrap();
    scene.train("second", &WEIGHTS).expect(0);
    let after = fs::metadata(features(&scene)).unwrap().len();
    let row = 4 * 256 + 32;
    assert!((row..row + 64).contains(&(after - before)), "{before} {after}");
}

#[test]
fn frozen_stages_keep_their_weights_and_statistics() {
    let scene = scene();
    scene.train("run", &[&WEIGHTS[..], &["--recipe", "scratch", "--freeze", "stage:3"]].concat()).expect(0);
    let changed = changed(&scene, "run");
    assert!(changed.iter().all(|name| ["4", "5"].iter().any(|n| name.contains(n)) || name.starts_with("fc")));
    assert!(changed.contains(&"conv4.weight".to_owned()) && changed.contains(&"bn5.running_mean".to_owned()));
    let error = scene.train("none", &[&WEIGHTS[..], &["--freeze", "stage:9"]].concat()).expect(1).err;
    assert!(error.contains("stage:9") && error.contains("1 to 5"), "{error}");
    assert!(!scene.path("none").exists());
}

#[test]
fn a_fine_run_has_two_phases_and_keeps_the_best_of_both() {
    let scene = scene();
    let run = scene.train("run", &[&WEIGHTS[..], &["--recipe", "fine", "--lr", "1000"]].concat());
    // The second phase explodes; the classifier of the first is kept.
    assert!(run.err.contains("phase 1 of 2") && run.err.contains("phase 2 of 2"), "{}", run.err);
    assert_eq!(changed(&scene, "run"), ["fc.bias", "fc.weight"]);
    let run = scene.train("good", &[&WEIGHTS[..], &["--recipe", "fine"]].concat()).expect(0);
    assert!(run.err.contains("epoch 33/33"), "{}", run.err);
    assert!(run.err.contains("batch-norm statistics without augmentation"), "{}", run.err);
}

/// Features of some photos are there already: those of the others must not depend on which ones.
#[test]
fn views_of_a_photo_are_the_same_whatever_is_kept() {
    let scene = scene();
    let train = |photos: &str, out: &str| {
        let mut arguments = common::train_arguments(out);
        arguments[1] = photos;
        let views = ["--augmented-views", "3"];
        let run = scene.run(&[&arguments[..], &WEIGHTS, &views].concat()).expect(0);
        assert!(run.err.contains("trained again on all"), "{}", run.err);
        fs::read(scene.path(out).join("model.foliar")).unwrap()
    };
    for class in fs::read_dir(scene.path("photos")).unwrap().map(Result::unwrap) {
        let some = scene.path("some").join(class.file_name());
        fs::create_dir_all(&some).unwrap();
        let photos = fs::read_dir(class.path()).unwrap().map(Result::unwrap);
        for (number, photo) in photos.enumerate() {
            if number % 2 == 0 {
                fs::copy(photo.path(), some.join(photo.file_name())).unwrap();
            }
        }
    }
    train("some", "part");
    let after_some = train("photos", "after-some");
    fs::remove_dir_all(scene.path("cache")).unwrap();
    assert!(after_some == train("photos", "anew"));
}

#[test]
fn an_explanation_writes_nothing() {
    let scene = scene();
    fs::remove_dir_all(scene.path("cache")).unwrap();
    let said = scene.train("run", &[&WEIGHTS[..], &["--recipe", "fine", "--dry-run"]].concat()).expect(0).out;
    for word in ["40 of 5 classes", "phase 1 of 2", "phase 2 of 2", "stages", "weights/model.foliar"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert!(!scene.path("run").exists() && !scene.path("cache").exists());
}

#[test]
fn a_learning_rate_is_proposed_and_drawn() {
    let scene = scene();
    let arguments =
        ["lr-find", "photos", "--image-size", "32", "--batch-size", "8", "--picture", "rates.svg"];
    let found = scene.run(&arguments).expect(0);
    let rate: f64 = found.out.trim().parse().unwrap();
    assert!((1e-4..1.0).contains(&rate), "{rate}");
    assert!(fs::read_to_string(scene.path("rates.svg")).unwrap().starts_with("<svg"));
    let json = scene.run(&[&arguments[..], &WEIGHTS, &["--json"]].concat()).expect(0).out;
    let document: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(document["rates"].as_array().unwrap().len(), document["smoothed"].as_array().unwrap().len());
    let error = scene.run(&["lr-find", "photos", "--picture", "rates.jpg"]).expect(2).err;
    assert!(error.contains(".svg or a .png"), "{error}");
}

#[test]
fn compared_runs_are_drawn() {
    let scene = scene();
    scene.train("run", &WEIGHTS).expect(0);
    scene.train("scratch", &[]).expect(0);
    let table = scene.run(&["compare", "run", "scratch", "--picture", "curves.png"]).expect(0);
    assert!(table.out.contains("accuracy (95 % interval)"), "{}", table.out);
    assert!(image::open(scene.path("curves.png")).unwrap().width() > 1000);
}

#[test]
fn weights_tell_their_network() {
    let scene = Scene::new(2);
    scene.train("weights", &["--model", "mobilenet_v1_0.25", "--epochs", "1"]).expect(0);
    let run = scene.run(&["train", "photos", "--weights", "weights/model.foliar", "--dry-run"]).expect(0);
    assert!(run.out.contains("mobilenet_v1_0.25"), "{}", run.out);
    let run = scene.run(&["train", "photos", "--weights", "imagenet"]).expect(2);
    assert!(run.err.contains("--model"), "{}", run.err);
    let header = br#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    let file = [&(header.len() as u64).to_le_bytes(), &header[..], &[0; 4]].concat();
    fs::write(scene.path("other.safetensors"), file).unwrap();
    let run = scene.run(&["train", "photos", "--weights", "other.safetensors"]).expect(2);
    assert!(run.err.contains("unrecognised architecture") && run.err.contains("--model"), "{}", run.err);
}

#[test]
fn recipes_that_need_weights_say_so() {
    let scene = Scene::new(2);
    for recipe in ["quick", "fine"] {
        let error = scene.train("run", &["--recipe", recipe]).expect(2).err;
        assert!(error.contains("--weights"), "{error}");
    }
    for (flag, value) in
        [("--freeze", "head"), ("--augmented-views", "0"), ("--ema", "1"), ("--stage-decay", "0")]
    {
        let wrong = scene.train("run", &[flag, value]);
        assert!(matches!(wrong.code, Some(1 | 2)), "{wrong:#?}");
        assert!(!scene.path("run").exists());
    }
}
