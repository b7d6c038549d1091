//! `foliar train`: photographs in, run folder out.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use foliar_learn::{
    Best, ClassWeights, DataOptions, InitialWeights, LearningRate, Outcome, Photographs, Recipe, Run,
    Schedule, engine_options, train,
};
use foliar_nn::{CpuEngine, Graph, Optimizer, zoo};
use foliar_runlog::{Event, RunDir, StopReason, epoch_line};
use foliar_vision::{Augment, Preprocessing};
use indicatif::ProgressBar;

use super::use_threads;
use crate::arguments::{
    AugmentName, ClassWeightsName, MachineArguments, OptimizerName, ScheduleName, TrainArguments,
};
use crate::exit::{Exit, UsageError};
use crate::{interrupt, progress};

/// Problems that are spelled out; the others are in the run folder.
const TOLD: usize = 5;

pub(crate) fn run(arguments: &TrainArguments) -> anyhow::Result<Exit> {
    let recipe = recipe(arguments)?;
    use_threads(arguments.machine.threads)?;
    let out = arguments.out.clone().unwrap_or_else(|| free_folder(&recipe.model));
    if out.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        // Refused before any photograph is read.
        RunDir::create(&out)?;
    }
    let photographs = open_photographs(&arguments.photos, &recipe, &arguments.machine)?;
    // A network that does not fit leaves no run folder behind.
    let network = network(&recipe, &photographs)?;
    let run = Run::create(&out, &recipe, &photographs)?;
    drive(&run, &photographs, network)
}

/// The recipe's network for the classes of the photographs, and an engine for it.
pub(crate) fn network(recipe: &Recipe, photographs: &Photographs) -> anyhow::Result<(Graph, CpuEngine)> {
    let graph = zoo::build(&recipe.model, photographs.dataset.classes.len())?;
    let engine = CpuEngine::new(&graph, engine_options(recipe))?;
    Ok((graph, engine))
}

/// The recipe that the arguments ask for.
pub(crate) fn recipe(arguments: &TrainArguments) -> anyhow::Result<Recipe> {
    let mut recipe = Recipe::new(&arguments.model);
    recipe.preprocessing = preprocessing(arguments, &mut recipe)?;
    recipe.epochs = arguments.epochs;
    recipe.batch_size = arguments.batch_size;
    recipe.seed = arguments.seed;
    let adam = arguments.optimizer == OptimizerName::Adamw;
    recipe.optimizer = optimizer(arguments);
    recipe.learning_rate = LearningRate {
        peak: arguments.lr.unwrap_or(if adam { 1e-3 } else { recipe.learning_rate.peak }),
        schedule: match arguments.schedule {
            ScheduleName::Constant => Schedule::Constant,
            ScheduleName::Cosine => Schedule::Cosine,
            ScheduleName::OneCycle => Schedule::OneCycle,
            ScheduleName::Step => Schedule::Step,
        },
        warmup: arguments.warmup.unwrap_or(match arguments.schedule {
            ScheduleName::Constant => 0.0,
            _ => recipe.learning_rate.warmup,
        }),
    };
    recipe.loss.label_smoothing = arguments.label_smoothing;
    recipe.loss.class_weights = match arguments.class_weights {
        ClassWeightsName::None => ClassWeights::None,
        ClassWeightsName::Balanced => ClassWeights::Balanced,
    };
    recipe.augment = augment(&arguments.augment)?;
    recipe.data.validation = arguments.validation;
    recipe.data.test = arguments.test;
    recipe.validate()?;
    Ok(recipe)
}

/// Sizes and statistics: those of the pretrained weights if there are any, at the size that was asked for.
fn preprocessing(arguments: &TrainArguments, recipe: &mut Recipe) -> anyhow::Result<Preprocessing> {
    let default = recipe.preprocessing.size;
    let Some(weights) = &arguments.weights else {
        return Ok(Recipe::preprocessing(&arguments.model, arguments.image_size.unwrap_or(default)));
    };
    let file = super::weights::locate(weights, &arguments.model)?;
    let (weights, convention) = InitialWeights::examine(&file, &arguments.model)?;
    recipe.weights = Some(weights);
    let size = arguments.image_size.or(convention.size.map(|size| size as u32)).unwrap_or(default);
    let sizes = Recipe::preprocessing(&arguments.model, size);
    Ok(Preprocessing { mean: convention.mean, std: convention.std, ..sizes })
}

fn optimizer(arguments: &TrainArguments) -> Optimizer {
    match arguments.optimizer {
        OptimizerName::Sgd => Optimizer::Sgd {
            momentum: arguments.momentum,
            dampening: arguments.dampening,
            nesterov: arguments.nesterov,
            weight_decay: arguments.weight_decay.unwrap_or(5e-4),
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
    let full = Augment::default();
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
        }
    }
    Ok(chosen)
}

/// The first of `runs/NAME-1`, `runs/NAME-2`, ... that does not exist.
fn free_folder(model: &str) -> PathBuf {
    let name = |number: u32| Path::new("runs").join(format!("{model}-{number}"));
    (1..).map(name).find(|path| !path.exists()).unwrap_or_else(|| name(0))
}

