//! `foliar train --recipe fine`: what is tuned of how many photos, and who judges it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;

use common::Scene;

/// Photos of classes that a network which has learned a little does not know.
fn scene() -> Scene {
    let scene = Scene::empty();
    scene.pretrain(8, &[]);
    foliar_synth::write_dataset(&scene.path("drawn"), 3, 40, 48).unwrap();
    fs::create_dir(scene.path("leaves")).unwrap();
    for class in foliar_synth::CLASSES.iter().take(3) {
        fs::rename(scene.path("drawn").join(class), scene.path("leaves").join(format!("my {class}")))
            .unwrap();
    }
    scene
}

const FINE: [&str; 11] = [
    "train",
    "leaves",
    "--weights",
    "weights/model.foliar",
    "--recipe",
    "fine",
    "--image-size",
    "32",
    "--group",
    "copies",
    "--out",
];

fn line<'a>(said: &'a str, words: &str) -> &'a str {
    said.lines().find(|line| line.contains(words)).unwrap_or_else(|| panic!("{words}: {said}"))
}

#[test]
fn folds_judge_the_last_stage_of_few_photos() {
    let scene = scene();
    let train = |out: &str, more: &[&str]| scene.run(&[&FINE[..], &[out], more].concat()).expect(0).err;
    let said = train("tuned", &["--lr", "0.02", "--epochs", "60"]);
    let judged = line(&said, "against the frozen network");
    assert!(judged.contains("last 1 stage tuned") && judged.ends_with("and kept"), "{judged}");
    assert!(line(&said, "solved with penalty").contains("and tuned on all"), "{said}");
    let recipe = fs::read_to_string(scene.path("tuned/recipe.toml")).unwrap();
    assert!(recipe.contains("freeze = \"stage:4\"") && recipe.contains("augmented_views = 4"), "{recipe}");
    let table = fs::read_to_string(scene.path("tuned/out-of-fold.csv")).unwrap();
    let photos = fs::read_to_string(scene.path("tuned/split.csv")).unwrap();
    assert_eq!(
        table.lines().count(),
        photos.lines().count(),
        "every photo is predicted by a network that has not seen it"
    );

    // A rate at which nothing is learned: tuning begins with a worse classifier, and stays one.
    let said = train("still", &["--lr", "0.0000001", "--epochs", "1"]);
    assert!(line(&said, "against the frozen network").ends_with("so the frozen network is kept"), "{said}");
    assert!(line(&said, "solved on all").contains("with penalty"), "{said}");
}

#[test]
fn threads_change_nothing() {
    let scene = scene();
    let bundle = |out: &str, threads: &str| {
        let more = [out, "--threads", threads, "--lr", "0.05", "--epochs", "6"];
        scene.run(&[&FINE[..], &more].concat()).expect(0);
        fs::read(scene.path(out).join("model.foliar")).unwrap()
    };
    assert!(bundle("one", "1") == bundle("three", "3"));
}

#[test]
fn a_part_that_is_named_is_the_one_that_is_frozen() {
    let scene = scene();
    let planned = |more: &[&str]| scene.run(&[&FINE[..], &["run", "--dry-run"], more].concat()).expect(0).out;
    assert!(planned(&[]).contains("what follows stage 4"), "{}", planned(&[]));
    assert!(planned(&["--freeze", "none"]).contains("12 epochs of the whole network"));
    assert!(planned(&["--freeze", "stage:2"]).contains("what follows stage 2"));
    // Nothing judges it then.
    assert!(planned(&["--refit", "0"]).contains("the whole network"));
    assert!(planned(&["--head", "trained"]).contains("the whole network"));
}
