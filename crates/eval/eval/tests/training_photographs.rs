//! Photographs that a classifier was trained on are found in whatever folder they lie, and left out.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;

use common::{photographs, recipe, trained};
use foliar_audit::GroupRule;
use foliar_eval::{EvalError, EvalSource, EvaluateOptions, evaluate};
use foliar_model::{Bundle, Predictor};

#[test]
fn training_photographs_are_left_out_counted_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let (photos, other) = (folder.path().join("photos"), folder.path().join("other"));
    foliar_synth::write_dataset(&photos, 3, 6, 48).unwrap();
    let recipe = recipe();
    let run = trained(&folder.path().join("run"), &recipe, &photographs(&photos, &recipe));
    let mut predictor = Predictor::new(Bundle::read(&run.dir.bundle()).unwrap(), 4).unwrap();
    let options = EvaluateOptions { drawn: false, ..EvaluateOptions::default() };
    let mut measure = |root: &std::path::Path, include_training| {
        let source =
            EvalSource::Folder { root, split: None, grouping: &GroupRule::Sequence, include_training };
        evaluate(&mut predictor, &source, &options, &mut |_, _, _| {})
    };

    let refused = measure(&photos, false).unwrap_err();
    assert!(matches!(refused, EvalError::Unusable { .. }) && refused.to_string().contains("memorisation"));
    let included = measure(&photos, true).unwrap();
    assert_eq!((included.photographs, included.data.training_included), (30, 30));

    // New leaves, and under other names two that the classifier has seen.
    foliar_synth::write_dataset(&other, 4, 2, 48).unwrap();
    let class = foliar_synth::CLASSES[0];
    let mut seen: Vec<_> =
        fs::read_dir(photos.join(class)).unwrap().map(|entry| entry.unwrap().path()).collect();
    seen.sort();
    for (number, file) in seen.iter().take(2).enumerate() {
        let extension = file.extension().unwrap().to_str().unwrap();
        fs::copy(file, other.join(class).join(format!("renamed-{number}.{extension}"))).unwrap();
    }
    let honest = measure(&other, false).unwrap();
    assert_eq!((honest.photographs, honest.data.training_included), (10, 0));
    assert_eq!(honest.data.training_left_out.len(), 2);
    assert!(
        honest.data.training_left_out[0].ends_with("renamed-0.png")
            || honest.data.training_left_out[0].contains("renamed-0")
    );
    assert!(honest.predictions.iter().all(|prediction| !prediction.path.contains("renamed")));
}

#[test]
fn stored_predictions_tell_the_accuracy_that_an_evaluation_measures() {
    let folder = tempfile::tempdir().unwrap();
    let photos = folder.path().join("photos");
    foliar_synth::write_dataset(&photos, 3, 6, 48).unwrap();
    let recipe = recipe();
    let run = trained(&folder.path().join("run"), &recipe, &photographs(&photos, &recipe));
    let mut predictor = Predictor::new(Bundle::read(&run.dir.bundle()).unwrap(), 4).unwrap();
    let options = EvaluateOptions { drawn: false, ..EvaluateOptions::default() };
    let measured =
        evaluate(&mut predictor, &EvalSource::HeldBack(&run), &options, &mut |_, _, _| {}).unwrap();
    // The photographs themselves are not needed.
    fs::remove_dir_all(&photos).unwrap();
    let stored = foliar_eval::out_of_fold_accuracy(&run, &predictor.bundle().classes).unwrap().unwrap();
    assert_eq!((stored.photographs, stored.groups), (measured.photographs, measured.data.groups));
    assert_eq!(stored.accuracy, measured.scores.accuracy);
}
