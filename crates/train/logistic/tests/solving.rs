//! Minima are those that scikit-learn finds, whatever the threads and the start.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use foliar_logistic::{Examples, Precision, Problem, Solution, Targets};
use serde::Deserialize;

#[derive(Deserialize)]
struct Fixture {
    classes: usize,
    labels: Vec<u32>,
    weights: Vec<f32>,
    features: Vec<Vec<f32>>,
    solutions: Vec<Expected>,
}

#[derive(Deserialize)]
struct Expected {
    strength: f64,
    objective: f64,
    probabilities: Vec<Vec<f64>>,
}

fn fixture() -> (Fixture, Vec<f32>) {
    let fixture: Fixture = serde_json::from_str(include_str!("fixtures/scikit_learn.json")).unwrap();
    let rows = fixture.features.concat();
    (fixture, rows)
}

fn examples<'a>(fixture: &'a Fixture, rows: &'a [f32]) -> Examples<'a> {
    Examples {
        features: rows,
        labels: &fixture.labels,
        targets: Targets::OneOf,
        classes: fixture.classes,
        label_smoothing: 0.0,
    }
}

fn softmax(logits: &[f32]) -> Vec<f64> {
    let all: Vec<f64> = logits.iter().map(|&logit| f64::from(logit).exp()).collect();
    let sum: f64 = all.iter().sum();
    all.iter().map(|value| value / sum).collect()
}

#[test]
fn minima_are_those_of_scikit_learn() {
    let (fixture, rows) = fixture();
    let problem = Problem::new(&examples(&fixture, &rows), &fixture.weights).unwrap();
    for expected in &fixture.solutions {
        let solution = problem.solve(expected.strength, None, Precision::Full);
        let gap = solution.objective - expected.objective;
        assert!(gap.abs() < 1e-6, "strength {}: {gap:e}", expected.strength);
        let logits = problem.logits(&solution);
        for (row, expected) in logits.chunks_exact(fixture.classes).zip(&expected.probabilities) {
            for (ours, theirs) in softmax(row).iter().zip(expected) {
                assert!((ours - theirs).abs() < 2e-3, "{ours} {theirs}");
            }
        }
    }
}

#[test]
fn a_layer_on_plain_features_says_the_same() {
    let (fixture, rows) = fixture();
    let problem = Problem::new(&examples(&fixture, &rows), &fixture.weights).unwrap();
    let solution = problem.solve(0.1, None, Precision::Full);
    let (logits, layer) = (problem.logits(&solution), problem.classifier(&solution));
    let width = fixture.features[0].len();
    for (row, logits) in rows.chunks_exact(width).zip(logits.chunks_exact(fixture.classes)) {
        for ((weight, bias), logit) in layer.weight.chunks_exact(width).zip(&layer.bias).zip(logits) {
            let products = weight.iter().zip(row).map(|(w, x)| f64::from(*w) * f64::from(*x));
            let ours = products.sum::<f64>() + f64::from(*bias);
            assert!((ours - f64::from(*logit)).abs() < 1e-3, "{ours} {logit}");
        }
    }
}

#[test]
fn photographs_that_count_nothing_are_as_if_they_were_not_there() {
    let (fixture, rows) = fixture();
    let all = Problem::new(&examples(&fixture, &rows), &fixture.weights).unwrap();
    let kept = || (0..fixture.labels.len()).filter(|&photo| fixture.weights[photo] > 0.0);
    assert!(kept().count() < fixture.labels.len());
    let rows: Vec<f32> = kept().flat_map(|photo| fixture.features[photo].clone()).collect();
    let labels: Vec<u32> = kept().map(|photo| fixture.labels[photo]).collect();
    let weights: Vec<f32> = kept().map(|photo| fixture.weights[photo]).collect();
    let examples = Examples { features: &rows, labels: &labels, ..examples(&fixture, &rows) };
    let few = Problem::new(&examples, &weights).unwrap();
    let [all, few] = [all, few].map(|problem| problem.solve(0.03, None, Precision::Full).objective);
    assert!((all - few).abs() < 1e-8, "{all} {few}");
}

#[test]
fn another_start_leads_to_the_same_minimum() {
    let (fixture, rows) = fixture();
    let problem = Problem::new(&examples(&fixture, &rows), &fixture.weights).unwrap();
    let from_zero = problem.solve(0.01, None, Precision::Full);
    let strong = problem.solve(3.0, None, Precision::Coarse);
    let warm = problem.solve(0.01, Some(&strong), Precision::Full);
    assert!((from_zero.objective - warm.objective).abs() < 1e-7);
    assert!(strong.objective > warm.objective);
}

