//! Runs are compared on photographs that none of them was trained on.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;

use common::{photographs, recipe, trained};
use foliar_eval::compare;
use foliar_train::Recipe;

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
