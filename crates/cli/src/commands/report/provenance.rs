//! What the classifier is, where it comes from, and how to make it again.

use std::path::Path;

use clap::Parser;
use foliar_files::Printable as _;
use foliar_model::Bundle;
use foliar_nn::summary::summarise;
use foliar_nn::{Optimizer, Statistics};
use foliar_results::{ModelSummary, Provenance};
use foliar_train::{ClassWeights, Fold, Group, Head, Recipe, Run, Schedule, Teacher};
use foliar_vision::{Augment, Split, counted};

use super::folder_name;
use crate::arguments::{Arguments, Command, FOCAL_GAMMA};
use crate::commands::grouping::grouping;
use crate::commands::shell::quoted;
use crate::commands::train::recipe::from_arguments;

/// What the classifier is.
pub(super) fn model(bundle: &Bundle) -> anyhow::Result<ModelSummary> {
    let recipe = &Recipe::of_bundle(bundle)?;
    let size = bundle.preprocessing.size;
    let optimizer = recipe.phases.last().map(|phase| phase.optimizer);
    let plain = Optimizer::Sgd { momentum: 0.0, dampening: 0.0, nesterov: false, weight_decay: 0.0 };
    let summary = summarise(&bundle.graph, 1, size as usize, optimizer.unwrap_or(plain))?;
    Ok(ModelSummary {
        network: recipe.model.clone(),
        classes: bundle.classes.clone(),
        image_size: size,
        parameters: summary.parameters,
        multiply_adds: summary.multiply_adds,
        weights: recipe
            .weights
            .as_ref()
            .map(|weights| format!("{} (BLAKE3 {})", folder_name(&weights.file), weights.digest)),
        epoch: bundle.provenance.epoch,
        temperature: bundle.temperature,
    })
}

/// Where it comes from. `folder` is how the run was called.
pub(super) fn provenance(run: &Run, bundle: &Bundle, folder: &Path) -> anyhow::Result<Provenance> {
    let origin = &bundle.provenance;
    let recipe = Recipe::of_bundle(bundle)?;
    let mut splits = Vec::new();
    for (split, name) in
        [(Split::Train, "for training"), (Split::Validation, "for validation"), (Split::Test, "for the test")]
    {
        let photographs = run.photographs_of(split)?.len();
        if photographs > 0 {
            splits.push((name.to_owned(), photographs));
        }
    }
    let train = command(&recipe, &run.data_root, folder);
    let report = format!("foliar report {}", quoted(&folder.shown().to_string()));
    let phases = recipe.phases.iter().map(|phase| phase.describe()).collect::<Vec<_>>();
    let mut facts = vec![("Training".to_owned(), phases.join("; then "))];
    if let Some(teacher) = &recipe.teacher {
        let mut fact =
            format!("{} (BLAKE3 {}); {}", folder_name(&teacher.file), teacher.digest, teacher.words());
        if let Some(unlabelled) = &teacher.unlabelled {
            let photos = counted(unlabelled.photographs, "photo", "photos");
            fact += &format!("; it alone speaks of {photos} in {}", folder_name(&unlabelled.folder));
        }
        facts.push(("Teacher".to_owned(), fact));
    }
    if let Some(Fold { number, of }) = recipe.data.fold {
        facts.push(("Fold".to_owned(), format!("{number} of {of}, which is held back for validation")));
    }
    if origin.train_photographs > run.photographs_of(Split::Train)?.len() {
        let solved = if origin.epoch == 0 { " by logistic regression" } else { "" };
        let fact = format!(
            "all {} training and validation photos{solved}; they are tested in {} folds, each by a model that was not trained on it",
            origin.train_photographs, recipe.refit
        );
        facts.push(("Trained on".to_owned(), fact));
    }
    Ok(Provenance {
        version: format!("foliar {}", origin.foliar),
        seed: recipe.seed,
        photographs: run.data_root.shown().to_string(),
        layout: run.layout.clone(),
        fingerprint: origin.data_fingerprint.clone(),
        splits,
        grouping: grouping(&recipe.data, recipe.data.labels.is_some()),
        facts,
        recipe: recipe.to_toml()?,
        commands: train.into_iter().chain([report]).collect(),
    })
}

