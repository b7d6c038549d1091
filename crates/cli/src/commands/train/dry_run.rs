//! `foliar train --dry-run`: what would be done, and why.

use std::io::{self, Write};
use std::path::Path;

use foliar_catalogue::Entry;
use foliar_files::Printable as _;
use foliar_model::TrainingDigests;
use foliar_nn::{Graph, Optimizer};
use foliar_scan::scan;
use foliar_train::{
    ClassWeights, Fold, Freeze, Head, Phase, Recipe, Schedule, UnlabelledFolder, planned_split,
};
use foliar_vision::{Augment, Dataset, Mixing, Split, counted};

use super::beginning::{self, Beginning, Choice};
use super::recipe;
use crate::arguments::{RecipeArguments, RecipeName};
use crate::commands::file_problems;
use crate::commands::grouping::{Undivided, grouping};
use crate::exit::Exit;
use crate::output;

/// With the number of `folds` of a cross-validation, if there is one.
pub(super) fn print(photos: &Path, beginning: &Beginning, folds: Option<u32>) -> anyhow::Result<Exit> {
    let recipe_of = |arguments: &RecipeArguments| match beginning.planned {
        Some(_) => recipe::planned(arguments),
        None => recipe::from_arguments(arguments),
    };
    let planned = recipe_of(&beginning.arguments)?;
    let (dataset, problems) = scan(photos, &planned.data.scanning(photos)?)?;
    let judged = |recipe: Recipe| match folds {
        Some(of) => recipe.of_fold(Fold { number: 1, of }),
        None => recipe,
    };
    let arguments = &recipe::for_photos(&beginning.arguments, &judged(planned), &dataset)?;
    let recipe = &judged(recipe_of(arguments)?);
    recipe.loss.class_weights.check(dataset.outputs())?;
    super::say_data(&dataset, &recipe.data);
    let tabled = dataset.tables.as_ref().is_some_and(|tables| !tables.groups.is_empty());
    let graph = recipe.network(dataset.outputs().len().max(1))?;
    let mut out = output::text();
    let (count, outputs) = (dataset.photos.len(), super::outputs_in_words(&dataset));
    writeln!(out, "photos       {count} of {outputs} in {}", photos.shown())?;
    if let Some(summary) = file_problems::summary(&problems) {
        writeln!(out, "             {summary}; training lists them")?;
    }
    let size = recipe.image_size();
    writeln!(out, "network      {} on {size} x {size} pixels", recipe.model)?;
    let begin = match (&recipe.weights, beginning.planned) {
        (Some(weights), _) => format!("the weights in {}", weights.file.shown()),
        (None, Some(Entry { file, mebibytes, folder, licence, .. })) => {
            format!("{file}, to be downloaded once: {mebibytes:.1} MiB from {folder} ({licence})")
        }
        (None, None) => format!("random weights of seed {}", recipe.seed),
    };
    writeln!(out, "weights      {begin}")?;
    if recipe.weights.is_some() && dataset.classes.len() >= 2 {
        for note in foliar_train::check(recipe, dataset.outputs())? {
            writeln!(out, "             {note}")?;
        }
    }
    if let Some(weights) = &recipe.weights {
        say_learned(&mut out, &dataset, &weights.learned_from()?)?;
    }
    if let Some(teacher) = &recipe.teacher {
        writeln!(out, "teacher      {}", teacher.file.shown())?;
        writeln!(out, "             {}", teacher.words())?;
        if recipe.weights.is_none() && dataset.classes.len() >= 2 {
            for note in foliar_train::check(recipe, dataset.outputs())? {
                writeln!(out, "             {note}")?;
            }
        }
        say_learned(&mut out, &dataset, &teacher.learned_from()?)?;
        if let Some(UnlabelledFolder { folder, photographs, .. }) = &teacher.unlabelled {
            let count = counted(*photographs, "photo", "photos");
            writeln!(out, "unlabelled   {count} in {}, of which only the teacher speaks", folder.shown())?;
        }
    }
    if beginning.is_chosen {
        write_choices(&mut out, &recipe.model, count)?;
    }
    let (name, why) = match recipe::name(arguments) {
        RecipeName::Quick => (
            "quick",
            "the pretrained network already extracts useful features: only its classifier is trained, for which a few hundred \
             photos are enough, and which takes about one pass over them",
        ),
        RecipeName::Fine => (
            "fine",
            match recipe.phases.last().map(|phase| phase.freeze) {
                Some(Freeze::Stages(_)) => {
                    "the classifier is learned first, so that its first errors do not spoil the pretrained weights; then the last \
                     stages follow at a lower rate. Cross-validation judges both, and the tuned stages are kept if they are clearly better"
                }
                _ => {
                    "the classifier is learned first, so that its first errors do not spoil the pretrained weights; then the \
                     whole network follows at a lower rate. If that does not help on the validation photos, what came \
                     before it is kept"
                }
            },
        ),
        RecipeName::Scratch => (
            "scratch",
            "there are no pretrained weights, so every weight is learned from these photos; with fewer than a few \
             thousand, pretrained weights (--weights) do better",
        ),
    };
    writeln!(out, "recipe       {name}: {why}")?;
    let (splits, indivisible) = planned_split(&dataset, recipe)?;
    let is_validated = !splits.validation.is_empty();
    let train = if let Some(folds) = folds {
        splits.train.len() as f64 * (1.0 - 1.0 / f64::from(folds))
    } else if is_validated {
        let held_back = (recipe.data.validation + recipe.data.test) * count as f64;
        (count as f64 - held_back).max(0.0)
    } else {
        splits.train.len() as f64
    };
    if let Some(backgrounds) = &recipe.data.backgrounds {
        let count = counted(backgrounds.pictures, "photo", "photos");
        writeln!(out, "backgrounds  {count} in {}, and drawn ones", backgrounds.folder.shown())?;
    }
    for (what, text) in of_loss(recipe) {
        writeln!(out, "{what:12} {text}")?;
    }
    for (index, phase) in recipe.phases.iter().enumerate() {
        writeln!(out, "\nphase {} of {}: {}", index + 1, recipe.phases.len(), phase.describe())?;
        let steps = (train / recipe.batch_size as f64).ceil() as u64 * u64::from(phase.epochs);
        writeln!(out, "  steps      about {steps}, of {} photos each", recipe.batch_size)?;
        for (what, text) in lines(phase, &graph) {
            writeln!(out, "  {what:10} {text}")?;
        }
    }
    writeln!(out)?;
    if recipe.reestimate && is_validated && graph.has_batch_norm() {
        writeln!(
            out,
            "at the end   batch-norm statistics are estimated again on photos without augmentation, if that lowers the validation loss"
        )?;
    }
    let chosen = dataset.photos.iter().any(|photo| photo.split == Some(Split::Validation));
    if let Some(folds) = folds {
        writeln!(
            out,
            "folds        {folds} runs, each on all but a fold; kept are the weights of the epoch that is best on that fold, without a refit"
        )?;
    } else if !is_validated {
        writeln!(out, "kept         the weights of the last epoch: no photos are held back for validation")?;
    } else if chosen || recipe.data.split.is_some() {
        let found = splits.validation.len();
        writeln!(out, "kept         the weights of the epoch that is best on the {found} validation photos")?;
    } else {
        writeln!(
            out,
            "kept         the weights of the epoch that is best on the {:.0} % of photos held back for validation",
            100.0 * recipe.data.validation
        )?;
    }
    writeln!(out, "grouping     {}", grouping(&recipe.data, tabled))?;
    if let Some(indivisible) = &indivisible {
        writeln!(out, "             {}", Undivided::of(indivisible, &recipe.data).before_training())?;
    }
    if is_validated && recipe.refit > 0 && recipe.phases[0].is_cached() {
        let (chosen, found) = match recipe.head {
            Head::Logistic => ("penalty", "solved (trained if it goes on from an older one)"),
            Head::Trained => ("epochs", "trained"),
        };
        writeln!(
            out,
            "refit        if that is an epoch of the classifier on the frozen network: {}-fold cross-validation sets {chosen}, temperature \
             and thresholds, then a classifier is {found} on all photos",
            recipe.refit
        )?;
    }
    Ok(Exit::Done)
}

