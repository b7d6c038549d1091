//! The refit learns from every photograph, and its figures come from classifiers that have not.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use foliar_model::{Bundle, Classifier};
use foliar_nn::Cpu;
use foliar_runlog::{Event, StopReason};
use foliar_train::{
    DataOptions, Head, OpenedWeights, OutOfFoldRow, Outcome, Photographs, Recipe, Run, TrialEvent, Trials,
    train,
};
use foliar_vision::portable_name;

fn recipe(head: Head) -> Recipe {
    let mut recipe = Recipe { batch_size: 8, head, ..Recipe::quick("baseline") };
    recipe.preprocessing = Recipe::preprocessing("baseline", 32);
    recipe.phases[0].epochs = 4;
    recipe
}

fn photographs(root: &Path, recipe: &Recipe) -> Photographs {
    Photographs::open(root, recipe, &DataOptions::default(), &|_, _| {}).unwrap()
}

fn finish(run: &Run, data: &Photographs) -> Outcome {
    train(&Cpu, run, data, &mut |_| ControlFlow::Continue(())).unwrap()
}

/// Mean cross-entropy of some rows of the table, in nats.
fn loss<'a>(rows: impl Iterator<Item = &'a OutOfFoldRow>, classes: &[String]) -> f64 {
    let losses: Vec<f64> = rows
        .map(|row| {
            let label = classes.iter().position(|class| *class == row.class).unwrap();
            let sum: f64 = row.logits.iter().map(|&logit| f64::from(logit).exp()).sum();
            sum.ln() - f64::from(row.logits[label])
        })
        .collect();
    losses.iter().sum::<f64>() / losses.len() as f64
}

/// Trains, and checks that the bundle learned from all photographs and is judged by others.
fn refitted(folder: &Path, recipe: &Recipe) -> (Photographs, Run, Outcome, Vec<OutOfFoldRow>) {
    let photos = folder.join("photos");
    foliar_synth::write_dataset(&photos, 1, 9, 48).unwrap();
    let data = photographs(&photos, recipe);
    let run = Run::create(&folder.join("run"), recipe, &data).unwrap();
    let outcome = finish(&run, &data);
    let refit = outcome.refit.unwrap();
    let bundle = Bundle::read(outcome.bundle.as_ref().unwrap()).unwrap();
    assert_eq!((bundle.provenance.train_photographs, bundle.provenance.epoch), (45, refit.epoch));
    assert_eq!(bundle.temperature, refit.temperature);

    let rows = run.out_of_fold(&bundle.classes).unwrap();
    let by_path: BTreeMap<&str, &OutOfFoldRow> = rows.iter().map(|row| (row.path.as_str(), row)).collect();
    assert_eq!(by_path.len(), 45, "every photograph once");
    let seen = data.splits.train.iter().chain(&data.splits.validation);
    assert!(seen.clone().all(|&photo| bundle.training_digests.contains(&data.dataset.photos[photo].digest)));
    assert_eq!(bundle.training_digests.len(), seen.count());
    let validation = bundle.validation.unwrap().metrics;
    assert!((validation.loss - loss(rows.iter(), &bundle.classes)).abs() < 1e-6);

    (data, run, outcome, rows)
}

#[test]
fn a_classifier_is_trained_on_all_photographs_and_judged_by_those_of_the_folds() {
    let folder = tempfile::tempdir().unwrap();
    let mut recipe = recipe(Head::Trained);
    let (data, _, outcome, rows) = refitted(folder.path(), &recipe);
    let refit = outcome.refit.unwrap();
    let by_path: BTreeMap<&str, &OutOfFoldRow> = rows.iter().map(|row| (row.path.as_str(), row)).collect();

    // A trial on a fold learns from the others alone; the table holds what it says after a whole schedule of as many epochs.
    recipe.phases[0].epochs = refit.epoch;
    let trials = Trials::new(&Cpu, &recipe, &data.dataset.classes).unwrap();
    for fold in data.folds(recipe.refit as usize, recipe.seed) {
        let mut expected = f64::NAN;
        let trial = trials.run(&recipe, &fold, &mut |event| {
            if let TrialEvent::Epoch(epoch) = event
                && epoch.score.epoch == refit.epoch
            {
                expected = epoch.metrics.loss;
            }
            ControlFlow::Continue(())
        });
        assert_eq!(trial.unwrap().reason, StopReason::Finished);
        let names =
            fold.splits.validation.iter().map(|&photo| portable_name(&fold.dataset.photos[photo].path));
        let names: Vec<String> = names.collect();
        let ours = loss(names.iter().map(|name| by_path[name.as_str()]), &data.dataset.classes);
        assert!((ours - expected).abs() < 1e-6, "{ours} {expected}");
    }
}

