//! Every way to use a classifier gives the rows of the golden set. Other languages do in `bench/golden.py`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;
#[path = "common/golden.rs"]
mod golden;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use common::Scene;
use foliar_model::{Answer, Classifier, Row};
use golden::{EXPECTED, MODEL, write_photos};
use serde_json::Value;

/// How far processors may differ in a probability, and in a distance as a share.
const TOLERANCE: f64 = 1e-5;

/// A folder with the classifier and the photos.
fn set() -> Scene {
    let scene = Scene::empty();
    fs::write(scene.path("model.foliar"), MODEL).unwrap();
    write_photos(&scene.path("photos"));
    scene
}

const PREDICT: [&str; 6] = ["predict", "model.foliar", "photos", "--format", "jsonl", "--all"];

fn rows(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Panics unless `found` is `expected`, but for numbers, which may differ by little.
fn check(found: &Value, expected: &Value, at: &str) {
    match (found, expected) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            assert!((a - b).abs() <= TOLERANCE * b.abs().max(1.0), "{at}: {a} {b}");
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).for_each(|(a, b)| check(a, b, at));
        }
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
            a.iter().zip(b).for_each(|((name, a), (_, b))| check(a, b, &format!("{at} {name}")));
        }
        _ => assert_eq!(found, expected, "{at}"),
    }
}

fn check_rows(text: &str) {
    let (found, expected) = (rows(text), rows(EXPECTED));
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(&expected) {
        check(found, expected, expected["path"].as_str().unwrap());
    }
}

#[test]
fn the_set_holds_what_is_met() {
    let rows = rows(EXPECTED);
    assert_eq!(rows.len(), 40);
    let count = |of: &dyn Fn(&Value) -> bool| rows.iter().filter(|row| of(row)).count();
    assert!(count(&|row| row["answer"].is_string()) >= 12, "answers");
    assert!(count(&|row| row["reason"] == "out-of-distribution") >= 5);
    assert!(count(&|row| row["reason"] == "low-confidence") >= 2);
    assert_eq!(count(&|row| row["error"].is_string()), 5);
    assert_eq!(count(&|row| row.get("remarks").is_some()), 1);
    for prediction in rows[0]["predictions"].as_array().unwrap() {
        let class = &prediction["class"];
        assert!(count(&|row| row["answer"] == *class) > 0, "{class}");
    }
}

#[test]
fn program_library_and_server_give_the_same_rows() {
    let scene = set();
    let told = scene.run(&PREDICT).expect(3).out;
    check_rows(&told);

    let names: Vec<String> = rows(&told).iter().map(|row| row["path"].as_str().unwrap().to_owned()).collect();
    assert_eq!(from_library(&scene.path("model.foliar"), scene.root(), &names), told, "the library");

    let served = from_server(&scene, &names);
    let [first, ..] = &*served else { panic!("no rows") };
    let digest = format!(",\"model\":{}", first["model"]);
    let served: String = served.iter().map(|row| row.to_string().replace(&digest, "") + "\n").collect();
    let told: String = rows(&told).iter().map(|row| row.to_string() + "\n").collect();
    assert_eq!(served, told, "the server");
}

#[test]
fn processors_without_vector_instructions_give_the_rows_too() {
    let scene = set();
    let output = scene.command(&PREDICT).env("FOLIAR_ISA", "portable").output().unwrap();
    check_rows(&String::from_utf8(output.stdout).unwrap());
}

/// The rows of `Classifier`, which `foliar` re-exports.
fn from_library(model: &Path, root: &Path, names: &[String]) -> String {
    let mut classifier = Classifier::open(model).unwrap();
    let classes = classifier.classes().to_vec();
    let paths: Vec<PathBuf> = names.iter().map(|name| root.join(name)).collect();
    let predictions = classifier.predict(&paths).unwrap();
    let rows = names.iter().zip(predictions).map(|(name, prediction)| {
        let result = match prediction {
            Ok(prediction) => Answer::new(&prediction, classes.len(), &classes),
            Err(error) => Err(error.reason.to_string()),
        };
        let remarks = if name.ends_with("open.jpg") { vec!["no-end-marker"] } else { Vec::new() };
        serde_json::to_string(&Row { path: name.clone(), result, remarks }).unwrap() + "\n"
    });
    rows.collect()
}

/// The rows of all photos in one form.
fn from_server(scene: &Scene, names: &[String]) -> Vec<Value> {
    let mut server = scene
        .command(&["serve", "model.foliar", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let mut body = Vec::new();
    for name in names {
        let head = format!("--xx\r\nContent-Disposition: form-data; name=\"p\"; filename=\"{name}\"\r\n\r\n");
        body.extend([head.as_bytes(), &fs::read(scene.path(name)).unwrap(), b"\r\n"].concat());
    }
    body.extend(b"--xx--\r\n");
    let mut stream = TcpStream::connect(line.trim().strip_prefix("http://").unwrap()).unwrap();
    let head = "POST /v1/predict?top=all HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
        Content-Type: multipart/form-data; boundary=xx\r\n";
    write!(stream, "{head}Content-Length: {}\r\n\r\n", body.len()).unwrap();
    stream.write_all(&body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
    serde_json::from_str(body).unwrap()
}

#[test]
fn masks_beside_photos_are_not_predicted() {
    let scene = Scene::empty();
    fs::write(scene.path("model.foliar"), MODEL).unwrap();
    write_photos(&scene.path("all"));
    fs::create_dir_all(scene.path("photos/masks")).unwrap();
    fs::copy(scene.path("all/leaf-0.jpg"), scene.path("photos/leaf-0.jpg")).unwrap();
    fs::copy(scene.path("all/leaf.png"), scene.path("photos/leaf-0_mask.png")).unwrap();
    fs::copy(scene.path("all/leaf.png"), scene.path("photos/masks/leaf-0.png")).unwrap();
    let predicted = scene.run(&["predict", "model.foliar", "photos", "--format", "jsonl"]).expect(0);
    assert_eq!(predicted.out.lines().count(), 1, "{}", predicted.out);
    assert!(predicted.err.contains("2 masks of photos are left out, such as"), "{}", predicted.err);
    let asked = scene.run(&["predict", "model.foliar", "photos/masks", "--format", "jsonl"]).expect(0);
    assert_eq!(asked.out.lines().count(), 1, "{}", asked.out);
}
