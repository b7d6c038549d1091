//! How good a classifier of labels is on photographs whose labels are known.

use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;

use foliar_audit::file_problem;
use foliar_files::cell;
use foliar_metrics::{Binning, Bootstrap, DebiasedEce, Groups, LabelPredictions, LabelScores};
use foliar_model::{LabelAnswer, LabelPredictor, Presence};
use foliar_results::{
    LabelCalibration, LabelEvaluation, LabelPrediction, LabelResult, OverallLabelScores, PresenceResult,
};
use foliar_scan::ScanOptions;
use foliar_vision::{Problem, Task, portable_name};

use super::data::EvalPhotographs;
use super::{EvalSource, EvaluateOptions, Stage};
use crate::error::EvalError;

/// One photograph: what it shows, and what is said of each label.
struct Photograph {
    path: String,
    group: u64,
    shown: Vec<bool>,
    answers: Vec<LabelAnswer>,
}

/// Runs `predictor` on the photographs of `source`, whose labels a table says. Photographs with a label that the bundle does not
/// know are left out. `progress` is told what is being done, how much of it is done, and how much there is.
///
/// # Errors
/// Photographs without a table, or without a label of the classifier; a run that held nothing back; what is asked for besides and is
/// not measured of labels.
pub fn evaluate_labels(
    predictor: &mut LabelPredictor,
    source: &EvalSource<'_>,
    options: &EvaluateOptions,
    progress: &mut dyn FnMut(Stage, usize, usize),
) -> Result<LabelEvaluation, EvalError> {
    if options.robustness || !options.ood.is_empty() {
        return Err(EvalError::NotOfLabels);
    }
    let mut labels = options.labels.clone();
    labels.task = Task::MultiLabel;
    let scanning = ScanOptions {
        limits: options.limits,
        classes_from: options.classes_from,
        labels,
        classes: options.classes.clone(),
        match_names: options.match_names,
        review: options.review.clone(),
    };
    let mut data = EvalPhotographs::of(source, predictor.bundle(), &scanning)?;
    let photographs = photographs(predictor, &mut data, options, &mut |done, all| {
        progress(Stage::Photographs, done, all);
    })?;
    measured(predictor, data, &photographs, &Bootstrap::default())
}