#[test]
fn a_classifier_is_solved_on_all_photographs_and_judged_by_those_of_the_folds() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = recipe(Head::Logistic);
    let (data, run, outcome, rows) = refitted(folder.path(), &recipe);
    assert_eq!(outcome.refit.unwrap().epoch, 0, "it was not trained for any epochs");
    let note = fs::read_to_string(run.dir.events()).unwrap();
    assert!(note.contains("solved on all 45 photos with penalty "), "{note}");

    // What it learned from it knows better than classifiers that had not seen it.
    let mut classifier = Classifier::open(outcome.bundle.unwrap()).unwrap();
    let photos = &data.dataset.photos;
    let paths: Vec<PathBuf> = photos.iter().map(|photo| data.dataset.root.join(&photo.path)).collect();
    let answers = classifier.predict(&paths).unwrap();
    let answers = answers.iter().map(|answer| answer.as_ref().unwrap().predicted());
    let known = answers.zip(photos).filter(|(answer, photo)| *answer == photo.class).count();
    let best = |row: &OutOfFoldRow| {
        let places = 0..row.logits.len();
        places.max_by(|a, b| row.logits[*a].total_cmp(&row.logits[*b])).unwrap()
    };
    let judged = rows.iter().filter(|row| classifier.classes()[best(row)] == row.class).count();
    assert!(known > judged, "{known} {judged}");
}

#[test]
fn a_classifier_that_goes_on_from_an_older_one_is_trained() {
    let folder = tempfile::tempdir().unwrap();
    let (_, _, outcome, _) = refitted(folder.path(), &recipe(Head::Logistic));
    let mut recipe = recipe(Head::Logistic);
    let bundle = outcome.bundle.unwrap();
    recipe.weights = Some(OpenedWeights::read(&bundle, None).unwrap().examine(&recipe.model).unwrap().0);
    let photos = folder.path().join("others");
    foliar_synth::write_dataset(&photos, 4, 6, 48).unwrap();
    let data = photographs(&photos, &recipe);
    let run = Run::create(&folder.path().join("second"), &recipe, &data).unwrap();
    assert!(finish(&run, &data).refit.unwrap().epoch > 0, "solving would forget the older photos");
}

#[test]
fn interrupted_in_the_last_fit_it_ends_the_same() {
    interrupted(Head::Trained, 16, &[1, 9, 16]);
    // In the search on features as they are, and in that on square roots of shares.
    interrupted(Head::Logistic, 92, &[1, 9, 46, 47, 92]);
}

fn interrupted(head: Head, all: u64, stops: &[u64]) {
    let folder = tempfile::tempdir().unwrap();
    let photos = folder.path().join("photos");
    foliar_synth::write_dataset(&photos, 2, 6, 48).unwrap();
    let recipe = recipe(head);
    let data = photographs(&photos, &recipe);
    let results =
        |run: &Run| ["model.foliar", "out-of-fold.csv"].map(|name| fs::read(run.dir.root().join(name)));
    let straight = Run::create(&folder.path().join("straight"), &recipe, &data).unwrap();
    assert!(finish(&straight, &data).refit.is_some());
    for &done in stops {
        let run = Run::create(&folder.path().join(format!("run-{done}")), &recipe, &data).unwrap();
        let stopped = train(&Cpu, &run, &data, &mut |event| match event {
            Event::Progress(progress) if progress.all as u64 == all && progress.done as u64 == done => {
                ControlFlow::Break(StopReason::Interrupted)
            }
            _ => ControlFlow::Continue(()),
        });
        let stopped = stopped.unwrap();
        assert_eq!((stopped.reason, stopped.bundle), (StopReason::Interrupted, None), "{done}");
        // Another process has no features in memory.
        finish(&Run::open(run.dir.root()).unwrap(), &photographs(&photos, &recipe));
        for (ours, theirs) in results(&run).into_iter().zip(results(&straight)) {
            assert_eq!(ours.unwrap(), theirs.unwrap(), "stopped after {done}");
        }
    }
}

