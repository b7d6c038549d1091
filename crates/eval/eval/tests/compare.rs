//! Runs are compared on photographs that none of them was trained on.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use common::{photographs, recipe, trained};
use foliar_eval::compare;
use foliar_train::{Group, Recipe};

#[test]
fn runs_are_compared_on_photographs_that_neither_was_trained_on() {
    let folder = tempfile::tempdir().unwrap();
    let photos = folder.path().join("photos");
    foliar_synth::write_dataset(&photos, 3, 6, 48).unwrap();
    let runs = [5, 0].map(|refit| {
        let recipe = Recipe { refit, ..recipe() };
        let path = folder.path().join(format!("run-{refit}"));
        trained(&path, &recipe, &photographs(&photos, &recipe));
        path
    });
    let held_back = photographs(&photos, &recipe()).splits.validation.len();
    assert_eq!(compare(&runs).unwrap().photographs, held_back);
    assert_eq!(compare(&[runs[0].clone(), runs[0].clone()]).unwrap().photographs, 30);
    fs::write(runs[1].join("out-of-fold.csv"), "path,class\n").unwrap();
    let error = compare(&runs).unwrap_err().to_string();
    assert!(error.contains("out-of-fold.csv") && error.contains("train again"), "{error}");
}

/// Makes the stored predictions of a run right, but for the photographs whose place `is_wrong`.
fn write_predictions(run: &Path, is_wrong: impl Fn(usize) -> bool) -> Vec<String> {
    let file = run.join("out-of-fold.csv");
    let table = fs::read_to_string(&file).unwrap();
    let mut lines = table.lines();
    let header = lines.next().unwrap();
    let classes: Vec<&str> = header.split(',').filter_map(|column| column.strip_prefix("logit ")).collect();
    let (mut made, mut paths) = (format!("{header}\n"), Vec::new());
    for (place, line) in lines.enumerate() {
        let cells: Vec<&str> = line.split(',').collect();
        let own = classes.iter().position(|class| *class == cells[1]).unwrap();
        let predicted = (own + usize::from(is_wrong(place))) % classes.len();
        let logits: Vec<&str> =
            (0..classes.len()).map(|class| if class == predicted { "2" } else { "0" }).collect();
        writeln!(made, "{},{},{},{},{}", cells[0], cells[1], classes[predicted], cells[3], logits.join(","))
            .unwrap();
        paths.push(cells[0].to_owned());
    }
    fs::write(file, made).unwrap();
    paths
}

/// Thirty photographs of ten leaves, three of each, which are right or wrong together: that one run is wrong on two whole leaves
/// is no evidence, and six photographs one by one would be (p = 0.03).
#[test]
fn photographs_of_one_leaf_count_once() {
    let folder = tempfile::tempdir().unwrap();
    let photos = folder.path().join("photos");
    foliar_synth::write_dataset(&photos, 3, 12, 48).unwrap();
    let recipe = {
        let mut recipe = Recipe { refit: 0, ..recipe() };
        (recipe.data.validation, recipe.data.group) = (0.5, Group::None);
        recipe
    };
    let runs = ["better", "worse"].map(|name| {
        let path = folder.path().join(name);
        trained(&path, &recipe, &photographs(&photos, &recipe));
        path
    });
    let paths = write_predictions(&runs[0], |_| false);
    assert_eq!(write_predictions(&runs[1], |place| place < 6), paths);
    assert_eq!(paths.len(), 30);
    let alone = compare(&runs).unwrap();
    assert_eq!(alone.groups, 30);
    let difference = &alone.pairs[0].difference;
    assert!(difference.accuracy_p_value < 0.05 && difference.accuracy.low > 0.0, "{difference:?}");

    // One run knows of the leaves, which is enough.
    let file = runs[1].join("split.csv");
    let table = fs::read_to_string(&file).unwrap();
    let regrouped = table.lines().map(|line| {
        let (front, group) = line.rsplit_once(',').unwrap();
        let place = paths.iter().position(|path| line.starts_with(&format!("{path},")));
        format!("{front},{}\n", place.map_or(group, |place| &paths[place / 3 * 3]))
    });
    fs::write(&file, regrouped.collect::<String>()).unwrap();
    let grouped = compare(&runs).unwrap();
    assert_eq!((grouped.photographs, grouped.groups), (30, 10));
    let difference = &grouped.pairs[0].difference;
    assert_eq!((difference.only_first, difference.only_second), (6, 0));
    assert!(difference.accuracy_p_value > 0.3 && difference.loss_p_value > 0.3, "{difference:?}");
    assert!(difference.accuracy.low <= 0.0 && difference.accuracy.high > 0.39, "{difference:?}");
    let width = |comparison: &foliar_results::Comparison| {
        comparison.runs[1].accuracy.high - comparison.runs[1].accuracy.low
    };
    assert!(width(&grouped) > 1.3 * width(&alone), "{} and {}", width(&grouped), width(&alone));
    // Whichever run is named first.
    let swapped = compare(&[runs[1].clone(), runs[0].clone()]).unwrap();
    assert_eq!(swapped.groups, 10);
    assert_eq!(swapped.pairs[0].difference.accuracy_p_value, difference.accuracy_p_value);
}
