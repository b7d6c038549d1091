//! Folders from elsewhere: what links in them lead to is neither emptied nor written to, and nothing in them is waited for.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(unix)]

mod common;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use common::Scene;

const DIARY: &str = "dear diary";

/// A file and a folder of somebody's.
fn home(scene: &Scene) {
    fs::create_dir_all(scene.path("home")).unwrap();
    fs::write(scene.path("home/diary"), DIARY).unwrap();
    // What a killed writer of this program would leave.
    fs::write(scene.path("home/.diary.1-1.partial"), DIARY).unwrap();
    fs::write(scene.path("home/last.safetensors"), DIARY).unwrap();
}

/// Puts a link to `target` in the place of `path`, whatever is there.
fn lead(path: &Path, target: &Path) {
    let _ = fs::remove_file(path);
    let _ = fs::remove_dir_all(path);
    symlink(target, path).unwrap();
}

#[track_caller]
fn assert_untouched(scene: &Scene, what: &str) {
    let mut names: Vec<String> = fs::read_dir(scene.path("home"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, [".diary.1-1.partial", "diary", "last.safetensors"], "{what}");
    for name in names {
        assert_eq!(fs::read_to_string(scene.path("home").join(&name)).unwrap(), DIARY, "{what}: {name}");
    }
}

#[test]
fn links_in_a_run_folder_lead_to_nothing_that_is_written() {
    let scene = Scene::new(6);
    home(&scene);
    scene.train("whole", &["--epochs", "2"]).expect(0);
    let (diary, home, absent) = (scene.path("home/diary"), scene.path("home"), scene.path("home/absent"));
    let events = fs::read_dir(scene.path("whole")).unwrap().map(|entry| entry.unwrap().file_name());
    let events =
        events.map(|name| name.into_string().unwrap()).find(|name| name.contains("tfevents")).unwrap();
    for (name, target, refused) in [
        (".lock", &diary, true),
        (".lock", &absent, true),
        (".lock", &home, true),
        ("checkpoints", &home, true),
        ("metrics.csv", &diary, false),
        (events.as_str(), &diary, false),
        ("out-of-fold.csv", &diary, false),
        ("model.foliar", &diary, false),
        ("checkpoints/last.safetensors", &absent, false),
    ] {
        let run = scene.path("run");
        let _ = fs::remove_dir_all(&run);
        assert!(
            Command::new("cp").arg("-a").args([scene.path("whole"), run.clone()]).status().unwrap().success()
        );
        if name.starts_with("checkpoints/") {
            fs::remove_file(run.join("model.foliar")).unwrap();
        }
        lead(&run.join(name), target);
        let resumed = scene.run(&["resume", "run"]);
        assert_untouched(&scene, name);
        if refused {
            let said = resumed.expect(1).err;
            assert!(said.contains(name) && said.contains("link"), "{name}: {said}");
        } else {
            resumed.expect(0);
        }
    }
    // A report is written into the folder of the run.
    lead(&scene.path("whole/pictures"), &home);
    let said = scene.run(&["report", "whole", "--no-audit"]).expect(1).err;
    assert!(said.contains("pictures") && said.contains("link"), "{said}");
    assert_untouched(&scene, "pictures");
    for name in ["report.html", "model-card.md"] {
        let _ = fs::remove_file(scene.path("whole/pictures"));
        lead(&scene.path("whole").join(name), &diary);
        scene.run(&["report", "whole", "--no-audit"]).expect(0);
        assert_untouched(&scene, name);
    }
}

#[test]
fn a_lock_that_is_a_pipe_is_not_waited_for() {
    let scene = Scene::new(4);
    scene.train("run", &["--epochs", "1"]).expect(0);
    let lock = scene.path("run/.lock");
    let _ = fs::remove_file(&lock);
    assert!(Command::new("mkfifo").arg(&lock).status().unwrap().success());
    let said = scene.run(&["resume", "run"]).expect(1).err;
    assert!(said.contains(".lock"), "{said}");
}

#[test]
fn links_in_the_folder_of_a_tuning_lead_to_nothing_that_is_written() {
    let scene = Scene::new(8);
    home(&scene);
    scene.pretrain(6, &["--epochs", "1"]);
    let (diary, home, absent) = (scene.path("home/diary"), scene.path("home"), scene.path("home/absent"));
    let small =
        ["--image-size", "32", "--batch-size", "8", "--epochs", "1", "--weights", "weights/model.foliar"];
    let search = ["--trials", "1", "--repeats", "1", "--cv-weight-decay", "2", "--out", "tuning"];
    scene.run(&[&["tune", "photos"], &small[..], &search[..]].concat()).expect(0);
    for (name, target) in [
        (".lock", &diary),
        (".lock", &absent),
        ("study.sqlite", &absent),
        ("study.sqlite", &diary),
        ("tuned", &home),
        ("untuned", &home),
        ("default", &home),
    ] {
        let place = scene.path("tuning").join(name);
        let aside = scene.path("aside");
        let _ = fs::rename(&place, &aside);
        lead(&place, target);
        let said = scene.run(&["tune", "--resume", "tuning"]).expect(1).err;
        assert!(said.contains(name) && said.contains("link"), "{name}: {said}");
        assert_untouched(&scene, name);
        fs::remove_file(&place).unwrap();
        let _ = fs::rename(&aside, &place);
    }
    // Locks of workers, with the numbers that workers take.
    for number in 0..3 {
        lead(&scene.path(&format!("tuning/study.sqlite-worker-{number}")), &absent);
    }
    fs::remove_file(scene.path("tuning/tuning.json")).unwrap();
    scene.run(&["tune", "--resume", "tuning"]).expect(0);
    assert_untouched(&scene, "the locks of workers");
    lead(&scene.path("tuning/pictures"), &home);
    let said = scene.run(&["tune", "--resume", "tuning", "--report"]).expect(1).err;
    assert!(said.contains("pictures") && said.contains("link"), "{said}");
    assert_untouched(&scene, "pictures");
}

#[test]
fn links_in_folders_of_results_lead_to_nothing_that_is_written() {
    let scene = Scene::new(4);
    home(&scene);
    scene.train("run", &["--epochs", "1"]).expect(0);
    let diary = scene.path("home/diary");
    let photo = "photos/healthy/healthy_0000.jpg";
    let out = scene.path("out");
    for (name, arguments) in [
        (".foliar-output", &["explain", "run", photo, "--out", "out"][..]),
        ("explain.html", &["explain", "run", photo, "--out", "out"]),
        ("audit.html", &["audit", "photos", "--out", "out"]),
        ("audit.json", &["audit", "photos", "--out", "out"]),
        ("quarantine.csv", &["audit", "photos", "--quarantine", "out/quarantine.csv"]),
        ("answers.html", &["predict", "run", photo, "--html", "out/answers.html"]),
        ("rows.csv", &["evaluate", "run", "--predictions", "out/rows.csv"]),
        ("doctor.html", &["doctor", "run", "--html", "out/doctor.html"]),
        ("model.onnx", &["export", "run", "--out", "out/model.onnx"]),
    ] {
        let _ = fs::remove_dir_all(&out);
        fs::create_dir(&out).unwrap();
        lead(&out.join(name), &diary);
        let ended = scene.run(arguments);
        assert!(
            matches!(ended.code, Some(0 | 1 | 3)) && !ended.err.contains("panicked"),
            "{name}: {ended:?}"
        );
        assert_untouched(&scene, name);
    }
}
