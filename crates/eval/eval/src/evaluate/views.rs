//! A classifier with several views of each photograph, against itself with one.

use std::collections::BTreeMap;

use foliar_metrics::{Bootstrap, Groups, PairedDifference, Predictions};
use foliar_model::{Predictor, Views};
use foliar_results::{Evaluation, PhotographPrediction, ViewFigures, ViewsResult};

use super::{EvalSource, EvaluateOptions, Stage, evaluate};
use crate::error::EvalError;

/// An evaluation with several views of each photograph, and what they gain.
#[derive(Debug)]
pub struct ViewsEvaluation {
    /// With several views. Nothing is promised of its sets and thresholds, which were fitted to one.
    pub several: Evaluation,
    /// Against one view, on the photographs of `several`.
    pub gain: ViewsResult,
}

/// As [`evaluate`](super::evaluate()), with so many `views` of each photograph and, on the same photographs, with one. The predictor has one view again
/// afterwards.
///
/// # Errors
/// As [`evaluate`](super::evaluate()); a run that set nothing aside for a test: its classifier was trained on its other photographs, and the predictions
/// that it keeps of those are of one view.
pub fn evaluate_views(
    predictor: &mut Predictor,
    views: Views,
    source: &EvalSource<'_>,
    options: &EvaluateOptions,
    progress: &mut dyn FnMut(Stage, usize, usize),
) -> Result<ViewsEvaluation, EvalError> {
    predictor.set_views(views)?;
    let several = evaluate(predictor, source, options, progress);
    predictor.set_views(Views::ONE)?;
    let mut several = several?;
    let plain = EvaluateOptions { drawn: false, ood: Vec::new(), robustness: false, ..options.clone() };
    let one = evaluate(predictor, source, &plain, progress)?;
    promise_nothing(&mut several);
    let bootstrap = Bootstrap::default();
    let rows: BTreeMap<&str, &PhotographPrediction> =
        one.predictions.iter().map(|row| (row.path.as_str(), row)).collect();
    let pairs: Vec<(&PhotographPrediction, &PhotographPrediction)> =
        several.predictions.iter().filter_map(|row| Some((row, *rows.get(row.path.as_str())?))).collect();
    let classes = several.classes.len();
    let groups: Vec<u64> = pairs.iter().map(|(row, _)| row.group).collect();
    let predictions = |rows: Vec<&PhotographPrediction>| {
        let logits = rows.iter().flat_map(|row| row.logits.iter().copied()).collect();
        let labels = rows.iter().map(|row| row.label as u32).collect();
        Predictions::new(logits, labels, Groups::new(&groups), classes)
    };
    let first = predictions(pairs.iter().map(|(row, _)| *row).collect())?;
    let second = predictions(pairs.iter().map(|(_, row)| *row).collect())?;
    let gain = ViewsResult {
        count: views.count(),
        difference: PairedDifference::of(&first, &second, &bootstrap)?,
        one: figures(&one),
        several: figures(&several),
    };
    Ok(ViewsEvaluation { several, gain })
}

/// Takes back what is promised of one view.
fn promise_nothing(evaluation: &mut Evaluation) {
    if let Some(sets) = &mut evaluation.prediction_sets {
        sets.guaranteed_coverage = None;
    }
    evaluation.selective.guaranteed = false;
}

fn figures(evaluation: &Evaluation) -> ViewFigures {
    let Evaluation { scores, calibration, selective, prediction_sets, .. } = evaluation;
    let value = |estimate: foliar_results::Estimate| estimate.value;
    ViewFigures {
        accuracy: scores.accuracy.value,
        loss: scores.loss.value,
        calibration_excess: calibration.excess.value,
        coverage: prediction_sets.as_ref().map(|sets| sets.coverage.value),
        answered: selective.threshold.and(selective.answered).map(value),
        error: selective.threshold.and(selective.error).map(value),
    }
}
