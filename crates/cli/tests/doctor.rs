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
    assert_eq!(document["skipped"], Value::Array(Vec::new()));
    scene.run(&[&both[..], &["--html", "page.html"]].concat()).expect(0);
    let page = fs::read_to_string(scene.path("page.html")).unwrap();
    assert!(page.contains("sums.log is better than means.log") && page.contains("<svg"));
}

/// A run of four epochs that ends at the accuracy `last`.
fn rising(last: f64) -> String {
    let line = |(index, share): (usize, f64)| {
        format!(
            "epoch {} train loss {:.3} val loss {:.3} val acc {:.3}\n",
            index + 1,
            1.0 - share * last,
            1.1 - share * last,
            share * last
        )
    };
    [0.5, 0.7, 0.9, 1.0].into_iter().enumerate().map(line).collect()
}

#[test]
fn a_folder_of_runs_is_listed_by_name() {
    let scene = Scene::empty();
    for name in ["runs/b", "runs/c/tuned", "runs/.git"] {
        fs::create_dir_all(scene.path(name)).unwrap();
    }
    fs::write(
        scene.path("runs/b/metrics.csv"),
        "epoch,train_loss,val_acc\n1,2.1,0.3\n2,1.6,0.5\n3,1.1,0.6\n4,0.9,0.7\n",
    )
    .unwrap();
    fs::write(scene.path("runs/b/notes.txt"), rising(0.99)).unwrap();
    fs::write(scene.path("runs/c/tuned/out.log"), rising(0.94)).unwrap();
    fs::write(scene.path("runs/a.log"), rising(0.8)).unwrap();
    fs::write(scene.path("runs/.git/x.log"), rising(0.8)).unwrap();
    fs::write(scene.path("runs/poem.txt"), "The leaf is green.\n").unwrap();
    fs::write(scene.path("runs/weights.pt"), [0u8, 159, 146, 150]).unwrap();
    let said = scene.run(&["doctor", "runs"]).expect(0).out;
    let names: Vec<&str> = said.lines().skip(1).take(3).map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(names, ["a.log", "b", "c/tuned/out.log"], "{said}");
    assert!(said.contains("94.00 %") && said.contains("c/tuned/out.log is better"), "{said}");
    for part in ["2 other files hold no log", "poem.txt", "weights.pt"] {
        assert!(said.contains(part), "{said}");
    }
    let document = json(&scene.run(&["doctor", "runs", "--json"]).expect(0));
    assert_eq!(document["logs"].as_array().unwrap().len(), 3);
    assert_eq!(document["comparison"]["runs"][2]["best_accuracy"], 0.94);
    assert_eq!(document["skipped"][0]["path"], "poem.txt");
    let both = json(&scene.run(&["doctor", "runs/c", "runs/b", "--json"]).expect(0));
    let names = [0, 1].map(|run| both["comparison"]["runs"][run]["name"].as_str().unwrap());
    assert_eq!(names, ["runs/c/tuned/out.log", "runs/b"]);
}

#[test]
fn a_folder_of_one_run_is_one_run() {
    let scene = Scene::empty();
    for name in ["record", "only", "none"] {
        fs::create_dir_all(scene.path(name)).unwrap();
    }
    fs::write(
        scene.path("record/results.csv"),
        "epoch,train_loss,val_acc\n1,2.1,0.3\n2,1.6,0.5\n3,1.1,0.6\n4,0.9,0.7\n",
    )
    .unwrap();
    fs::write(scene.path("record/console.log"), rising(0.9)).unwrap();
    fs::write(scene.path("only/console.log"), rising(0.9)).unwrap();
    fs::write(scene.path("only/args.yaml"), "lr: 0.1\n").unwrap();
    for (name, line) in [("record", 1), ("only", 1)] {
        let document = json(&scene.run(&["doctor", name, "--json"]).expect(0));
        assert_eq!(document["series"]["epochs"].as_array().unwrap().len(), 4, "{document}");
        assert!(document["understood"]["lines"].as_u64().unwrap() > line);
    }
    let said = scene.run(&["doctor", "only"]).expect(0).out;
    assert!(
        said.contains("the one log of the folder is console.log") && said.contains("args.yaml"),
        "{said}"
    );
    let error = scene.run(&["doctor", "none"]).expect(1).err;
    assert!(error.contains("none holds no training log") && error.contains("train.log"), "{error}");
}

#[test]
fn the_answer_is_written_as_markdown() {
    let scene = Scene::empty();
    fs::write(scene.path("train.log"), scaled()).unwrap();
    let said = scene.run(&["doctor", "train.log", "--markdown"]).expect(0).out;
    for part in ["**Verdict:** ", "(`loss-scaled`, ", "| first | 1 |", "numbers from 10 lines"] {
        assert!(said.contains(part), "no {part} in {said}");
    }
    fs::write(scene.path("other.log"), rising(0.9)).unwrap();
    let said = scene.run(&["doctor", "train.log", "other.log", "--markdown"]).expect(0).out;
    assert!(said.starts_with("**Comparison:** ") && said.contains("\n## other.log\n"), "{said}");
    scene.run(&["doctor", "train.log", "--markdown", "--json"]).expect(2);
}

#[test]
fn a_line_is_named_once() {
    let scene = Scene::empty();
    let lines = rising(0.9).replace("epoch ", "it ");
    let lines = lines.lines().map(|line| line.split_once("train").unwrap().1);
    let lines: Vec<String> = lines.map(|line| format!("train{line}")).collect();
    fs::write(scene.path("train.log"), lines.join("\n").repeat(2)).unwrap();
    for form in ["--json", "--markdown"] {
        let said = scene.run(&["doctor", "train.log", form]).out;
        assert!(!said.contains("\"line ") && !said.contains(": line "), "{said}");
    }
}

#[test]
fn what_can_not_be_read_says_what_to_do() {
    let scene = Scene::empty();
    fs::write(scene.path("file"), "x").unwrap();
    for (name, expected) in [
        ("absent", "check the path"),
        ("file/below", "check the path"),
        ("-", "save what the training prints"),
    ] {
        let mut command = scene.command(&["doctor", name]);
        let refused = Finished::from(command.stdin(Stdio::null()).output().unwrap()).expect(1);
        assert!(refused.err.contains(expected) && refused.err.lines().count() == 1, "{}", refused.err);
    }
    assert!(scene.run(&["doctor", "-", "-"]).expect(2).err.contains("twice"));
}
