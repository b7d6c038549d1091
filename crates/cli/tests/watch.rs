//! `foliar watch` on runs and studies, whole, killed and torn.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, SystemTime};

use common::Scene;
use serde_json::Value;

/// A page that runs until this is dropped.
struct Watching {
    child: Child,
    host: String,
    page: String,
}

impl Watching {
    fn start(scene: &Scene, places: &[&str]) -> Self {
        let arguments = [&["watch"], places].concat();
        let mut child =
            scene.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").unwrap_or_else(|| panic!("{line:?}"));
        let (host, page) = address.split_once('/').unwrap();
        Self { child, host: host.to_owned(), page: format!("/{page}") }
    }

    fn get(&self, path: &str) -> (u16, String, Vec<u8>) {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let head =
            format!("GET {}{path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.page, self.host);
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(answer[..end].to_vec()).unwrap().to_lowercase();
        (head[9..12].parse().unwrap(), head, answer[end + 4..].to_vec())
    }

    fn state(&self) -> Value {
        let (status, _, body) = self.get("state");
        assert_eq!(status, 200);
        serde_json::from_slice(&body).unwrap()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Every file below a folder, with its bytes and the time of its last change.
fn files(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let changed = path.metadata().unwrap().modified().unwrap();
            found.insert(path.clone(), (fs::read(&path).unwrap(), changed));
        }
    }
    found
}

#[test]
fn the_folds_of_a_cross_validation_are_shown() {
    let scene = Scene::new(6);
    scene.train("cv", &["--folds", "3", "--epochs", "1"]).expect(0);
    let state = Watching::start(&scene, &["cv"]).state();
    let runs = state["runs"].as_array().unwrap();
    let names: Vec<&str> = runs.iter().filter_map(|run| run["run"]["name"].as_str()).collect();
    assert_eq!(names.len(), 3, "{state}");
    assert!((1..=3).all(|fold| names.contains(&format!("fold-{fold}").as_str())), "{names:?}");
}

fn run<'a>(state: &'a Value, name: &str) -> &'a Value {
    let runs = state["runs"].as_array().unwrap();
    runs.iter().find(|run| run["run"]["name"] == name).unwrap_or_else(|| panic!("{name} in {state}"))
}

#[test]
fn runs_are_shown_as_they_are_and_left_alone() {
    let scene = Scene::new(8);
    scene.train("runs/first", &[]).expect(0);
    scene.train("runs/second", &["--seed", "2"]).expect(0);
    // A run that was killed, in the middle of a line and a while ago.
    let (first, killed) = (scene.path("runs/first"), scene.path("runs/killed"));
    fs::create_dir(&killed).unwrap();
    fs::copy(first.join("recipe.toml"), killed.join("recipe.toml")).unwrap();
    let events = fs::read_to_string(first.join("events.jsonl")).unwrap();
    let cut: String = events.lines().take(3).map(|line| format!("{line}\n")).collect();
    fs::write(killed.join("events.jsonl"), cut + "{\"event\":\"epo").unwrap();
    for file in ["events.jsonl", "recipe.toml"] {
        let file = fs::File::options().append(true).open(killed.join(file)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(3600)).unwrap();
    }
    let before = files(&scene.path("runs"));
    let watching = Watching::start(&scene, &["runs"]);
    let state = watching.state();
    assert_eq!(state["runs"].as_array().unwrap().len(), 3);
    let done = run(&state, "first");
    assert_eq!(
        (&done["run"]["state"], &done["run"]["progress"]),
        (&"done".into(), &serde_json::json!([3, 3]))
    );
    let photos = done["photos"].as_array().unwrap();
    assert!(!photos.is_empty() && photos.len() <= 12, "{photos:?}");
    let losses: Vec<f64> = photos.iter().map(|photo| photo["loss"].as_f64().unwrap()).collect();
    assert!(losses.windows(2).all(|pair| pair[0] >= pair[1]), "{losses:?}");
    let (status, head, body) = watching.get(&format!("photo/{}", photos[0]["photo"]));
    assert!(status == 200 && head.contains("image/jpeg") && body.starts_with(b"\xff\xd8\xff"), "{head}");
    let dead = run(&state, "killed");
    assert_eq!(dead["run"]["state"], "silent");
    assert!(dead["run"]["status"].as_str().unwrap().contains("nothing was written for 60 min"), "{dead}");
    assert!(dead["photos"].as_str().unwrap().contains("when the run is done"));
    for dark in [0, 1] {
        let (status, head, body) = watching.get(&format!("curves.svg?width=900&dark={dark}&stamp=1"));
        assert!(status == 200 && head.contains("image/svg+xml"), "{head}");
        let svg = String::from_utf8(body).unwrap();
        assert!(svg.starts_with("<svg") && svg.contains("second") && svg.contains("learning rate"), "{svg}");
    }
    for path in ["photo/999", "photo/-1", "photo/../state", "study/0.svg?width=900", "runs", "../state"] {
        assert_eq!(watching.get(path).0, 404, "{path}");
    }
    assert_eq!(watching.get("curves.svg?width=9").0, 400);
    assert!(files(&scene.path("runs")) == before, "nothing is written");
    // A run that begins later is there too.
    scene.train("runs/third", &["--epochs", "1"]).expect(0);
    assert_eq!(run(&watching.state(), "third")["run"]["progress"], serde_json::json!([1, 1]));
    let refused = scene.run(&["watch", "photos"]).expect(1);
    assert!(refused.err.contains("no run and no study"), "{}", refused.err);
}

#[test]
fn a_study_is_shown_with_its_trials() {
    let scene = Scene::new(10);
    let tune =
        ["tune", "photos", "--image-size", "32", "--epochs", "1", "--batch-size", "8", "--out", "tuning"];
    scene.run(&[&tune[..], &["--trials", "3", "--repeats", "0", "--group", "copies"]].concat()).expect(0);
    let watching = Watching::start(&scene, &["tuning"]);
    let state = watching.state();
    let study = &state["studies"][0]["study"];
    assert_eq!(study["head"][0], "trial", "{state}");
    assert!(study["rows"].as_array().unwrap().len() >= 3 && study["has_picture"] == true, "{study}");
    assert!(study["summary"].as_str().unwrap().contains("trials: "), "{study}");
    let (status, _, body) = watching.get("study/0.svg?width=700&dark=1");
    assert!(status == 200 && body.starts_with(b"<svg"));
}
