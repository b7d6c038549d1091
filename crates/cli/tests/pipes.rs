//! Standard output and standard error that nobody reads any more.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::io::{self, PipeWriter, Read as _, Write as _};
use std::process::Stdio;

use common::{Finished, Scene};

const LOG: &str = "epoch 1 train loss 2.1 val acc 0.3\nepoch 2 train loss 1.6 val acc 0.5\nepoch 3 train loss 1.1 val acc 0.6\n";

/// A pipe of which the other end is closed.
fn unread() -> PipeWriter {
    io::pipe().unwrap().1
}

#[test]
fn a_reader_who_goes_ends_the_command_without_a_word() {
    let scene = Scene::empty();
    fs::write(scene.path("train.log"), LOG).unwrap();
    for arguments in [
        &["doctor", "train.log"][..],
        &["doctor", "train.log", "--json"],
        &["doctor", "train.log", "--markdown"],
        &["doctor", "train.log", "train.log"],
        &["summary", "--model", "baseline"],
        &["summary", "--model", "baseline", "--json"],
        &["weights", "list"],
    ] {
        let ended = Finished::from(scene.command(arguments).stdout(unread()).output().unwrap()).expect(141);
        assert_eq!(ended.err, "", "{arguments:?}");
    }
}

#[test]
fn a_photo_is_predicted_for_nobody() {
    let scene = Scene::new(4);
    scene.train("run", &["--epochs", "1"]).expect(0);
    for format in ["text", "csv", "jsonl"] {
        let mut command = scene.command(&["predict", "run", "photos", "--format", format]);
        let ended = Finished::from(command.stdout(unread()).output().unwrap()).expect(141);
        assert_eq!(ended.err, "", "{format}");
    }
    // Words for people that nobody reads change nothing.
    let mut command =
        scene.command(&["train", "photos", "--image-size", "32", "--epochs", "1", "--out", "other"]);
    let ended = Finished::from(command.stderr(unread()).output().unwrap()).expect(0);
    assert!(ended.out.contains("model.foliar"), "{ended:?}");
}

/// Every command that works on photos for long, with a standard error that is gone: the work is done, and its result is told.
#[test]
fn a_standard_error_that_is_gone_ends_no_command() {
    let scene = Scene::new(8);
    scene.pretrain(4, &["--epochs", "1"]);
    let small = ["--image-size", "32", "--batch-size", "8", "--epochs", "1"];
    let weights = ["--weights", "weights/model.foliar"];
    let with = |command: &[&'static str], more: &[&[&'static str]]| [command, &more.concat()].concat();
    for arguments in [
        with(&["train", "photos", "--out", "run"], &[&small]),
        with(&["resume", "run"], &[]),
        with(&["train", "photos", "--out", "quick", "--recipe", "quick"], &[&small, &weights]),
        with(
            &[
                "tune",
                "photos",
                "--out",
                "tuning",
                "--trials",
                "1",
                "--repeats",
                "1",
                "--cv-weight-decay",
                "2",
            ],
            &[&small, &weights],
        ),
        with(&["lr-find", "photos"], &[&small[..4]]),
        with(&["audit", "photos", "--out", "audit"], &[]),
        with(&["evaluate", "run"], &[]),
        with(&["report", "run"], &[]),
        with(&["compare", "run", "quick"], &[]),
        with(&["predict", "run", "photos"], &[]),
        with(&["explain", "run", "photos/healthy", "--out", "maps"], &[]),
        with(&["export", "run", "--out", "model.onnx"], &[]),
        with(&["doctor", "run"], &[]),
    ] {
        let mut command = scene.command(&arguments);
        let ended = Finished::from(command.stderr(unread()).output().unwrap());
        assert!(matches!(ended.code, Some(0 | 3)), "{arguments:?}: {ended:?}");
        assert!(!ended.out.is_empty() || arguments[0] == "export", "{arguments:?}");
    }
    for result in ["run/model.foliar", "quick/model.foliar", "tuning/tuned/model.foliar", "run/report.html"] {
        assert!(scene.path(result).is_file(), "{result}");
    }
}

#[test]
fn an_error_that_nobody_reads_is_one() {
    let scene = Scene::empty();
    Finished::from(scene.command(&["doctor", "absent"]).stderr(unread()).output().unwrap()).expect(1);
}

#[cfg(target_os = "linux")]
#[test]
fn logs_come_through_pipes_and_a_full_disk_is_said() {
    let scene = Scene::empty();
    for name in ["-", "/dev/stdin"] {
        let (reader, mut writer) = io::pipe().unwrap();
        writer.write_all(LOG.as_bytes()).unwrap();
        drop(writer);
        let said = Finished::from(scene.command(&["doctor", name]).stdin(reader).output().unwrap()).expect(0);
        assert!(said.out.contains("3 lines understood"), "{said:?}");
    }
    let mut child = scene
        .command(&["doctor", "-"])
        .stdin(Stdio::piped())
        .stdout(fs::File::create("/dev/full").unwrap())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(LOG.as_bytes()).unwrap();
    let mut words = String::new();
    child.stderr.take().unwrap().read_to_string(&mut words).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(words.contains("No space left"), "{words}");
}
