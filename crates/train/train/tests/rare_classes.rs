//! Weights of classes by hand, rare classes drawn more often, another loss, mixed photographs: what they change, and what they do not.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use foliar_nn::Cpu;
use foliar_runlog::{Event, StopReason};
use foliar_train::{
    ClassWeight, ClassWeights, DataOptions, Head, Photographs, Recipe, Run, TrainError, WeightTable, train,
};
use foliar_vision::{Mixing, Oversample};

fn scratch() -> Recipe {
    let mut recipe = Recipe { batch_size: 8, ..Recipe::scratch("baseline") };
    recipe.preprocessing = Recipe::preprocessing("baseline", 32);
    recipe.phases[0].epochs = 2;
    recipe
}

fn quick(head: Head) -> Recipe {
    let mut recipe = Recipe { head, ..Recipe::quick("baseline") };
    recipe.preprocessing = Recipe::preprocessing("baseline", 32);
    recipe.phases[0].epochs = 3;
    recipe
}

/// Drawn leaves, of whose first class half of the photographs are gone.
fn photos(folder: &Path) {
    foliar_synth::write_dataset(folder, 1, 8, 48).unwrap();
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut classes: Vec<_> = entries.filter(|path| path.is_dir()).collect();
    classes.sort();
    let mut first: Vec<_> = fs::read_dir(&classes[0]).unwrap().map(|entry| entry.unwrap().path()).collect();
    first.sort();
    first.iter().step_by(2).for_each(|photo| fs::remove_file(photo).unwrap());
}

fn open(root: &Path, recipe: &Recipe) -> Photographs {
    Photographs::open(root, recipe, &DataOptions::default(), &|_, _| {}).unwrap()
}

/// The tensors of the bundle of a run, and its epochs.
fn trained(root: &Path, recipe: &Recipe) -> (foliar_nn::StateDict, Vec<foliar_runlog::Epoch>) {
    let folder = tempfile::tempdir().unwrap();
    let data = open(root, recipe);
    let run = Run::create(&folder.path().join("run"), recipe, &data).unwrap();
    let mut epochs = Vec::new();
    let outcome = train(&Cpu, &run, &data, &mut |event| {
        if let Event::Epoch(epoch) = event {
            epochs.push(epoch.clone());
        }
        ControlFlow::Continue(())
    });
    let outcome = outcome.unwrap();
    assert_eq!(outcome.reason, StopReason::Finished);
    (foliar_model::Bundle::read(&outcome.bundle.unwrap()).unwrap().state, epochs)
}

/// A table of `weights` of the classes, in another order than theirs.
fn table(classes: &[String], weights: &[f32]) -> ClassWeights {
    let row = |(class, &weight): (&String, &f32)| (class.clone(), f64::from(weight));
    let mut rows: Vec<_> = classes.iter().zip(weights).map(row).collect();
    rows.reverse();
    let row = |((class, weight), row)| ClassWeight { class, weight, row };
    ClassWeights::Table(WeightTable {
        file: "weights.csv".into(),
        rows: rows.into_iter().zip(2..).map(row).collect(),
    })
}

#[test]
fn a_table_of_balanced_weights_is_balanced() {
    let folder = tempfile::tempdir().unwrap();
    photos(folder.path());
    let mut recipe = scratch();
    let data = open(folder.path(), &recipe);
    let balanced = data.class_weights(&ClassWeights::Balanced).unwrap().unwrap();
    assert!(balanced[0] > balanced[1], "{balanced:?}");
    let (plain, _) = trained(folder.path(), &recipe);
    recipe.loss.class_weights = ClassWeights::Balanced;
    let (expected, _) = trained(folder.path(), &recipe);
    recipe.loss.class_weights = table(&data.dataset.classes, &balanced);
    let (by_hand, _) = trained(folder.path(), &recipe);
    assert!(by_hand.tensors == expected.tensors && by_hand.tensors != plain.tensors);
}

/// A solved classifier is another one where a class counts more; equal weights change nothing.
#[test]
fn a_solved_classifier_takes_weights_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    photos(folder.path());
    let mut recipe = quick(Head::Logistic);
    let classes = open(folder.path(), &recipe).dataset.classes;
    let (plain, _) = trained(folder.path(), &recipe);
    let mut with = |weights: &[f32]| {
        recipe.loss.class_weights = table(&classes, weights);
        trained(folder.path(), &recipe).0
    };
    assert_eq!(with(&[1.0; 5]).tensors, plain.tensors);
    // The rows of the table are not in the order of the classes: which class is tilted makes another classifier.
    let tilted = with(&[20.0, 1.0, 1.0, 1.0, 1.0]);
    let other = with(&[1.0, 1.0, 1.0, 1.0, 20.0]);
    assert_ne!(tilted.tensors["fc.bias"], plain.tensors["fc.bias"]);
    assert_ne!(tilted.tensors["fc.bias"], other.tensors["fc.bias"]);
}

#[test]
fn a_table_of_other_classes_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    photos(folder.path());
    let mut recipe = scratch();
    let data = open(folder.path(), &recipe);
    let names: Vec<String> = ["mildew", "healthy"].map(str::to_owned).to_vec();
    recipe.loss.class_weights = table(&names, &[1.0; 2]);
    let error = foliar_train::check(&recipe, data.dataset.outputs()).unwrap_err();
    assert!(matches!(error, TrainError::ClassWeights(_)), "{error:?}");
    let error = error.to_string();
    assert!(error.contains("weights.csv, row 3") && error.contains("`mildew`"), "{error}");
}

