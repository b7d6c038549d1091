//! From what was said of photographs to figures.

use foliar_metrics::{
    Binning, Bootstrap, DebiasedEce, Detection, Estimate, GroupedScores, Groups, Metrics, Predictions,
    RiskCoverage, Scores, SelectiveRisk, SetCoverage, energy, reliability_bins,
};

use super::sample::Choice;
use super::{Outsiders, share_of};
use crate::bundle::Bundle;
use crate::caution::Doubt;
use crate::error::LearnError;
use crate::evaluation::{
    CalibrationFigures, Evaluation, OutsideFigures, OutsideKind, OutsideSet, PhotographRow, Robustness,
    Sample, SelectiveFigures, SetFigures,
};
use crate::predict::Outputs;

/// One photograph and what was said of it.
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) label: u32,
    pub(super) group: u64,
    pub(super) outputs: Outputs,
}

/// All figures of `asked`.
pub(super) fn evaluation(
    bundle: &Bundle,
    choice: Choice,
    asked: &[Asked],
    outside: &[Outsiders],
    robustness: Option<Robustness>,
    bootstrap: &Bootstrap,
) -> Result<Evaluation, LearnError> {
    let logits: Vec<f32> = asked.iter().flat_map(|asked| asked.outputs.logits.iter().copied()).collect();
    let labels: Vec<u32> = asked.iter().map(|asked| asked.label).collect();
    let numbers: Vec<u64> = asked.iter().map(|asked| asked.group).collect();
    let metrics = Metrics::new(&logits, &labels, &bundle.classes);
    let predictions = Predictions::new(logits, labels, Groups::new(&numbers), bundle.classes.len())?;
    let scores = Scores::with_intervals(&predictions, bootstrap);
    Ok(Evaluation {
        sample: Sample { root: choice.root, origin: choice.origin, groups: predictions.groups().count() },
        calibration: calibration(bundle, &predictions, bootstrap)?,
        sets: sets(bundle, asked, &predictions, bootstrap)?,
        selective: selective(bundle, asked, &predictions, bootstrap)?,
        outside: outside_figures(asked, outside, bootstrap)?,
        robustness,
        rows: asked.iter().map(row).collect(),
        unknown_classes: choice.unknown_classes,
        problems: choice.problems,
        metrics,
        scores,
    })
}

fn row(asked: &Asked) -> PhotographRow {
    let outputs = &asked.outputs;
    let said = outputs.said();
    PhotographRow {
        path: asked.path.clone(),
        truth: asked.label as usize,
        said,
        confidence: outputs.probabilities()[said],
        logits: outputs.logits.clone(),
        set: outputs.set().map(<[usize]>::to_vec),
        distance: outputs.distance(),
        energy: energy(&outputs.logits),
        abstains: outputs.doubt().is_some(),
        group: asked.group,
    }
}

/// Whether probabilities mean what they say.
fn calibration(
    bundle: &Bundle,
    predictions: &Predictions,
    bootstrap: &Bootstrap,
) -> Result<CalibrationFigures, LearnError> {
    let (confidences, right) = (predictions.confidences(), predictions.correct());
    let (groups, binning) = (predictions.groups(), Binning::default());
    let DebiasedEce { error, expected, excess, p_value } =
        DebiasedEce::new(&confidences, &right, groups, binning, bootstrap)?;
    let gaps: Vec<f64> =
        confidences.iter().zip(&right).map(|(p, &right)| p - f64::from(u8::from(right))).collect();
    Ok(CalibrationFigures {
        temperature: bundle.temperature,
        error,
        error_if_perfect: expected,
        excess,
        p_value,
        overconfidence: bootstrap.mean(&gaps, groups),
        bins: reliability_bins(&confidences, &right, groups, binning, bootstrap)?,
    })
}

/// What is won by leaving photographs unanswered.
fn selective(
    bundle: &Bundle,
    asked: &[Asked],
    predictions: &Predictions,
    bootstrap: &Bootstrap,
) -> Result<SelectiveFigures, LearnError> {
    let (right, groups) = (predictions.correct(), predictions.groups());
    let answered: Vec<bool> = asked.iter().map(|asked| asked.outputs.doubt().is_none()).collect();
    let SelectiveRisk { answered, risk, .. } = SelectiveRisk::new(&answered, &right, groups, bootstrap)?;
    Ok(SelectiveFigures {
        curve: RiskCoverage::new(&predictions.confidences(), &right, groups, bootstrap)?,
        threshold: bundle.caution.as_ref().map(|caution| caution.level().threshold),
        answered,
        error: risk,
    })
}

