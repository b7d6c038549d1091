//! Predictions of a classifier of one class: which class each photograph shows.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::ControlFlow;

use foliar_model::{AbstentionReason, Answer, Bundle, Outputs, Predictor, Row, Views};
use foliar_report::{AnsweredPhoto, Thumbnail};
use foliar_train::Recipe;
use foliar_vision::{Limits, Reason};

use super::BATCH;
use super::classify::{Classify, EachRow, Seen, each_input};
use super::rows::{Table, Writer};
use crate::arguments::{Format, PredictArguments};
use crate::commands::inputs::Input;
use crate::commands::{set_risk, thumbnails};

/// Photographs of which a page holds a small copy.
const PICTURED: usize = 2000;

/// A classifier of one class, and the form of its rows.
pub(super) struct Classes {
    predictor: Predictor,
    /// `None` for a page alone.
    format: Option<Format>,
    views: Views,
    /// Probabilities of every class in the place of those of the most probable ones.
    all: bool,
    /// Classes of which probabilities are told.
    top: usize,
    classes: Vec<String>,
    /// How the table of labels of the training wrote classes.
    codes: BTreeMap<String, String>,
    /// The photographs of a page, where there is one.
    pub(super) cards: Option<Vec<AnsweredPhoto>>,
}

impl Classes {
    /// Rows of `bundle` in `format` as `arguments` say, of at most `photographs`.
    pub(super) fn new(
        arguments: &PredictArguments,
        mut bundle: Bundle,
        format: Option<Format>,
        photographs: usize,
    ) -> anyhow::Result<Self> {
        debug_assert!(matches!(bundle.outputs, Outputs::OneOf), "labels have rows of their own");
        set_risk(&mut bundle, arguments.bundle()?, arguments.risk)?;
        // One photograph needs no room for sixteen.
        let mut predictor = Predictor::new(bundle, photographs.clamp(1, BATCH))?;
        predictor.set_views(arguments.views)?;
        let classes = predictor.bundle().classes.clone();
        let submission = matches!(format, Some(Format::Kaggle | Format::KaggleProbabilities));
        let top = if submission { classes.len() } else { (arguments.top as usize).min(classes.len()) };
        // Bundles of other versions have no table of labels.
        let recipe = Recipe::of_bundle(predictor.bundle()).ok();
        let codes =
            recipe.and_then(|recipe| recipe.data.labels).map(|labels| labels.codes).unwrap_or_default();
        let cards = arguments.html.is_some().then(Vec::new);
        Ok(Self { predictor, format, views: arguments.views, all: arguments.all, top, classes, codes, cards })
    }

    /// What is said beforehand of several views, of which nothing is promised.
    pub(super) fn note(&self) -> Option<String> {
        let several = !self.views.is_one() && self.predictor.bundle().uncertainty.is_some();
        let views = self.views.count();
        several.then(|| {
            format!(
                "temperature, thresholds and prediction sets of this classifier were fitted to one view of each photo; with {views} they may be off: \
                 `foliar evaluate --views {views}` measures them"
            )
        })
    }
}

impl Classify for Classes {
    fn table(
        &mut self,
        pieces: &mut dyn Iterator<Item = Vec<Input>>,
        out: &mut dyn Write,
        each: &mut EachRow<'_>,
    ) -> anyhow::Result<ControlFlow<()>> {
        let Self { predictor, format, views, all, top, classes, codes, cards } = self;
        let (classes, codes): (&[String], &BTreeMap<_, _>) = (classes, codes);
        let table = if *all { Table::All(classes) } else { Table::Top(*top) };
        let mut writer =
            format.map(|format| Writer::new(out, format, *views, table, classes, codes)).transpose()?;
        let shown = if *all { classes.len() } else { *top };
        let mut write = |input: &Input, result: Result<Answer<'_>, String>, remarks: &[Reason]| {
            let failed = result.is_err();
            if let Some(cards) = cards {
                let picture = input.file().filter(|_| cards.len() < PICTURED).and_then(thumbnails::of_path);
                cards.push(card(input.name(), &result, *top, picture));
            }
            if let Some(writer) = &mut writer {
                let remarks = remarks.iter().map(Reason::code).collect();
                writer.write(&Row { path: input.name(), result, remarks })?;
            }
            Ok(each(Seen { input, failed, remarks }))
        };
        for inputs in pieces {
            if each_answer(predictor, &inputs, shown, classes, &mut write)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        if let Some(writer) = writer {
            writer.finish()?;
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// Takes a row: the input, its prediction or what is wrong with it, and what is odd about it.
type EachAnswer<'a> =
    dyn FnMut(&Input, Result<Answer<'_>, String>, &[Reason]) -> io::Result<ControlFlow<()>> + 'a;

/// Predicts `inputs` and hands each in turn to `row`, with the `top` most probable classes or what is wrong with it.
fn each_answer(
    predictor: &mut Predictor,
    inputs: &[Input],
    top: usize,
    classes: &[String],
    row: &mut EachAnswer<'_>,
) -> anyhow::Result<ControlFlow<()>> {
    each_input(
        inputs,
        &mut |files, each| predictor.predict_files_with_remarks(files, &Limits::default(), each),
        &mut |input, result, remarks| {
            let answer = result.and_then(|prediction| Answer::new(&prediction, top, classes));
            row(input, answer, remarks)
        },
    )
}

/// Writes the rows of `--format jsonl --all` for `inputs` to `out`, and tells how many have an error.
pub(in crate::commands) fn json_rows(
    predictor: &mut Predictor,
    inputs: &[Input],
    out: &mut Vec<u8>,
) -> anyhow::Result<usize> {
    let classes = predictor.bundle().classes.clone();
    let mut failures = 0;
    let mut writer =
        Writer::new(out, Format::Jsonl, Views::ONE, Table::All(&classes), &classes, &BTreeMap::new())?;
    let _ = each_answer(predictor, inputs, classes.len(), &classes, &mut |input, result, remarks| {
        failures += usize::from(result.is_err());
        let remarks = remarks.iter().map(Reason::code).collect();
        writer.write(&Row { path: input.name(), result, remarks })?;
        Ok(ControlFlow::Continue(()))
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
