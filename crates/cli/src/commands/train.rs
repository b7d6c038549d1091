//! `foliar train`: photographs in, run folder out.

pub(crate) mod beginning;
mod dry_run;
mod ending;
pub(crate) mod folds;
pub(crate) mod recipe;
pub(crate) mod screen;

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, anyhow};
use foliar_audit::GroupSource;
use foliar_files::Printable as _;
use foliar_runlog::{RunDir, StopReason};
use foliar_scan::Review;
use foliar_train::{
    DataOptions, DataSpec, EpochScore, Fold, FoldRuns, Grouping, LearnedBefore, LeavesFound, Outcome,
    Photographs, Recipe, ReviewFile, Run, UnlabelledFound, check, train,
};
use foliar_vision::{Dataset, Problem, counted};

use self::screen::Screen;
use super::digits::grouped;
use super::grouping::{Undivided, unused_groups};
use super::{file_problems, review, use_threads};
use crate::arguments::{MachineArguments, TrainArguments};
use crate::exit::Exit;
use crate::output;
use crate::wrap::paragraph;
use crate::{interrupt, progress};

/// Fewer photos than this to measure on are called few.
const FEW: usize = 30;
/// Classes that are named.
const CLASSES: usize = 10;

pub(crate) fn run(arguments: &TrainArguments) -> anyhow::Result<Exit> {
    let began = Instant::now();
    let photos = arguments.recipe.labels.root(arguments.photos.as_deref())?;
    if arguments.dry_run {
        return dry_run::print(&photos, &beginning::plan(&arguments.recipe, &photos)?, arguments.folds);
    }
    use_threads(arguments.recipe.machine.threads)?;
    if let Some(out) = &arguments.out {
        // Refused before anything is downloaded and any photograph is read.
        RunDir::check(out)?;
    }
    let settled = beginning::settle(&arguments.recipe, &photos)?;
    let planned = recipe::from_arguments(&settled)?;
    let opened = arguments.folds.map(|of| planned.of_fold(Fold { number: 1, of }));
    let photographs =
        open_photographs(&photos, opened.as_ref().unwrap_or(&planned), &arguments.recipe.machine)?;
    // A network that does not fit leaves no run folder behind.
    let dataset = &photographs.dataset;
    check(&planned, dataset.outputs())?;
    let judged = opened.as_ref().unwrap_or(&planned);
    let recipe = recipe::from_arguments(&recipe::for_photos(&settled, judged, dataset)?)?;
    check(&recipe, dataset.outputs())?;
    if let Some(count) = arguments.folds {
        let runs = match &arguments.out {
            Some(out) => FoldRuns::create(out, &recipe, &photographs, count)?,
            None => FoldRuns::create_free(&recipe, &photographs, count)?,
        };
        return folds::drive(&runs, &photographs, &arguments.recipe.machine, began);
    }
    let run = match &arguments.out {
        Some(out) => Run::create(out, &recipe, &photographs)?,
        None => Run::create_free(&recipe.model, &recipe, &photographs)?,
    };
    let exit = drive(&run, &photographs, &arguments.recipe.machine, began)?;
    tell_next(&run, exit);
    Ok(exit)
}

/// What to do with a classifier that is done.
pub(crate) fn tell_next(run: &Run, exit: Exit) {
    if matches!(exit, Exit::Done | Exit::Problems) {
        say!("next:");
        ending::next(run).iter().for_each(|line| output::say_command(line));
    }
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
        if done == found {
            bar.set_message(progress::COPIES);
        }
    });
    bar.finish_and_clear();
    let photographs = photographs?;
    if let Some(review) = &recipe.data.review {
        say!("{}", reviewed(review, &photographs.problems)?);
    }
    let summary = photographs.summary();
    say_data(&photographs.dataset, &recipe.data);
    say!(
        "{} photos of {}: {} for training, {} for validation{}",
        photographs.dataset.photos.len(),
        outputs_in_words(&photographs.dataset),
        summary.train,
        summary.validation,
        if summary.test > 0 { format!(", {} for the test", summary.test) } else { String::new() },
    );
    for line in grouping_lines(&photographs.grouping, photographs.dataset.photos.len()) {
        say!("{line}");
    }
    if let Some(indivisible) = photographs.indivisible(&recipe.data) {
        say!("{}", Undivided::of(&indivisible, &recipe.data).before_training());
    }
    if let Some(learned) = &photographs.learned_before {
        learned_lines(learned, recipe, &photographs).iter().for_each(|line| say!("{line}"));
    }
    if let Some(found) = photographs.unlabelled_found() {
        say!("{}", unlabelled_line(found));
    }
    if let Some(leaves) = &photographs.leaves {
        say!("{}", leaves_line(leaves));
    }
    for line in file_problems::lines(&photographs.problems) {
        say!("{line}");
    }
    Ok(photographs)
}

