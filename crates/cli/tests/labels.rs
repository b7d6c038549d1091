//! Photographs that show several labels, from the table to answers and figures.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests may panic")]

mod common;

use std::fs;

use common::{Finished, Scene};
use foliar_model::{Bundle, Outputs};
use serde_json::Value;

/// A whole network, for two epochs.
const SCRATCH: [&str; 8] = ["--recipe", "scratch", "--weights", "none", "--epochs", "2", "--batch-size", "8"];
/// A classifier on the features of one that was trained before, which is solved.
const QUICK: [&str; 4] = ["--recipe", "quick", "--weights", "weights/model.foliar"];
/// What each class of drawn leaves shows: sets that overlap, and nothing.
const SHOWN: [&[&str]; 3] = [&["rust"], &["rust", "scab"], &[]];

/// Drawn leaves in `leaves/`, and in `table` what each shows: `one-hot`, or with a sign between labels.
fn scene(per_class: usize, between: Option<&str>) -> Scene {
    let scene = Scene::new(per_class);
    fs::create_dir(scene.path("leaves")).unwrap();
    let mut classes: Vec<_> =
        fs::read_dir(scene.path("photos")).unwrap().map(|entry| entry.unwrap().path()).collect();
    classes.sort();
    let mut rows = vec![match between {
        None => "image,rust,scab".to_owned(),
        Some(_) => "image,labels".to_owned(),
    }];
    for (number, class) in classes.iter().enumerate() {
        let shown = SHOWN[number % SHOWN.len()];
        let mut photos: Vec<_> = fs::read_dir(class).unwrap().map(|entry| entry.unwrap().path()).collect();
        photos.sort();
        for photo in photos {
            let name = format!("{number}-{}", photo.file_name().unwrap().to_str().unwrap());
            fs::copy(&photo, scene.path("leaves").join(&name)).unwrap();
            let mark = |label: &str| u8::from(shown.contains(&label));
            match (between, shown) {
                (None, _) => rows.push(format!("{name},{},{}", mark("rust"), mark("scab"))),
                (Some(_), []) => rows.push(format!("{name},healthy")),
                (Some(between), _) => rows.push(format!("{name},\"{}\"", shown.join(between))),
            }
        }
    }
    if between.is_some() {
        // A name is known to be one where it stands alone.
        let first = rows[1].split(',').next().unwrap().to_owned();
        rows[1] = format!("{first},scab");
    }
    fs::write(scene.path("leaves/labels.csv"), rows.join("\n") + "\n").unwrap();
    scene
}

fn train(scene: &Scene, out: &str, more: &[&str]) -> Finished {
    let arguments = [
        "train",
        "leaves",
        "--labels",
        "leaves/labels.csv",
        "--image-size",
        "32",
        "--group",
        "none",
        "--out",
        out,
    ];
    scene.run(&[&arguments[..], more].concat())
}

#[test]
fn marks_go_from_the_table_to_answers_and_figures() {
    let scene = scene(8, None);
    scene.pretrain(4, &[]);
    let asked = train(&scene, "none", &SCRATCH).expect(2);
    assert!(asked.err.contains("--multi-label"), "{}", asked.err);

    let trained = train(&scene, "run", &[&QUICK[..], &["--multi-label"]].concat()).expect(0);
    for words in ["2 labels", "labels: rust (", "show several", "none", "even odds"] {
        let said = if words == "even odds" { "guessing among 2 classes a label" } else { words };
        assert!(trained.err.contains(said), "{said}: {}", trained.err);
    }
    assert!(
        trained.err.contains("mean F1") && !trained.err.contains("of 100 photos right,"),
        "{}",
        trained.err
    );
    let bundle = Bundle::read_any(&scene.path("run/model.foliar")).unwrap();
    let Outputs::AnyOf(rules) = &bundle.outputs else { panic!("{:?}", bundle.outputs) };
    assert_eq!((bundle.classes.len(), rules.labels.len()), (2, 2));
    let table = fs::read_to_string(scene.path("run/out-of-fold.csv")).unwrap();
    assert!(table.starts_with("path,labels,called,fold,logit rust,logit scab\n"), "{table}");
    assert!(table.contains("rust|scab") && table.contains("(no label)"), "{table}");

    let rows = scene.run(&["predict", "run", "leaves", "--format", "jsonl"]).expect(0);
    for line in rows.out.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let called: Vec<&str> =
            row["labels"].as_array().unwrap().iter().map(|l| l.as_str().unwrap()).collect();
        for (label, rule) in row["predictions"].as_array().unwrap().iter().zip(&rules.labels) {
            let p = label["probability"].as_f64().unwrap();
            assert!((0.0..=1.0).contains(&p));
            let name = label["label"].as_str().unwrap();
            assert_eq!(called.contains(&name), p >= rule.threshold * (1.0 - 1e-5), "{row}");
        }
    }
    let csv = scene.run(&["predict", "run", "leaves", "--format", "csv"]).expect(0);
    assert!(
        csv.out.starts_with("path,labels,p:rust,presence:rust,p:scab,presence:scab,error\n"),
        "{}",
        csv.out
    );
    scene.run(&["predict", "run", "leaves", "--html", "page.html"]).expect(2);

    let json = scene.run(&["evaluate", "run", "--json", "--predictions", "said.csv"]).expect(0);
    let report: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(
        (report["task"].as_str(), report["photographs"].as_u64()),
        (Some("multi-label"), Some(rows.out.lines().count() as u64))
    );
    for name in
        ["mean_f1", "macro_f1", "micro_f1", "mean_average_precision", "exact_match", "hamming_loss", "loss"]
    {
        let [low, value, high] =
            ["low", "value", "high"].map(|end| report["scores"][name][end].as_f64().unwrap());
        assert!(low <= value && value <= high, "{name}: {report}");
    }
    // The figures are those of the table of predictions.
    let said = fs::read_to_string(scene.path("said.csv")).unwrap();
    let f1 = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let words = |cell: &str| {
            cell.split('|').filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        };
        let (shown, called) = (words(cells[1]), words(cells[2]));
        let hits = shown.iter().filter(|label| called.contains(label)).count();
        if shown.len() + called.len() == 0 {
            1.0
        } else {
            2.0 * hits as f64 / (shown.len() + called.len()) as f64
        }
    };
    let all: Vec<f64> = said.lines().skip(1).map(f1).collect();
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    assert!((mean - report["scores"]["mean_f1"]["value"].as_f64().unwrap()).abs() < 1e-9, "{mean} {report}");
    let report = scene.run(&["report", "run"]).expect(0);
    let page = fs::read_to_string(scene.path(report.out.trim())).unwrap();
    assert!(
        page.contains("Results by label") && page.contains("scab") && !page.contains("onfusion"),
        "{page}"
    );
    let text = scene.run(&["evaluate", "run"]).expect(0);
    for words in ["mean F1", "mAP", "Hamming", "rust", "cannot tell"] {
        assert!(text.out.contains(words), "{words}: {}", text.out);
    }
}

