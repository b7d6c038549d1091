//! An interrupted run ends as an uninterrupted one does, bit for bit, wherever it was interrupted.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use foliar_model::Bundle;
use foliar_nn::Cpu;
use foliar_runlog::{Event, StopReason};
use foliar_train::{DataOptions, Freeze, Outcome, Photographs, Recipe, Run, Schedule, TrainError, train};
use foliar_vision::{Augment, Mixing, Oversample};

fn recipe() -> Recipe {
    let mut recipe = Recipe::scratch("baseline");
    recipe.preprocessing = Recipe::preprocessing("baseline", 32);
    recipe.phases[0].epochs = 3;
    recipe.batch_size = 8;
    recipe
}

fn photographs(root: &Path, recipe: &Recipe, workers: usize) -> Photographs {
    let options = DataOptions { workers, ..DataOptions::default() };
    Photographs::open(root, recipe, &options, &|_, _| {}).unwrap()
}

/// Trains on, and stops after `most` further steps.
fn go_on(run: &Run, photographs: &Photographs, most: u64) -> Result<Outcome, TrainError> {
    let mut steps = 0;
    train(&Cpu, run, photographs, &mut |event| {
        if matches!(event, Event::Step(_)) {
            steps += 1;
            if steps >= most {
                return ControlFlow::Break(StopReason::Interrupted);
            }
        }
        ControlFlow::Continue(())
    })
}

/// Everything that the run leaves and that does not speak of time.
fn results(run: &Path) -> (Vec<u8>, Vec<u8>, Vec<String>) {
    let metrics = fs::read_to_string(run.join("metrics.csv")).unwrap();
    let without_time = metrics.lines().map(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        [&fields[..1], &fields[2..]].concat().join(",")
    });
    let best = fs::read(run.join("checkpoints/best.safetensors")).unwrap();
    (fs::read(run.join("model.foliar")).unwrap(), best, without_time.collect())
}

/// A classifier on kept features of two views, then all but the first stage with a moving average and rates by stage, then
/// statistics anew.
fn two_phases() -> Recipe {
    let mut recipe = Recipe { batch_size: 8, ..Recipe::fine("baseline") };
    recipe.preprocessing = Recipe::preprocessing("baseline", 32);
    let [head, whole] = &mut recipe.phases[..] else { unreachable!() };
    (head.epochs, head.augmented_views, head.augment) = (1, Some(2), Augment::default());
    (whole.epochs, whole.average, whole.freeze) = (2, Some(0.9), Freeze::Stages(1));
    recipe
}

#[test]
fn wherever_it_is_interrupted() {
    ends_as_uninterrupted(&recipe());
}

#[test]
fn wherever_it_is_interrupted_in_two_phases() {
    ends_as_uninterrupted(&two_phases());
}

/// Rare classes drawn more often, pictures changed by one operation each and mixed in either way, and a focal loss.
#[test]
fn wherever_it_is_interrupted_with_mixed_photographs() {
    let mut recipe = Recipe { oversample: Oversample::Balanced, ..recipe() };
    recipe.loss.focal_gamma = Some(2.0);
    recipe.phases[0].mixing = Mixing { mixup: Some(0.4), cutmix: Some(1.0) };
    recipe.phases[0].augment.trivial = 1.0;
    ends_as_uninterrupted(&recipe);
}