/// Of how many photos only the teacher speaks.
fn unlabelled_line(found: UnlabelledFound) -> String {
    let UnlabelledFound { used, labelled, held_back } = found;
    let mut line = format!("{used} photos without labels, of which the teacher alone speaks");
    if labelled > 0 {
        line += &format!("; {labelled} more are among those with labels");
    }
    if held_back > 0 {
        line +=
            &format!("; {held_back} more are copies of photos for validation or test, and not learned from");
    }
    line
}

/// On how many photos the background can be another.
fn leaves_line(leaves: &LeavesFound) -> String {
    let LeavesFound { found, photographs } = *leaves;
    let [some, all] = [found, photographs].map(|count| grouped(count as u64));
    match photographs - found {
        0 => format!("leaf surely found on all {all} photos: their backgrounds are changed"),
        _ if found == 0 => {
            format!("leaf surely found on none of {all} photos: `--augment background` changes nothing")
        }
        _ => format!("leaf surely found on {some} of {all} photos; the others stay as they are"),
    }
}

/// What became of the decisions of a review, and what there is more in the file now.
fn reviewed(review: &ReviewFile, problems: &[Problem]) -> anyhow::Result<String> {
    let decided = review.earlier()?;
    let mut said = review::heeded(&review.file, &decided, problems);
    // What cannot be read of the later lines is not of this run.
    let Ok(now) = Review::read(&review.file) else { return Ok(said) };
    let added = now.entries().len().saturating_sub(decided.entries().len());
    if added > 0 {
        let are = if added == 1 { "is" } else { "are" };
        said += &format!("; {} since the run began {are} not used", counted(added, "decision", "decisions"));
    }
    if let Some(remark) = review::torn(&now) {
        said += &format!("; {remark}");
    }
    Ok(said)
}

/// Says how the folder was understood, and the classes with their photos: the largest first.
fn say_data(dataset: &Dataset, data: &DataSpec) {
    if let Some(layout) = &dataset.layout {
        say!("{layout}");
    }
    if let Some(words) = unused_groups(dataset, data) {
        say!("{words}");
    }
    let mut classes: Vec<(usize, &str)> =
        dataset.output_counts().into_iter().zip(dataset.outputs().iter().map(String::as_str)).collect();
    classes.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    let named: Vec<String> =
        classes.iter().take(CLASSES).map(|(count, name)| format!("{name} ({count})")).collect();
    let more = match classes.len().saturating_sub(CLASSES) {
        0 => String::new(),
        more => format!(" and {}", counted(more, "more class", "more classes")),
    };
    let text = match &dataset.label_sets {
        None => format!("classes: {}{more}", named.join(", ")),
        Some(_) => format!("labels: {}{more}; {}", named.join(", "), words_on_sets(dataset)),
    };
    // Standard error never fails.
    let _ = paragraph(&mut output::Messages, &text, "", "  ");
}

/// `3 classes`, `6 labels`.
fn outputs_in_words(dataset: &Dataset) -> String {
    match &dataset.label_sets {
        None => format!("{} classes", dataset.classes.len()),
        Some(sets) => counted(sets.names.len(), "label", "labels"),
    }
}

/// How many photographs show several labels, and how many show none.
fn words_on_sets(dataset: &Dataset) -> String {
    let count = |keep: &dyn Fn(usize) -> bool| {
        let sets = dataset.label_sets.iter();
        sets.flat_map(|sets| dataset.photos.iter().filter(|photo| keep(sets.of(photo.class).len()))).count()
    };
    let several = counted(count(&|labels| labels > 1), "photo shows", "photos show");
    match count(&|labels| labels == 0) {
        0 => format!("{several} several"),
        none => format!("{several} several, {none} none"),
    }
}

