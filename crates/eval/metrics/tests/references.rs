//! Figures against those of scikit-learn, SciPy and MAPIE, frozen by `bench/metrics_fixtures.py`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use foliar_metrics::{
    Binning, Bootstrap, Conditioning, ConformalSets, Detection, GroupedScores, Groups, MahalanobisDetector,
    Predictions, RiskCoverage, Scores, auroc, calibration_error, energy, sign_flip_test, softmax,
    upper_bound, wilson,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

const TOLERANCE: f64 = 1e-6;

fn fixture(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn of<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

fn near(what: &str, ours: &[f64], theirs: &Value) {
    let theirs: Vec<f64> = if theirs.is_array() { of(theirs) } else { vec![of(theirs)] };
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (a, b) in ours.iter().zip(&theirs) {
        assert!((a - b).abs() <= TOLERANCE * b.abs().max(1.0), "{what}: {a} {b}");
    }
}

fn predictions(part: &Value, classes: usize) -> Predictions {
    let logits: Vec<Vec<f32>> = of(&part["logits"]);
    let groups: Vec<u64> = of(&part["groups"]);
    Predictions::new(logits.concat(), of(&part["labels"]), Groups::new(&groups), classes).unwrap()
}

fn once() -> Bootstrap {
    Bootstrap { resamples: 1, ..Bootstrap::default() }
}

fn check_scores(test: &Predictions, expected: &Value) {
    let scores = Scores::of(test);
    for (name, value) in [
        ("accuracy", scores.accuracy),
        ("balanced_accuracy", scores.balanced_accuracy),
        ("macro_f1", scores.macro_f1),
        ("matthews", scores.matthews),
        ("kappa", scores.kappa),
        ("loss", scores.loss),
        ("brier", scores.brier),
    ] {
        near(name, &[value], &expected[name]);
    }
    let column =
        |of: fn(&foliar_metrics::ClassScores<f64>) -> f64| scores.classes.iter().map(of).collect::<Vec<_>>();
    near("precision", &column(|class| class.precision), &expected["precision"]);
    near("recall", &column(|class| class.recall), &expected["recall"]);
    near("f1", &column(|class| class.f1), &expected["f1"]);
    for top in &scores.top {
        near("top", &[top.accuracy], &expected["top"][top.k.to_string()]);
    }
}

fn check_calibration(test: &Predictions, expected: &Value) {
    let (confidences, right) = (test.confidences(), test.correct());
    for bins in [5, 15] {
        for (binning, name) in
            [(Binning::EqualWidth(bins), "equal_width"), (Binning::EqualMass(bins), "equal_mass")]
        {
            let error = calibration_error(&confidences, &right, binning).unwrap();
            near(name, &[error], &expected[name][bins.to_string()]);
        }
    }
    let curve = RiskCoverage::new(&confidences, &right, test.groups(), &once()).unwrap();
    near("risk area", &[curve.area.value], &expected["risk_area"]);
    near("risk excess", &[curve.excess.value], &expected["risk_excess"]);
    let picked = |wanted: bool| -> Vec<f64> {
        confidences.iter().zip(&right).filter(|(_, right)| **right == wanted).map(|(c, _)| *c).collect()
    };
    near("AUROC of errors", &[auroc(&picked(false), &picked(true))], &expected["auroc_of_errors"]);
}

fn check_sets(calibration: &Predictions, test: &Predictions, expected: &Value) {
    for entry in expected.as_array().unwrap() {
        let conditioning: Conditioning = of(&entry["conditioning"]);
        let fitted = ConformalSets::fit(calibration, of(&entry["alpha"]), conditioning).unwrap();
        let sets: Vec<Vec<usize>> = of(&entry["sets"]);
        for (row, expected) in test.rows().zip(&sets) {
            let mut set = fitted.set(&softmax(row)).unwrap();
            set.sort_unstable();
            assert_eq!(&set, expected, "{conditioning:?}");
        }
    }
}

#[test]
fn predictions_are_judged_as_by_scikit_learn_and_mapie() {
    for number in 0..4 {
        let fixture = fixture(&format!("predictions-{number}.json"));
        let (input, expected) = (&fixture["input"], &fixture["expected"]);
        let classes: usize = of(&input["classes"]);
        let (test, calibration) =
            (predictions(&input["test"], classes), predictions(&input["calibration"], classes));
        check_scores(&test, &expected["scores"]);
        check_calibration(&test, &expected["calibration"]);
        near("energy", &test.rows().map(energy).collect::<Vec<_>>(), &expected["energies"]);
        check_sets(&calibration, &test, &expected["sets"]);
    }
}

#[test]
fn out_of_distribution_scores_are_scikit_learns() {
    let fixture = fixture("out-of-distribution.json");
    let (input, expected) = (&fixture["input"], &fixture["expected"]);
    let (inside, outside): (Vec<f64>, Vec<f64>) = (of(&input["in_distribution"]), of(&input["ood"]));
    let groups = [&inside, &outside].map(|scores| Groups::independent(scores.len()));
    let inside = GroupedScores { scores: &inside, groups: &groups[0] };
    let outside = GroupedScores { scores: &outside, groups: &groups[1] };
    let found = Detection::new(inside, outside, &once()).unwrap();
    near("AUROC", &[found.auroc.value], &expected["auroc"]);
    let (features, fresh): (Vec<Vec<f32>>, Vec<Vec<f32>>) =
        (of(&input["features"]), of(&input["test_features"]));
    let labels: Vec<u32> = of(&input["labels"]);
    let detector = MahalanobisDetector::fit(&features.concat(), &labels, of(&input["width"])).unwrap();
    near("shrinkage", &[f64::from(detector.shrinkage)], &expected["shrinkage"]);
    // The model is kept in 32 bits.
    let theirs: Vec<f64> = of(&expected["distances"]);
    for (row, theirs) in fresh.iter().zip(theirs) {
        let ours = detector.score(row).unwrap();
        assert!((ours / theirs - 1.0).abs() < 1e-5, "{ours} {theirs}");
    }
}

#[test]
fn tests_and_bounds_are_scipys() {
    let fixture = fixture("counts.json");
    let (input, expected) = (&fixture["input"], &fixture["expected"]);
    let pairs: Vec<(usize, usize)> = of(&input["pairs"]);
    let theirs: Vec<f64> = of(&expected["mcnemar"]);
    for (&(b, c), theirs) in pairs.iter().zip(theirs) {
        // Of independent photographs the test is McNemar's; beyond 20 that differ it flips at random, 9,999 times.
        let differences = [vec![1.0; b], vec![-1.0; c]].concat();
        let ours = sign_flip_test(&differences, &Groups::independent(b + c), 0);
        let error =
            if b + c <= 20 { TOLERANCE } else { 4.0 * (theirs * (1.0 - theirs) / 9_999.0).sqrt() + 2e-4 };
        assert!((ours - theirs).abs() <= error, "{b} {c}: {ours} {theirs}");
    }
    let bounds: Vec<(usize, usize, f64)> = of(&input["bounds"]);
    let intervals: Vec<[f64; 2]> = of(&expected["wilson"]);
    for (&(k, n, _), theirs) in bounds.iter().zip(intervals) {
        assert!(wilson(k, n).iter().zip(theirs).all(|(a, b)| (a - b).abs() < TOLERANCE));
    }
    let upper: Vec<f64> = bounds.iter().map(|&(k, n, c)| upper_bound(k, n, c).unwrap()).collect();
    near("Clopper and Pearson", &upper, &expected["upper_bounds"]);
    let samples: Vec<Vec<f64>> = of(&input["differences"]);
    let flips: Vec<f64> =
        samples.iter().map(|d| sign_flip_test(d, &Groups::independent(d.len()), 0)).collect();
    near("sign flips", &flips, &expected["sign_flips"]);
}
