//! Names that are commands, things that are no files, disks that are full, hang-ups and little memory: a result or a sentence.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(unix)]

mod common;

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use common::{Finished, Scene, train_arguments};

/// A name that recolours, forges a line and turns text around.
const NAME: &str = "\u{1b}[31mrust\nerror: forged\u{202e}";

/// Both outputs without anything but glyphs, blanks and line feeds.
#[track_caller]
fn assert_harmless(finished: &Finished) {
    for text in [&finished.out, &finished.err] {
        let command = text.chars().find(|letter| letter.is_control() && !matches!(letter, '\n' | '\t'));
        assert!(command.is_none() && !text.contains('\u{202e}'), "{finished:#?}");
        assert!(!text.lines().any(|line| line.starts_with("error: forged")), "{finished:#?}");
    }
}

#[test]
fn names_command_no_terminal() {
    let scene = Scene::new(6);
    let class = format!("photos/{NAME}");
    fs::rename(scene.path("photos/rust_pustules"), scene.path(&class)).unwrap();
    fs::write(scene.path(&class).join(format!("{NAME}.jpg")), "no picture").unwrap();
    let trained = scene.train("run", &["--epochs", "1"]).expect(3);
    assert!(trained.err.contains(r"\u{1b}[31mrust\nerror: forged\u{202e}"), "{trained:#?}");
    assert_harmless(&trained);
    for arguments in [&["predict", "run", &class][..], &["audit", "photos"], &["resume", "run"]] {
        assert_harmless(&scene.run(arguments));
    }
    for argument in [["doctor", NAME], ["resume", NAME], ["train", NAME], ["audit", NAME], ["report", NAME]] {
        assert_harmless(&scene.run(&argument).expect(1));
    }
}

#[test]
fn formulas_are_defused_and_tables_read_back() {
    let scene = Scene::new(6);
    fs::rename(scene.path("photos/rust_pustules"), scene.path("photos/=HYPERLINK(1)")).unwrap();
    scene.train("run", &["--epochs", "1"]).expect(0);
    scene.run(&["audit", "photos", "--out", "audit", "--quarantine", "quarantine.csv"]);
    let predicted = scene.run(&["predict", "run", "photos", "--format", "csv", "--top", "5"]).expect(0);
    fs::write(scene.path("predicted.csv"), predicted.out).unwrap();
    for table in
        ["run/split.csv", "run/out-of-fold.csv", "audit/audit.csv", "audit/groups.csv", "predicted.csv"]
    {
        let text = fs::read_to_string(scene.path(table)).unwrap();
        assert!(text.contains("'=HYPERLINK(1)"), "{table}: {text}");
        let formula = text.lines().flat_map(|line| line.split(',')).find(|cell| cell.starts_with('='));
        assert_eq!(formula, None, "{table}");
    }
    let split = |run: &str| fs::read_to_string(scene.path(run).join("split.csv")).unwrap();
    scene.train("again", &["--epochs", "1", "--split", "run/split.csv"]).expect(0);
    assert_eq!(split("again"), split("run"));
    scene.train("grouped", &["--epochs", "1", "--groups", "audit/groups.csv"]).expect(0);
    let document = scene.run(&["evaluate", "run", "--json"]).expect(0).out;
    assert!(document.contains("\"=HYPERLINK(1)"), "{document}");
}

#[test]
fn what_is_no_file_is_refused_at_once() {
    let scene = Scene::new(4);
    assert!(Command::new("mkfifo").arg(scene.path("pipe")).status().unwrap().success());
    let photo = "photos/healthy/healthy_0000.jpg";
    for thing in ["pipe", "/dev/zero"] {
        for arguments in [
            &["predict", thing, photo][..],
            &["explain", thing, photo],
            &["evaluate", thing, "--data", "photos"],
            &["doctor", thing],
            &["train", "photos", "--split", thing],
            &["train", "photos", "--groups", thing],
            &["train", "photos", "--quarantine", thing],
            &["train", "photos", "--weights", thing, "--model", "baseline"],
            &["study", "show", thing],
        ] {
            let began = Instant::now();
            let refused = scene.run(arguments).expect(1);
            assert!(refused.err.contains(thing), "{arguments:?}: {}", refused.err);
            assert!(began.elapsed() < Duration::from_secs(20), "{arguments:?}");
        }
        let refused = scene.run(&["predict", thing, photo]).expect(1);
        let what = if thing == "pipe" { "a named pipe, not a file" } else { "a device, not a file" };
        assert!(refused.err.contains(what), "{}", refused.err);
    }
}

