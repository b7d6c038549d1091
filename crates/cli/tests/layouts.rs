//! What the program says to folders that are no plain data set.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests may panic")]

mod common;

use std::fs;

use common::{Scene, train_arguments};

/// The drawn photos of the scene under other folders.
fn move_to(scene: &Scene, folder: &str) {
    let target = scene.path(folder);
    fs::create_dir_all(target.parent().unwrap()).unwrap();
    fs::rename(scene.path("photos"), target).unwrap();
}

#[test]
fn several_readings_are_an_error_that_names_the_ways_to_go_on() {
    let scene = Scene::new(4);
    move_to(&scene, "versions/color");
    let copy = Scene::new(4);
    fs::rename(copy.path("photos"), scene.path("versions/segmented")).unwrap();
    for command in ["train", "audit", "tune"] {
        let refused = scene.run(&[command, "versions"]).expect(2);
        assert!(refused.err.contains("color, segmented hold the same"), "{}", refused.err);
        assert!(
            refused.err.contains("versions/color") && refused.err.contains("--classes-from 1"),
            "{}",
            refused.err
        );
    }
}

#[test]
fn what_was_understood_is_said_and_own_outputs_are_no_classes() {
    let scene = Scene::new(6);
    move_to(&scene, "archive/leaves-main/photos");
    let mut arguments = train_arguments("archive/leaves-main/photos/runs/a");
    arguments[1] = "archive";
    let trained = scene.run(&arguments).expect(0);
    assert!(trained.err.contains("the classes are the folders in leaves-main/photos/"), "{}", trained.err);
    let photo = fs::read_dir(scene.path("archive/leaves-main/photos"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.is_dir() && !path.ends_with("runs"))
        .unwrap();
    let explained = [
        "explain",
        "archive/leaves-main/photos/runs/a",
        photo.to_str().unwrap(),
        "--out",
        "archive/leaves-main/photos/explained",
    ];
    scene.run(&explained).expect(0);
    let mut again = train_arguments("second");
    again[1] = "archive";
    let again = scene.run(&again).expect(0);
    let photos = |text: &str| text.lines().find(|line| line.contains(" photos of ")).map(str::to_owned);
    assert_eq!(photos(&again.err), photos(&trained.err));
}

#[test]
fn the_depth_of_the_classes_goes_from_training_to_evaluation() {
    let scene = Scene::new(6);
    move_to(&scene, "crops/bean");
    let other = Scene::new(6);
    fs::rename(other.path("photos"), scene.path("crops/pea")).unwrap();
    let mut arguments = train_arguments("run");
    arguments[1] = "crops";
    arguments.extend(["--classes-from", "2"]);
    let trained = scene.run(&arguments).expect(0);
    assert!(trained.err.contains("photos of 10 classes"), "{}", trained.err);
    scene.run(&["evaluate", "run"]).expect(0);
    let measured = scene
        .run(&["evaluate", "run", "--data", "crops", "--classes-from", "2", "--include-training"])
        .expect(0);
    assert!(measured.out.contains("bean "), "{}", measured.out);
}
