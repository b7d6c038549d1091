//! From answers to the values of an evaluation.

use foliar_metrics::{
    AbstentionReason, Binning, Bootstrap, CalibrationExcess, ClassScores, Estimate, Groups, Metrics,
    Predictions, RiskCoverage, Scores, energy, reliability_bins, wilson,
};
use foliar_model::{Bundle, Prediction};
use foliar_results::{
    CalibrationResult, ClassCoverage, ClassResult, Evaluation, EvaluationData, OodKind, OodResult, OodSet,
    OverallScores, PhotographPrediction, PredictionSetResult, Robustness, SelectiveResult,
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
        data: EvaluationData {
            root: photographs.root,
            origin: photographs.origin,
            training_left_out: photographs.training_left_out,
            training_included: photographs.training_included,
            grouped_by: photographs.grouped_by,
            groups: predictions.groups().count(),
        },
        photographs: answers.len(),
        scores: OverallScores { accuracy, balanced_accuracy, macro_f1, top, matthews, kappa, loss, brier },
        classes: bundle.classes.iter().zip(classes).enumerate().map(class_result).collect(),
        calibration: calibration(bundle, &predictions, bootstrap)?,
        prediction_sets: prediction_sets(bundle, answers, &predictions, bootstrap),
        selective: selective(bundle, answers, &predictions, bootstrap)?,
        ood: ood(answers, foreign, bootstrap),
        robustness,
        predictions: answers.iter().map(photograph_prediction).collect(),
        unknown_classes: photographs.unknown_classes,
        problems: photographs.skipped,
        confusion,
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
    let CalibrationExcess { error, expected, excess, p_value } =
        CalibrationExcess::new(&confidences, &right, groups, binning, bootstrap)?;
    let gaps: Vec<f64> =
        confidences.iter().zip(&right).map(|(p, &right)| p - f64::from(u8::from(right))).collect();
    Ok(CalibrationResult {
        temperature: bundle.temperature,
        error,
        error_if_perfect: expected,
        excess,
        p_value,
        overconfidence: bootstrap.mean(&gaps, groups),
        bins: reliability_bins(&confidences, &right, binning)?,
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
    let groups = |places: &[usize]| {
        Groups::new(&places.iter().map(|&index| answers[index].group).collect::<Vec<u64>>())
    };
    let is_answered = |index: usize| answers[index].prediction.abstention().is_none();
    let answered: Vec<bool> = assessable.iter().map(|&index| is_answered(index)).collect();
    let places: Vec<usize> = assessable.iter().copied().filter(|&index| is_answered(index)).collect();
    let wrong: Vec<bool> = places.iter().map(|&index| !correct[index]).collect();
    let level = bundle.uncertainty.as_ref().map(|uncertainty| uncertainty.level());
    Ok(SelectiveResult {
        curve: RiskCoverage::new(&predictions.confidences(), &correct)?,
        threshold: level.map(|level| level.threshold),
        guaranteed: level.is_some_and(|level| level.guaranteed),
        assessed: assessable.len(),
        answered: (!assessable.is_empty()).then(|| bootstrap.share(&answered, &groups(&assessable))),
        error: (!places.is_empty()).then(|| bootstrap.share(&wrong, &groups(&places))),
    })
}

/// Whether prediction sets hold the true class.
fn prediction_sets(
    bundle: &Bundle,
    answers: &[Answer],
    predictions: &Predictions,
    bootstrap: &Bootstrap,
) -> Option<PredictionSetResult> {
    let rules = &bundle.uncertainty.as_ref()?.level().sets;
    let sets: Vec<&[usize]> =
        answers.iter().map(|answer| answer.prediction.set().unwrap_or_default()).collect();
    let labels = predictions.labels();
    let holds: Vec<bool> =
        sets.iter().zip(labels).map(|(set, &label)| set.contains(&(label as usize))).collect();
    let lengths: Vec<f64> = sets.iter().map(|set| set.len() as f64).collect();
    let mut sizes = vec![0; predictions.classes() + 1];
    sets.iter().for_each(|set| sizes[set.len()] += 1);
    let of_class = |class: u32| {
        let members: Vec<usize> = (0..labels.len()).filter(|&index| labels[index] == class).collect();
        let count = members.len();
        let covered = members.iter().filter(|&&index| holds[index]).count();
        (count > 0).then(|| ClassCoverage {
            photographs: count,
            coverage: covered as f64 / count as f64,
            interval: wilson(covered, count),
            size: members.iter().map(|&index| lengths[index]).sum::<f64>() / count as f64,
        })
    };
    Some(PredictionSetResult {
        alpha: rules.alpha,
        score: rules.score,
        coverage: bootstrap.share(&holds, predictions.groups()),
        size: bootstrap.mean(&lengths, predictions.groups()),
        sizes,
        classes: (0..predictions.classes() as u32).map(of_class).collect(),
    })
}

/// Whether photographs of something else are recognised as such; `None` if there are none.
fn ood(answers: &[Answer], foreign: &[ForeignPhotographs], bootstrap: &Bootstrap) -> Option<OodResult> {
    let is_flagged =
        |prediction: &Prediction| prediction.abstention() == Some(AbstentionReason::OutOfDistribution);
    let auroc = |photographs: &ForeignPhotographs, score: &dyn Fn(&Prediction) -> Option<f64>| {
        let own = answers.iter().filter_map(|answer| Some((score(&answer.prediction)?, answer.group)));
        let (own, groups): (Vec<f64>, Vec<u64>) = own.unzip();
        let others: Vec<f64> = photographs.predictions().filter_map(score).collect();
        let both = !own.is_empty() && !others.is_empty();
        both.then(|| auroc(&own, &others, &Groups::new(&groups), bootstrap))
    };
    let set = |photographs: &ForeignPhotographs| {
        let kinds = photographs.kinds.iter().map(|(name, predictions)| OodKind {
            name: name.clone(),
            photographs: predictions.len(),
            flagged: share_of(predictions.iter(), is_flagged),
        });
        OodSet {
            name: photographs.name.clone(),
            photographs: photographs.predictions().count(),
            distance_auroc: auroc(photographs, &Prediction::distance),
            energy_auroc: auroc(photographs, &|prediction| Some(energy(&prediction.logits)))
                .unwrap_or(Estimate { value: 0.5, interval: [0.0, 1.0] }),
            flagged: share_of(photographs.predictions(), is_flagged),
            answered: share_of(photographs.predictions(), |prediction| prediction.abstention().is_none()),
            kinds: kinds.collect(),
        }
    };
    let with_distance = answers.iter().filter(|answer| answer.prediction.distance().is_some());
    let (flagged, groups): (Vec<bool>, Vec<u64>) =
        with_distance.map(|answer| (is_flagged(&answer.prediction), answer.group)).unzip();
    (!foreign.is_empty()).then(|| OodResult {
        flagged_inside: (!flagged.is_empty()).then(|| bootstrap.share(&flagged, &Groups::new(&groups))),
        sets: foreign.iter().map(set).collect(),
    })
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

/// Area under the receiver operating characteristic of a score, `own` against `foreign`, with its interval: groups of own
/// photographs are resampled, and foreign photographs one by one.
fn auroc(inside: &[f64], ood: &[f64], groups: &Groups, bootstrap: &Bootstrap) -> Estimate {
    let value = foliar_metrics::auroc(inside, ood);
    let own = (0..ood.len()).map(|index| (groups.count() + index) as u64);
    let numbers: Vec<u64> = groups.of().iter().map(|&group| u64::from(group)).chain(own).collect();
    let scores = [inside, ood].concat();
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    let mut areas = Vec::with_capacity(bootstrap.resamples);
    bootstrap.resample(&Groups::new(&numbers), |_, weights| {
        // Going up, each one ood is above all inside so far and ties with those of its own score.
        let (mut below, mut others, mut area) = (0.0, 0.0, 0.0);
        for tied in order.chunk_by(|&a, &b| scores[a] == scores[b]) {
            let weigh = |ood: bool| -> f64 {
                let chosen = tied.iter().filter(|&&index| (index >= inside.len()) == ood);
                chosen.map(|&index| f64::from(weights[index])).sum()
            };
            let (within, beyond) = (weigh(false), weigh(true));
            area += beyond * (below + within / 2.0);
            below += within;
            others += beyond;
        }
        areas.push(area / (below * others));
    });
    Estimate { value, interval: bootstrap.interval(&mut areas).unwrap_or([value; 2]) }
}