#[test]
fn threads_change_no_bit() {
    let (mut fixture, _) = fixture();
    // Enough photographs to be shared out.
    for photo in 0..1000 {
        let row = fixture.features[photo].iter().map(|value| value * 0.97 + 0.01).collect();
        fixture.features.push(row);
        fixture.labels.push(fixture.labels[photo]);
        fixture.weights.push(1.0);
    }
    let rows = fixture.features.concat();
    let solved = |threads| -> (Solution, Vec<f32>) {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let problem = Problem::new(&examples(&fixture, &rows), &fixture.weights).unwrap();
            let solution = problem.solve(0.03, None, Precision::Coarse);
            let logits = problem.logits(&solution);
            (solution, logits)
        })
    };
    let (one, of_one) = solved(1);
    for threads in [2, 3] {
        let (other, logits) = solved(threads);
        assert_eq!(one.objective.to_bits(), other.objective.to_bits(), "{threads} threads");
        assert_eq!(of_one, logits, "{threads} threads");
    }
}

#[test]
fn a_feature_that_never_changes_has_no_weight() {
    let features = [7.0, 0.0, 7.0, 1.0, 7.0, 2.0, 7.0, 3.0];
    let examples = Examples {
        features: &features,
        labels: &[0, 0, 1, 1],
        targets: Targets::OneOf,
        classes: 2,
        label_smoothing: 0.1,
    };
    let problem = Problem::new(&examples, &[1.0; 4]).unwrap();
    let layer = problem.classifier(&problem.solve(0.01, None, Precision::Full));
    assert_eq!((layer.weight[0], layer.weight[2]), (0.0, 0.0));
    assert!(layer.weight[3] > 0.5 && layer.weight[1] < -0.5, "{layer:?}");
}

#[test]
fn what_is_no_problem_is_refused() {
    let examples = Examples {
        features: &[1.0, 2.0],
        labels: &[0, 1],
        targets: Targets::OneOf,
        classes: 2,
        label_smoothing: 0.0,
    };
    assert!(Problem::new(&examples, &[1.0; 2]).is_some());
    assert!(Problem::new(&examples, &[1.0; 3]).is_none(), "too many weights");
    assert!(Problem::new(&examples, &[0.0; 2]).is_none(), "nobody counts");
    assert!(Problem::new(&examples, &[1.0, -1.0]).is_none(), "a negative weight");
    assert!(Problem::new(&Examples { labels: &[0, 2], ..examples }, &[1.0; 2]).is_none(), "a third class");
    assert!(Problem::new(&Examples { features: &[f32::NAN, 1.0], ..examples }, &[1.0; 2]).is_none());
    assert!(Problem::new(&Examples { features: &[1.0], ..examples }, &[1.0; 2]).is_none(), "half a row");
    assert!(Problem::new(&Examples { features: &[], labels: &[], ..examples }, &[]).is_none(), "nothing");
    let sets = Examples { targets: Targets::AnyOf(&[0.0, 0.0, 1.0, 1.0]), ..examples };
    assert!(Problem::new(&sets, &[1.0; 2]).is_some());
    assert!(Problem::new(&Examples { labels: &[0, 2], ..sets }, &[1.0; 2]).is_none(), "a third set");
    assert!(Problem::new(&Examples { targets: Targets::AnyOf(&[0.0; 3]), ..sets }, &[1.0; 2]).is_none());
}

/// Two columns of a softmax are opposite at the minimum, so that their penalty is half of that of the difference.
#[test]
fn each_class_of_a_set_is_a_regression_of_its_own() {
    let (fixture, rows) = fixture();
    let classes = fixture.classes;
    // Each class with the next: sets that overlap, and no class is in all of them.
    let is_in = |set: usize, class: usize| set == class || (set + 1) % classes == class;
    let sets: Vec<f32> = (0..classes * classes)
        .map(|place| f32::from(u8::from(is_in(place / classes, place % classes))))
        .collect();
    let together = Examples { targets: Targets::AnyOf(&sets), ..examples(&fixture, &rows) };
    let together = Problem::new(&together, &fixture.weights).unwrap();
    let solution = together.solve(0.05, None, Precision::Full);
    let logits = together.logits(&solution);
    let mut objectives = 0.0;
    for class in 0..classes {
        let labels: Vec<u32> =
            fixture.labels.iter().map(|&label| sets[label as usize * classes + class] as u32).collect();
        let alone = Examples { labels: &labels, classes: 2, ..examples(&fixture, &rows) };
        let alone = Problem::new(&alone, &fixture.weights).unwrap();
        let of_two = alone.solve(0.1, None, Precision::Full);
        objectives += of_two.objective;
        for (row, two) in logits.chunks_exact(classes).zip(alone.logits(&of_two).chunks_exact(2)) {
            assert!((row[class] - (two[1] - two[0])).abs() < 2e-2, "{} {two:?}", row[class]);
        }
    }
    assert!((objectives - solution.objective).abs() < 1e-6, "{objectives} {}", solution.objective);
}

#[test]
fn threads_change_no_bit_of_sets() {
    let (fixture, rows) = fixture();
    let sets: Vec<f32> = (0..fixture.classes * fixture.classes).map(|place| (place % 2) as f32).collect();
    let solved = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let sets = Examples { targets: Targets::AnyOf(&sets), ..examples(&fixture, &rows) };
            let problem = Problem::new(&sets, &fixture.weights).unwrap();
            problem.logits(&problem.solve(0.03, None, Precision::Coarse))
        })
    };
    assert_eq!(solved(1), solved(2));
}
