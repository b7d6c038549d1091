//! The doctor on logs of several shapes, with the real program.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use common::{Finished, Scene};
use serde_json::Value;

/// Losses that were added up over batches of 32 photographs and divided by the number of batches.
fn scaled() -> String {
    let accuracies = [0.62, 0.78, 0.86, 0.91, 0.94, 0.955, 0.962, 0.97, 0.975, 0.978];
    let line = |(index, accuracy): (usize, &f64)| {
        let error = 1.0 - accuracy;
        let entropy = -error * f64::ln(error) - accuracy * f64::ln(*accuracy);
        let (train, val) = (32.0 * 1.5 * entropy, 32.0 * 1.4 * entropy);
        format!(
            "Epoch {} took 31 s: training loss {train:.3}, val loss {val:.3}, val accuracy {:.1} %",
            index + 1,
            100.0 * accuracy
        )
    };
    accuracies.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
}

fn json(finished: &Finished) -> Value {
    serde_json::from_str(&finished.out).unwrap()
}

fn ids(document: &Value) -> Vec<&str> {
    document["findings"].as_array().unwrap().iter().map(|finding| finding["id"].as_str().unwrap()).collect()
}

#[test]
fn a_sum_is_told_from_a_mean() {
    let scene = Scene::empty();
    fs::write(scene.path("train.log"), scaled()).unwrap();
    let said = scene.run(&["doctor", "train.log"]).expect(0).out;
    assert!(said.contains("loss-scaled") && said.contains("What to do"), "{said}");
    let document = json(
        &scene.run(&["doctor", "train.log", "--json", "--classes", "5", "--batch-size", "32"]).expect(0),
    );
    assert!(ids(&document).contains(&"loss-scaled"), "{document}");
    for split in ["train", "val"] {
        let scale = &document["scale"][split];
        let [low, high] = ["low", "high"].map(|key| scale[key].as_f64().unwrap());
        assert!(low <= 32.0 && 32.0 <= high && high < 5.0 * low, "{scale}");
        assert_eq!(scale["reduction"], "batch-sum");
    }
    assert_eq!(document["series"]["epochs"].as_array().unwrap().len(), 10);
    assert_eq!(document["understood"]["lines"], 10);
    scene.run(&["doctor", "train.log", "--html", "page.html"]).expect(0);
    let page = fs::read_to_string(scene.path("page.html")).unwrap();
    assert!(page.contains("<svg") && page.contains("loss-scaled") && !page.contains("http-equiv=\"refresh"));
}

#[test]
fn a_question_pasted_as_one_line_is_read() {
    let scene = Scene::empty();
    let question = format!(
        "Hi, I train on leaves and see this. {} Is my model bad? Thanks!",
        scaled().replace('\n', " ")
    );
    let mut child = scene
        .command(&["doctor", "-", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(question.as_bytes()).unwrap();
    let document = json(&Finished::from(child.wait_with_output().unwrap()).expect(0));
    assert!(ids(&document).contains(&"loss-scaled"), "{document}");
}

#[test]
fn a_run_of_ours_is_read_from_its_folder() {
    let scene = Scene::new(8);
    scene.train("run", &[]).expect(0);
    let document = json(&scene.run(&["doctor", "run", "--json"]));
    assert_eq!(document["series"]["epochs"].as_array().unwrap().len(), 3);
    assert!(!ids(&document).contains(&"loss-scaled"));
}

#[test]
fn a_run_that_came_to_nothing_has_exit_code_3() {
    let scene = Scene::empty();
    let lines: Vec<String> =
        (1..=8).map(|epoch| format!("epoch {epoch} loss nan val_loss nan val_acc 0.2")).collect();
    fs::write(scene.path("nan.log"), lines.join("\n")).unwrap();
    let document = json(&scene.run(&["doctor", "nan.log", "--json"]).expect(3));
    assert!(ids(&document).contains(&"nan"), "{document}");
}

#[test]
fn what_is_no_log_is_said_to_be_none() {
    let scene = Scene::empty();
    fs::write(scene.path("empty"), b"").unwrap();
    fs::write(scene.path("binary"), [0u8, 159, 146, 150, 0, 1, 2, 255].repeat(1000)).unwrap();
    fs::write(scene.path("poem"), "The leaf is green.\nThe rust is red.\n").unwrap();
    for name in ["empty", "binary", "poem", "absent"] {
        let error = scene.run(&["doctor", name]).expect(1).err;
        assert!(error.contains(name), "{error}");
        assert!(name == "absent" || error.contains("epoch 1 train loss"), "{error}");
    }
}

#[test]
fn several_logs_are_compared_and_one_page_holds_one() {
    let scene = Scene::empty();
    fs::write(scene.path("sums.log"), scaled()).unwrap();
    let means = "epoch 1 train loss 0.90 val loss 0.95 val acc 0.60\nepoch 2 train loss 0.62 val loss 0.71 val acc 0.72\n\
        epoch 3 train loss 0.48 val loss 0.58 val acc 0.79\nepoch 4 train loss 0.41 val loss 0.52 val acc 0.82\n";
    fs::write(scene.path("means.log"), means).unwrap();
    let both = ["doctor", "means.log", "sums.log", "--val-size", "1000"];
    let said = scene.run(&both).expect(0).out;
    assert!(said.contains("sums.log is better than means.log: 97.8 % against 82 %"), "{said}");
    let document = json(&scene.run(&[&both[..], &["--json"]].concat()).expect(0));
    assert_eq!(document["comparison"]["better"], 1);
    assert_eq!(document["logs"][0]["understood"]["lines"], 4);
    let error = scene.run(&["doctor", "means.log", "sums.log", "--html", "page.html"]).expect(1).err;
    assert!(error.contains("one log"), "{error}");
}
