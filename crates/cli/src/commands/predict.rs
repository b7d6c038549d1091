//! `foliar predict`: photographs in, classes out.

mod classes;
mod classify;
#[cfg(feature = "parquet")]
mod columnar;
mod job;
mod labels;
mod manifest;
mod merged;
mod part;
mod photo;
mod rows;
mod slice;
mod slices;
mod submission;
mod tally;

use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;

use anyhow::Context;
use foliar_files::{Printable as _, write_atomically};
use foliar_model::{Answer, Bundle, Outputs, Prediction};
use foliar_objects::Address;
use foliar_report::{AnsweredPhoto, Answers, answers_page, answers_summary};
use foliar_vision::{Digest, Problem, counted};

use self::classes::Classes;
pub(super) use self::classes::json_rows;
use self::classify::{Classify, Seen};
use self::job::Job;
use self::labels::Labels;
use self::manifest::Manifest;
use self::part::Part;
pub(crate) use self::part::PartArgument;
use self::tally::Tally;
use super::inputs::{self, Input};
use super::place::Place;
use super::shell::short;
use super::{file_problems, one_view_only, open_any_bundle_with_digest, use_threads};
use crate::arguments::{Format, PredictArguments};
use crate::exit::{Exit, UsageError};
use crate::output;

/// Photographs in one pass of the network.
pub(super) const BATCH: usize = 16;
/// Rows of a manifest that are looked at together.
const PIECE: usize = 10_000;

/// What is said where Parquet is asked for and not built in.
#[cfg(not(feature = "parquet"))]
const NO_PARQUET: &str = "--format parquet: this foliar was built without it; `cargo build --release -p foliar-cli --features parquet` \
    builds one with it, or take --format csv";

pub(crate) fn run(arguments: &PredictArguments) -> anyhow::Result<Exit> {
    check_parquet(arguments.format)?;
    if let Some(folder) = &arguments.merge {
        return merged::run(folder, arguments.format);
    }
    if let Some(path) =
        arguments.manifest.as_deref().filter(|_| !arguments.paths.is_empty() && !arguments.make_manifest)
    {
        let what = format!(
            "--manifest {}: it lists the photos; leave out the other ones, or add --make-manifest to list those",
            path.shown()
        );
        return Err(UsageError(what).into());
    }
    refuse_page_of_objects(arguments)?;
    use_threads(arguments.threads)?;
    let (bundle, digest) = open_any_bundle_with_digest(arguments.bundle()?)?;
    match (&arguments.manifest, &arguments.out) {
        (Some(path), _) if arguments.make_manifest => list(arguments, path),
        (Some(path), None) => {
            let manifest = Manifest::read(path)?;
            let pieces = (0..manifest.len()).step_by(PIECE);
            let pieces = pieces.map(|first| manifest.inputs(first..(first + PIECE).min(manifest.len())));
            print(arguments, bundle, manifest.len(), &mut { pieces })
        }
        (Some(path), Some(folder)) => share(arguments, (bundle, digest), path, folder),
        (None, _) => {
            let inputs: Vec<Input> =
                inputs::find(&arguments.paths)?.into_iter().map(Input::unlisted).collect();
            print(arguments, bundle, inputs.len(), &mut std::iter::once(inputs))
        }
    }
}

/// Refuses Parquet where it cannot be written.
fn check_parquet(format: Option<Format>) -> Result<(), UsageError> {
    if format != Some(Format::Parquet) {
        return Ok(());
    }
    #[cfg(not(feature = "parquet"))]
    return Err(UsageError(NO_PARQUET.to_owned()));
    #[cfg(feature = "parquet")]
    match output::is_terminal() {
        true => Err(UsageError("--format parquet is for a file: add > answers.parquet".to_owned())),
        false => Ok(()),
    }
}

/// Refuses a page of photos that would have to be fetched once more.
fn refuse_page_of_objects(arguments: &PredictArguments) -> Result<(), UsageError> {
    let Some(address) = arguments.paths.iter().find(|path| Address::is_meant(path)) else { return Ok(()) };
    match arguments.html {
        None => Ok(()),
        Some(_) => {
            let what = format!(
                "--html: a page holds its photos, and {} is in an object store; copy them into a folder",
                address.shown()
            );
            Err(UsageError(what))
        }
    }
}

/// Writes the manifest.
fn list(arguments: &PredictArguments, path: &Path) -> anyhow::Result<Exit> {
    let made = manifest::make(path, &inputs::find(&arguments.paths)?)?;
    let was_there = if made.was_there { "; it was there, and says the same" } else { "" };
    say!(
        "{}: {}, {} MB{was_there}",
        path.shown(),
        counted(made.photos, "photo", "photos"),
        made.bytes.div_ceil(1_000_000)
    );
    Ok(Exit::with_problems(made.left_out > 0))
}

