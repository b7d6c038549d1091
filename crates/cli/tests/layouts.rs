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
    let report = ["report", "archive/leaves-main/photos/runs/a", "--out", "archive/leaves-main/photos/rep"];
    scene.run(&report).expect(0);
    assert!(scene.path("archive/leaves-main/photos/rep/pictures/.foliar-output").is_file());
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
    foliar_synth::write_dataset(&scene.path("crops/pea"), 2, 6, 48).unwrap();
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
    let asked = scene.run(&["train", "crops", "--dry-run"]).expect(2);
    assert!(asked.err.contains("crops --classes-from last"), "{}", asked.err);
    let last = scene.run(&["train", "crops", "--dry-run", "--classes-from", "last"]).expect(0);
    assert!(last.out.contains(" of 5 classes") && last.err.contains("they lie in bean, pea"), "{}", last.err);
    let mut arguments = train_arguments("places");
    arguments[1] = "crops";
    arguments.extend(["--classes-from", "last"]);
    scene.run(&arguments).expect(0);
    let recipe = fs::read_to_string(scene.path("places/recipe.toml")).unwrap();
    assert!(recipe.contains("classes_from = \"last\""), "{recipe}");
    scene.run(&["evaluate", "places"]).expect(0);
}

/// Names of the folders in `folder`.
fn classes(scene: &Scene, folder: &str) -> Vec<String> {
    let entries = fs::read_dir(scene.path(folder)).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The drawn photos in `photos/train`, and the first two of each class also in `photos/val` if they are `copied`, else only there.
fn split(scene: &Scene, copied: bool) -> Vec<String> {
    move_to(scene, "photos-of-all/train");
    fs::rename(scene.path("photos-of-all"), scene.path("photos")).unwrap();
    let classes = classes(scene, "photos/train");
    for class in &classes {
        let from = scene.path("photos/train").join(class);
        let to = scene.path("photos/val").join(class);
        fs::create_dir_all(&to).unwrap();
        let mut files: Vec<_> =
            fs::read_dir(&from).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        files.sort();
        for file in files.iter().take(if copied { usize::MAX } else { 2 }) {
            if copied {
                fs::copy(from.join(file), to.join(file)).unwrap();
            } else {
                fs::rename(from.join(file), to.join(file)).unwrap();
            }
        }
    }
    classes
}

#[test]
fn a_validation_folder_in_other_letters_is_matched_when_asked() {
    let scene = Scene::new(6);
    let classes = split(&scene, false);
    let other = classes[0].to_uppercase();
    fs::rename(scene.path("photos/val").join(&classes[0]), scene.path("photos/val").join(&other)).unwrap();
    let refused = scene.train("run", &[]).expect(2);
    for part in [&format!("val/{other} (2 photos) looks like {}", classes[0])[..], "--match-names"] {
        assert!(refused.err.contains(part), "{}", refused.err);
    }
    assert!(!scene.path("run").exists());
    let trained = scene.train("run", &["--match-names"]).expect(0);
    assert!(trained.err.contains(&format!("{other} is read as {}", classes[0])), "{}", trained.err);
    scene.run(&["evaluate", "run"]).expect(0);
    let arguments = ["evaluate", "run", "--data", "photos/val", "--include-training"];
    let refused = scene.run(&arguments).expect(2);
    assert!(refused.err.contains("looks like the classifier's") && refused.err.contains("--match-names"));
    let measured = scene.run(&[&arguments[..], &["--match-names"]].concat()).expect(0);
    assert!(measured.out.contains("10 photos"), "{}", measured.out);
}

#[test]
fn a_class_without_validation_is_said_and_left_out_of_averages() {
    let scene = Scene::new(6);
    let classes = split(&scene, false);
    fs::remove_dir_all(scene.path("photos/val").join(&classes[0])).unwrap();
    let trained = scene.train("run", &["--refit", "0"]).expect(0);
    let said = format!("{}: the class has no validation photo", classes[0]);
    assert!(trained.err.contains(&said), "{}", trained.err);
    let measured = scene.run(&["evaluate", "run"]).expect(0);
    assert!(measured.out.contains("over 4 of 5 classes"), "{}", measured.out);
    assert!(measured.out.contains("1 of 5 classes has no photo here"), "{}", measured.out);
    let json = scene.run(&["evaluate", "run", "--json"]).expect(0);
    assert!(json.out.contains("\"averaged_classes\": 4"), "{}", json.out);
}

#[test]
fn training_photos_that_all_validate_are_named() {
    let scene = Scene::new(6);
    split(&scene, true);
    let refused = scene.train("run", &[]);
    assert_ne!(refused.code, Some(0));
    assert!(
        refused.err.contains("all 30 training photos are also in the validation folder"),
        "{}",
        refused.err
    );
    assert!(refused.err.contains("photos/train") || refused.err.contains("train/"), "{}", refused.err);
    let audited = scene.run(&["audit", "photos"]).expect(3);
    assert!(audited.out.contains("val/ is a second copy of train/: 30 of its 30 photos"), "{}", audited.out);
}

#[test]
fn copies_by_name_stay_in_one_split() {
    let scene = Scene::new(6);
    let classes = classes(&scene, "photos");
    for class in &classes {
        let folder = scene.path("photos").join(class);
        let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        for (number, file) in files.iter().enumerate() {
            // Pairs of different leaves under the names of one photo.
            let extension = file.extension().unwrap().to_str().unwrap();
            let name = format!("leaf{}_jpg.rf.{number:032x}.{extension}", number / 2);
            fs::rename(file, folder.join(name)).unwrap();
        }
    }
    let trained = scene.train("run", &[]).expect(0);
    assert!(trained.err.contains("30 photos were made of 15 photos, as their names say"), "{}", trained.err);
    let rows = fs::read_to_string(scene.path("run/split.csv")).unwrap();
    let mut sides: std::collections::BTreeMap<String, std::collections::BTreeSet<String>> =
        Default::default();
    for row in rows.lines().skip(1) {
        let fields: Vec<&str> = row.split(',').collect();
        let stem = fields[0].split("_jpg.rf.").next().unwrap();
        sides.entry(stem.to_owned()).or_default().insert(fields[2].to_owned());
    }
    assert!(sides.len() == 15 && sides.values().all(|sides| sides.len() == 1), "{rows}");
}