#[test]
fn photographs_that_a_folder_sets_apart_are_never_learned_from() {
    let folder = tempfile::tempdir().unwrap();
    let photos = folder.path().join("photos");
    foliar_synth::write_dataset(&photos.join("train"), 1, 6, 48).unwrap();
    foliar_synth::write_dataset(&photos.join("val"), 2, 2, 48).unwrap();
    let recipe = recipe(Head::Logistic);
    let data = photographs(&photos, &recipe);
    let run = Run::create(&folder.path().join("run"), &recipe, &data).unwrap();
    let outcome = finish(&run, &data);
    assert!(outcome.refit.is_none() && outcome.best.is_some());
    let bundle = Bundle::read(&outcome.bundle.unwrap()).unwrap();
    assert_eq!(bundle.provenance.train_photographs, 30);
    let rows = run.out_of_fold(&bundle.classes).unwrap();
    assert_eq!(rows.len(), 10);
    assert!(rows.iter().all(|row| row.path.starts_with("val/")));
}

#[test]
fn a_run_that_begins_with_square_roots_of_shares_sees_them_too() {
    let folder = tempfile::tempdir().unwrap();
    let (data, _, outcome, _) = refitted(folder.path(), &recipe(Head::Trained));
    let mut old = Bundle::read(&outcome.bundle.unwrap()).unwrap();
    assert!(!old.graph.has_hellinger(), "a classifier that is trained sees features as they are");
    old.graph = old.graph.with_hellinger();
    // A detector of other features would not fit, and it is not asked.
    old.uncertainty = None;
    let file = folder.path().join("old.foliar");
    old.write(&file).unwrap();
    let root = data.dataset.root.clone();
    // Classes that it knows are trained on from its rows; of others a classifier is solved.
    for (names, head) in [("known", Head::Trained), ("fresh", Head::Logistic)] {
        let photos = folder.path().join(names);
        for class in &data.dataset.classes {
            let to = photos.join(if names == "known" { class.clone() } else { format!("other {class}") });
            fs::create_dir_all(&to).unwrap();
            for photo in fs::read_dir(root.join(class)).unwrap() {
                let photo = photo.unwrap();
                // Photographs that the old one has learned from are not measured on: these are others.
                let other = [fs::read(photo.path()).unwrap(), vec![0]].concat();
                fs::write(to.join(photo.file_name()), other).unwrap();
            }
        }
        let mut recipe = recipe(head);
        let (weights, _) = OpenedWeights::read(&file, None).unwrap().examine("baseline").unwrap();
        assert!(weights.hellinger);
        recipe.weights = Some(weights);
        assert!(recipe.network(5).unwrap().has_hellinger());
        let again = Recipe::from_toml(&recipe.to_toml().unwrap()).unwrap();
        assert!(again == recipe && again.network(5).unwrap().has_hellinger());
        let data = photographs(&photos, &recipe);
        let run = Run::create(&folder.path().join(format!("run {names}")), &recipe, &data).unwrap();
        let outcome = finish(&run, &data);
        let bundle = Bundle::read(outcome.bundle.as_ref().unwrap()).unwrap();
        assert!(bundle.graph.has_hellinger(), "{names}");
        assert_eq!(outcome.refit.is_some_and(|refit| refit.epoch == 0), names == "fresh");
        if names == "known" {
            continue;
        }
        // The classifier was solved on what the bundle's network makes of the photographs: it knows most of them.
        let rows = run.out_of_fold(&bundle.classes).unwrap();
        let paths: Vec<PathBuf> = rows.iter().map(|row| photos.join(&row.path)).collect();
        let classes = bundle.classes.clone();
        let said = Classifier::new(bundle).unwrap().predict(&paths).unwrap();
        let right = rows
            .iter()
            .zip(&said)
            .filter(|(row, said)| classes[said.as_ref().unwrap().predicted()] == row.class);
        let right = right.count();
        assert!(10 * right > 8 * rows.len(), "{right} of {}", rows.len());
    }
}