/// Makes the slices of a part of a manifest.
fn share(
    arguments: &PredictArguments,
    (bundle, digest): (Bundle, Digest),
    path: &Path,
    folder: &Path,
) -> anyhow::Result<Exit> {
    let format = arguments.format.unwrap_or(Format::Csv);
    if !matches!(format, Format::Csv | Format::Jsonl) {
        let what =
            "--out takes --format csv or jsonl; `foliar predict --merge` makes one table of the slices";
        return Err(UsageError(what.to_owned()).into());
    }
    let part = match &arguments.part {
        Some(part) => part.part(&|name| std::env::var(name).ok())?,
        None => Part::WHOLE,
    };
    let manifest = Manifest::read(path)?;
    let command = command(arguments, format, path)?;
    let job = Job::new(arguments, format, digest, (manifest.digest(), manifest.len()), command);
    let mut classifier = classifier(arguments, bundle, Some(format), manifest.len())?;
    let classifier: &mut dyn Classify = match &mut classifier {
        Classifier::Classes(classes) => classes.as_mut(),
        Classifier::Labels(labels) => labels.as_mut(),
    };
    slices::run(classifier, &manifest, (&job, part), &Place::of(folder)?, arguments.progress)
}

/// The words of a command that makes slices of the same table.
fn command(arguments: &PredictArguments, format: Format, manifest: &Path) -> anyhow::Result<Vec<String>> {
    let mut words = vec!["foliar".to_owned(), "predict".to_owned(), short(arguments.bundle()?)];
    let mut add = |option: &str, value: String| words.extend([option.to_owned(), value]);
    add("--manifest", short(manifest));
    add("--format", if format == Format::Jsonl { "jsonl" } else { "csv" }.to_owned());
    add("--part-rows", arguments.part_rows.to_string());
    add("--top", arguments.top.to_string());
    if let Some(risk) = arguments.risk {
        add("--risk", risk.to_string());
    }
    if !arguments.views.is_one() {
        add("--views", arguments.views.count().to_string());
    }
    words.extend(arguments.all.then(|| "--all".to_owned()));
    Ok(words)
}

/// One of the two kinds of classifiers.
enum Classifier {
    Classes(Box<Classes>),
    Labels(Box<Labels>),
}

/// The classifier of `bundle`, whose rows have this form.
fn classifier(
    arguments: &PredictArguments,
    bundle: Bundle,
    format: Option<Format>,
    photographs: usize,
) -> anyhow::Result<Classifier> {
    Ok(match bundle.outputs {
        Outputs::OneOf => {
            Classifier::Classes(Box::new(Classes::new(arguments, bundle, format, photographs)?))
        }
        Outputs::AnyOf(_) => {
            one_view_only(arguments.views)?;
            let format = format.unwrap_or(Format::Text);
            Classifier::Labels(Box::new(Labels::new(arguments, bundle, format, photographs)?))
        }
    })
}

/// Prints the rows of all `pieces`, and writes a page if there is to be one.
fn print(
    arguments: &PredictArguments,
    bundle: Bundle,
    total: usize,
    pieces: &mut dyn Iterator<Item = Vec<Input>>,
) -> anyhow::Result<Exit> {
    let format = arguments.format.or_else(|| arguments.html.is_none().then_some(Format::Text));
    let mut classifier = classifier(arguments, bundle, format, total)?;
    let note = match &classifier {
        Classifier::Classes(classes) => classes.note(),
        Classifier::Labels(_) => None,
    };
    if let Some(note) = &note {
        say!("note: {note}");
    }
    let mut out = if format == Some(Format::Text) { output::stdout() } else { output::data() };
    let mut tally = Tally::new(arguments.progress, total);
    let mut remarked = Vec::new();
    let row = &mut |seen: Seen<'_>| {
        tally.row(seen.failed);
        remarked.extend(seen.remarks.iter().map(|remark| Problem::new(seen.input.name(), remark.clone())));
        ControlFlow::Continue(())
    };
    let _ = match &mut classifier {
        Classifier::Classes(classes) => classes.table(pieces, &mut out, row)?,
        Classifier::Labels(labels) => labels.table(pieces, &mut out, row)?,
    };
    drop(out);
    tally.end();
    for line in file_problems::remark_lines(&remarked) {
        say!("{line}");
    }
    if let (Some(path), Classifier::Classes(classes)) = (&arguments.html, classifier) {
        page(path, arguments.bundle()?, classes.cards.unwrap_or_default(), note)?;
        if format.is_none() {
            writeln!(output::stdout(), "{}", path.display())?;
        }
    }
    Ok(Exit::with_problems(tally.counts().failures > 0))
}

/// Writes the answers as a page.
fn page(path: &Path, bundle: &Path, photos: Vec<AnsweredPhoto>, note: Option<String>) -> anyhow::Result<()> {
    let answers = Answers {
        heading: format!("Answers of {}", super::folder_name(bundle)),
        photos,
        remarks: note.into_iter().collect(),
        written_by: "foliar predict".to_owned(),
        ..Answers::default()
    };
    write_atomically(path, |file| file.write_all(answers_page(&answers).as_bytes()))
        .with_context(|| format!("{} cannot be written", path.shown()))?;
    say!("{}", answers_summary(&answers.photos));
    Ok(())
}

/// A prediction for people: the most probable classes, or that the classifier abstains.
pub(super) fn in_words(prediction: &Prediction, top: usize, classes: &[String]) -> String {
    match Answer::new(prediction, top, classes) {
        Ok(answer) => rows::text(&answer),
        Err(reason) => format!("error: {reason}"),
    }
}
