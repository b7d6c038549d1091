//! A trial in memory finds what a run of the same recipe finds.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ops::ControlFlow;
use std::path::Path;

use foliar_nn::Cpu;
use foliar_runlog::StopReason;
use foliar_train::{DataOptions, Photographs, Recipe, Run, Trial, TrialEvent, Trials, train};

/// A classifier on kept features and, if `whole`, the whole network after it.
fn recipe(whole: bool) -> Recipe {
    let mut recipe = Recipe { batch_size: 8, reestimate: false, ..Recipe::fine("baseline") };
    recipe.preprocessing = Recipe::preprocessing("baseline", 32);
    recipe.phases.truncate(1 + usize::from(whole));
    recipe.phases.iter_mut().for_each(|phase| phase.epochs = 3);
    recipe
}

fn photographs(root: &Path, recipe: &Recipe) -> Photographs {
    Photographs::open(root, recipe, &DataOptions::default(), &|_, _| {}).unwrap()
}

fn go_on(_: TrialEvent<'_>) -> ControlFlow<StopReason> {
    ControlFlow::Continue(())
}

#[test]
fn it_keeps_the_epoch_that_a_run_keeps() {
    let folder = tempfile::tempdir().unwrap();
    let photos = folder.path().join("photos");
    foliar_synth::write_dataset(&photos, 1, 8, 48).unwrap();
    for whole in [false, true] {
        let recipe = recipe(whole);
        let data = photographs(&photos, &recipe);
        let run = Run::create(&folder.path().join(format!("run-{whole}")), &recipe, &data).unwrap();
        let outcome = train(&Cpu, &run, &data, &mut |_| ControlFlow::Continue(())).unwrap();
        let trials = Trials::new(&Cpu, &recipe, &data.dataset.classes).unwrap();
        for data in [data, photographs(&photos, &recipe)] {
            let prepared = trials.prepare(&recipe, &data, &mut |_, _| ControlFlow::Continue(())).unwrap();
            assert!(prepared.is_continue());
            let trial = trials.run(&recipe, &data, &mut go_on).unwrap();
            assert_eq!(trial.reason, StopReason::Finished);
            let kept = trial.kept.unwrap();
            assert_eq!(Some(kept.score), outcome.best);
            assert_eq!(Some(kept.metrics.accuracy), kept.score.accuracy);
        }
    }
}

#[test]
fn shared_features_are_computed_once() {
    let folder = tempfile::tempdir().unwrap();
    foliar_synth::write_dataset(folder.path(), 1, 8, 48).unwrap();
    let recipe = recipe(false);
    let data = photographs(folder.path(), &recipe);
    let trials = Trials::new(&Cpu, &recipe, &data.dataset.classes).unwrap();
    let computed = |data: &Photographs| {
        let mut batches = 0;
        let trial = trials.run(&recipe, data, &mut |event| {
            batches += u32::from(matches!(event, TrialEvent::Features { .. }));
            ControlFlow::Continue(())
        });
        assert!(trial.unwrap().kept.is_some());
        batches
    };
    assert!(computed(&data) > 0);
    assert_eq!(computed(&data), 0);
    let folds = data.folds(4, 3);
    let mut measured: Vec<usize> = folds.iter().flat_map(|fold| fold.splits.validation.clone()).collect();
    measured.sort_unstable();
    assert_eq!(measured, (0..40).collect::<Vec<_>>());
    for fold in &folds {
        assert_eq!(fold.splits.train.len() + fold.splits.validation.len(), 40);
        assert_eq!(computed(fold), 0);
    }
    assert_eq!(data.clusters().len(), 40);
}

#[test]
fn it_ends_when_told_and_says_when_it_diverges() {
    let folder = tempfile::tempdir().unwrap();
    foliar_synth::write_dataset(folder.path(), 1, 8, 48).unwrap();
    let mut recipe = recipe(true);
    let data = photographs(folder.path(), &recipe);
    let trials = Trials::new(&Cpu, &recipe, &data.dataset.classes).unwrap();
    let stopped: Trial = trials
        .run(&recipe, &data, &mut |event| match event {
            TrialEvent::Epoch(epoch) if epoch.score.phase == 2 => {
                assert_eq!(epoch.epoch_of_phase, 1);
                ControlFlow::Break(StopReason::Observer)
            }
            _ => ControlFlow::Continue(()),
        })
        .unwrap();
    assert_eq!(stopped.reason, StopReason::Observer);
    assert!(stopped.kept.is_some());
    recipe.phases[1].learning_rate.peak = 1e20;
    assert_eq!(trials.run(&recipe, &data, &mut go_on).unwrap().reason, StopReason::NonFiniteLoss);
    recipe.data.validation = 0.0;
    let error = trials.run(&recipe, &photographs(folder.path(), &recipe), &mut go_on).unwrap_err();
    assert!(error.to_string().contains("no photos are held back"), "{error}");
}
