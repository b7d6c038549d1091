//! Killed and interrupted runs of the real program end as untouched ones do.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(unix)]

mod common;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{Finished, Scene, train_arguments};

const LONGER: [&str; 4] = ["--epochs", "8", "--threads", "1"];

fn start(scene: &Scene, arguments: &[&str]) -> Child {
    scene.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits until the run has logged `epochs` epochs.
fn wait_for_epochs(run: &Path, epochs: usize) {
    let began = Instant::now();
    let logged = || fs::read_to_string(run.join("events.jsonl")).unwrap_or_default();
    while logged().matches("\"event\":\"epoch\"").count() < epochs {
        assert!(began.elapsed() < Duration::from_secs(120), "the run does not get on");
        std::thread::sleep(Duration::from_millis(3));
    }
}

fn untouched(scene: &Scene) -> Vec<u8> {
    let arguments = [&train_arguments("whole")[..], &LONGER].concat();
    scene.run(&arguments).expect(0);
    fs::read(scene.path("whole/model.foliar")).unwrap()
}

#[test]
fn a_killed_run_resumes_to_the_same_bits() {
    let scene = Scene::new(24);
    let expected = untouched(&scene);
    for (epochs, delay) in [(1, 0), (2, 15), (4, 40), (7, 5)] {
        let out = format!("killed-{epochs}");
        let mut child = start(&scene, &[&train_arguments(&out)[..], &LONGER].concat());
        wait_for_epochs(&scene.path(&out), epochs);
        std::thread::sleep(Duration::from_millis(delay));
        child.kill().unwrap();
        child.wait().unwrap();
        scene.run(&["resume", &out, "--threads", "2"]).expect(0);
        assert!(fs::read(scene.path(&out).join("model.foliar")).unwrap() == expected, "{out}");
        let rows = fs::read_to_string(scene.path(&out).join("metrics.csv")).unwrap().lines().count();
        assert_eq!(rows, 9);
    }
}

#[test]
fn ctrl_c_saves_and_says_so() {
    let scene = Scene::new(24);
    let expected = untouched(&scene);
    let child = start(&scene, &[&train_arguments("stopped")[..], &LONGER].concat());
    wait_for_epochs(&scene.path("stopped"), 2);
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let stopped = Finished::from(child.wait_with_output().unwrap()).expect(130);
    assert!(stopped.err.contains("foliar resume stopped"), "{}", stopped.err);
    scene.run(&["resume", "stopped"]).expect(0);
    assert!(fs::read(scene.path("stopped/model.foliar")).unwrap() == expected);
    // A finished run has nothing left to do and stays what it is.
    scene.run(&["resume", "stopped"]).expect(0);
    assert!(fs::read(scene.path("stopped/model.foliar")).unwrap() == expected);
}

#[test]
fn changed_photographs_are_refused() {
    let scene = Scene::new(6);
    scene.train("run", &["--epochs", "1"]).expect(0);
    fs::rename(scene.path("photos/healthy/healthy_0000.jpg"), scene.path("photos/healthy/new.jpg")).unwrap();
    let refused = scene.run(&["resume", "run"]).expect(1);
    assert!(refused.err.contains("healthy_0000.jpg") && refused.err.contains("new.jpg"), "{}", refused.err);
    fs::rename(scene.path("photos"), scene.path("moved")).unwrap();
    let refused = scene.run(&["resume", "run"]).expect(1);
    assert!(refused.err.contains("photos"), "{}", refused.err);
    fs::rename(scene.path("moved/healthy/new.jpg"), scene.path("moved/healthy/healthy_0000.jpg")).unwrap();
    scene.run(&["resume", "run", "--data", "moved"]).expect(0);
}
