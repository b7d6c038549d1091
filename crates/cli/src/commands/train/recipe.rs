//! From arguments to a recipe.

use std::path::{Path, PathBuf};

use foliar_audit::GroupRule;
use foliar_files::Printable as _;
use foliar_nn::{Op, Optimizer, Statistics, infer, zoo};
use foliar_train::{
    BackgroundFolder, ClassWeights, Freeze, Group, Head, LabelTables, ListFile, OpenedWeights, Phase, Recipe,
    ReviewFile, Schedule, Teacher, TrainError, UnlabelledFolder, WeightTable, goes_on,
};
use foliar_vision::augment::Background;
use foliar_vision::{Augment, Dataset, Mixing, Oversample, Preprocessing};

use crate::arguments::{
    AugmentName, BatchNormName, FOCAL_GAMMA, GroupName, HeadName, LossArguments, LossName, OptimizerName,
    OversampleName, RecipeArguments, RecipeName, ScheduleName, TeacherArguments,
};
use crate::commands::{paths, weights};
use crate::exit::UsageError;

/// Up to so many photos `fine` tunes the last stage alone. Folds can judge that, since the stage learns from kept features; of more
/// photos those held back for validation judge well enough, and more stages have enough to learn from.
const FEW: usize = 1000;
/// Views of each of few photos that the last stage learns from, at most.
const FEW_VIEWS: u32 = 4;
/// Bytes up to which features of few photos are kept in memory: there are fewer views where they are large.
const FEW_BYTES: usize = 1 << 30;
/// Passes over few photos.
const FEW_EPOCHS: u32 = 8;
/// Views of each photo that a classifier on a frozen network is found on where leaves are put before other backgrounds.
const BACKGROUND_VIEWS: u32 = 4;

/// The recipe that the arguments ask for, whose weights are named or none.
pub(crate) fn from_arguments(arguments: &RecipeArguments) -> anyhow::Result<Recipe> {
    if name(arguments) != RecipeName::Scratch && weights(arguments).is_none() {
        let message =
            "this recipe starts from pretrained weights: give --weights FILE, or --weights imagenet";
        return Err(UsageError(message.to_owned()).into());
    }
    planned(arguments)
}

/// The arguments of the recipe that was `planned`, with what `fine` does with so few photos as those of `dataset` where nobody says
/// which part is frozen, or how the photos are varied.
///
/// # Errors
/// Weights that cannot be read or are of another network.
pub(super) fn for_photos(
    arguments: &RecipeArguments,
    planned: &Recipe,
    dataset: &Dataset,
) -> anyhow::Result<RecipeArguments> {
    let LossArguments { mixup, cutmix, .. } = &arguments.loss;
    // Photos that are mixed leave no features to keep.
    let asked = arguments.freeze.is_some()
        || arguments.augmented_views.is_some()
        || arguments.augment.is_some()
        || mixup.or(*cutmix).is_some();
    let is_judged = planned.head == Head::Logistic && planned.refit > 1 && dataset.label_sets.is_none();
    let is_small = (2..=FEW).contains(&dataset.photos.len()) && dataset.classes.len() > 1;
    let applies = name(arguments) == RecipeName::Fine && !asked && is_judged && is_small;
    let classes = &dataset.classes;
    if !applies || goes_on(planned, classes)? {
        return Ok(arguments.clone());
    }
    let graph = planned.network(classes.len())?;
    let is_linear = matches!(graph.nodes[graph.classifier()].op, Op::Linear { .. });
    let stages = graph.stages()?;
    let Some(&[last_frozen, _]) = stages.last_chunk().filter(|_| is_linear) else {
        return Ok(arguments.clone());
    };
    let size = planned.image_size();
    let view = dataset.photos.len() * infer(&graph, 1, size, size)?[last_frozen].len() * size_of::<f32>();
    let views = u32::try_from(FEW_BYTES / view.max(1)).map_or(FEW_VIEWS, |views| views.min(FEW_VIEWS));
    if views == 0 {
        return Ok(arguments.clone());
    }
    Ok(RecipeArguments {
        freeze: Some(Freeze::Stages(stages.len() - 1)),
        augmented_views: Some(views),
        epochs: arguments.epochs.or(Some(FEW_EPOCHS)),
        ..arguments.clone()
    })
}