#[test]
fn a_run_that_was_killed_before_it_began_is_begun_by_the_same_command() {
    let scene = Scene::new(4);
    scene.train("whole", &["--epochs", "1"]).expect(0);
    for left in [&[][..], &["data.json"], &["data.json", "problems.jsonl", "split.csv"]] {
        let _ = fs::remove_dir_all(scene.path("killed"));
        fs::create_dir_all(scene.path("killed/checkpoints")).unwrap();
        for file in left {
            fs::copy(scene.path("whole").join(file), scene.path("killed").join(file)).unwrap();
        }
        fs::write(scene.path("killed/.recipe.toml.1-1.partial"), "mo").unwrap();
        scene.train("killed", &["--epochs", "1"]).expect(0);
        let bundle = |run: &str| fs::read(scene.path(run).join("model.foliar")).unwrap();
        assert!(bundle("killed") == bundle("whole"), "{left:?}");
        assert!(!scene.path("killed/.recipe.toml.1-1.partial").exists());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_under_the_words_ends_nothing_and_under_the_result_is_said() {
    let scene = Scene::new(4);
    let full = || File::options().write(true).open("/dev/full").unwrap();
    let mut command = scene.command(&train_arguments("run"));
    Finished::from(command.stderr(full()).output().unwrap()).expect(0);
    for arguments in [&["--help"][..], &["summary", "--model", "baseline"], &["resume", "run"]] {
        let mut command = scene.command(arguments);
        let ended = Finished::from(command.stdout(full()).output().unwrap()).expect(1);
        assert!(ended.err.contains("standard output cannot be written"), "{ended:?}");
        let mut command = scene.command(arguments);
        Finished::from(command.stdout(full()).stderr(full()).output().unwrap()).expect(1);
    }
}

/// Waits until the run has logged an epoch.
fn wait_for_an_epoch(run: &Path) {
    let began = Instant::now();
    while !fs::read_to_string(run.join("events.jsonl")).is_ok_and(|log| log.contains("\"event\":\"epoch\"")) {
        assert!(began.elapsed() < Duration::from_secs(120), "the run does not get on");
        std::thread::sleep(Duration::from_millis(3));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_hang_up_saves_unless_it_is_ignored() {
    let scene = Scene::new(24);
    // A program that `nohup` started hands on that the signal is ignored.
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap_or_default().trim();
    let ignored = u64::from_str_radix(ignored, 16).is_ok_and(|signals| signals & 1 == 1);
    for (begin, code) in [("", if ignored { 0 } else { 130 }), ("trap '' HUP; ", 0)] {
        let _ = fs::remove_dir_all(scene.path("run"));
        let program = env!("CARGO_BIN_EXE_foliar");
        let arguments = train_arguments("run").join(" ");
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("{begin}exec {program} {arguments} --epochs 8 --threads 1")]);
        shell.current_dir(scene.root());
        shell.env("FOLIAR_CACHE", scene.path("cache")).env("FOLIAR_OFFLINE", "1");
        let child =
            shell.stderr(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn().unwrap();
        wait_for_an_epoch(&scene.path("run"));
        assert!(Command::new("kill").args(["-HUP", &child.id().to_string()]).status().unwrap().success());
        let ended = Finished::from(child.wait_with_output().unwrap()).expect(code);
        assert_eq!(ended.err.contains("foliar resume"), code == 130, "{ended:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn too_little_memory_is_said() {
    let scene = Scene::new(4);
    let arguments = train_arguments("run").join(" ");
    let mut failed = 0;
    for kibibytes in (60_000..260_000).step_by(25_000) {
        let _ = fs::remove_dir_all(scene.path("run"));
        let program = env!("CARGO_BIN_EXE_foliar");
        let mut shell = Command::new("sh");
        shell.args([
            "-c",
            &format!("ulimit -v {kibibytes}; exec {program} {arguments} --epochs 1 --threads 2"),
        ]);
        shell.current_dir(scene.root());
        shell.env("FOLIAR_CACHE", scene.path("cache")).env("FOLIAR_OFFLINE", "1");
        let ended = Finished::from(shell.output().unwrap());
        match ended.code {
            Some(0) => {}
            Some(1) => {
                assert!(ended.err.contains("memory") || ended.err.contains("threads"), "{ended:?}");
                failed += 1;
            }
            _ => panic!("{ended:?}"),
        }
    }
    assert!(failed > 0);
}
