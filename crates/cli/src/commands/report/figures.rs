//! From an evaluation to the plain values of the report.

use std::path::Path;

use foliar_report::run::{
    Abstention, Calibration, ClassScore, Conformal, Origin, Robustness, RunView, Scores, Strangers, TestSet,
};
use foliar_report::{Estimate, ReliabilityBin};
use foliar_results::{self as evaluation, Evaluation, OodSet};
use foliar_train::{Group, Run};

use super::folder_name;

/// Most points of a curve that a page can tell apart.
const MOST_POINTS: usize = 200;

/// Gives `view` what was measured.
pub(super) fn fill(view: &mut RunView, evaluation: &Evaluation, run: &Run) {
    view.test = test(evaluation, run);
    view.scores = Some(scores(evaluation));
    view.calibration = Some(calibration(evaluation));
    view.abstention = Some(abstention(evaluation));
    view.conformal = evaluation.prediction_sets.as_ref().map(|sets| Conformal {
        promised: 1.0 - sets.alpha,
        found: estimate(sets.coverage),
        sizes: sets.sizes.iter().map(|&count| count as u64).collect(),
    });
    if let Some(ood) = &evaluation.ood {
        view.strangers = ood.sets.iter().map(strangers).collect();
        view.turned_away = ood.flagged_inside.map(estimate);
    }
    view.robustness = evaluation.robustness.as_ref().and_then(robustness);
}

fn estimate(of: evaluation::Estimate) -> Estimate {
    Estimate { value: of.value, low: of.low, high: of.high }
}

fn test(evaluation: &Evaluation, run: &Run) -> TestSet {
    let sample = &evaluation.data;
    let photographs = evaluation.photographs;
    // Groups that are single photographs are none.
    let in_groups = sample.groups < photographs;
    TestSet {
        name: folder_name(&sample.root),
        origin: match sample.origin {
            evaluation::Origin::Test => Origin::Test,
            evaluation::Origin::Validation => Origin::Validation,
            evaluation::Origin::Folder if is_same(&sample.root, &run.data_root) => Origin::Trained,
            evaluation::Origin::Folder => Origin::Other,
        },
        photographs: photographs as u64,
        groups: in_groups.then_some(sample.groups as u64),
        grouped: in_groups && run.recipe.data.group != Group::None,
    }
}

/// Whether two paths lead to one folder.
fn is_same(one: &Path, other: &Path) -> bool {
    one == other || one.canonicalize().is_ok_and(|one| one == other)
}

fn scores(evaluation: &Evaluation) -> Scores {
    let scores = &evaluation.scores;
    let class = |result: &evaluation::ClassResult| {
        let occurs = result.photographs > 0;
        ClassScore {
            name: result.class.clone(),
            photographs: result.photographs as u64,
            precision: (result.predicted > 0).then(|| estimate(result.scores.precision)),
            recall: occurs.then(|| estimate(result.scores.recall)),
            f1: (occurs || result.predicted > 0).then(|| estimate(result.scores.f1)),
            ..ClassScore::default()
        }
    };
    Scores {
        accuracy: estimate(scores.accuracy),
        commonest: evaluation.majority_share(),
        top: scores.top.iter().map(|top| (top.k, estimate(top.accuracy))).collect(),
        macro_f1: estimate(scores.macro_f1),
        loss: estimate(scores.loss),
        classes: evaluation.classes.iter().map(class).collect(),
        confusion: evaluation.confusion.counts.iter().flatten().map(|&count| count as u64).collect(),
    }
}

fn calibration(evaluation: &Evaluation) -> Calibration {
    let figures = &evaluation.calibration;
    let filled = figures.bins.iter().filter(|bin| bin.photographs > 0);
    let mut bins: Vec<ReliabilityBin> = filled
        .map(|bin| ReliabilityBin {
            low: bin.low,
            high: bin.high,
            confidence: bin.confidence,
            accuracy: bin.accuracy.value,
            interval: Some((bin.accuracy.low, bin.accuracy.high)),
            count: bin.photographs as u64,
        })
        .collect();
    // Bins of equally many photographs end at their lowest and highest confidence; drawn they meet half-way.
    for place in 1..bins.len() {
        let middle = f64::midpoint(bins[place - 1].high, bins[place].low);
        (bins[place - 1].high, bins[place].low) = (middle, middle);
    }
    Calibration {
        bins,
        error: Estimate::point(figures.error),
        excess: Some(estimate(figures.excess)),
        brier: estimate(evaluation.scores.brier),
    }
}

fn abstention(evaluation: &Evaluation) -> Abstention {
    let figures = &evaluation.selective;
    let points = &figures.curve.points;
    let last_answered =
        figures.threshold.and_then(|threshold| points.iter().rposition(|point| point.threshold >= threshold));
    let stride = points.len().div_ceil(MOST_POINTS).max(1);
    let kept: Vec<usize> = (0..points.len())
        .filter(|&place| place % stride == 0 || place + 1 == points.len() || Some(place) == last_answered)
        .collect();
    Abstention {
        coverage: kept.iter().map(|&place| points[place].coverage).collect(),
        risk: kept.iter().map(|&place| points[place].risk).collect(),
        chosen: last_answered.and_then(|place| kept.iter().position(|&one| one == place)),
        threshold: figures.threshold,
    }
}

fn strangers(set: &OodSet) -> Strangers {
    let distance = set.distance_auroc.map(|area| ("distance of features".to_owned(), estimate(area)));
    let energy = ("energy".to_owned(), estimate(set.energy_auroc));
    Strangers {
        name: folder_name(Path::new(&set.name)),
        pictures: set.photographs as u64,
        auroc: distance.into_iter().chain([energy]).collect(),
        rejected: set.flagged,
        named: set.answered,
    }
}

/// The first row is that of the photographs as they are.
fn robustness(figures: &evaluation::Robustness) -> Option<Robustness> {
    let (plain, worse) = figures.rows.split_first()?;
    let most = worse.iter().map(|row| row.accuracy.len()).max().unwrap_or(0);
    let cells =
        |row: &evaluation::RobustnessRow| row.accuracy.iter().map(|accuracy| Some(accuracy.value)).collect();
    Some(Robustness {
        clean: plain.accuracy.first()?.value,
        photographs: figures.photographs as u64,
        severities: (1..=most).map(|severity| severity.to_string()).collect(),
        rows: worse.iter().map(|row| (row.corruption.clone(), cells(row))).collect(),
    })
}