/// The command that gives this recipe; `None` if no command does, as for a recipe that was written by hand, or if the file
/// of weights is not there to make sure.
fn command(recipe: &Recipe, photographs: &Path, out: &Path) -> Option<String> {
    let photographs = photographs.shown().to_string();
    ["quick", "fine", "scratch"].iter().find_map(|name| {
        let mut words = vec!["foliar".to_owned(), "train".to_owned(), photographs.clone()];
        words.extend(options(recipe, name)?);
        let plain = words.clone();
        let listed = recipe.phases.last().map(|phase| augment_list(&phase.augment));
        let augments = [None, Some("none".to_owned()), Some("all".to_owned()), listed].into_iter();
        let mut words = augments.map(|augment| {
            let augment = augment.map(|value| ["--augment".to_owned(), value]);
            plain.iter().cloned().chain(augment.into_iter().flatten()).collect::<Vec<_>>()
        });
        let mut words = words.find(|words| gives(words, recipe))?;
        words.extend(["--out".to_owned(), format!("{}-again", out.shown())]);
        Some(words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "))
    })
}

/// The kinds of augmentation that have an effect, as the option lists them.
fn augment_list(augment: &Augment) -> String {
    let kinds = [
        ("flips", augment.horizontal_flip),
        ("turns", augment.transposition),
        ("crop", augment.crop.probability),
        ("rotation", augment.rotation.probability),
        ("colour", augment.colour.probability),
        ("erasing", augment.erasing.probability),
        ("trivial", augment.trivial),
        ("background", augment.background.probability),
    ];
    let on = kinds.iter().filter(|(_, probability)| *probability > 0.0).map(|(name, _)| *name);
    on.collect::<Vec<_>>().join(",")
}

/// Whether this command line asks for this recipe.
fn gives(words: &[String], recipe: &Recipe) -> bool {
    match Arguments::try_parse_from(words).map(|arguments| arguments.command) {
        Ok(Command::Train(arguments)) => {
            let mut recipe = recipe.clone();
            recipe.data.labels.iter_mut().for_each(|labels| labels.codes.clear());
            from_arguments(&arguments.recipe).is_ok_and(|given| given == recipe)
        }
        _ => false,
    }
}

fn head(head: Head) -> &'static str {
    match head {
        Head::Logistic => "logistic",
        Head::Trained => "trained",
    }
}

/// The options of `foliar train` that differ from those of the recipe that is called `name`.
fn options(recipe: &Recipe, name: &str) -> Option<Vec<String>> {
    let model = &recipe.model;
    let usual = match name {
        "quick" => Recipe::quick(model),
        "fine" => Recipe::fine(model),
        _ => Recipe::scratch(model),
    };
    let (phase, usual_phase) = (recipe.phases.last()?, usual.phases.last()?);
    let (rate, usual_rate) = (&phase.learning_rate, &usual_phase.learning_rate);
    // (option, its value, the value that it has without being given)
    let mut settings: Vec<(&str, String, String)> = Vec::new();
    let mut setting = |option, value: &dyn ToString, usual: &dyn ToString| {
        settings.push((option, value.to_string(), usual.to_string()));
    };
    setting("--model", model, &"");
    if let Some(weights) = &recipe.weights {
        setting("--weights", &weights.file.shown(), &"");
    }
    if let Some(teacher) = &recipe.teacher {
        setting("--teacher", &teacher.file.shown(), &"");
        setting("--distill-share", &teacher.share, &Teacher::SHARE);
        setting("--distill-temperature", &teacher.temperature, &Teacher::TEMPERATURE);
        if let Some(unlabelled) = &teacher.unlabelled {
            setting("--unlabelled", &unlabelled.folder.shown(), &"");
        }
    }
    setting("--recipe", &name, &"");
    setting("--image-size", &recipe.preprocessing.size, &usual.preprocessing.size);
    setting("--epochs", &phase.epochs, &usual_phase.epochs);
    setting("--batch-size", &recipe.batch_size, &32);
    setting("--lr", &rate.peak, &usual_rate.peak);
    setting("--schedule", &schedule(rate.schedule), &schedule(usual_rate.schedule));
    setting("--warmup", &rate.warmup, &usual_rate.warmup);
    setting("--stage-decay", &phase.stage_decay, &usual_phase.stage_decay);
    setting("--freeze", &phase.freeze, &usual_phase.freeze);
    if let Some(augmented_views) =
        phase.augmented_views.filter(|_| phase.augmented_views != usual_phase.augmented_views)
    {
        setting("--augmented-views", &augmented_views, &"");
    }
    setting("--batch-norm", &statistics(phase.statistics), &statistics(usual_phase.statistics));
    if let Some(average) = phase.average {
        setting("--ema", &average, &"");
    }
    match phase.optimizer {
        Optimizer::Sgd { momentum, dampening, nesterov, weight_decay } => {
            setting("--momentum", &momentum, &0.9);
            setting("--dampening", &dampening, &0.0);
            setting("--weight-decay", &weight_decay, &"");
            setting("--nesterov", &if nesterov { "" } else { "no" }, &"no");
        }
        Optimizer::AdamW { beta1, weight_decay, .. } => {
            setting("--optimizer", &"adamw", &"");
            setting("--momentum", &beta1, &0.9);
            setting("--weight-decay", &weight_decay, &"");
        }
    }
    setting("--label-smoothing", &recipe.loss.label_smoothing, &0.0);
    let class_weights = match &recipe.loss.class_weights {
        ClassWeights::None => "none".to_owned(),
        ClassWeights::Balanced => "balanced".to_owned(),
        ClassWeights::Table(table) => table.file.shown().to_string(),
    };
    setting("--class-weights", &class_weights, &"none");
    if !recipe.oversample.is_none() {
        setting("--oversample", &"balanced", &"");
    }
    if let Some(gamma) = recipe.loss.focal_gamma {
        setting("--loss", &"focal", &"");
        setting("--focal-gamma", &gamma, &FOCAL_GAMMA);
    }
    for (option, strength) in [("--mixup", phase.mixing.mixup), ("--cutmix", phase.mixing.cutmix)] {
        if let Some(strength) = strength {
            setting(option, &strength, &"");
        }
    }
    setting("--validation", &recipe.data.validation, &0.2);
    setting("--test", &recipe.data.test, &0.0);
    let group = match (recipe.data.group, recipe.data.near_duplicates) {
        (Group::Sequence, _) => "sequence",
        (Group::None, true) => "copies",
        (Group::None, false) => "none",
    };
    setting("--group", &group, &"sequence");
    setting("--refit", &recipe.refit, &usual.refit);
    setting("--head", &head(recipe.head), &head(recipe.usual_head()));
    if let Some(pattern) = &recipe.data.group_by {
        setting("--group-by", pattern, &"");
    }
    let data = &recipe.data;
    if let Some(depth) = data.classes_from {
        setting("--classes-from", &depth, &"");
    }
    if let Some(labels) = &data.labels {
        labels.tables.iter().for_each(|table| setting("--labels", &table.file.shown(), &""));
        let columns = [("--image-column", &labels.image_column), ("--label-column", &labels.label_column)];
        for (option, column) in columns {
            setting(option, &column.as_deref().unwrap_or_default(), &"");
        }
    }
    for (option, list) in [
        ("--groups", &data.groups),
        ("--split", &data.split),
        ("--quarantine", &data.quarantine),
        ("--classes", &data.classes),
    ] {
        if let Some(list) = list {
            setting(option, &list.file.shown(), &"");
        }
    }
    if let Some(backgrounds) = &data.backgrounds {
        setting("--backgrounds", &backgrounds.folder.shown(), &"");
    }
    if let Some(review) = &data.review {
        setting("--review", &review.file.shown(), &"");
    }
    setting("--match-names", &if recipe.data.match_names { "" } else { "no" }, &"no");
    setting("--seed", &recipe.seed, &1);
    let given = settings.into_iter().filter(|(_, value, usual)| value != usual);
    let words = given.flat_map(|(option, value, _)| [option.to_owned(), value]);
    Some(words.filter(|word| !word.is_empty()).collect())
}

