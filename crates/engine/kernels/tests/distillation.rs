//! The loss of a student: its ends are losses that are known, and its gradient is its slope.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use foliar_kernels::distillation::{Taught, UNLABELLED, distillation};
use foliar_kernels::loss::{CrossEntropy, cross_entropy};

const LOGITS: [f32; 12] = [1.0, -0.5, 2.0, 0.3, 0.1, -1.2, 3.0, 2.5, -2.0, -0.7, 0.4, 0.9];
const TEACHER: [f32; 12] = [2.0, 0.5, -1.0, -0.2, 1.4, 0.6, 0.0, 4.0, 1.0, 1.1, -0.3, 0.2];
const LABELS: [u32; 4] = [0, UNLABELLED, 1, 2];

fn batch<'a>(logits: &'a [f32], labels: &'a [u32], class_weights: Option<&'a [f32]>) -> CrossEntropy<'a> {
    CrossEntropy {
        logits,
        labels,
        classes: 3,
        label_smoothing: 0.1,
        class_weights,
        focus: 0.0,
        mixture: None,
    }
}

fn taught(share: f32, temperature: f32) -> Taught<'static> {
    Taught { logits: &TEACHER, share, temperature }
}

#[test]
fn the_gradient_is_the_slope_of_the_mean_loss() {
    for class_weights in [None, Some(&[0.5, 1.0, 2.5][..])] {
        for (share, temperature) in [(0.0, 1.0), (0.4, 1.0), (0.9, 4.0), (1.0, 2.0)] {
            let teacher = taught(share, temperature);
            let mut gradient = [0.0; 12];
            distillation(&batch(&LOGITS, &LABELS, class_weights), &teacher, Some(&mut gradient));
            for axis in 0..12 {
                let mean = |step: f32| {
                    let mut moved = LOGITS;
                    moved[axis] += step;
                    let sums = distillation(&batch(&moved, &LABELS, class_weights), &teacher, None);
                    sums.loss / sums.weight
                };
                let slope = (mean(1e-2) - mean(-1e-2)) / 2e-2;
                assert!(
                    (slope - f64::from(gradient[axis])).abs() < 1e-4,
                    "{share} {temperature} {axis}: {slope} {}",
                    gradient[axis]
                );
            }
        }
    }
}

#[test]
fn without_a_share_it_is_cross_entropy() {
    let labels = [0, 1, 1, 2];
    let weights = [0.5, 1.0, 2.5];
    let batch = batch(&LOGITS, &labels, Some(&weights));
    let [mut expected, mut found] = [[0.0; 12]; 2];
    let of_labels = cross_entropy(&batch, Some(&mut expected));
    let of_both = distillation(&batch, &taught(0.0, 4.0), Some(&mut found));
    assert!((of_labels.loss - of_both.loss).abs() < 1e-12 && of_labels.weight == of_both.weight);
    assert_eq!((of_labels.plain, of_labels.correct), (of_both.plain, of_both.correct));
    assert!(expected.iter().zip(&found).all(|(a, b)| (a - b).abs() < 1e-7), "{expected:?} {found:?}");
}

#[test]
fn a_student_that_says_what_its_teacher_says_has_nothing_to_learn() {
    let labels = [UNLABELLED; 4];
    // A softmax does not see what is added to all classes.
    let student: Vec<f32> =
        TEACHER.chunks(3).flat_map(|row| [row[0] + 5.0, row[1] + 5.0, row[2] + 5.0]).collect();
    let mut gradient = [1.0; 12];
    let sums = distillation(&batch(&student, &labels, None), &taught(0.3, 4.0), Some(&mut gradient));
    assert!(
        sums.loss.abs() < 1e-9 && gradient.iter().all(|slope| slope.abs() < 1e-6),
        "{sums:?} {gradient:?}"
    );
    assert_eq!((sums.weight, sums.plain, sums.correct), (4.0, 0.0, 0));
    // A divergence is never below 0.
    assert!(distillation(&batch(&LOGITS, &labels, None), &taught(0.3, 4.0), None).loss > 0.1);
}

#[test]
fn the_divergence_is_worked_out_by_hand() {
    // q = (3/4, 1/4) and r = (1/2, 1/2) at temperature 1: KL = 3/4 ln(3/2) + 1/4 ln(1/2).
    let teacher = [3f32.ln(), 0.0];
    let batch = CrossEntropy {
        logits: &[0.7, 0.7],
        labels: &[UNLABELLED],
        classes: 2,
        label_smoothing: 0.0,
        class_weights: None,
        focus: 0.0,
        mixture: None,
    };
    let mut gradient = [0.0; 2];
    let taught = Taught { logits: &teacher, share: 0.0, temperature: 1.0 };
    let sums = distillation(&batch, &taught, Some(&mut gradient));
    let expected = 0.75 * 1.5f64.ln() + 0.25 * 0.5f64.ln();
    assert!((sums.loss - expected).abs() < 1e-7, "{} {expected}", sums.loss);
    assert!((gradient[0] + 0.25).abs() < 1e-6 && (gradient[1] - 0.25).abs() < 1e-6, "{gradient:?}");
}

#[test]
fn logits_that_overflow_alone_do_not() {
    let batch = CrossEntropy {
        logits: &[900.0, -900.0],
        labels: &[UNLABELLED],
        classes: 2,
        label_smoothing: 0.0,
        class_weights: None,
        focus: 0.0,
        mixture: None,
    };
    let taught = Taught { logits: &[-900.0, 900.0], share: 1.0, temperature: 1.0 };
    let sums = distillation(&batch, &taught, None);
    assert!((sums.loss - 1800.0).abs() < 1e-6, "{}", sums.loss);
}
