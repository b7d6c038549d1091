//! `foliar report`: how far a run's classifier can be relied on, as a page, pictures and a model card.

mod audit;
mod files;
mod labels;
mod provenance;
mod surroundings;

use std::collections::BTreeMap;

use foliar_doctor::{Diagnosis, RunSetup, diagnose};
use foliar_eval::{EvalSource, evaluate, explain, mistakes};
use foliar_files::Printable as _;
use foliar_logread::read_log_path;
use foliar_model::{Bundle, Outputs, Predictor};
use foliar_report::{RunPictures, Thumbnail};
use foliar_results::{Evaluation, MissingSection, RunReport};
use foliar_train::{Recipe, Run};
use foliar_vision::{Limits, Rgb, Split};

use super::audit::Examined;
use super::evaluate::{Bar, options, tell_problems};
use super::grouping::group_rule;
use super::{folder_name, open_any_bundle, paths, set_risk, thumbnails, use_threads};
use crate::arguments::ReportArguments;
use crate::exit::Exit;
use crate::{practice, progress};

/// Photographs in one pass of the network.
const BATCH: usize = 32;

pub(crate) fn run(arguments: &ReportArguments) -> anyhow::Result<Exit> {
    let run = paths::open_run(&arguments.run)?;
    if !foliar_archive::is_folder(&run.data_root) && arguments.examination.data.is_none() {
        // A page without results must not take the place of one with them.
        anyhow::bail!(
            "the photos of {} are gone: {} no longer exists. Put them back, or report on other photos with --data FOLDER. \
             Nothing was written",
            arguments.run.shown(),
            run.data_root.shown()
        );
    }
    let mut bundle = open_any_bundle(&arguments.run)?;
    let out = arguments.out.as_deref().unwrap_or(&arguments.run);
    if let Outputs::AnyOf(_) = bundle.outputs {
        return labels::run(arguments, &run, bundle, out);
    }
    set_risk(&mut bundle, &arguments.run, arguments.examination.risk)?;
    files::prepare(out)?;
    use_threads(arguments.threads)?;
    let mut missing = Vec::new();
    let mut predictor = Predictor::new(bundle, BATCH)?;
    let evaluation = evaluated(arguments, &run, &mut predictor, &mut missing)?;
    let bundle = predictor.bundle();
    let mut report = RunReport {
        subject: format!("{} on {}", run.recipe.model, folder_name(&run.data_root)),
        model: provenance::model(bundle)?,
        diagnosis: diagnosed(&run, bundle, &mut missing),
        provenance: provenance::provenance(&run, bundle, &arguments.run)?,
        mistakes: evaluation.as_ref().map(mistakes).unwrap_or_default(),
        ..RunReport::default()
    };
    let left_out = evaluation.as_ref().is_some_and(tell_problems);
    let heat_maps = match &evaluation {
        Some(evaluation) => explained(arguments, &run, &mut report, evaluation, bundle, &mut missing)?,
        None => BTreeMap::new(),
    };
    if let Some(Examined { audit, dataset, groups }) = audited(arguments, &run, &mut missing)? {
        report.surroundings.border = surroundings::border(&run, (&dataset, &groups), &mut missing);
        report.audit = Some(audit);
    }
    if let Some(evaluation) = &evaluation {
        missing.extend(unasked(evaluation, arguments));
    }
    (report.evaluation, report.missing) = (evaluation, missing);
    let root = report.evaluation.as_ref().map(|evaluation| evaluation.data.root.clone());
    let evaluated = |path: &str| -> Option<Thumbnail> { thumbnails::of_file(root.as_deref()?, path) };
    let heat_map = |path: &str| thumbnails::of_picture(heat_maps.get(path)?);
    let audited = |path: &str| thumbnails::of_file(&run.data_root, path);
    let pictures = RunPictures { evaluated: &evaluated, heat_map: &heat_map, audited: &audited };
    files::write(out, &report, &pictures)?;
    Ok(Exit::with_problems(left_out))
}