/// The answers for the photographs that can be read; the others are added to the skipped files.
fn photographs(
    predictor: &mut LabelPredictor,
    data: &mut EvalPhotographs,
    options: &EvaluateOptions,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Vec<Photograph>, EvalError> {
    let rules = predictor.rules().clone();
    let EvalPhotographs { root, list, sets, skipped, .. } = data;
    let paths: Vec<PathBuf> = list.iter().map(|photo| root.join(&photo.path)).collect();
    let mut found = Vec::with_capacity(paths.len());
    let mut is_finite = true;
    predictor.predict_files(&paths, &options.limits, &mut |index, logits, _| {
        let photo = &list[index];
        match logits {
            Ok(logits) => {
                // What the model of the run says that was not trained on the photograph.
                let logits = photo.out_of_fold.as_ref().unwrap_or(&logits);
                is_finite &= logits.iter().all(|logit| logit.is_finite());
                found.push(Photograph {
                    path: portable_name(&photo.path),
                    group: photo.group,
                    shown: sets[photo.label as usize].clone(),
                    answers: rules.answers(logits),
                });
            }
            Err(reason) => skipped.push(file_problem(&Problem::new(&photo.path, reason))),
        }
        progress(index + 1, paths.len());
        ControlFlow::Continue(())
    })?;
    skipped.sort_by(|a, b| a.path.cmp(&b.path));
    if found.is_empty() || !is_finite {
        let what = match found.len() {
            0 => format!("none of the {} photos could be read", list.len()),
            _ => "the network's outputs are not finite numbers; train again at a lower learning rate"
                .to_owned(),
        };
        return Err(EvalError::Unusable { root: root.clone(), what });
    }
    Ok(found)
}

fn measured(
    predictor: &LabelPredictor,
    data: EvalPhotographs,
    photographs: &[Photograph],
    bootstrap: &Bootstrap,
) -> Result<LabelEvaluation, EvalError> {
    let rules = predictor.rules();
    let groups = Groups::new(&photographs.iter().map(|photo| photo.group).collect::<Vec<u64>>());
    let answers = || photographs.iter().flat_map(|photo| &photo.answers);
    let predictions = LabelPredictions::new(
        answers().map(|answer| answer.probability).collect(),
        photographs.iter().flat_map(|photo| photo.shown.iter().copied()).collect(),
        &rules.thresholds(),
        groups,
    )?;
    let LabelScores {
        mean_f1,
        macro_f1,
        micro_f1,
        mean_average_precision,
        exact_match,
        hamming_loss,
        loss,
        labels,
    } = LabelScores::with_intervals(&predictions, bootstrap);
    let count = |list: &[bool]| list.iter().filter(|&&there| there).count();
    let names = &predictor.bundle().classes;
    let result = |(place, scores)| -> Result<LabelResult, EvalError> {
        let shown = predictions.shown_of(place);
        let binning = Binning::default();
        let DebiasedEce { error, excess, p_value, .. } = DebiasedEce::new(
            &predictions.probabilities_of(place),
            &shown,
            predictions.groups(),
            binning,
            bootstrap,
        )?;
        Ok(LabelResult {
            label: names[place].clone(),
            photographs: count(&shown),
            called: count(&predictions.called_of(place)),
            threshold: rules.labels[place].threshold,
            scores,
            calibration: LabelCalibration { error, excess, p_value },
            presence: presence(photographs, place, predictions.groups(), bootstrap),
        })
    };
    Ok(LabelEvaluation {
        photographs: photographs.len(),
        scores: OverallLabelScores {
            mean_f1,
            macro_f1,
            micro_f1,
            mean_average_precision,
            exact_match,
            hamming_loss,
            loss,
        },
        labels: labels.into_iter().enumerate().map(result).collect::<Result<_, _>>()?,
        risk: rules.risk(),
        calibrated: (rules.photographs > 0).then_some(rules.calibrated),
        predictions: photographs.iter().map(prediction).collect(),
        unknown_labels: data.unknown_classes.clone(),
        problems: data.skipped.clone(),
        data: data.described(predictions.groups().count()),
    })
}

fn prediction(photo: &Photograph) -> LabelPrediction {
    let places =
        |there: &dyn Fn(usize) -> bool| (0..photo.shown.len()).filter(|&label| there(label)).collect();
    LabelPrediction {
        path: photo.path.clone(),
        shown: places(&|label| photo.shown[label]),
        called: places(&|label| photo.answers[label].called),
        probabilities: photo.answers.iter().map(|answer| answer.probability).collect(),
        presence: photo.answers.iter().filter_map(|answer| answer.presence).map(Presence::name).collect(),
        group: photo.group,
    }
}

fn presence(
    photographs: &[Photograph],
    label: usize,
    groups: &Groups,
    bootstrap: &Bootstrap,
) -> Option<PresenceResult> {
    let said: Vec<Presence> =
        photographs.iter().map(|photo| photo.answers[label].presence).collect::<Option<_>>()?;
    let covered = |there: bool, wrong: Presence| {
        let chosen: Vec<bool> = photographs.iter().map(|photo| photo.shown[label] == there).collect();
        let holds: Vec<bool> = said.iter().map(|said| *said != wrong).collect();
        chosen.contains(&true).then(|| bootstrap.proportion_of(&holds, &chosen, groups))
    };
    let unsure: Vec<bool> = said.iter().map(|said| *said == Presence::Unsure).collect();
    Some(PresenceResult {
        coverage_present: covered(true, Presence::Absent),
        coverage_absent: covered(false, Presence::Present),
        unsure: bootstrap.proportion(&unsure, groups),
    })
}

/// The predictions of `evaluation` as comma-separated values with a header: path, the labels that a photograph shows and those
/// that are called, separated by `|`, whether all are right, group, and for each label its probability and presence.
///
/// # Errors
/// None that is expected: the table is made in memory.
pub fn labels_table(evaluation: &LabelEvaluation) -> Result<Vec<u8>, EvalError> {
    let refuse = |error: csv::Error| EvalError::Table(io::Error::from(error));
    let names: Vec<&str> = evaluation.labels.iter().map(|label| label.label.as_str()).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let fixed = ["path", "labels", "called", "correct", "group"].map(String::from);
    let columns = names.iter().flat_map(|name| [format!("p({name})"), format!("presence({name})")]);
    writer.write_record(fixed.into_iter().chain(columns)).map_err(refuse)?;
    for LabelPrediction { path, shown, called, probabilities, presence, group } in &evaluation.predictions {
        let joined =
            |places: &[usize]| places.iter().map(|&place| names[place]).collect::<Vec<_>>().join("|");
        let mut fields = vec![
            path.clone(),
            joined(shown),
            joined(called),
            (shown == called).to_string(),
            group.to_string(),
        ];
        for (place, probability) in probabilities.iter().enumerate() {
            fields.push(format!("{probability:.6}"));
            fields.push(presence.get(place).copied().unwrap_or_default().to_owned());
        }
        writer.write_record(fields.iter().map(|field| cell::defused(field).into_owned())).map_err(refuse)?;
    }
    writer.into_inner().map_err(|error| EvalError::Table(error.into_error()))
}