#[test]
fn recipes_are_read_as_they_are_written_and_older_ones_too() {
    let plain = scratch();
    let text = plain.to_toml().unwrap();
    for key in ["oversample", "focal_gamma", "mixing", "trivial"] {
        assert!(!text.contains(key), "what is not used is not written: {text}");
    }
    assert_eq!(Recipe::from_toml(&text).unwrap(), plain);
    let mut full = plain;
    full.oversample = Oversample::Balanced;
    full.loss.focal_gamma = Some(2.0);
    full.loss.class_weights = table(&["a".to_owned(), "b \"c\"".to_owned()], &[2.5, 1.0]);
    full.phases[0].mixing = Mixing { mixup: Some(0.2), cutmix: Some(1.0) };
    full.phases[0].augment.trivial = 1.0;
    let text = full.to_toml().unwrap();
    assert_eq!(Recipe::from_toml(&text).unwrap(), full, "{text}");
    assert_eq!(serde_json::from_value::<Recipe>(full.to_json().unwrap()).unwrap(), full);
    full.validate().unwrap();
}

#[test]
fn what_does_not_go_together_is_refused_with_a_way_out() {
    let refused = |recipe: &Recipe| recipe.validate().unwrap_err().to_string();
    let drawn = Recipe { oversample: Oversample::Balanced, ..quick(Head::Logistic) };
    assert!(refused(&drawn).contains("--class-weights balanced"), "{}", refused(&drawn));
    Recipe { head: Head::Trained, ..drawn.clone() }.validate().unwrap();
    Recipe { refit: 0, ..drawn }.validate().unwrap();
    let mut twice = Recipe { oversample: Oversample::Balanced, ..scratch() };
    twice.loss.class_weights = ClassWeights::Balanced;
    assert!(refused(&twice).contains("twice"));
    let mut focal = quick(Head::Logistic);
    focal.loss.focal_gamma = Some(2.0);
    assert!(refused(&focal).contains("--head trained"));
    assert_eq!(focal.usual_head(), Head::Trained);
    for gamma in [0.0, -1.0, f32::NAN, 11.0] {
        let mut recipe = scratch();
        recipe.loss.focal_gamma = Some(gamma);
        assert!(refused(&recipe).contains("focal gamma"));
    }
    let mut kept = quick(Head::Trained);
    kept.phases[0].mixing.mixup = Some(0.2);
    assert!(refused(&kept).contains("kept features"));
    let mut impossible = scratch();
    impossible.phases[0].mixing.cutmix = Some(0.0);
    assert!(refused(&impossible).contains("cutmix is 0"));
}

/// Losses that are told are cross-entropies: before the first step all losses begin with the same one.
#[test]
fn another_loss_is_told_as_cross_entropy() {
    let folder = tempfile::tempdir().unwrap();
    photos(folder.path());
    let mut recipe = scratch();
    // Nothing is learned, so every epoch has the loss of the first weights.
    recipe.phases[0].learning_rate.peak = 1e-30;
    recipe.phases[0].epochs = 1;
    let loss = |recipe: &Recipe| {
        let data = open(folder.path(), recipe);
        let run = tempfile::tempdir().unwrap();
        let run = Run::create(&run.path().join("run"), recipe, &data).unwrap();
        let mut told = (0.0, 0.0);
        let mut notes = String::new();
        let outcome = train(&Cpu, &run, &data, &mut |event| {
            match event {
                Event::Epoch(epoch) => told = (epoch.train_loss, epoch.validation_loss.unwrap()),
                Event::Note(note) => notes += &note.text,
                _ => {}
            }
            ControlFlow::Continue(())
        });
        outcome.unwrap();
        (told, notes)
    };
    let (plain, notes) = loss(&recipe);
    assert!(!notes.contains("focal"));
    recipe.loss.focal_gamma = Some(2.0);
    let (focal, notes) = loss(&recipe);
    assert!((plain.0 - focal.0).abs() < 1e-5 && (plain.1 - focal.1).abs() < 1e-5, "{plain:?} {focal:?}");
    assert!(notes.contains("focal loss with gamma 2"), "{notes}");
}

#[test]
fn mixed_epochs_say_so() {
    let folder = tempfile::tempdir().unwrap();
    photos(folder.path());
    let mut recipe = scratch();
    let (plain, epochs) = trained(folder.path(), &recipe);
    assert!(epochs.iter().all(|epoch| !epoch.mixed));
    for mixing in [
        Mixing { mixup: Some(1.0), cutmix: None },
        Mixing { mixup: None, cutmix: Some(1.0) },
        Mixing { mixup: Some(1.0), cutmix: Some(1.0) },
    ] {
        recipe.phases[0].mixing = mixing;
        let (state, epochs) = trained(folder.path(), &recipe);
        assert!(epochs.iter().all(|epoch| epoch.mixed && epoch.train_loss.is_finite()));
        assert_ne!(state.tensors, plain.tensors);
        assert_eq!(state.tensors, trained(folder.path(), &recipe).0.tensors, "the same again");
    }
}

#[test]
fn a_trained_head_learns_from_what_is_drawn() {
    let folder = tempfile::tempdir().unwrap();
    photos(folder.path());
    let mut recipe = quick(Head::Trained);
    recipe.refit = 0;
    let (plain, _) = trained(folder.path(), &recipe);
    recipe.oversample = Oversample::Balanced;
    let (drawn, epochs) = trained(folder.path(), &recipe);
    assert_ne!(drawn.tensors, plain.tensors);
    assert_eq!(epochs.len(), 3);
}
