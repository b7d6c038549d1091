//! From what was said of photographs to figures.

use foliar_metrics::{
    Binning, Bootstrap, CalibrationExcess, Estimate, Groups, Metrics, Predictions, RiskCoverage, Scores,
    energy, reliability_bins, wilson,
};

use super::sample::Choice;
use super::{Outsiders, share_of};
use crate::bundle::Bundle;
use crate::caution::Doubt;
use crate::error::LearnError;
use crate::evaluation::{
    CalibrationFigures, ClassCoverage, Evaluation, OutsideFigures, OutsideKind, OutsideSet, PhotographRow,
    Robustness, Sample, SelectiveFigures, SetFigures,
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
        sets: sets(bundle, asked, &predictions, bootstrap),
        selective: selective(bundle, asked, &predictions, bootstrap)?,
        outside: outside_figures(asked, outside, bootstrap),
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
    let CalibrationExcess { error, expected, excess, p_value } =
        CalibrationExcess::new(&confidences, &right, groups, binning, bootstrap)?;
    let gaps: Vec<f64> =
        confidences.iter().zip(&right).map(|(p, &right)| p - f64::from(u8::from(right))).collect();
    Ok(CalibrationFigures {
        temperature: bundle.temperature,
        error,
        error_if_perfect: expected,
        excess,
        p_value,
        overconfidence: bootstrap.mean(&gaps, groups),
        bins: reliability_bins(&confidences, &right, binning)?,
    })
}

/// What is won by leaving photographs unanswered.
fn selective(
    bundle: &Bundle,
    asked: &[Asked],
    predictions: &Predictions,
    bootstrap: &Bootstrap,
) -> Result<SelectiveFigures, LearnError> {
    let right = predictions.correct();
    let answered: Vec<bool> = asked.iter().map(|asked| asked.outputs.doubt().is_none()).collect();
    let places: Vec<usize> = (0..asked.len()).filter(|&index| answered[index]).collect();
    let wrong: Vec<bool> = places.iter().map(|&index| !right[index]).collect();
    let groups: Vec<u64> = places.iter().map(|&index| asked[index].group).collect();
    Ok(SelectiveFigures {
        curve: RiskCoverage::new(&predictions.confidences(), &right)?,
        threshold: bundle.caution.as_ref().map(|caution| caution.level().threshold),
        answered: bootstrap.share(&answered, predictions.groups()),
        error: (!places.is_empty()).then(|| bootstrap.share(&wrong, &Groups::new(&groups))),
    })
}

/// Whether sets hold the truth.
fn sets(
    bundle: &Bundle,
    asked: &[Asked],
    predictions: &Predictions,
    bootstrap: &Bootstrap,
) -> Option<SetFigures> {
    let rules = &bundle.caution.as_ref()?.level().sets;
    let sets: Vec<&[usize]> = asked.iter().map(|asked| asked.outputs.set().unwrap_or_default()).collect();
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
    Some(SetFigures {
        alpha: rules.alpha,
        score: rules.score,
        coverage: bootstrap.share(&holds, predictions.groups()),
        size: bootstrap.mean(&lengths, predictions.groups()),
        sizes,
        classes: (0..predictions.classes() as u32).map(of_class).collect(),
    })
}

/// Whether photographs of something else are told from those asked about; `None` if there are none.
fn outside_figures(asked: &[Asked], outside: &[Outsiders], bootstrap: &Bootstrap) -> Option<OutsideFigures> {
    let is_refused = |outputs: &Outputs| outputs.doubt() == Some(Doubt::Outside);
    let auroc = |outsiders: &Outsiders, score: &dyn Fn(&Outputs) -> Option<f64>| {
        let inside = asked.iter().filter_map(|asked| Some((score(&asked.outputs)?, asked.group)));
        let (inside, groups): (Vec<f64>, Vec<u64>) = inside.unzip();
        let others: Vec<f64> = outsiders.said().filter_map(score).collect();
        let both = !inside.is_empty() && !others.is_empty();
        both.then(|| auroc(&inside, &others, &Groups::new(&groups), bootstrap))
    };
    let set = |outsiders: &Outsiders| {
        let kinds = outsiders.kinds.iter().map(|(name, said)| OutsideKind {
            name: name.clone(),
            photographs: said.len(),
            refused: share_of(said.iter(), is_refused),
        });
        OutsideSet {
            name: outsiders.name.clone(),
            photographs: outsiders.said().count(),
            distance_auroc: auroc(outsiders, &Outputs::distance),
            energy_auroc: auroc(outsiders, &|outputs| Some(energy(&outputs.logits)))
                .unwrap_or(Estimate { value: 0.5, interval: [0.0, 1.0] }),
            refused: share_of(outsiders.said(), is_refused),
            answered: share_of(outsiders.said(), |outputs| outputs.doubt().is_none()),
            kinds: kinds.collect(),
        }
    };
    let with_distance = asked.iter().filter(|asked| asked.outputs.distance().is_some());
    let (refused, groups): (Vec<bool>, Vec<u64>) =
        with_distance.map(|asked| (is_refused(&asked.outputs), asked.group)).unzip();
    (!outside.is_empty()).then(|| OutsideFigures {
        refused_inside: (!refused.is_empty()).then(|| bootstrap.share(&refused, &Groups::new(&groups))),
        sets: outside.iter().map(set).collect(),
    })
}

/// Area under the receiver operating characteristic of a score, `inside` against `outside`, with its interval: groups of the
/// photographs inside are drawn, and photographs outside one by one.
fn auroc(inside: &[f64], outside: &[f64], groups: &Groups, bootstrap: &Bootstrap) -> Estimate {
    let value = foliar_metrics::auroc(inside, outside);
    let own = (0..outside.len()).map(|index| (groups.count() + index) as u64);
    let numbers: Vec<u64> = groups.of().iter().map(|&group| u64::from(group)).chain(own).collect();
    let scores = [inside, outside].concat();
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    let mut areas = Vec::with_capacity(bootstrap.resamples);
    bootstrap.resample(&Groups::new(&numbers), |_, weights| {
        // Going up, each one outside is above all inside so far and ties with those of its own score.
        let (mut below, mut others, mut area) = (0.0, 0.0, 0.0);
        for tied in order.chunk_by(|&a, &b| scores[a] == scores[b]) {
            let weigh = |outside: bool| -> f64 {
                let chosen = tied.iter().filter(|&&index| (index >= inside.len()) == outside);
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