/// The recipe that the arguments ask for, whose weights need not be there yet.
pub(super) fn planned(arguments: &RecipeArguments) -> anyhow::Result<Recipe> {
    let name = name(arguments);
    let weights = weights(arguments);
    let opened = weights
        .map(|file| open_weights(arguments.model.as_deref(), file, arguments.weights_key.as_deref()))
        .transpose()?;
    let model = match &opened {
        Some((model, _)) => model.clone(),
        None => arguments.model.clone().unwrap_or_else(|| "baseline".to_owned()),
    };
    let mut recipe = match name {
        RecipeName::Quick => Recipe::quick(&model),
        RecipeName::Fine => Recipe::fine(&model),
        RecipeName::Scratch => Recipe::scratch(&model),
    };
    recipe.preprocessing = match opened {
        Some((_, opened)) => pretrained(opened, arguments.image_size, &mut recipe)?,
        None => Recipe::preprocessing(&model, arguments.image_size.unwrap_or(recipe.preprocessing.size)),
    };
    recipe.batch_size = arguments.batch_size;
    recipe.seed = arguments.seed;
    recipe.teacher = teacher(&arguments.teacher)?;
    recipe.loss.label_smoothing = arguments.label_smoothing;
    recipe.loss.focal_gamma = focal_gamma(&arguments.loss)?;
    recipe.loss.class_weights = class_weights(&arguments.loss.class_weights)?;
    recipe.oversample = match arguments.loss.oversample {
        OversampleName::None => Oversample::None,
        OversampleName::Balanced => Oversample::Balanced,
    };
    recipe.refit = arguments.refit.unwrap_or(recipe.refit);
    recipe.data.validation = arguments.validation;
    recipe.data.test = arguments.test;
    recipe.data.group = match arguments.group {
        GroupName::Sequence => Group::Sequence,
        GroupName::Copies | GroupName::None => Group::None,
    };
    recipe.data.near_duplicates = arguments.group != GroupName::None;
    recipe.data.group_by = group_by(arguments.group_by.as_deref())?;
    let list = |file: &Option<PathBuf>, read: fn(&Path) -> Result<ListFile, TrainError>| {
        file.as_deref().map(read).transpose()
    };
    recipe.data.groups = list(&arguments.groups, ListFile::groups)?;
    recipe.data.split = list(&arguments.split, ListFile::split)?;
    recipe.data.classes_from = arguments.classes_from;
    let tables = &arguments.labels;
    if tables.source() != foliar_scan::LabelSource::default() {
        recipe.data.labels = Some(LabelTables {
            tables: tables.labels.iter().map(|file| ListFile::of(file)).collect::<Result<_, _>>()?,
            image_column: tables.image_column.clone(),
            label_column: tables.label_column.clone(),
            task: tables.task(),
            ..LabelTables::default()
        });
    }
    recipe.data.classes = list(&tables.classes, ListFile::classes)?;
    recipe.data.match_names = arguments.match_names;
    recipe.data.quarantine = list(&arguments.quarantine, ListFile::quarantine)?;
    recipe.data.backgrounds = backgrounds(arguments)?;
    recipe.data.review = arguments.review.as_deref().map(ReviewFile::of).transpose()?;
    if let Some(phase) = recipe.phases.last_mut() {
        adjust(phase, arguments)?;
    }
    recipe.head = match arguments.head {
        None => recipe.usual_head(),
        Some(HeadName::Logistic) => Head::Logistic,
        Some(HeadName::Trained) => Head::Trained,
    };
    recipe.validate()?;
    Ok(recipe)
}

/// The teacher that was asked for.
fn teacher(arguments: &TeacherArguments) -> anyhow::Result<Option<Teacher>> {
    let TeacherArguments { teacher, unlabelled, distill_share, distill_temperature } = arguments;
    let Some(teacher) = teacher else { return Ok(None) };
    let mut teacher = Teacher::of(&paths::bundle(teacher)?)?;
    teacher.share = distill_share.unwrap_or(teacher.share);
    teacher.temperature = distill_temperature.unwrap_or(teacher.temperature);
    teacher.unlabelled = unlabelled.as_deref().map(UnlabelledFolder::of).transpose()?;
    Ok(Some(teacher))
}

