//! Files whose names say nothing, or something else than their content, and broken ones: every command takes the same for photos.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeSet;
use std::fs;

use common::Scene;
use serde_json::Value;

fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn train_audit_evaluate_and_predict_agree_on_every_file() {
    let scene = Scene::new(8);
    let class = scene.path("photos/healthy");
    let mut names: Vec<String> = fs::read_dir(&class)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let renamed = ["noext", "x.jpg_large", "leaf.jpg?w=300&h=200", "named.png", "named.tga", "pair.mpo"];
    for (from, to) in names.iter().zip(renamed) {
        fs::rename(class.join(from), class.join(to)).unwrap();
    }
    let whole = fs::read(class.join("pair.mpo")).unwrap();
    // The data to the middle, closed with an end marker; and all of it without one.
    fs::write(class.join("cut.jpg"), [&whole[..whole.len() / 2], &[0xFF, 0xD9]].concat()).unwrap();
    fs::write(class.join("open.jpg"), &whole[..whole.len() - 2]).unwrap();
    fs::write(class.join("old.ppm"), b"P6 1 1 255 abc").unwrap();
    fs::write(class.join("notes"), b"taken in May").unwrap();
    fs::write(class.join("page.jpg?id=1"), b"<html>").unwrap();
    let left_out = ["cut.jpg", "old.ppm", "page.jpg?id=1"];
    let remarks = [
        ("leaf.jpg?w=300&h=200", "odd-name"),
        ("named.png", "wrong-extension"),
        ("named.tga", "odd-name"),
        ("open.jpg", "no-end-marker"),
        ("x.jpg_large", "odd-name"),
    ];

    let trained = scene.train("run", &["--epochs", "1"]).expect(3);
    assert!(trained.err.contains("3 files left out:"), "{}", trained.err);
    assert!(trained.err.contains("5 files used with remarks:"), "{}", trained.err);
    assert!(trained.err.contains("3 x odd-name, such as healthy/leaf.jpg?w=300&h=200: "), "{}", trained.err);
    let problems = json_lines(&fs::read_to_string(scene.path("run/problems.jsonl")).unwrap());
    let told = |excluded: bool| -> BTreeSet<(&str, &str)> {
        problems
            .iter()
            .filter(|problem| problem["excluded"] == excluded)
            .map(|problem| {
                (
                    problem["path"].as_str().unwrap().strip_prefix("healthy/").unwrap(),
                    problem["code"].as_str().unwrap(),
                )
            })
            .collect()
    };
    assert_eq!(told(false), remarks.into());
    assert_eq!(told(true).iter().map(|(path, _)| *path).collect::<BTreeSet<_>>(), left_out.into());

    let predicted = scene.run(&["predict", "run", "photos/healthy", "--format", "jsonl"]).expect(3);
    let rows = json_lines(&predicted.out);
    let name =
        |row: &Value| row["path"].as_str().unwrap().strip_prefix("photos/healthy/").unwrap().to_owned();
    let errors: BTreeSet<String> = rows.iter().filter(|row| row.get("error").is_some()).map(name).collect();
    assert_eq!(errors, left_out.map(str::to_owned).into());
    let remarked: BTreeSet<(String, String)> = rows
        .iter()
        .filter_map(|row| Some((name(row), row.get("remarks")?[0].as_str()?.to_owned())))
        .collect();
    assert_eq!(remarked, remarks.map(|(name, code)| (name.to_owned(), code.to_owned())).into());
    assert!(predicted.err.contains("5 files used with remarks:"), "{}", predicted.err);
    // All but the notes have a row.
    assert_eq!(rows.len(), fs::read_dir(&class).unwrap().count() - 1);
    let given = scene.run(&["predict", "run", "photos/healthy/noext"]).expect(0);
    assert_eq!(given.out.lines().count(), 1);

    let audited = scene.run(&["audit", "photos", "--json"]).expect(3);
    let audit: Value = serde_json::from_str(&audited.out).unwrap();
    let finding =
        |id: &str| audit["findings"].as_array().unwrap().iter().find(|finding| finding["id"] == id).cloned();
    assert!(finding("broken-files").unwrap()["claim"].as_str().unwrap().contains("3 files"));
    let odd = finding("odd-files").unwrap();
    assert!(odd["evidence"].to_string().contains("no-end-marker, such as healthy/open.jpg"), "{odd}");

    let evaluated =
        scene.run(&["evaluate", "run", "--data", "photos", "--include-training", "--json"]).expect(3);
    let evaluation: Value = serde_json::from_str(&evaluated.out).unwrap();
    let problems = evaluation["problems"].as_array().unwrap();
    let excluded = |excluded: bool| problems.iter().filter(|problem| problem["excluded"] == excluded).count();
    assert_eq!((excluded(true), excluded(false)), (3, 5), "{problems:?}");
}
