//! `foliar predict`: photographs in, classes out.

mod labels;
mod rows;
mod submission;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use anyhow::Context;
use foliar_files::{Printable as _, write_atomically};

use foliar_model::{AbstentionReason, Answer, Outputs, Prediction, Predictor, Row, Views};
use foliar_report::{AnsweredPhoto, Answers, Thumbnail, answers_page, answers_summary};
use foliar_train::Recipe;
use foliar_vision::{Limits, Problem, Reason};

use self::rows::{Table, Writer};
use super::inputs::{self, Input};
use super::{file_problems, one_view_only, open_any_bundle, set_risk, thumbnails, use_threads};
use crate::arguments::{Format, PredictArguments};
use crate::exit::Exit;
use crate::output;

/// Photographs in one pass of the network.
pub(super) const BATCH: usize = 16;
/// Photographs of which a page holds a small copy.
const PICTURED: usize = 2000;

pub(crate) fn run(arguments: &PredictArguments) -> anyhow::Result<Exit> {
    use_threads(arguments.threads)?;
    let mut bundle = open_any_bundle(&arguments.bundle)?;
    if let Outputs::AnyOf(_) = bundle.outputs {
        one_view_only(arguments.views)?;
        return labels::run(arguments, bundle);
    }
    set_risk(&mut bundle, &arguments.bundle, arguments.risk)?;
    let inputs = inputs::find(&arguments.paths);
    // One photograph needs no room for sixteen.
    let mut predictor = Predictor::new(bundle, inputs.len().clamp(1, BATCH))?;
    predictor.set_views(arguments.views)?;
    let views = arguments.views.count();
    let several = (!arguments.views.is_one() && predictor.bundle().uncertainty.is_some()).then(|| {
        format!(
            "temperature, thresholds and prediction sets of this classifier were fitted to one view of each photo; with {views} they may be off: \
             `foliar evaluate --views {views}` measures them"
        )
    });
    if let Some(several) = &several {
        say!("note: {several}");
    }
    let classes = predictor.bundle().classes.clone();
    let submission = matches!(arguments.format, Some(Format::Kaggle | Format::KaggleProbabilities));
    let top = if submission { classes.len() } else { (arguments.top as usize).min(classes.len()) };
    // Bundles of other versions have no table of labels.
    let recipe = Recipe::of_bundle(predictor.bundle()).ok();
    let codes = recipe.and_then(|recipe| recipe.data.labels).map(|labels| labels.codes).unwrap_or_default();
    let table = if arguments.all { Table::All(&classes) } else { Table::Top(top) };
    let format = arguments.format.or_else(|| arguments.html.is_none().then_some(Format::Text));
    let out = if format == Some(Format::Text) { output::stdout() } else { output::data() };
    let mut writer = format
        .map(|format| Writer::new(out, format, arguments.views, table, &classes, &codes))
        .transpose()?;
    let mut cards: Vec<AnsweredPhoto> = Vec::new();
    let mut failures = 0;
    let mut remarked = Vec::new();
    let mut write = |input: &Input, result: Result<Answer<'_>, String>, remarks: &[Reason]| {
        failures += usize::from(result.is_err());
        remarked.extend(remarks.iter().map(|remark| Problem::new(input.name(), remark.clone())));
        if arguments.html.is_some() {
            let picture = input.file().filter(|_| cards.len() < PICTURED).and_then(thumbnails::of_path);
            cards.push(card(input.name(), &result, top, picture));
        }
        match &mut writer {
            Some(writer) => writer.write(&Row {
                path: input.name(),
                result,
                remarks: remarks.iter().map(Reason::code).collect(),
            }),
            None => Ok(()),
        }
    };
    let shown = if arguments.all { classes.len() } else { top };
    each(&mut predictor, &inputs, shown, &classes, &mut write)?;
    if let Some(writer) = writer {
        writer.finish()?;
    }
    for line in file_problems::remark_lines(&remarked) {
        say!("{line}");
    }
    if let Some(path) = &arguments.html {
        let answers = Answers {
            heading: format!("Answers of {}", super::folder_name(&arguments.bundle)),
            photos: cards,
            remarks: several.into_iter().collect(),
            written_by: "foliar predict".to_owned(),
            ..Answers::default()
        };
        write_atomically(path, |file| file.write_all(answers_page(&answers).as_bytes()))
            .with_context(|| format!("{} cannot be written", path.shown()))?;
        say!("{}", answers_summary(&answers.photos));
        if format.is_none() {
            writeln!(output::stdout(), "{}", path.display())?;
        }
    }
    Ok(Exit::with_problems(failures > 0))
}