/// Gives the report where the classifier looks, and an earlier one if there is one, and returns the heat maps of its mistakes by path.
fn explained(
    arguments: &ReportArguments,
    run: &Run,
    report: &mut RunReport,
    evaluation: &Evaluation,
    bundle: &Bundle,
    missing: &mut Vec<MissingSection>,
) -> anyhow::Result<BTreeMap<String, Rgb>> {
    let bar = progress::photographs("explaining");
    let explained =
        explain(bundle, evaluation, &mut report.mistakes, &Limits::default(), &mut |done, all| {
            bar.set_length(all as u64);
            bar.set_position(done as u64);
        });
    bar.finish_and_clear();
    let explained = match explained {
        Ok(explained) => explained,
        Err(error) => {
            missing.push(MissingSection::new("Where it looks", error.to_string()));
            return Ok(BTreeMap::new());
        }
    };
    match (&explained.evidence, &arguments.before) {
        (None, _) => {
            let reason = "the leaf was not found in any photo";
            missing.push(MissingSection::new("Evidence on the background", reason));
        }
        (Some(_), Some(before)) => {
            report.surroundings.earlier = surroundings::earlier(before, evaluation, &explained, missing)?;
        }
        (Some(_), None) => missing.extend(surroundings::unnamed(run)),
    }
    report.evidence = explained.evidence;
    Ok(explained.heat_maps)
}

/// The evaluation on the photographs that were asked for; `None`, and the reason, if the run's own cannot be had.
fn evaluated(
    arguments: &ReportArguments,
    run: &Run,
    predictor: &mut Predictor,
    missing: &mut Vec<MissingSection>,
) -> anyhow::Result<Option<Evaluation>> {
    let options = options(&arguments.examination)?;
    let examination = &arguments.examination;
    let grouping = group_rule(examination.groups.as_deref(), examination.group_by.as_deref())?;
    let folder = examination.folder()?;
    let source = match &folder {
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
        Err(error) if folder.is_none() => {
            let held_back = [Split::Test, Split::Validation].map(|split| run.photographs_of(split));
            let none =
                held_back.into_iter().all(|photographs| photographs.is_ok_and(|found| found.is_empty()));
            if !none {
                return Err(anyhow::Error::from(error).context("nothing was written"));
            }
            let why = "the run has no validation or test photos; test it on other photos with --data FOLDER";
            missing.push(MissingSection::new("How good it is", why));
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// What the doctor says of the run's log.
fn diagnosed(run: &Run, bundle: &Bundle, missing: &mut Vec<MissingSection>) -> Option<Diagnosis> {
    match read_log_path(&run.dir.events()) {
        Ok(log) => {
            let setup = RunSetup {
                classes: Some(bundle.classes.len()),
                batch_size: Recipe::of_bundle(bundle).ok().map(|recipe| recipe.batch_size),
                train_size: Some(bundle.provenance.train_photographs),
                practice: practice::of(&run.recipe),
                ..RunSetup::default()
            };
            Some(diagnose(&log, &setup))
        }
        Err(error) => {
            let reason = format!("the run's log cannot be read: {error}");
            missing.push(MissingSection::new("Curves and their diagnosis", reason));
            None
        }
    }
}

fn audited(
    arguments: &ReportArguments,
    run: &Run,
    missing: &mut Vec<MissingSection>,
) -> anyhow::Result<Option<Examined>> {
    let reason = if arguments.no_audit {
        "skipped (--no-audit)".to_owned()
    } else if !foliar_archive::is_folder(&run.data_root) {
        format!("the folder {} no longer exists", run.data_root.shown())
    } else {
        match audit::of_run(run)? {
            Some(audit) => return Ok(Some(audit)),
            None => "interrupted, or none of the photos of the run is left".to_owned(),
        }
    };
    missing.push(MissingSection::new("Data audit", reason));
    Ok(None)
}

/// What was not asked for or cannot be had, and what brings it.
fn unasked(evaluation: &Evaluation, arguments: &ReportArguments) -> Vec<MissingSection> {
    let examination = &arguments.examination;
    [
        (
            evaluation.prediction_sets.is_none(),
            "Prediction sets and abstention",
            "the classifier was trained without validation photos",
        ),
        (!examination.robustness, "Robustness to image corruptions", "add --robustness; it takes minutes"),
        (
            examination.ood.is_empty(),
            "Photos of other things",
            "only drawn things were tried; name a folder of other photos with --ood",
        ),
    ]
    .into_iter()
    .filter(|(is_missing, ..)| *is_missing)
    .map(|(_, section, reason)| MissingSection::new(section, reason))
    .collect()
}
