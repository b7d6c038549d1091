//! `foliar train --teacher`: a classifier learns from another one, honestly and to the same bits.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;

use common::{Finished, Scene};
use serde_json::Value;

/// Photos in `photos/`, and a teacher in `weights/` that has learned from others of the same classes.
fn scene() -> Scene {
    let scene = Scene::new(8);
    scene.pretrain(8, &["--epochs", "6", "--seed", "7"]);
    scene
}

const TEACHER: [&str; 6] = ["--teacher", "weights", "--recipe", "scratch", "--threads", "1"];

fn taught(scene: &Scene, out: &str, more: &[&str]) -> Finished {
    scene.train(out, &[&TEACHER[..], more].concat())
}

fn bundle(scene: &Scene, out: &str) -> Vec<u8> {
    fs::read(scene.path(out).join("model.foliar")).unwrap()
}

/// What a run says of photos that it has not learned from: unlike the bundle, it holds no recipe.
fn answers(scene: &Scene, out: &str) -> String {
    fs::read_to_string(scene.path(out).join("out-of-fold.csv")).unwrap()
}

fn events(scene: &Scene, out: &str) -> Vec<Value> {
    let text = fs::read_to_string(scene.path(out).join("events.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_student_learns_from_its_teacher_and_says_so() {
    let scene = scene();
    let said = taught(&scene, "student", &[]).expect(0).err;
    assert!(said.contains("0.10 of cross-entropy with the label and 0.90 of the divergence"), "{said}");
    let recipe = fs::read_to_string(scene.path("student/recipe.toml")).unwrap();
    assert!(recipe.contains("[teacher]") && recipe.contains("temperature = 4.0"), "{recipe}");
    let notes = events(&scene, "student");
    assert!(notes.iter().any(|event| event["text"].as_str().is_some_and(|text| text.contains("teacher"))));

    // The loss that is shown is that of the labels: a share of nothing gives what is shown without a teacher, until rounding grows.
    scene.train("alone", &["--recipe", "scratch"]).expect(0);
    taught(&scene, "nearly-alone", &["--distill-share", "0"]).expect(0);
    let losses = |out: &str| -> Vec<f64> {
        let events = events(&scene, out);
        events.iter().filter_map(|event| event["train_loss"].as_f64()).collect()
    };
    let (alone, nearly) = (losses("alone"), losses("nearly-alone"));
    assert_eq!(alone.len(), 3);
    assert!((alone[0] - nearly[0]).abs() < 1e-4, "{alone:?} {nearly:?}");
    assert!((alone[0] - losses("student")[0]).abs() > 1e-3, "the teacher counts");

    let page = scene.run(&["report", "student", "--no-audit"]).expect(0);
    assert!(!page.err.contains("panicked"));
    let page = fs::read_to_string(scene.path("student/report.html")).unwrap();
    assert!(page.contains("divergence from the teacher"), "the report says what was minimised");
    let planned = taught(&scene, "planned", &["--dry-run"]).expect(0).out;
    assert!(planned.contains("teacher ") && planned.contains("at temperature 4"), "{planned}");
}

#[test]
fn threads_interruptions_and_kept_lessons_change_nothing() {
    let scene = scene();
    taught(&scene, "first", &[]).expect(0);
    let expected = bundle(&scene, "first");
    let kept = || {
        let mut files = fs::read_dir(scene.path("cache/features")).unwrap().map(|file| file.unwrap().path());
        files.find(|file| file.extension().is_some_and(|end| end == "lessons")).unwrap()
    };
    let lessons = fs::read(kept()).unwrap();
    taught(&scene, "threads", &["--threads", "3"]).expect(0);
    assert!(bundle(&scene, "threads") == expected, "from kept lessons, with three threads");
    fs::write(kept(), &lessons[..lessons.len() / 2]).unwrap();
    taught(&scene, "torn", &[]).expect(0);
    assert!(bundle(&scene, "torn") == expected, "from torn lessons");
    assert!(fs::read(kept()).unwrap() == lessons);

    // As it was left by a process that was killed before its end.
    fs::remove_file(scene.path("first/model.foliar")).unwrap();
    fs::remove_dir_all(scene.path("first/checkpoints")).unwrap();
    fs::create_dir(scene.path("first/checkpoints")).unwrap();
    scene.run(&["resume", "first", "--threads", "2"]).expect(0);
    assert!(bundle(&scene, "first") == expected);

    // The teacher is needed for as long as the student learns, and no other is taken for it.
    let teacher = scene.path("weights/model.foliar");
    let bytes = fs::read(&teacher).unwrap();
    fs::remove_file(&teacher).unwrap();
    let refused = scene.run(&["resume", "first"]).expect(1);
    assert!(refused.err.contains("teacher") && refused.err.contains("put it back"), "{}", refused.err);
    fs::write(&teacher, bundle(&scene, "torn")).unwrap();
    let refused = scene.run(&["resume", "first"]).expect(1);
    assert!(refused.err.contains("not the teacher that the run began with"), "{}", refused.err);
    fs::write(&teacher, bytes).unwrap();
    scene.run(&["resume", "first"]).expect(0);
    assert!(bundle(&scene, "first") == expected);
}

#[test]
fn classes_are_matched_by_name() {
    let scene = scene();
    let class = foliar_synth::CLASSES[0];
    let photos = scene.path("photos");
    fs::rename(photos.join(class), scene.path("aside")).unwrap();
    let said = taught(&scene, "fewer", &[]).expect(0).err;
    assert!(said.contains(&format!("the teacher also knows {class}")), "{said}");
    fs::rename(scene.path("aside"), photos.join("zebra stripes")).unwrap();
    let refused = taught(&scene, "other", &[]).expect(1);
    assert!(refused.err.contains("does not know zebra stripes"), "{}", refused.err);
    assert!(!scene.path("other").exists());
}

#[test]
fn what_a_teacher_cannot_be_is_refused() {
    let scene = scene();
    for (more, words) in [
        (&["--distill-share", "1.5"][..], "share"),
        (&["--distill-temperature", "0"], "temperature"),
        (&["--unlabelled", "absent"], "absent"),
        (&["--loss", "focal"], "leave --loss focal or --teacher out"),
        (&["--mixup", "0.2"], "a teacher speaks of photos as they are"),
    ] {
        let refused = taught(&scene, "refused", more);
        assert!(matches!(refused.code, Some(1 | 2)) && refused.err.contains(words), "{refused:?}");
        assert!(!scene.path("refused").exists());
    }
    scene.train("refused", &["--unlabelled", "others"]).expect(2);
}

#[test]
fn nothing_is_measured_on_what_the_teacher_has_learned_from() {
    let scene = Scene::new(8);
    scene.train("teacher", &["--recipe", "scratch", "--test", "0.4"]).expect(0);
    let more = ["--teacher", "teacher", "--recipe", "scratch"];
    let said = scene.train("student", &[&more[..], &["--validation", "0.5"]].concat()).expect(0).err;
    assert!(said.contains("teacher/model.foliar has learned from 25 of these photos"), "{said}");
    let of = |out: &str, wanted: &[&str]| -> Vec<String> {
        let text = fs::read_to_string(scene.path(out).join("split.csv")).unwrap();
        let rows = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        rows.filter(|row| wanted.contains(&row[2].as_str())).map(|row| row[0].clone()).collect()
    };
    let unseen = of("teacher", &["test"]);
    let measured = of("student", &["val"]);
    assert!(!measured.is_empty() && measured.iter().all(|photo| unseen.contains(photo)), "{measured:?}");

    // A teacher that has learned from all leaves nothing to measure on.
    scene.train("all", &["--recipe", "scratch"]).expect(0);
    let all = ["--teacher", "all", "--recipe", "scratch"];
    let refused = scene.train("none", &all).expect(1);
    assert!(refused.err.contains("no others are left for validation"), "{}", refused.err);
    scene.train("none", &[&all[..], &["--validation", "0"]].concat()).expect(0);
    // What the teacher has learned from, its student has as well.
    let refused = scene.run(&["evaluate", "none", "--data", "photos"]).expect(1);
    assert!(refused.err.contains("all 40 photos"), "{}", refused.err);
}

#[test]
fn photos_without_labels_are_learned_from_unless_they_are_held_back() {
    let scene = scene();
    foliar_synth::write_dataset(&scene.path("more/deep"), 5, 4, 48).unwrap();
    taught(&scene, "without", &[]).expect(0);
    let said = taught(&scene, "with", &["--unlabelled", "more"]).expect(0).err;
    assert!(said.contains("20 photos without labels"), "{said}");
    assert!(answers(&scene, "with") != answers(&scene, "without"));
    taught(&scene, "threads", &["--unlabelled", "more", "--threads", "3"]).expect(0);
    assert!(bundle(&scene, "threads") == bundle(&scene, "with"));

    // One that has a label, and another file with the pixels of one that is held back.
    let text = fs::read_to_string(scene.path("with/split.csv")).unwrap();
    let held_back = text.lines().find(|line| line.contains(",val,")).unwrap().split(',').next().unwrap();
    let own = scene.path("photos/healthy/healthy_0001.jpg");
    fs::copy(own, scene.path("more/labelled.jpg")).unwrap();
    let picture = image::open(scene.path("photos").join(held_back)).unwrap();
    picture.save(scene.path("more/saved_again.png")).unwrap();
    let refused = scene.run(&["resume", "with"]).expect(1);
    assert!(refused.err.contains("not the photos that the run began with"), "{}", refused.err);
    let said = taught(&scene, "copies", &["--unlabelled", "more"]).expect(0).err;
    assert!(said.contains("20 photos without labels"), "{said}");
    assert!(said.contains("1 more are among those with labels"), "{said}");
    assert!(said.contains("1 more are copies of photos for validation or test"), "{said}");
    assert!(answers(&scene, "copies") != answers(&scene, "without"));
}

#[test]
fn classifiers_on_frozen_networks_learn_from_a_teacher_too() {
    let scene = scene();
    // A network that knows none of the classes: its classifier is found anew.
    foliar_synth::write_dataset(&scene.path("drawn"), 3, 8, 48).unwrap();
    for class in foliar_synth::CLASSES {
        fs::rename(scene.path("drawn").join(class), scene.path("drawn").join(format!("my {class}"))).unwrap();
    }
    let base =
        ["train", "drawn", "--recipe", "scratch", "--image-size", "32", "--epochs", "1", "--out", "base"];
    scene.run(&base).expect(0);
    foliar_synth::write_dataset(&scene.path("more"), 5, 4, 48).unwrap();
    let teacher = ["--teacher", "weights"];
    for (head, words) in
        [("logistic", "solved on all 40 photos"), ("trained", "trained again on all 40 photos")]
    {
        let of = |out: &str, more: &[&str]| {
            let out = format!("{head}-{out}");
            let quick = ["--weights", "base", "--recipe", "quick", "--head", head];
            let said = scene.train(&out, &[&quick[..], more].concat()).expect(0).err;
            assert!(said.contains(words), "{said}");
            answers(&scene, &out)
        };
        let (alone, with) = (of("alone", &[]), of("with", &teacher));
        assert!(with != alone, "{head}: the teacher counts");
        let more = of("more", &[&teacher[..], &["--unlabelled", "more"]].concat());
        assert!(more != with, "{head}: photos without labels count");
        let again = of("again", &[&teacher[..], &["--unlabelled", "more", "--threads", "3"]].concat());
        assert!(again == more, "{head}: threads change nothing");
    }
}
