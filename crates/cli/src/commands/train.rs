//! `foliar train`: photographs in, run folder out.

mod dry_run;
pub(crate) mod recipe;
pub(crate) mod screen;

use std::path::Path;

use anyhow::{Context, bail};
use foliar_audit::GroupSource;
use foliar_runlog::{RunDir, StopReason};
use foliar_train::{DataOptions, EpochScore, Grouping, Outcome, Photographs, Recipe, Run, check, train};

use self::screen::Screen;
use super::use_threads;
use crate::arguments::{MachineArguments, TrainArguments};
use crate::exit::Exit;
use crate::output;
use crate::{interrupt, progress};

/// Problems that are spelled out; the others are in the run folder.
const TOLD: usize = 5;

pub(crate) fn run(arguments: &TrainArguments) -> anyhow::Result<Exit> {
    let recipe = recipe::from_arguments(&arguments.recipe)?;
    if arguments.dry_run {
        return dry_run::print(&arguments.photos, &arguments.recipe, &recipe);
    }
    use_threads(arguments.recipe.machine.threads)?;
    let out = arguments.out.clone().unwrap_or_else(|| Run::free_folder(&recipe.model));
    if out.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        // Refused before any photograph is read.
        RunDir::create(&out)?;
    }
    let photographs = open_photographs(&arguments.photos, &recipe, &arguments.recipe.machine)?;
    // A network that does not fit leaves no run folder behind.
    check(&recipe, photographs.dataset.classes.len())?;
    let run = Run::create(&out, &recipe, &photographs)?;
    drive(&run, &photographs, &arguments.recipe.machine)
}

/// Scans, decodes and splits, with a bar, and says what was found.
pub(crate) fn open_photographs(
    root: &Path,
    recipe: &Recipe,
    machine: &MachineArguments,
) -> anyhow::Result<Photographs> {
    let options = DataOptions {
        cache_bytes: machine.cache_memory.saturating_mul(1 << 20),
        // Without a home folder features are kept for the run alone.
        features: foliar_catalogue::feature_folder().ok(),
        ..DataOptions::default()
    };
    let bar = progress::photographs("reading photos");
    let photographs = Photographs::open(root, recipe, &options, &|done, found| {
        bar.set_length(found as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    let photographs = photographs?;
    let summary = photographs.summary();
    if let Some(layout) = &photographs.dataset.layout {
        say!("{layout}");
    }
    say!(
        "{} photos of {} classes: {} for training, {} for validation{}",
        photographs.dataset.photos.len(),
        photographs.dataset.classes.len(),
        summary.train,
        summary.validation,
        if summary.test > 0 { format!(", {} for the test", summary.test) } else { String::new() },
    );
    for line in grouping_lines(&photographs.grouping, photographs.dataset.photos.len()) {
        say!("{line}");
    }
    if !photographs.problems.is_empty() {
        let remarks = photographs.problems.iter().filter(|problem| !problem.reason.excludes()).count();
        let counts = [(summary.skipped, "left out"), (remarks, "with warnings")];
        let told: Vec<String> = counts
            .into_iter()
            .filter(|&(count, _)| count > 0)
            .map(|(count, what)| format!("{count} {} {what}", if count == 1 { "file" } else { "files" }))
            .collect();
        say!("{}:", told.join(", "));
        photographs.problems.iter().take(TOLD).for_each(|problem| say!("  {problem}"));
        if photographs.problems.len() > TOLD {
            say!("  ... and {} more, listed in the run folder", photographs.problems.len() - TOLD);
        }
    }
    Ok(photographs)
}

/// Which photographs stay in one split, and why.
fn grouping_lines(grouping: &Grouping, photographs: usize) -> Vec<String> {
    if grouping.given_split {
        return vec!["using the split given by --split".to_owned()];
    }
    let groups = grouping.groups;
    let mut lines = Vec::new();
    match grouping.source {
        GroupSource::Sequence => lines.push(
            "grouped by file-name sequence: consecutive photos (probably one leaf) stay in one split"
                .to_owned(),
        ),
        GroupSource::Pattern | GroupSource::Table => {
            let rest = match grouping.unnamed {
                0 => String::new(),
                unnamed => format!("; {unnamed} have none, and each is a group of its own"),
            };
            lines.push(format!(
                "{photographs} photos in {groups} groups; each group stays in one split{rest}"
            ));
        }
        GroupSource::Copies => {}
    }
    if grouping.exact + grouping.near > 0 {
        let across = match grouping.across_classes {
            0 => String::new(),
            across => format!("; {across} of them are in two classes, see `foliar audit`"),
        };
        lines.push(format!(
            "copies stay in one split: {} identical pairs, {} resized, cropped, rotated or otherwise changed pairs{across}",
            grouping.exact, grouping.near
        ));
    }
    let [originals, named] = grouping.by_name;
    if named > 0 {
        lines.push(format!(
            "{named} photos were made of {originals} photos, as their names say; the copies of one photo stay in one split"
        ));
    }
    if grouping.unsure_names > 0 {
        lines.push(format!(
            "{} photos are named as copies and do not say of which photo: results may be too good, see `foliar audit`",
            grouping.unsure_names
        ));
    }
    lines
}

/// Trains `run` to its end, from its newest checkpoint if it has one, and shows how it goes.
pub(crate) fn drive(
    run: &Run,
    photographs: &Photographs,
    machine: &MachineArguments,
) -> anyhow::Result<Exit> {
    interrupt::listen()?;
    let mut screen = Screen::default();
    let outcome = train(machine.device(), run, photographs, &mut |event| screen.show(event))
        .with_context(|| format!("run {}", run.dir.root().display()))?;
    screen.clear();
    conclude(run, photographs, &outcome)
}

/// The last words: where the bundle is, or why there is none.
fn conclude(run: &Run, photographs: &Photographs, outcome: &Outcome) -> anyhow::Result<Exit> {
    let folder = run.dir.root().display();
    match outcome.best {
        // What was kept has been said.
        Some(_) if outcome.refit.is_some() => {}
        Some(EpochScore {
            epoch,
            accuracy: Some(accuracy),
            loss: Some(loss),
            calibrated_loss: Some(calibrated),
            temperature,
            ..
        }) => say!(
            "kept epoch {epoch}: val loss {loss:.3}, val acc {accuracy:.3}; calibrated with temperature {temperature:.2}, val loss {calibrated:.3}"
        ),
        Some(_) => say!("no validation photos: the accuracy is unknown"),
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
                run.recipe.phases.last().map_or(0.01, |phase| phase.learning_rate.peak) / 10.0,
            )
        }
        StopReason::Interrupted => {
            say!("saved; `foliar resume {folder}` continues");
            Ok(Exit::Interrupted)
        }
        _ => Ok(Exit::with_problems(photographs.summary().skipped > 0)),
    }
}

/// A line of the result on standard output.
fn println(line: &str) -> std::io::Result<()> {
    use std::io::Write;
    writeln!(output::stdout(), "{line}")
}