/// Whether sets hold the truth.
fn sets(
    bundle: &Bundle,
    asked: &[Asked],
    predictions: &Predictions,
    bootstrap: &Bootstrap,
) -> Result<Option<SetFigures>, LearnError> {
    let Some(caution) = &bundle.caution else { return Ok(None) };
    let rules = &caution.level().sets;
    let sets: Vec<&[usize]> = asked.iter().map(|asked| asked.outputs.set().unwrap_or_default()).collect();
    let SetCoverage { coverage, mean_size, sizes, classes, .. } =
        SetCoverage::of(&sets, predictions, bootstrap)?;
    let classes = classes.into_iter().map(|class| (class.photographs > 0).then_some(class));
    Ok(Some(SetFigures {
        alpha: rules.alpha,
        score: rules.score,
        coverage,
        size: mean_size,
        sizes,
        classes: classes.collect(),
    }))
}

/// Whether photographs of something else are told from those asked about; `None` if there are none.
fn outside_figures(
    asked: &[Asked],
    outside: &[Outsiders],
    bootstrap: &Bootstrap,
) -> Result<Option<OutsideFigures>, LearnError> {
    if outside.is_empty() {
        return Ok(None);
    }
    let is_refused = |outputs: &Outputs| outputs.doubt() == Some(Doubt::Outside);
    let auroc = |outsiders: &Outsiders, score: &dyn Fn(&Outputs) -> Option<f64>| {
        let inside = asked.iter().filter_map(|asked| Some((score(&asked.outputs)?, asked.group)));
        let (inside, groups): (Vec<f64>, Vec<u64>) = inside.unzip();
        let others: Vec<f64> = outsiders.said().filter_map(score).collect();
        auroc(&inside, &Groups::new(&groups), &others, bootstrap)
    };
    let set = |outsiders: &Outsiders| {
        let kinds = outsiders.kinds.iter().map(|(name, said)| OutsideKind {
            name: name.clone(),
            photographs: said.len(),
            refused: share_of(said.iter(), is_refused),
        });
        Ok(OutsideSet {
            name: outsiders.name.clone(),
            photographs: outsiders.said().count(),
            distance_auroc: auroc(outsiders, &Outputs::distance)?,
            energy_auroc: auroc(outsiders, &|outputs| Some(energy(&outputs.logits)))?
                .unwrap_or(Estimate::new(0.5, [0.0, 1.0])),
            refused: share_of(outsiders.said(), is_refused),
            answered: share_of(outsiders.said(), |outputs| outputs.doubt().is_none()),
            kinds: kinds.collect(),
        })
    };
    let with_distance = asked.iter().filter(|asked| asked.outputs.distance().is_some());
    let (refused, groups): (Vec<bool>, Vec<u64>) =
        with_distance.map(|asked| (is_refused(&asked.outputs), asked.group)).unzip();
    Ok(Some(OutsideFigures {
        refused_inside: (!refused.is_empty()).then(|| bootstrap.proportion(&refused, &Groups::new(&groups))),
        sets: outside.iter().map(set).collect::<Result<_, LearnError>>()?,
    }))
}

/// Area under the receiver operating characteristic of a score, `inside` against `outside`, with its interval: groups of the
/// photographs inside are drawn, and photographs outside one by one. `None` if either is missing.
fn auroc(
    inside: &[f64],
    groups: &Groups,
    outside: &[f64],
    bootstrap: &Bootstrap,
) -> Result<Option<Estimate>, LearnError> {
    if inside.is_empty() || outside.is_empty() {
        return Ok(None);
    }
    let inside = GroupedScores { scores: inside, groups };
    let outside = GroupedScores { scores: outside, groups: &Groups::independent(outside.len()) };
    Ok(Some(Detection::new(inside, outside, bootstrap)?.auroc))
}