/// Which photographs stay in one split, and why.
fn grouping_lines(grouping: &Grouping, photographs: usize) -> Vec<String> {
    let groups = grouping.groups;
    let mut lines = Vec::new();
    match grouping.source {
        _ if grouping.given_split => lines.push("using the split given by --split".to_owned()),
        GroupSource::Sequence => lines.push(
            "grouped by file-name sequence: consecutive photos (probably one leaf) stay in one split"
                .to_owned(),
        ),
        GroupSource::Pattern | GroupSource::Table => {
            let rest = match grouping.unnamed {
                0 => String::new(),
                unnamed => {
                    format!("; {} none, and each is a group of its own", counted(unnamed, "has", "have"))
                }
            };
            lines.push(format!(
                "{photographs} photos in {}; each group stays in one split{rest}",
                counted(groups, "group", "groups")
            ));
        }
        GroupSource::Copies => {}
    }
    if grouping.exact + grouping.near > 0 {
        let across = match grouping.across_classes {
            0 => String::new(),
            across => format!(
                "; {} in two classes, see `foliar audit`",
                counted(across, "of them is", "of them are")
            ),
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

/// Which photos the weights have learned from, and what is left to measure on.
fn learned_lines(learned: &LearnedBefore, recipe: &Recipe, photographs: &Photographs) -> Vec<String> {
    let LearnedBefore { file, photographs: count, classes, .. } = learned;
    let is_refitted = recipe.refit > 0 && recipe.phases[0].is_cached();
    let left = if is_refitted || recipe.data.fold.is_some() {
        photographs.measurable()
    } else {
        photographs.summary().validation
    };
    let mut lines = vec![format!(
        "{file} has learned from {count} of these photos: they are trained on and never measured on; results are those of {left} others"
    )];
    if (1..FEW).contains(&left) {
        let points = 98.0 / (left as f64).sqrt();
        lines.push(format!(
            "{left} photos are few: their accuracy is known to about {points:.0} points up or down"
        ));
    }
    if !classes.is_empty() {
        lines.push(format!(
            "all photos were learned from, so results say nothing, of: {}",
            classes.join(", ")
        ));
    }
    lines
}

/// Trains `run` to its end, from its newest checkpoint if it has one, and shows how it goes. The time since `began` is told at
/// the end.
pub(crate) fn drive(
    run: &Run,
    photographs: &Photographs,
    machine: &MachineArguments,
    began: Instant,
) -> anyhow::Result<Exit> {
    interrupt::listen()?;
    let mut screen = Screen::of(&run.recipe);
    let outcome = train(machine.device(), run, photographs, &mut |event| screen.show(event))
        .with_context(|| format!("run {}", run.dir.root().shown()))?;
    screen.clear();
    if outcome.reason == StopReason::Finished {
        screen.conclude();
    }
    conclude(run, photographs, &outcome, began)
}

/// The last words: where the bundle is, or why there is none.
fn conclude(run: &Run, photographs: &Photographs, outcome: &Outcome, began: Instant) -> anyhow::Result<Exit> {
    let folder = run.dir.root().shown();
    match outcome.best {
        // What was kept has been said.
        Some(_) if outcome.refit.is_some() => {}
        Some(EpochScore {
            epoch,
            accuracy: Some(accuracy),
            mean_f1: None,
            loss: Some(loss),
            calibrated_loss: Some(calibrated),
            temperature,
            ..
        }) => say!(
            "kept epoch {epoch}: val loss {loss:.3} ({calibrated:.3} after calibration with temperature {temperature:.2}), val acc {accuracy:.3}"
        ),
        Some(EpochScore {
            epoch,
            mean_f1: Some(mean_f1),
            loss: Some(loss),
            calibrated_loss: Some(calibrated),
            ..
        }) => say!(
            "kept epoch {epoch}: val loss {loss:.3} ({calibrated:.3} after calibration of each label), val mean F1 {mean_f1:.3}"
        ),
        Some(_) | None => {}
    }
    if let Some(bundle) = &outcome.bundle {
        let undivided = photographs.indivisible(&run.recipe.data);
        let undivided = undivided.map(|found| Undivided::of(&found, &run.recipe.data));
        say!("{}", ending::verdict(run, outcome.refit.is_some(), undivided.as_ref()));
        say!("{}", ending::took(began.elapsed()));
        println(&bundle.display().to_string())?;
    }
    match outcome.reason {
        StopReason::NonFiniteLoss => Err(not_finite(run, outcome)),
        StopReason::Interrupted => {
            say!("saved; `foliar resume {folder}` continues");
            Ok(Exit::Interrupted)
        }
        _ => Ok(Exit::with_problems(photographs.summary().skipped > 0)),
    }
}

/// Why a run has diverged, and what to do.
fn not_finite(run: &Run, outcome: &Outcome) -> anyhow::Error {
    let folder = run.dir.root().shown();
    let kept = match outcome.epochs {
        0 => "in the first epoch; nothing was saved".to_owned(),
        epochs => {
            format!(
                "after {}; the checkpoint is kept in {folder}",
                counted(epochs as usize, "epoch", "epochs")
            )
        }
    };
    anyhow!(
        "the loss or the weights are no longer finite numbers, {kept}. Try a learning rate ten times lower (--lr {:.1e}) or a longer warm-up (--warmup 0.1 --schedule cosine), with another --out",
        run.recipe.phases.last().map_or(0.01, |phase| phase.learning_rate.peak) / 10.0,
    )
}

/// A line of the result on standard output.
fn println(line: &str) -> std::io::Result<()> {
    use std::io::Write;
    writeln!(output::data(), "{line}")
}