/// The networks that could have been chosen, with what they cost.
fn write_choices(out: &mut impl Write, model: &str, photographs: usize) -> io::Result<()> {
    writeln!(out, "chosen       since no --model or --weights was given, of:")?;
    writeln!(out, "               network             right on ImageNet   MiB   for these photos")?;
    for Choice { entry, is_there, seconds } in beginning::choices(photographs) {
        let Entry { name, mebibytes, top1, .. } = entry;
        let mark = if entry.model == model { '>' } else { ' ' };
        let place = if is_there { ", in the cache" } else { "" };
        let time = duration(seconds);
        writeln!(out, "             {mark} {name:20} {top1:15.1} % {mebibytes:5.1}   about {time}{place}")?;
    }
    Ok(())
}

/// A rough time: `20 s`, `3 min`.
fn duration(seconds: f64) -> String {
    if seconds < 90.0 { format!("{:.0} s", seconds.max(1.0)) } else { format!("{:.0} min", seconds / 60.0) }
}

/// What is minimised, and on how many photos of each class, where that is not the usual.
fn of_loss(recipe: &Recipe) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    if let Some(gamma) = recipe.loss.focal_gamma {
        let text = format!(
            "focal, with gamma {gamma}: photos that the network is sure and right about count less. Losses that are shown, and the one \
             that an epoch is kept by, are cross-entropies"
        );
        lines.push(("loss", text));
    }
    match &recipe.loss.class_weights {
        ClassWeights::None => {}
        ClassWeights::Balanced => {
            lines.push(("classes", "the rarer a class, the more its photos count".to_owned()));
        }
        ClassWeights::Table(table) => {
            let weights: Vec<String> =
                table.rows.iter().map(|row| format!("{} {}", row.class, row.weight)).collect();
            lines.push(("classes", format!("count as {} says: {}", table.file.shown(), weights.join(", "))));
        }
    }
    if !recipe.oversample.is_none() {
        let text = "an epoch takes equally many photos of each class, and as many in all as there are: those of rare classes several \
                    times, those of frequent ones in turns";
        lines.push(("drawn", text.to_owned()));
    }
    lines
}