/// Weights of classes by their word, or else from a file.
fn class_weights(choice: &Path) -> Result<ClassWeights, TrainError> {
    Ok(match choice.to_str() {
        Some("none") => ClassWeights::None,
        Some("balanced") => ClassWeights::Balanced,
        _ => ClassWeights::Table(WeightTable::read(choice)?),
    })
}

/// γ of the focal loss, where that is minimised.
fn focal_gamma(arguments: &LossArguments) -> anyhow::Result<Option<f32>> {
    match (arguments.loss, arguments.focal_gamma) {
        (LossName::Focal, gamma) => Ok(Some(gamma.unwrap_or(FOCAL_GAMMA))),
        (LossName::CrossEntropy, None) => Ok(None),
        (LossName::CrossEntropy, Some(_)) => {
            Err(UsageError("--focal-gamma needs --loss focal".to_owned()).into())
        }
    }
}

/// The pattern that was asked for, if it is one.
pub(crate) fn group_by(pattern: Option<&str>) -> anyhow::Result<Option<String>> {
    if let Some(pattern) = pattern {
        GroupRule::pattern(pattern).map_err(|error| UsageError(format!("--group-by: {error}")))?;
    }
    Ok(pattern.map(str::to_owned))
}

/// The recipe's name: what was asked for, or what the weights suggest.
pub(super) fn name(arguments: &RecipeArguments) -> RecipeName {
    let default = if weights(arguments).is_some() { RecipeName::Quick } else { RecipeName::Scratch };
    arguments.recipe.unwrap_or(default)
}

/// The weights that are named.
fn weights(arguments: &RecipeArguments) -> Option<&Path> {
    arguments.weights.as_deref().filter(|weights| !weights::is_none(weights))
}

/// Gives the last phase, which is what the recipe is about, the settings that were asked for.
fn adjust(phase: &mut Phase, arguments: &RecipeArguments) -> anyhow::Result<()> {
    phase.epochs = arguments.epochs.unwrap_or(phase.epochs);
    phase.optimizer = optimizer(arguments, phase.optimizer);
    let rate = &mut phase.learning_rate;
    if arguments.optimizer == OptimizerName::Adamw {
        rate.peak = 1e-3;
    }
    rate.peak = arguments.lr.unwrap_or(rate.peak);
    match arguments.schedule {
        None => {}
        Some(ScheduleName::Constant) => (rate.schedule, rate.warmup) = (Schedule::Constant, 0.0),
        Some(ScheduleName::Cosine) => rate.schedule = Schedule::Cosine,
        Some(ScheduleName::OneCycle) => rate.schedule = Schedule::OneCycle,
        Some(ScheduleName::Step) => rate.schedule = Schedule::Step,
    }
    rate.warmup = arguments.warmup.unwrap_or(rate.warmup);
    phase.stage_decay = arguments.stage_decay.unwrap_or(phase.stage_decay);
    phase.statistics = match arguments.batch_norm {
        None => phase.statistics,
        Some(BatchNormName::Batch) => Statistics::Batch,
        Some(BatchNormName::Running) => Statistics::Running,
    };
    phase.average = arguments.ema.or(phase.average);
    phase.freeze = arguments.freeze.unwrap_or(phase.freeze);
    if phase.freeze == Freeze::None && arguments.augmented_views.is_none() {
        phase.augmented_views = None;
    }
    let one_view = arguments.augmented_views.or(phase.augmented_views) == Some(1);
    match &arguments.augment {
        Some(names) => {
            phase.augment = augment(names)?;
            // Variation without end leaves nothing to keep, and its absence everything.
            let still = phase.augment == Augment::none();
            phase.augmented_views = match phase.freeze {
                Freeze::None => None,
                _ if still => Some(1),
                _ if !phase.augment.background.is_none() => Some(BACKGROUND_VIEWS),
                _ => None,
            };
        }
        None if !one_view => phase.augment = Augment::default(),
        None => {}
    }
    phase.augmented_views = arguments.augmented_views.or(phase.augmented_views);
    let LossArguments { mixup, cutmix, .. } = arguments.loss;
    phase.mixing = Mixing { mixup, cutmix };
    Ok(())
}