/// Scans, decodes and splits, with a bar, and says what was found.
pub(crate) fn open_photographs(
    root: &Path,
    recipe: &Recipe,
    machine: &MachineArguments,
) -> anyhow::Result<Photographs> {
    let options =
        DataOptions { cache_bytes: machine.cache_memory.saturating_mul(1 << 20), ..DataOptions::default() };
    let bar = progress::photographs("reading photographs");
    let photographs = Photographs::open(root, recipe, &options, &|done, found| {
        bar.set_length(found as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    let photographs = photographs?;
    let summary = photographs.summary();
    eprintln!(
        "{} photographs of {} classes: {} to train on, {} for validation{}",
        photographs.dataset.photos.len(),
        photographs.dataset.classes.len(),
        summary.train,
        summary.validation,
        if summary.test > 0 { format!(", {} kept for a test", summary.test) } else { String::new() },
    );
    if !photographs.problems.is_empty() {
        let remarks = photographs.problems.len() - summary.skipped;
        let counts = [(summary.skipped, "left out"), (remarks, "worth a look")];
        let told: Vec<String> = counts
            .into_iter()
            .filter(|&(count, _)| count > 0)
            .map(|(count, what)| format!("{count} {} {what}", if count == 1 { "file" } else { "files" }))
            .collect();
        eprintln!("{}:", told.join(", "));
        photographs.problems.iter().take(TOLD).for_each(|problem| eprintln!("  {problem}"));
        if photographs.problems.len() > TOLD {
            eprintln!("  ... and {} more, listed in the run folder", photographs.problems.len() - TOLD);
        }
    }
    Ok(photographs)
}

/// Trains `run` to its end, from its newest checkpoint if it has one, and shows how it goes.
pub(crate) fn drive(
    run: &Run,
    photographs: &Photographs,
    (graph, mut engine): (Graph, CpuEngine),
) -> anyhow::Result<Exit> {
    interrupt::listen()?;
    if run.last_checkpoint()?.is_none()
        && let Some(weights) = &run.recipe.weights
    {
        for note in weights.load(&graph, &mut engine)? {
            eprintln!("{note}");
        }
    }
    let mut screen = Screen { bar: None };
    let outcome = train(&mut engine, &graph, run, photographs, &mut |event| screen.show(event))
        .with_context(|| format!("run {}", run.dir.root().display()))?;
    screen.clear();
    conclude(run, photographs, &outcome)
}

/// The last words: where the bundle is, or why there is none.
fn conclude(run: &Run, photographs: &Photographs, outcome: &Outcome) -> anyhow::Result<Exit> {
    let folder = run.dir.root().display();
    match outcome.best {
        Some(Best { epoch, accuracy: Some(accuracy), loss: Some(loss) }) => {
            eprintln!("best epoch {epoch}: val loss {loss:.3}, val acc {accuracy:.3}");
        }
        Some(_) => eprintln!("no photographs were held back: how good the classifier is is not known"),
        None => {}
    }
    if let Some(bundle) = &outcome.bundle {
        println(&bundle.display().to_string())?;
    }
    match outcome.reason {
        StopReason::NonFiniteLoss => {
            let kept = match outcome.epochs {
                0 => "in the first epoch; nothing was saved".to_owned(),
                epochs => format!("after {epochs} epochs; their checkpoint is kept in {folder}"),
            };
            bail!(
                "the loss or the weights are no longer finite numbers, {kept}. Try a learning rate ten times lower (--lr {:.1e}) or a longer warm-up (--warmup 0.1 --schedule cosine), with another --out",
                run.recipe.learning_rate.peak / 10.0,
            )
        }
        StopReason::Interrupted => {
            eprintln!("saved; `foliar resume {folder}` continues");
            Ok(Exit::Interrupted)
        }
        _ => Ok(Exit::with_problems(photographs.summary().skipped > 0)),
    }
}

/// A line of the result on standard output.
fn println(line: &str) -> std::io::Result<()> {
    use std::io::Write;
    writeln!(std::io::stdout(), "{line}")
}

/// Shows events: a line an epoch, and a bar within it where there is a terminal.
struct Screen {
    bar: Option<ProgressBar>,
}

impl Screen {
    fn show(&mut self, event: &Event) -> ControlFlow<StopReason> {
        match event {
            Event::Start(start) => {
                if let Some(step) = start.resumed_from_step {
                    eprintln!("continuing after step {step}");
                }
                eprintln!("{}: {} parameters", start.model, grouped(start.parameters));
            }
            Event::Step(step) => {
                let template = "{prefix} {bar:32} {pos}/{len}  {msg}  {eta} left";
                let bar = self.bar.get_or_insert_with(|| progress::bar(u64::from(step.steps), template));
                bar.set_prefix(format!("epoch {}/{}", step.epoch, step.epochs));
                bar.set_message(format!("loss {:.3}  {:.1} images/s", step.loss, step.images_per_second));
                bar.set_position(u64::from(step.step));
            }
            Event::Epoch(epoch) => {
                self.clear();
                eprintln!("{}", epoch_line(epoch));
            }
            Event::Note(note) => eprintln!("{}", note.text),
            Event::Stop(_) => self.clear(),
        }
        if interrupt::asked() {
            ControlFlow::Break(StopReason::Interrupted)
        } else {
            ControlFlow::Continue(())
        }
    }

    fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

/// A number with a comma between groups of three digits.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
