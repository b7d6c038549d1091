//! Compares what a file says with what foliar says.

use foliar_model::Prediction;

/// Panics unless `output`, which gives the numbers of an output of one photo by name, says what `prediction` says.
pub(crate) fn check_said(output: &dyn Fn(&str) -> Vec<f64>, prediction: &Prediction, what: &str) {
    let classes = prediction.logits.len();
    for (found, expected) in output("probabilities").into_iter().zip(prediction.probabilities()) {
        assert!((found - expected).abs() < 1e-5, "{what}: {found} {expected}");
    }
    let inside = output("set");
    let set: Vec<usize> = (0..classes).filter(|&class| inside[class] == 1.0).collect();
    let mut expected = prediction.set().unwrap().to_vec();
    expected.sort_unstable();
    assert_eq!(set, expected, "{what}");
    let distance = prediction.distance().unwrap();
    assert!((output("distance")[0] / distance - 1.0).abs() < 2e-5, "{what}: {distance}");
    let answer = if prediction.abstention().is_some() { -1.0 } else { prediction.predicted() as f64 };
    assert_eq!(output("answer"), [answer], "{what}");
}
