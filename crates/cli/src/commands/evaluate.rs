//! `foliar evaluate`: how good a classifier is on photographs whose class is known, and how far it knows when it is not.

pub(crate) mod labels;
pub(crate) mod text;
mod views;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use foliar_eval::{
    EvalSource, EvaluateOptions, Stage, ViewsEvaluation, evaluate, evaluate_views, predictions_table,
};
use foliar_files::Printable as _;
use foliar_files::write_atomically;
use foliar_model::{Bundle, Outputs, Predictor};
use foliar_results::{
    Circumstances, Evaluation, FileProblem, Finding, FindingId, Rating, Verdict, ViewsResult,
};
use foliar_scan::Review;
use foliar_vision::Split;
use indicatif::ProgressBar;
use serde::Serialize;

use super::grouping::group_rule;
use super::{inputs, paths};
use super::{one_view_only, open_any_bundle, set_risk, use_threads};
use crate::arguments::{EvaluateArguments, ExaminationArguments, SplitName};
use crate::exit::{Exit, UsageError};
use crate::output;
use crate::progress;
use crate::wrap::Fitted;

/// Photographs in one pass of the network.
const BATCH: usize = 32;

/// The JSON document: every figure, and where it comes from.
#[derive(Serialize)]
struct Report<'a> {
    bundle: String,
    verdict: Line<'a>,
    /// What a reader must know before relying on the classifier.
    findings: &'a [Finding<FindingId>],
    /// What several views of each photo gain, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    views: Option<&'a ViewsResult>,
    #[serde(flatten)]
    evaluation: &'a Evaluation,
}

/// The verdict without its findings.
#[derive(Serialize)]
struct Line<'a> {
    rating: Rating,
    summary: &'a str,
}

pub(crate) fn run(arguments: &EvaluateArguments) -> anyhow::Result<Exit> {
    use_threads(arguments.threads)?;
    let mut bundle = open_any_bundle(&arguments.bundle)?;
    let folder = arguments.examination.folder()?;
    let held_back = match &folder {
        Some(_) => None,
        None if arguments.bundle.is_dir() => Some(paths::open_run(&arguments.bundle)?),
        None => {
            let what = "a bundle does not know its test photos: add --data FOLDER, or give the run folder instead of the bundle";
            return Err(UsageError(what.to_owned()).into());
        }
    };
    let split = arguments.split.map(|split| match split {
        SplitName::Train => Split::Train,
        SplitName::Val => Split::Validation,
        SplitName::Test => Split::Test,
    });
    let examination = &arguments.examination;
    let grouping = group_rule(examination.groups.as_deref(), examination.group_by.as_deref())?;
    let source = match (&held_back, &folder) {
        (Some(run), _) => EvalSource::HeldBack(run),
        (None, data) => EvalSource::Folder {
            root: data.as_deref().unwrap_or(Path::new("")),
            split,
            grouping: &grouping,
            include_training: arguments.examination.include_training,
        },
    };
    let options = options(&arguments.examination)?;
    if let Outputs::AnyOf(_) = bundle.outputs {
        one_view_only(arguments.views)?;
        return labels::run(arguments, bundle, &source, &options);
    }
    set_risk(&mut bundle, &arguments.bundle, arguments.examination.risk)?;
    let mut predictor = Predictor::new(bundle, BATCH)?;
    let mut bar = Bar::default();
    let show = &mut |stage, done, all| bar.show(stage, done, all);
    let measured = if arguments.views.is_one() {
        evaluate(&mut predictor, &source, &options, show).map(|evaluation| (evaluation, None))
    } else {
        evaluate_views(&mut predictor, arguments.views, &source, &options, show)
            .map(|ViewsEvaluation { several, gain }| (several, Some(gain)))
    };
    bar.clear();
    let (evaluation, views) = measured?;
    let left_out = tell_problems(&evaluation);
    if let Some(path) = &arguments.predictions {
        let table = predictions_table(&evaluation)?;
        write_atomically(path, |file| file.write_all(&table))
            .with_context(|| format!("{} could not be written", path.shown()))?;
    }
    let out = output::stdout();
    if arguments.json {
        let verdict = Verdict::of(Some(&evaluation), &Circumstances::default());
        let report = Report {
            bundle: arguments.bundle.shown().to_string(),
            verdict: Line { rating: verdict.rating, summary: &verdict.summary },
            findings: &verdict.findings,
            views: views.as_ref(),
            evaluation: &evaluation,
        };
        out.json(&report)?;
    } else {
        let mut out = Fitted::new(out);
        if let Some(views) = &views {
            writeln!(out, "answers are means over {} views of each photo", views.count)?;
        }
        text::print(&mut out, &evaluation)?;
        views.iter().try_for_each(|views| views::print(&mut out, views))?;
    }
    Ok(Exit::with_problems(left_out))
}

