//! From answers to the values of an evaluation.

use foliar_metrics::{
    AbstentionReason, Binning, Bootstrap, ClassScores, DebiasedEce, Detection, Estimate, GroupedScores,
    Groups, Metrics, Predictions, RiskCoverage, Scores, SelectiveRisk, SetCoverage, energy, reliability_bins,
};
use foliar_model::{Bundle, Prediction};
use foliar_results::{
    CalibrationResult, ClassResult, Evaluation, OodKind, OodResult, OodSet, OverallScores,
    PhotographPrediction, PredictionSetResult, Robustness, SelectiveResult,
};

use super::data::EvalPhotographs;
use super::ood::ForeignPhotographs;
use crate::error::EvalError;

/// One photograph and what the classifier says of it.
pub(super) struct Answer {
    pub(super) path: String,
    pub(super) label: u32,
    pub(super) group: u64,
    pub(super) prediction: Prediction,
    /// Whether it can be assessed whether the photograph is out-of-distribution.
    pub(super) assessable: bool,
}

/// All values that follow from `answers`.
pub(super) fn evaluation(
    bundle: &Bundle,
    photographs: EvalPhotographs,
    answers: &[Answer],
    foreign: &[ForeignPhotographs],
    robustness: Option<Robustness>,
    bootstrap: &Bootstrap,
) -> Result<Evaluation, EvalError> {
    let logits: Vec<f32> =
        answers.iter().flat_map(|answer| answer.prediction.logits.iter().copied()).collect();
    let labels: Vec<u32> = answers.iter().map(|answer| answer.label).collect();
    let numbers: Vec<u64> = answers.iter().map(|answer| answer.group).collect();
    let confusion = Metrics::new(&logits, &labels, &bundle.classes).confusion;
    let predictions = Predictions::new(logits, labels, Groups::new(&numbers), bundle.classes.len())?;
    let Scores { accuracy, balanced_accuracy, macro_f1, top, matthews, kappa, loss, brier, classes, .. } =
        Scores::with_intervals(&predictions, bootstrap);
    let class_result = |(place, (name, scores)): (usize, (&String, ClassScores<Estimate>))| ClassResult {
        class: name.clone(),
        photographs: confusion.truths(place),
        predicted: confusion.calls(place),
        scores,
    };
    Ok(Evaluation {
        photographs: answers.len(),
        averaged_classes: (0..bundle.classes.len()).filter(|&class| confusion.truths(class) > 0).count(),
        scores: OverallScores { accuracy, balanced_accuracy, macro_f1, top, matthews, kappa, loss, brier },
        classes: bundle.classes.iter().zip(classes).enumerate().map(class_result).collect(),
        calibration: calibration(bundle, &predictions, bootstrap)?,
        prediction_sets: prediction_sets(bundle, answers, &predictions, bootstrap)?,
        selective: selective(bundle, answers, &predictions, bootstrap)?,
        ood: ood(answers, foreign, bootstrap)?,
        robustness,
        predictions: answers.iter().map(photograph_prediction).collect(),
        unknown_classes: photographs.unknown_classes.clone(),
        problems: photographs.skipped.clone(),
        confusion,
        data: photographs.described(predictions.groups().count()),
    })
}

fn photograph_prediction(answer: &Answer) -> PhotographPrediction {
    let prediction = &answer.prediction;
    let predicted = prediction.predicted();
    PhotographPrediction {
        path: answer.path.clone(),
        label: answer.label as usize,
        predicted,
        confidence: prediction.probabilities()[predicted],
        logits: prediction.logits.clone(),
        set: prediction.set().map(<[usize]>::to_vec),
        distance: prediction.distance(),
        energy: energy(&prediction.logits),
        abstention: prediction.abstention(),
        group: answer.group,
    }
}

/// Whether probabilities can be taken at their word.
fn calibration(
    bundle: &Bundle,
    predictions: &Predictions,
    bootstrap: &Bootstrap,
) -> Result<CalibrationResult, EvalError> {
    let (confidences, right) = (predictions.confidences(), predictions.correct());
    let (groups, binning) = (predictions.groups(), Binning::default());
    let DebiasedEce { error, expected, excess, p_value } =
        DebiasedEce::new(&confidences, &right, groups, binning, bootstrap)?;
    let gaps: Vec<f64> =
        confidences.iter().zip(&right).map(|(p, &right)| p - f64::from(u8::from(right))).collect();
    Ok(CalibrationResult {
        temperature: bundle.temperature,
        error,
        error_if_perfect: expected,
        excess,
        p_value,
        overconfidence: bootstrap.mean(&gaps, groups),
        bins: reliability_bins(&confidences, &right, groups, binning, bootstrap)?,
    })
}

