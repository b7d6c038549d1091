//! From what was said of photographs to figures.

use foliar_metrics::{Binning, Bootstrap, Estimate, Groups, Metrics, Predictions, Scores, wilson};

use super::sample::Choice;
use super::{Outsiders, share, share_of};
use crate::bundle::Bundle;
use crate::caution::Doubt;
use crate::error::LearnError;
use crate::evaluation::{
    CalibrationFigures, ClassCoverage, Evaluation, OutsideFigures, OutsideKind, OutsideSet, PhotographRow,
    RiskPoint, Robustness, Sample, SelectiveFigures, SetFigures,
};
use crate::predict::Outputs;

/// Points of the curve of error against share answered.
const POINTS: usize = 200;

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
        calibration: calibration(bundle, &predictions, &scores, bootstrap)?,
        sets: sets(bundle, asked, &predictions, bootstrap),
        selective: selective(bundle, asked, &predictions, bootstrap)?,
        outside: outside_figures(asked, predictions.groups(), outside, bootstrap)?,
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