/// The verdict on the classifier of the run in `folder`: what `foliar evaluate` says of it without any options.
pub(crate) fn verdict_on(folder: &Path) -> anyhow::Result<Verdict> {
    let run = paths::open_run(folder)?;
    let mut predictor = Predictor::new(Bundle::read(&run.dir.bundle())?, BATCH)?;
    let (source, options, mut bar) = (EvalSource::HeldBack(&run), EvaluateOptions::default(), Bar::default());
    let evaluation =
        evaluate(&mut predictor, &source, &options, &mut |stage, done, all| bar.show(stage, done, all));
    bar.clear();
    Ok(Verdict::of(Some(&evaluation?), &Circumstances::default()))
}

/// What is asked beside the photographs themselves.
pub(crate) fn options(examination: &ExaminationArguments) -> anyhow::Result<EvaluateOptions> {
    let ood = examination.ood.iter().map(|folder| others(folder)).collect::<anyhow::Result<_>>()?;
    Ok(EvaluateOptions {
        classes_from: examination.classes_from,
        labels: examination.labels.source(),
        classes: examination.labels.map()?,
        match_names: examination.match_names,
        review: examination.review.as_deref().map(Review::read).transpose()?,
        ood,
        robustness: examination.robustness,
        ..EvaluateOptions::default()
    })
}

/// The photographs of a folder that holds something else.
fn others(folder: &Path) -> anyhow::Result<(String, Vec<PathBuf>)> {
    let files: Vec<PathBuf> = inputs::find(&[folder.to_owned()])?
        .iter()
        .filter_map(|input| input.file().map(Path::to_owned))
        .collect();
    if files.is_empty() {
        anyhow::bail!("--ood {}: the folder holds no photos", folder.shown());
    }
    Ok((folder.shown().to_string(), files))
}

/// Says how a folder was understood and what was left out, and whether anything was.
pub(crate) fn tell_problems(evaluation: &Evaluation) -> bool {
    if let Some(layout) = &evaluation.data.layout {
        say!("{layout}");
    }
    let mut notes: BTreeMap<&str, Vec<&FileProblem>> = BTreeMap::new();
    for problem in &evaluation.problems {
        if problem.excluded {
            say!("left out: {}: {}", problem.path, problem.message);
        } else {
            notes.entry(&problem.code).or_default().push(problem);
        }
    }
    for (code, problems) in notes {
        let count =
            if problems.len() > 1 { format!("{} x {code}, such as ", problems.len()) } else { String::new() };
        say!("note: {count}{}: {}", problems[0].path, problems[0].message);
    }
    if let Some(words) = evaluation.unknown_classes_words() {
        say!("{words}");
    }
    let excluded = evaluation.problems.iter().any(|problem| problem.excluded);
    excluded || !evaluation.unknown_classes.is_empty()
}

/// A bar for each stage.
#[derive(Default)]
pub(crate) struct Bar(Option<(Stage, ProgressBar)>);

impl Bar {
    pub(crate) fn show(&mut self, stage: Stage, done: usize, all: usize) {
        if self.0.as_ref().is_some_and(|(shown, _)| *shown != stage) {
            self.clear();
        }
        let (_, bar) = self.0.get_or_insert_with(|| {
            let what = match stage {
                Stage::Photographs => "evaluating",
                Stage::Ood => "predicting photos of other things",
                Stage::Robustness => "corrupting photos",
            };
            (stage, progress::photographs(what))
        });
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    }

    pub(crate) fn clear(&mut self) {
        if let Some((_, bar)) = self.0.take() {
            bar.finish_and_clear();
        }
    }
}
