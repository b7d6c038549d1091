//! Every figure of predictions from a JSON file, as JSON on stdout: what `bench/metrics.py` compares with other programs.
//!
//! The file holds `classes`, and under `calibration` and `test` each `logits` (a row a photograph), `labels` and `groups`;
//! `resamples` and `alphas`; features as `train_features`, `train_labels`, `test_features`; two lists of scores, `inside` and
//! `outside`; `pairs` of photographs that one of two classifiers alone has right and `bounds` (errors, trials, confidence).

use std::time::Instant;

use foliar_metrics::{
    Binning, Bootstrap, Conditioning, ConformalSets, DebiasedEce, Detection, GroupedScores, Groups,
    MahalanobisDetector, Predictions, RiskCoverage, Scores, SetCoverage, auroc, calibration_error, energy,
    reliability_bins, sign_flip_test, softmax, upper_bound, wilson,
};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Part {
    logits: Vec<Vec<f32>>,
    labels: Vec<u32>,
    groups: Vec<u64>,
}

#[derive(Deserialize)]
struct Input {
    classes: usize,
    resamples: usize,
    alphas: Vec<f64>,
    calibration: Part,
    test: Part,
    train_features: Vec<Vec<f32>>,
    train_labels: Vec<u32>,
    test_features: Vec<Vec<f32>>,
    inside: Vec<f64>,
    outside: Vec<f64>,
    pairs: Vec<(usize, usize)>,
    bounds: Vec<(usize, usize, f64)>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: metrics_of PREDICTIONS.json")?;
    let input: Input = serde_json::from_slice(&std::fs::read(path)?)?;
    let predictions = |part: &Part| {
        Predictions::new(part.logits.concat(), part.labels.clone(), Groups::new(&part.groups), input.classes)
    };
    let (calibration, test) = (predictions(&input.calibration)?, predictions(&input.test)?);
    let bootstrap = Bootstrap { resamples: input.resamples, ..Bootstrap::default() };
    let few = Bootstrap { resamples: 1, ..bootstrap };
    let (confidences, right) = (test.confidences(), test.correct());
    let mut errors = Vec::new();
    for bins in [5, 10, 15] {
        for binning in [Binning::EqualWidth(bins), Binning::EqualMass(bins)] {
            errors.push(json!({
                "binning": binning,
                "error": calibration_error(&confidences, &right, binning)?,
                "bins": reliability_bins(&confidences, &right, test.groups(), binning, &few)?,
            }));
        }
    }
    let excess = DebiasedEce::new(&confidences, &right, test.groups(), Binning::EqualMass(15), &bootstrap)?;
    let mut sets = Vec::new();
    for &alpha in &input.alphas {
        for conditioning in [Conditioning::Marginal, Conditioning::ClassConditional] {
            let fitted = ConformalSets::fit(&calibration, alpha, conditioning)?;
            let rows = test.rows().map(|row| fitted.set(&softmax(row))).collect::<Result<Vec<_>, _>>()?;
            sets.push(json!({
                "conditioning": conditioning,
                "alpha": alpha,
                "fitted": fitted,
                "coverage": SetCoverage::of(&rows, &test, &few)?,
                "sets": rows,
            }));
        }
    }
    let curve = RiskCoverage::new(&confidences, &right, test.groups(), &few)?;
    let clock = Instant::now();
    let scores = Scores::with_intervals(&test, &bootstrap);
    let seconds = clock.elapsed().as_secs_f64();
    let [inside_groups, outside_groups] =
        [&input.inside, &input.outside].map(|scores| Groups::independent(scores.len()));
    let inside = GroupedScores { scores: &input.inside, groups: &inside_groups };
    let outside = GroupedScores { scores: &input.outside, groups: &outside_groups };
    let result = json!({
        "scores": scores,
        "seconds_of_intervals": seconds,
        "calibration_errors": errors,
        "excess": excess,
        "sets": sets,
        "risk_area": curve.area.value,
        "risk_excess": curve.excess.value,
        "energies": test.rows().map(energy).collect::<Vec<f64>>(),
        "detection": Detection::new(inside, outside, &few)?,
        "auroc_of_errors": auroc(
            &picked(&confidences, &right, false),
            &picked(&confidences, &right, true),
        ),
        "distance": distances(&input)?,
        "sign_flips": input.pairs.iter().map(sign_flips).collect::<Vec<f64>>(),
        "wilson": input.bounds.iter().map(|&(k, n, _)| wilson(k, n)).collect::<Vec<_>>(),
        "upper_bounds": input
            .bounds
            .iter()
            .map(|&(k, n, confidence)| upper_bound(k, n, confidence))
            .collect::<Result<Vec<f64>, _>>()?,
    });
    serde_json::to_writer(std::io::stdout().lock(), &result)?;
    Ok(())
}

/// The sign-flip test of `b` independent photographs on which the first alone is right, and `c` on which the second is.
fn sign_flips(&(b, c): &(usize, usize)) -> f64 {
    let differences = [vec![1.0; b], vec![-1.0; c]].concat();
    sign_flip_test(&differences, &Groups::independent(b + c), 0)
}

fn picked(values: &[f64], verdicts: &[bool], wanted: bool) -> Vec<f64> {
    values.iter().zip(verdicts).filter(|(_, verdict)| **verdict == wanted).map(|(value, _)| *value).collect()
}

fn distances(input: &Input) -> Result<Value, Box<dyn std::error::Error>> {
    let width = input.train_features.first().map_or(0, Vec::len);
    if width == 0 {
        return Ok(Value::Null);
    }
    let model = MahalanobisDetector::fit(&input.train_features.concat(), &input.train_labels, width)?;
    let scores = input.test_features.iter().map(|row| model.score(row)).collect::<Result<Vec<f64>, _>>()?;
    Ok(json!({ "shrinkage": model.shrinkage, "scores": scores }))
}