#[test]
fn cells_with_any_sign_between_labels_are_read() {
    for between in [" ", ",", ";", "|"] {
        let scene = scene(6, Some(between));
        let arguments = [
            "train",
            "leaves",
            "--labels",
            "leaves/labels.csv",
            "--multi-label",
            "--weights",
            "none",
            "--dry-run",
        ];
        let planned = scene.run(&arguments).expect(0);
        let all = format!("{}{}", planned.out, planned.err);
        assert!(all.contains("3 labels") && !all.contains("rust|scab"), "{between}: {all}");
    }
}

#[test]
fn whole_networks_learn_labels_and_threads_change_no_bit() {
    let scene = scene(6, None);
    for (threads, out) in [("1", "one"), ("2", "two")] {
        train(&scene, out, &[&SCRATCH[..], &["--multi-label", "--threads", threads]].concat()).expect(0);
    }
    let bytes = |run: &str| fs::read(scene.path(run).join("model.foliar")).unwrap();
    assert_eq!(bytes("one"), bytes("two"));
    scene.pretrain(4, &[]);
    for (threads, out) in [("1", "quick-one"), ("2", "quick-two")] {
        train(&scene, out, &[&QUICK[..], &["--multi-label", "--threads", threads]].concat()).expect(0);
    }
    assert_eq!(bytes("quick-one"), bytes("quick-two"));
    let log = fs::read_to_string(scene.path("one/events.jsonl")).unwrap();
    assert!(log.contains("\"validation_mean_f1\":") && log.contains("\"classes\":2"), "{log}");
    let judged = scene.run(&["doctor", "one"]);
    assert!([Some(0), Some(1)].contains(&judged.code), "{judged:?}");
    let refused = train(
        &scene,
        "weighted",
        &[&SCRATCH[..], &["--multi-label", "--class-weights", "balanced"]].concat(),
    );
    assert!(refused.code == Some(2) || refused.code == Some(1), "{refused:?}");
    assert!(refused.err.contains("--multi-label"), "{}", refused.err);
}

#[test]
fn what_knows_no_labels_says_so() {
    let scene = scene(6, None);
    train(&scene, "run", &[&SCRATCH[..], &["--multi-label"]].concat()).expect(0);
    let refusals: [&[&str]; 8] = [
        &["export", "run"],
        &["export", "run", "--format", "tflite"],
        &["export", "run", "--format", "torch"],
        &["export", "run", "--format", "page"],
        &["explain", "run", "leaves"],
        &["serve", "run"],
        &["compare", "run", "run"],
        &[
            "train",
            "leaves",
            "--labels",
            "leaves/labels.csv",
            "--multi-label",
            "--weights",
            "run/model.foliar",
            "--out",
            "next",
        ],
    ];
    for arguments in refusals {
        let refused = scene.run(arguments);
        assert!(refused.code.is_some_and(|code| code != 0), "{arguments:?}: {refused:?}");
        assert!(refused.err.contains("multi-label"), "{arguments:?}: {}", refused.err);
    }
    for command in ["audit", "tune"] {
        let refused =
            scene.run(&[command, "leaves", "--labels", "leaves/labels.csv", "--multi-label"]).expect(2);
        assert!(refused.err.contains("--multi-label"), "{command}: {}", refused.err);
    }
    // Folders give one class, and a run of classes knows no labels.
    let folders =
        scene.run(&["train", "photos", "--multi-label", "--weights", "none", "--out", "no"]).expect(2);
    assert!(folders.err.contains("--labels FILE"), "{}", folders.err);
}