/// Takes a row: the input, its prediction or what is wrong with it, and what is odd about it.
type EachRow<'a> = dyn FnMut(&Input, Result<Answer<'_>, String>, &[Reason]) -> io::Result<()> + 'a;

/// Predicts `inputs` and hands each in turn to `write`, with the `top` most probable classes or what is wrong with it.
fn each(
    predictor: &mut Predictor,
    inputs: &[Input],
    top: usize,
    classes: &[String],
    write: &mut EachRow<'_>,
) -> anyhow::Result<()> {
    for inputs in inputs.chunk_by(|a, b| a.file().is_some() == b.file().is_some()) {
        let files: Vec<&Path> = inputs.iter().filter_map(Input::file).collect();
        for input in inputs {
            if let Input::Missing { reason, .. } = input {
                write(input, Err(reason.clone()), &[])?;
            }
        }
        let mut written = Ok(());
        predictor.predict_files_with_remarks(
            &files,
            &Limits::default(),
            &mut |index, prediction, remarks| {
                let result = match prediction {
                    Ok(prediction) => Answer::new(&prediction, top, classes),
                    Err(reason) => Err(reason.to_string()),
                };
                if written.is_ok() {
                    written = write(&inputs[index], result, remarks);
                }
            },
        )?;
        written?;
    }
    Ok(())
}

/// Writes the rows of `--format jsonl --all` for `inputs` to `out`, and tells how many have an error.
pub(super) fn json_rows(
    predictor: &mut Predictor,
    inputs: &[Input],
    out: &mut Vec<u8>,
) -> anyhow::Result<usize> {
    let classes = predictor.bundle().classes.clone();
    let mut failures = 0;
    let mut writer =
        Writer::new(out, Format::Jsonl, Views::ONE, Table::All(&classes), &classes, &BTreeMap::new())?;
    each(predictor, inputs, classes.len(), &classes, &mut |input, result, remarks| {
        failures += usize::from(result.is_err());
        let remarks = remarks.iter().map(Reason::code).collect();
        writer.write(&Row { path: input.name(), result, remarks })
    })?;
    writer.finish()?;
    Ok(failures)
}

/// The card of a photo on a page.
fn card(
    path: String,
    result: &Result<Answer<'_>, String>,
    top: usize,
    photo: Option<Thumbnail>,
) -> AnsweredPhoto {
    use foliar_report::Answer as Said;
    match result {
        Err(reason) => {
            AnsweredPhoto { path, answer: Said::Failed(reason.clone()), ..AnsweredPhoto::default() }
        }
        Ok(answer) => AnsweredPhoto {
            path,
            answer: match (answer.abstention, answer.ranking.first()) {
                (Some(AbstentionReason::OutOfDistribution), _) => Said::Unlike,
                (None, Some((class, _))) => Said::Class((*class).to_owned()),
                _ => Said::Unknown,
            },
            ranking: answer.ranking.iter().take(top).map(|(class, p)| ((*class).to_owned(), *p)).collect(),
            set: answer.set.iter().flatten().map(|class| (*class).to_owned()).collect(),
            photo,
            ..AnsweredPhoto::default()
        },
    }
}

/// A prediction for people: the most probable classes, or that the classifier abstains.
pub(super) fn in_words(prediction: &Prediction, top: usize, classes: &[String]) -> String {
    match Answer::new(prediction, top, classes) {
        Ok(answer) => rows::text(&answer),
        Err(reason) => format!("error: {reason}"),
    }
}
