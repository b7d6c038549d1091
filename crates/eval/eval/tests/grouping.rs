//! New photographs are grouped as they are said to be, and only those that can be judged count in the share answered.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use common::{photographs, recipe, trained};
use foliar_audit::GroupRule;
use foliar_eval::{EvalSource, EvaluateOptions, evaluate};
use foliar_model::{Bundle, Predictor};
use foliar_results::Evaluation;
use foliar_train::Recipe;

#[test]
fn photographs_of_a_folder_are_in_the_groups_that_are_given() {
    let folder = tempfile::tempdir().unwrap();
    let (photos, other) = (folder.path().join("photos"), folder.path().join("other"));
    foliar_synth::write_dataset(&photos, 3, 6, 48).unwrap();
    foliar_synth::write_dataset(&other, 4, 4, 48).unwrap();
    let recipe = recipe();
    let run = trained(&folder.path().join("run"), &recipe, &photographs(&photos, &recipe));
    let mut predictor = Predictor::new(Bundle::read(&run.dir.bundle()).unwrap(), 4).unwrap();
    let options = EvaluateOptions { drawn: false, ..EvaluateOptions::default() };
    let mut measure = |root: &Path, grouping: &GroupRule| -> Evaluation {
        let source = EvalSource::Folder { root, split: None, grouping, include_training: false };
        evaluate(&mut predictor, &source, &options, &mut |_, _, _| {}).unwrap()
    };
    let table = folder.path().join("groups.csv");
    let mut rows = "path,group\n".to_owned();
    for (number, class) in foliar_synth::CLASSES.iter().enumerate() {
        for photo in 0..4 {
            writeln!(rows, "{class}/{class}_{photo:04}.jpg,plant {}", (2 * number + photo / 2) % 5).unwrap();
        }
    }
    fs::write(&table, rows).unwrap();
    // Class and number are in the names: class_0003.jpg.
    for (rule, groups, words) in [
        (GroupRule::pattern(r"_(\d{4})").unwrap(), 4, "a pattern in the path"),
        (GroupRule::table(&table).unwrap(), 5, "a table"),
        (GroupRule::None, 20, "copies only"),
    ] {
        let found = measure(&other, &rule);
        assert_eq!((found.photographs, found.data.groups), (20, groups), "{words}");
        let grouped_by = found.data.grouped_by.unwrap();
        assert!(grouped_by.contains(words) && !grouped_by.contains("split"), "{grouped_by}");
        let pairs: std::collections::BTreeSet<u64> = found.predictions.iter().map(|row| row.group).collect();
        assert_eq!(pairs.len(), groups, "{words}");
    }
    // Consecutive numbers are one walk through the field.
    let camera = folder.path().join("camera");
    foliar_synth::write_dataset(&camera, 5, 10, 48).unwrap();
    for (number, class) in foliar_synth::CLASSES.iter().enumerate() {
        for photo in 0..10 {
            let named = |name: String| camera.join(class).join(name);
            let new = named(format!("IMG_{:04}.jpg", 10 * number + photo));
            fs::rename(named(format!("{class}_{photo:04}.jpg")), new).unwrap();
        }
    }
    let sequence = measure(&camera, &GroupRule::Sequence);
    assert_eq!(sequence.photographs, 50);
    assert!((5..25).contains(&sequence.data.groups), "{}", sequence.data.groups);
    assert!(sequence.data.grouped_by.unwrap().contains("file-name sequence"));

    // Copies are one group, whatever the rule: an equal file, and one that was saved again.
    let class = foliar_synth::CLASSES[0];
    let original = other.join(class).join(format!("{class}_0000.jpg"));
    fs::copy(&original, other.join(class).join("equal.jpg")).unwrap();
    foliar_synth::draw(4, 0, 0, 48).save(other.join(class).join("again.png")).unwrap();
    let copied = measure(&other, &GroupRule::None);
    assert_eq!((copied.photographs, copied.data.groups), (22, 20));
}

/// The out-of-distribution detector was fitted to the training photographs of a refitted classifier, so that it flags none of
/// them: they have out-of-fold predictions, and say nothing of the share answered.
#[test]
fn the_share_answered_counts_photographs_that_can_be_judged() {
    let folder = tempfile::tempdir().unwrap();
    let photos = folder.path().join("photos");
    foliar_synth::write_dataset(&photos, 3, 12, 48).unwrap();
    let recipe = Recipe { refit: 5, ..recipe() };
    let data = photographs(&photos, &recipe);
    let run = trained(&folder.path().join("run"), &recipe, &data);
    let mut predictor = Predictor::new(Bundle::read(&run.dir.bundle()).unwrap(), 4).unwrap();
    assert!(predictor.bundle().uncertainty.as_ref().unwrap().ood.is_some());
    let options = EvaluateOptions { drawn: false, ..EvaluateOptions::default() };
    let found = evaluate(&mut predictor, &EvalSource::HeldBack(&run), &options, &mut |_, _, _| {}).unwrap();
    let held_back: Vec<String> = data
        .splits
        .validation
        .iter()
        .map(|&photo| foliar_vision::portable_name(&data.dataset.photos[photo].path))
        .collect();
    assert_eq!((found.photographs, found.selective.assessed), (60, held_back.len()));
    let judged = found.predictions.iter().filter(|row| held_back.contains(&row.path));
    let answered = judged.filter(|row| row.abstention.is_none()).count();
    let share = found.selective.answered.unwrap().value;
    assert!((share - answered as f64 / held_back.len() as f64).abs() < 1e-12, "{share}, {answered}");
    assert!(found.predictions.iter().all(|row| held_back.contains(&row.path) == row.distance.is_some()));
}