/// Reads pretrained weights; with the network that was asked for, or else the one that they are of.
pub(crate) fn open_weights(
    model: Option<&str>,
    weights: &Path,
    key: Option<&str>,
) -> anyhow::Result<(String, OpenedWeights)> {
    if let Some(model) = model {
        let opened = OpenedWeights::read(&weights::locate(weights, model)?, key)?;
        return Ok((model.to_owned(), opened));
    }
    if weights::is_catalogued(weights) {
        let message = "--weights imagenet needs a network: add --model NAME, one of `foliar weights list`";
        return Err(UsageError(message.to_owned()).into());
    }
    let file = paths::bundle(weights)?;
    let opened = OpenedWeights::read(&file, key)?;
    if let Some(model) = opened.network() {
        return Ok((model.to_owned(), opened));
    }
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    // A tenth of the tensors: fewer are stems and norms that many networks share.
    let by_tensors = opened.nearest().filter(|share| 10 * share.held >= share.wanted);
    let nearest = match (by_tensors, zoo::nearest(&stem)) {
        (Some(share), _) => {
            format!("the nearest is {}, of whose {} tensors it has {}", share.model, share.wanted, share.held)
        }
        (None, Some(model)) => {
            format!("by the name of the file the nearest is {model}, but its tensors are others")
        }
        (None, None) => "it is none of those that foliar has".to_owned(),
    };
    let message = format!(
        "{}: unrecognised architecture: {nearest}; name it with --model to see which tensors differ",
        weights.shown()
    );
    Err(UsageError(message).into())
}

/// Gives `recipe` pretrained weights; the sizes and statistics that they were trained with.
pub(crate) fn pretrained(
    opened: OpenedWeights,
    size: Option<u32>,
    recipe: &mut Recipe,
) -> anyhow::Result<Preprocessing> {
    let (weights, convention) = opened.examine(&recipe.model)?;
    recipe.weights = Some(weights);
    Ok(convention.prepare(&recipe.model, size, recipe.preprocessing.size))
}

/// The folder of backgrounds, where leaves are put before others.
fn backgrounds(arguments: &RecipeArguments) -> anyhow::Result<Option<BackgroundFolder>> {
    let Some(folder) = &arguments.backgrounds else { return Ok(None) };
    let asked = arguments.augment.iter().flatten().any(|name| matches!(name, AugmentName::Background));
    if !asked {
        let message = "--backgrounds needs --augment background, alone or in a list";
        return Err(UsageError(message.to_owned()).into());
    }
    Ok(Some(BackgroundFolder::of(folder)?))
}

fn optimizer(arguments: &RecipeArguments, default: Optimizer) -> Optimizer {
    let usual = match default {
        Optimizer::Sgd { weight_decay, .. } => weight_decay,
        Optimizer::AdamW { .. } => 5e-4,
    };
    match arguments.optimizer {
        OptimizerName::Sgd => Optimizer::Sgd {
            momentum: arguments.momentum,
            dampening: arguments.dampening,
            nesterov: arguments.nesterov,
            weight_decay: arguments.weight_decay.unwrap_or(usual),
        },
        OptimizerName::Adamw => Optimizer::AdamW {
            beta1: arguments.momentum,
            beta2: 0.999,
            epsilon: 1e-8,
            weight_decay: arguments.weight_decay.unwrap_or(1e-2),
        },
    }
}

fn augment(names: &[AugmentName]) -> anyhow::Result<Augment> {
    let whole = names.iter().any(|name| matches!(name, AugmentName::All | AugmentName::None));
    if whole && names.len() > 1 {
        let message = "--augment takes `all`, `none`, or a list of the others";
        return Err(UsageError(message.to_owned()).into());
    }
    let full = Augment::all();
    let mut chosen = Augment::none();
    for name in names {
        match name {
            AugmentName::All => chosen = full.clone(),
            AugmentName::None => {}
            AugmentName::Flips => {
                chosen.horizontal_flip = full.horizontal_flip;
                chosen.vertical_flip = full.vertical_flip;
            }
            AugmentName::Turns => chosen.transposition = full.transposition,
            AugmentName::Crop => chosen.crop = full.crop.clone(),
            AugmentName::Rotation => chosen.rotation = full.rotation.clone(),
            AugmentName::Colour => chosen.colour = full.colour.clone(),
            AugmentName::Erasing => chosen.erasing = full.erasing.clone(),
            AugmentName::Trivial => chosen.trivial = 1.0,
            AugmentName::Background => chosen.background = Background::default(),
        }
    }
    Ok(chosen)
}