/// What abstaining gains. The share answered is over the photographs that can be assessed: one that the detector was fitted to
/// is never out-of-distribution, and would make the classifier look bolder than it is.
fn selective(
    bundle: &Bundle,
    answers: &[Answer],
    predictions: &Predictions,
    bootstrap: &Bootstrap,
) -> Result<SelectiveResult, EvalError> {
    let correct = predictions.correct();
    let detects = bundle.uncertainty.as_ref().is_some_and(|uncertainty| uncertainty.ood.is_some());
    let assessable: Vec<usize> =
        (0..answers.len()).filter(|&index| answers[index].assessable || !detects).collect();
    let groups: Vec<u64> = assessable.iter().map(|&index| answers[index].group).collect();
    let answered: Vec<bool> =
        assessable.iter().map(|&index| answers[index].prediction.abstention().is_none()).collect();
    let right: Vec<bool> = assessable.iter().map(|&index| correct[index]).collect();
    let risk = SelectiveRisk::new(&answered, &right, &Groups::new(&groups), bootstrap)?;
    let level = bundle.uncertainty.as_ref().map(|uncertainty| uncertainty.level());
    let calibrated = bundle.uncertainty.as_ref().map(|uncertainty| uncertainty.calibrated);
    Ok(SelectiveResult {
        curve: RiskCoverage::new(&predictions.confidences(), &correct, predictions.groups(), bootstrap)?,
        threshold: level.map(|level| level.threshold),
        proven: level.is_some_and(|level| level.proven),
        calibrated,
        guaranteed: level.is_some_and(|level| level.guaranteed),
        more_groups: level.and_then(|level| level.more_groups),
        assessed: assessable.len(),
        answered: (!assessable.is_empty()).then_some(risk.answered),
        error: risk.risk,
    })
}

/// Whether prediction sets hold the true class; `None` for a bundle without them.
fn prediction_sets(
    bundle: &Bundle,
    answers: &[Answer],
    predictions: &Predictions,
    bootstrap: &Bootstrap,
) -> Result<Option<PredictionSetResult>, EvalError> {
    let Some(uncertainty) = &bundle.uncertainty else { return Ok(None) };
    let rules = &uncertainty.level().sets;
    let sets: Vec<&[usize]> =
        answers.iter().map(|answer| answer.prediction.set().unwrap_or_default()).collect();
    let SetCoverage { coverage, mean_size, sizes, classes, .. } =
        SetCoverage::of(&sets, predictions, bootstrap)?;
    Ok(Some(PredictionSetResult {
        alpha: rules.alpha,
        calibrated: uncertainty.calibrated,
        guaranteed_coverage: uncertainty.calibrated.guaranteed_coverage(rules.alpha),
        coverage,
        size: mean_size,
        sizes,
        classes: classes.into_iter().map(|class| (class.photographs > 0).then_some(class)).collect(),
    }))
}

/// Whether photographs of something else are recognised as such; `None` if there are none.
fn ood(
    answers: &[Answer],
    foreign: &[ForeignPhotographs],
    bootstrap: &Bootstrap,
) -> Result<Option<OodResult>, EvalError> {
    if foreign.is_empty() {
        return Ok(None);
    }
    let is_flagged =
        |prediction: &Prediction| prediction.abstention() == Some(AbstentionReason::OutOfDistribution);
    let auroc = |photographs: &ForeignPhotographs, score: &dyn Fn(&Prediction) -> Option<f64>| {
        let own = answers.iter().filter_map(|answer| Some((score(&answer.prediction)?, answer.group)));
        let (own, groups): (Vec<f64>, Vec<u64>) = own.unzip();
        let others: Vec<f64> = photographs.predictions().filter_map(score).collect();
        auroc(&own, &Groups::new(&groups), &others, bootstrap)
    };
    let set = |photographs: &ForeignPhotographs| {
        let kinds = photographs.kinds.iter().map(|(name, predictions)| OodKind {
            name: name.clone(),
            photographs: predictions.len(),
            flagged: share_of(predictions.iter(), is_flagged),
        });
        Ok(OodSet {
            name: photographs.name.clone(),
            photographs: photographs.predictions().count(),
            distance_auroc: auroc(photographs, &Prediction::distance)?,
            energy_auroc: auroc(photographs, &|prediction| Some(energy(&prediction.logits)))?
                .unwrap_or(Estimate::new(0.5, [0.0, 1.0])),
            flagged: share_of(photographs.predictions(), is_flagged),
            answered: share_of(photographs.predictions(), |prediction| prediction.abstention().is_none()),
            kinds: kinds.collect(),
        })
    };
    let with_distance = answers.iter().filter(|answer| answer.prediction.distance().is_some());
    let (flagged, groups): (Vec<bool>, Vec<u64>) =
        with_distance.map(|answer| (is_flagged(&answer.prediction), answer.group)).unzip();
    Ok(Some(OodResult {
        flagged_inside: (!flagged.is_empty()).then(|| bootstrap.proportion(&flagged, &Groups::new(&groups))),
        sets: foreign.iter().map(set).collect::<Result<_, EvalError>>()?,
    }))
}

/// Share of the predictions for which `holds`.
fn share_of<'a>(
    predictions: impl Iterator<Item = &'a Prediction>,
    holds: impl Fn(&Prediction) -> bool,
) -> f64 {
    let (mut count, mut holding) = (0usize, 0usize);
    predictions.for_each(|prediction| {
        count += 1;
        holding += usize::from(holds(prediction));
    });
    holding as f64 / count.max(1) as f64
}

/// Area under the receiver operating characteristic of a score, with its interval: groups of the classifier's own photographs
/// are resampled, foreign photographs one by one. `None` if either is missing.
fn auroc(
    own: &[f64],
    groups: &Groups,
    foreign: &[f64],
    bootstrap: &Bootstrap,
) -> Result<Option<Estimate>, EvalError> {
    if own.is_empty() || foreign.is_empty() {
        return Ok(None);
    }
    let own = GroupedScores { scores: own, groups };
    let foreign = GroupedScores { scores: foreign, groups: &Groups::independent(foreign.len()) };
    Ok(Some(Detection::new(own, foreign, bootstrap)?.auroc))
}
