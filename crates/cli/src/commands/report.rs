//! `foliar report`: how far a run's classifier can be trusted, as a page, pictures and a model card.

mod audit;
mod evidence;
mod figures;
mod files;
mod mistakes;
mod provenance;

use foliar_doctor::{Diagnosis, RunSetup, diagnose};
use foliar_eval::{EvalSource, evaluate};
use foliar_logread::read_log_path;
use foliar_model::{Bundle, Predictor};
use foliar_report::run::{Absent, RunView};
use foliar_results::Evaluation;
use foliar_train::{Recipe, Run};
use foliar_vision::Split;

use super::evaluate::{Bar, options, tell_problems};
use super::grouping::group_rule;
use super::thumbnails::Thumbnails;
use super::{folder_name, open_bundle_with_risk, use_threads};
use crate::arguments::ReportArguments;
use crate::exit::Exit;

/// Photographs in one pass of the network.
const BATCH: usize = 32;

pub(crate) fn run(arguments: &ReportArguments) -> anyhow::Result<Exit> {
    let run = Run::open(&arguments.run)?;
    let bundle = open_bundle_with_risk(&arguments.run, arguments.examination.risk)?;
    let out = arguments.out.as_deref().unwrap_or(&arguments.run);
    files::prepare(out)?;
    use_threads(arguments.threads)?;
    let mut absent = Vec::new();
    let mut predictor = Predictor::new(bundle, BATCH)?;
    let evaluation = evaluated(arguments, &run, &mut predictor, &mut absent)?;
    let bundle = predictor.bundle();
    let diagnosis = diagnosed(&run, bundle, &mut absent);
    let mut view = RunView {
        subject: format!("{} on {}", run.recipe.model, folder_name(&run.data_root)),
        model: provenance::model(bundle)?,
        diagnosis,
        provenance: provenance::provenance(&run, bundle, &arguments.run)?,
        ..RunView::default()
    };
    let mut left_out = false;
    if let Some(evaluation) = &evaluation {
        left_out = tell_problems(evaluation);
        figures::fill(&mut view, evaluation, &run);
        let thumbnails = Thumbnails::new(&evaluation.data.root);
        evidence::fill(&mut view, evaluation, bundle, &thumbnails, &mut absent)?;
    }
    view.audit = audited(arguments, &run, &mut absent)?;
    note_absent(&view, arguments, &mut absent);
    view.absent = absent;
    files::write(out, &view)?;
    Ok(Exit::with_problems(left_out))
}

fn absence(what: &str, why: impl Into<String>) -> Absent {
    Absent { what: what.to_owned(), why: why.into() }
}

/// The figures on the photographs that were asked for; `None`, and the reason, if the run's own can not be had.
fn evaluated(
    arguments: &ReportArguments,
    run: &Run,
    predictor: &mut Predictor,
    absent: &mut Vec<Absent>,
) -> anyhow::Result<Option<Evaluation>> {
    let options = options(&arguments.examination)?;
    let examination = &arguments.examination;
    let grouping = group_rule(examination.groups.as_deref(), examination.group_by.as_deref())?;
    let source = match &arguments.examination.data {
        Some(root) => EvalSource::Folder {
            root,
            split: None,
            grouping: &grouping,
            include_training: arguments.examination.include_training,
        },
        None => EvalSource::HeldBack(run),
    };
    let mut bar = Bar::default();
    let evaluation =
        evaluate(predictor, &source, &options, &mut |stage, done, all| bar.show(stage, done, all));
    bar.clear();
    match evaluation {
        Ok(evaluation) => Ok(Some(evaluation)),
        // Photographs that were named must be there; a run without any still has a training to report.
        Err(error) if arguments.examination.data.is_none() => {
            let held_back = [Split::Test, Split::Validation].map(|split| run.photographs_of(split));
            let none =
                held_back.into_iter().all(|photographs| photographs.is_ok_and(|found| found.is_empty()));
            let why = if none {
                "the run held no photographs back; test it on others with --data FOLDER".to_owned()
            } else {
                error.to_string()
            };
            absent.push(absence("How good it is", why));
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// What the doctor says of the run's log.
fn diagnosed(run: &Run, bundle: &Bundle, absent: &mut Vec<Absent>) -> Option<Diagnosis> {
    match read_log_path(&run.dir.events()) {
        Ok(log) => {
            let setup = RunSetup {
                classes: Some(bundle.classes.len()),
                batch_size: Recipe::of_bundle(bundle).ok().map(|recipe| recipe.batch_size),
                train_size: Some(bundle.provenance.train_photographs),
                ..RunSetup::default()
            };
            Some(diagnose(&log, &setup))
        }
        Err(error) => {
            absent.push(absence(
                "Curves and their diagnosis",
                format!("the run's log can not be read: {error}"),
            ));
            None
        }
    }
}

fn audited(
    arguments: &ReportArguments,
    run: &Run,
    absent: &mut Vec<Absent>,
) -> anyhow::Result<Option<foliar_report::audit::AuditView>> {
    const WHAT: &str = "Audit of the photographs";
    if arguments.no_audit {
        absent.push(absence(WHAT, "it was left out (--no-audit)"));
        return Ok(None);
    }
    if !run.data_root.is_dir() {
        let why = format!("the folder {} is not there any more", run.data_root.display());
        absent.push(absence(WHAT, why));
        return Ok(None);
    }
    audit::of_run(run)
}

/// What there are no values for, and what would bring them.
fn note_absent(view: &RunView, arguments: &ReportArguments, absent: &mut Vec<Absent>) {
    if view.scores.is_none() {
        return;
    }
    if view.conformal.is_none() {
        absent.push(absence(
            "Sets of classes",
            "the classifier has none: train again with photographs held back",
        ));
    }
    if view.abstention.as_ref().is_some_and(|abstention| abstention.threshold.is_none()) {
        absent.push(absence(
            "When it does not know",
            "the classifier has no threshold: train again with photographs held back",
        ));
    }
    if !arguments.examination.robustness {
        absent.push(absence("How it bears worse photographs", "add --robustness; it takes minutes"));
    }
    if arguments.examination.ood.is_empty() {
        absent.push(absence(
            "Photographs of something else",
            "name a folder of them with --ood; drawn things were tried",
        ));
    }
}