fn statistics(statistics: Statistics) -> &'static str {
    if statistics == Statistics::Batch { "batch" } else { "running" }
}

fn schedule(schedule: Schedule) -> &'static str {
    match schedule {
        Schedule::Constant => "constant",
        Schedule::Cosine => "cosine",
        Schedule::OneCycle => "one-cycle",
        Schedule::Step => "step",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> Recipe {
        let words = [&["foliar", "train", "photos"], words].concat();
        let Command::Train(arguments) = Arguments::try_parse_from(words).unwrap().command else { panic!() };
        from_arguments(&arguments.recipe).unwrap()
    }

    #[test]
    fn a_recipe_has_the_command_that_gives_it() {
        for (given, told) in [
            (&["--model", "baseline"][..], "--recipe scratch"),
            (
                &["--lr", "0.001", "--schedule", "constant", "--warmup", "0", "--test", "0.2"],
                "--lr 0.001 --schedule constant --warmup 0",
            ),
            (
                &["--optimizer", "adamw", "--seed", "7", "--ema", "0.99", "--augment", "none"],
                "--augment none",
            ),
            (&["--augment", "background,colour,flips"], "--augment flips,colour,background"),
            (&["--augment", "trivial,crop"], "--augment crop,trivial"),
            (&["--oversample", "balanced", "--loss", "focal"], "--oversample balanced --loss focal"),
            (
                &["--loss", "focal", "--focal-gamma", "1.5", "--mixup", "0.2", "--cutmix", "1"],
                "--loss focal --focal-gamma 1.5 --mixup 0.2 --cutmix 1",
            ),
            (
                &["--nesterov", "--class-weights", "balanced", "--group", "none", "--label-smoothing", "0.1"],
                "--nesterov --label-smoothing 0.1",
            ),
        ] {
            let recipe = of(given);
            let command = command(&recipe, Path::new("my photos"), Path::new("runs/first")).unwrap();
            assert!(
                command.starts_with("foliar train 'my photos' --model baseline") && command.contains(told),
                "{command}"
            );
            assert!(command.ends_with("--out runs/first-again"), "{command}");
        }
    }

    #[test]
    fn a_recipe_that_no_command_gives_has_none() {
        let mut recipe = of(&[]);
        recipe.phases[0].augment.rotation.probability = 0.123;
        assert_eq!(command(&recipe, Path::new("photos"), Path::new("run")), None);
    }
}