fn ends_as_uninterrupted(recipe: &Recipe) {
    let folder = tempfile::tempdir().unwrap();
    let photos = folder.path().join("photos");
    foliar_synth::write_dataset(&photos, 1, 6, 48).unwrap();
    let data = photographs(&photos, recipe, 1);
    let whole = Run::create(&folder.path().join("whole"), recipe, &data).unwrap();
    let outcome = go_on(&whole, &data, u64::MAX).unwrap();
    assert_eq!((outcome.reason, outcome.epochs), (StopReason::Finished, 3));
    let expected = results(whole.dir.root());
    let events = fs::read_to_string(whole.dir.events()).unwrap();
    assert_eq!(events.matches("\"event\":\"epoch\"").count(), 3);
    let steps = 9;
    for interval in 1..steps {
        let path = folder.path().join(format!("cut-{interval}"));
        Run::create(&path, recipe, &data).unwrap();
        let mut rounds = 0;
        loop {
            // A fresh process each time, and other numbers of threads.
            let run = Run::open(&path).unwrap();
            let data = photographs(&photos, &run.recipe, 1 + rounds % 3);
            run.check(&data).unwrap();
            let pool = rayon::ThreadPoolBuilder::new().num_threads(1 + rounds % 3).build().unwrap();
            let outcome = pool.install(|| go_on(&run, &data, interval)).unwrap();
            rounds += 1;
            assert!(rounds < 20, "no progress with interval {interval}");
            if outcome.reason == StopReason::Finished {
                break;
            }
        }
        assert_eq!(results(&path), expected, "interrupted every {interval} steps");
        let events = fs::read_to_string(path.join("events.jsonl")).unwrap();
        assert_eq!(events.matches("\"event\":\"epoch\"").count(), 3);
    }
}

#[test]
fn changed_photographs_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let photos = folder.path().join("photos");
    foliar_synth::write_dataset(&photos, 1, 4, 48).unwrap();
    let recipe = recipe();
    let run = Run::create(&folder.path().join("run"), &recipe, &photographs(&photos, &recipe, 1)).unwrap();
    let gone = fs::read_dir(photos.join("healthy")).unwrap().next().unwrap().unwrap().path();
    fs::remove_file(&gone).unwrap();
    let error = run.check(&photographs(&photos, &recipe, 1)).unwrap_err().to_string();
    assert!(
        error.contains(gone.file_name().unwrap().to_str().unwrap()) && error.contains("removed"),
        "{error}"
    );
}

#[test]
fn a_loss_that_is_not_finite_ends_the_run_and_keeps_what_was_good() {
    let folder = tempfile::tempdir().unwrap();
    let photos = folder.path().join("photos");
    foliar_synth::write_dataset(&photos, 1, 4, 48).unwrap();
    let mut recipe = recipe();
    recipe.phases[0].learning_rate.schedule = Schedule::Constant;
    recipe.phases[0].learning_rate.peak = 1e30;
    let data = photographs(&photos, &recipe, 1);
    let run = Run::create(&folder.path().join("run"), &recipe, &data).unwrap();
    let outcome = go_on(&run, &data, u64::MAX).unwrap();
    assert_eq!(outcome.reason, StopReason::NonFiniteLoss);
    assert_eq!(outcome.best, None);
    assert!(run.last_checkpoint().unwrap().is_none_or(|checkpoint| checkpoint.state.is_finite()));
}

#[test]
fn a_bundle_holds_all_that_prediction_needs() {
    let folder = tempfile::tempdir().unwrap();
    let photos = folder.path().join("photos");
    foliar_synth::write_dataset(&photos, 1, 6, 48).unwrap();
    let recipe = recipe();
    let data = photographs(&photos, &recipe, 1);
    let run = Run::create(&folder.path().join("run"), &recipe, &data).unwrap();
    let outcome = go_on(&run, &data, u64::MAX).unwrap();
    let bundle = Bundle::read(&outcome.bundle.unwrap()).unwrap();
    let mut classes = foliar_synth::CLASSES.map(String::from);
    classes.sort();
    assert_eq!(bundle.classes, classes);
    assert_eq!(bundle.preprocessing, recipe.preprocessing);
    let best = outcome.best.unwrap();
    let validation = bundle.validation.as_ref().unwrap().metrics.clone();
    assert_eq!((Some(validation.accuracy), Some(validation.loss)), (best.accuracy, best.loss));
    assert_eq!(validation.photographs, data.splits.validation.len());
    assert_eq!(Recipe::of_bundle(&bundle).unwrap(), recipe);
}