/// How photos are mixed, where they are.
fn mixing(mixing: Mixing) -> Option<String> {
    let how = match (mixing.mixup, mixing.cutmix) {
        (None, None) => return None,
        (Some(alpha), None) => format!("mixup with alpha {alpha}: each photo is blended with another one"),
        (None, Some(alpha)) => {
            format!("CutMix with alpha {alpha}: each photo gets a rectangle of another one")
        }
        (Some(mixup), Some(cutmix)) => {
            format!("mixup with alpha {mixup} or CutMix with alpha {cutmix}, drawn for each batch")
        }
    };
    Some(format!(
        "{how}. Loss and accuracy of training are those of the mixtures, and usually worse than those of validation"
    ))
}

/// How many of the photos a bundle has learned from.
fn say_learned(
    out: &mut impl Write,
    dataset: &Dataset,
    learned_from: &TrainingDigests,
) -> anyhow::Result<()> {
    let known = dataset.photos.iter().filter(|photo| learned_from.contains(&photo.digest)).count();
    if known > 0 {
        writeln!(out, "             it has learned from {known} of the photos: they are never measured on")?;
    }
    Ok(())
}

fn lines(phase: &Phase, graph: &Graph) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    let frozen = match phase.freeze {
        Freeze::None => None,
        _ => Some(
            "its batch norms keep their running statistics, and no gradient is computed for it".to_owned(),
        ),
    };
    lines.extend(frozen.map(|text| ("frozen", text)));
    let optimizer = match phase.optimizer {
        Optimizer::Sgd { momentum, weight_decay, nesterov, .. } => {
            let kind = if nesterov { ", Nesterov's" } else { "" };
            format!("SGD with momentum {momentum}{kind}, weight decay {weight_decay}")
        }
        Optimizer::AdamW { beta1, beta2, weight_decay, .. } => {
            format!("AdamW with beta1 {beta1}, beta2 {beta2}, weight decay {weight_decay}")
        }
    };
    lines.push(("optimiser", optimizer));
    let curve = match phase.learning_rate.schedule {
        Schedule::Constant => "throughout",
        Schedule::Cosine => "at the peak, then cosine decay to 0",
        Schedule::OneCycle => "at the peak, after 30 % of the steps, then down to nearly 0",
        Schedule::Step => "at the start, divided by 10 after each third of the steps",
    };
    lines.push(("rate", format!("{} {curve}", phase.learning_rate.peak)));
    if phase.stage_decay < 1.0 && phase.freeze != Freeze::Backbone {
        let stages = graph.stages().map_or(0, |stages| stages.len());
        let first = phase.learning_rate.peak * phase.stage_decay.powi(stages as i32);
        let text = format!(
            "times {} from each of {stages} stages to the one before it, down to {first:.2e}: early layers detect edges and \
             colours, which need little change",
            phase.stage_decay
        );
        lines.push(("stages", text));
    }
    if let Some(decay) = phase.average {
        lines.push(("average", format!("a moving average of the weights with decay {decay} is kept")));
    }
    let varied = if phase.augment == Augment::none() { "none" } else { "new in every epoch" };
    let varied = match phase.augmented_views {
        Some(views) if views > 1 => format!("{views} views of each, fixed"),
        _ => varied.to_owned(),
    };
    let moved = "; leaves on a plain backdrop are put before other backgrounds";
    let varied = if phase.augment.background.is_none() { varied } else { varied + moved };
    let one = "; one operation of TrivialAugment changes each";
    let varied = if phase.augment.trivial > 0.0 { varied + one } else { varied };
    lines.push(("augment", varied));
    lines.extend(mixing(phase.mixing).map(|text| ("mixing", text)));
    lines
}
