//! Cross-entropy: numbers from PyTorch, numbers by hand, and properties.

mod common;

use common::{Random, assert_close};
use foliar_kernels::loss::{CrossEntropy, LossSums, arg_max, cross_entropy, softmax};
use foliar_kernels::mixture::Mixture;

const LOGITS: [f32; 12] = [1.5, -0.25, 0.75, 0.0, 2.0, -1.0, 3.0, 3.0, 0.5, -2.0, 0.125, 0.25];
const LABELS: [u32; 4] = [0, 2, 1, 1];
const WEIGHTS: [f32; 3] = [1.0, 0.5, 2.0];

fn batch<'a>(logits: &'a [f32], labels: &'a [u32], classes: usize) -> CrossEntropy<'a> {
    CrossEntropy {
        logits,
        labels,
        classes,
        label_smoothing: 0.0,
        class_weights: None,
        focus: 0.0,
        mixture: None,
    }
}

fn with_gradient(batch: &CrossEntropy<'_>) -> (LossSums, Vec<f32>) {
    let mut dlogits = vec![f32::NAN; batch.logits.len()];
    let sums = cross_entropy(batch, Some(&mut dlogits));
    let alone = cross_entropy(batch, None);
    assert_eq!(alone.loss.to_bits(), sums.loss.to_bits());
    (sums, dlogits)
}

/// Label smoothing, class weights, the mean loss and its gradient.
type Golden = (f32, Option<&'static [f32]>, f64, [f64; 12]);

/// `torch.nn.functional.cross_entropy(logits, labels, weight, label_smoothing=smoothing)` and its gradient.
#[test]
fn equals_pytorch() {
    let golden: [Golden; 4] = [
        (
            0.0,
            None,
            1.3034316301345825,
            [
                -0.09812961518764496,
                0.02639111317694187,
                0.07173848897218704,
                0.028548799455165863,
                0.21094867587089539,
                -0.23949748277664185,
                0.12007194757461548,
                -0.12992805242538452,
                0.009856104850769043,
                0.013255123049020767,
                -0.13901621103286743,
                0.12576110661029816,
            ],
        ),
        (
            0.0,
            Some(&WEIGHTS),
            1.9027122259140015,
            [
                -0.09812961518764496,
                0.02639111317694187,
                0.07173848897218704,
                0.057097598910331726,
                0.42189735174179077,
                -0.4789949655532837,
                0.06003597378730774,
                -0.06496402621269226,
                0.0049280524253845215,
                0.006627561524510384,
                -0.06950810551643372,
                0.06288055330514908,
            ],
        ),
        (
            0.1,
            None,
            1.3284316062927246,
            [
                -0.08146294951438904,
                0.018057778477668762,
                0.06340515613555908,
                0.020215466618537903,
                0.20261533558368683,
                -0.22283081710338593,
                0.11173861473798752,
                -0.1132613867521286,
                0.0015227710828185081,
                0.004921789281070232,
                -0.12234954535961151,
                0.1174277737736702,
            ],
        ),
        (
            0.1,
            Some(&WEIGHTS),
            1.9207580089569092,
            [
                -0.0789317786693573,
                0.022664297372102737,
                0.05626746267080307,
                0.04638519883155823,
                0.4001516103744507,
                -0.4465368390083313,
                0.059707436710596085,
                -0.048625897616147995,
                -0.011081541888415813,
                -0.0008220974123105407,
                -0.053775854408741,
                0.05459795892238617,
            ],
        ),
    ];
    for (label_smoothing, class_weights, loss, gradient) in golden {
        let batch = CrossEntropy { label_smoothing, class_weights, ..batch(&LOGITS, &LABELS, 3) };
        let (sums, dlogits) = with_gradient(&batch);
        let mean = sums.loss / sums.weight;
        assert!((mean - loss).abs() < 2e-7, "smoothing {label_smoothing}: {mean} is not {loss}");
        assert_close(&dlogits, &gradient, 2e-7, "gradient");
        // The reported loss is the same whatever the training loss is.
        assert!((sums.plain / 4.0 - 1.3034316301345825).abs() < 2e-7);
        // Row 2 has two largest logits, of which the first is not its label.
        assert_eq!(sums.correct, 1);
    }
}

#[test]
fn equal_logits_cost_the_logarithm_of_the_classes() {
    for classes in [1, 2, 38] {
        let logits = vec![7.25; 3 * classes];
        for label_smoothing in [0.0, 0.3] {
            let batch = CrossEntropy { label_smoothing, ..batch(&logits, &[0; 3], classes) };
            let (sums, _) = with_gradient(&batch);
            let chance = (classes as f64).ln();
            assert!((sums.loss / 3.0 - chance).abs() < 1e-12);
            assert!((sums.plain / 3.0 - chance).abs() < 1e-12);
            assert_eq!(sums.correct, 3);
        }
    }
}

#[test]
fn gradient_agrees_with_finite_differences() {
    let mut random = Random::new(1);
    let classes = 6;
    let logits: Vec<f32> = random.values(5 * classes).iter().map(|z| z * 3.0).collect();
    let weights: Vec<f32> = random.values(classes).iter().map(|w| w + 1.5).collect();
    let labels = [5, 0, 2, 2, 1];
    let mixture = Mixture { labels: &[1, 0, 4, 5, 2], share: 0.3 };
    for (label_smoothing, focus, mixture) in [
        (0.2, 0.0, None),
        (0.0, 2.0, None),
        (0.2, 0.5, None),
        (0.0, 0.0, Some(mixture)),
        (0.1, 3.0, Some(mixture)),
    ] {
        let given = CrossEntropy {
            label_smoothing,
            class_weights: Some(&weights),
            focus,
            mixture,
            ..batch(&logits, &labels, classes)
        };
        let mean = |logits: &[f32]| {
            let sums = cross_entropy(&CrossEntropy { logits, ..given }, None);
            sums.loss / sums.weight
        };
        let step = 1.0 / 256.0;
        let expected: Vec<f64> = (0..logits.len())
            .map(|i| {
                let (mut above, mut below) = (logits.clone(), logits.clone());
                above[i] += step;
                below[i] -= step;
                (mean(&above) - mean(&below)) / f64::from(above[i] - below[i])
            })
            .collect();
        let (_, dlogits) = with_gradient(&given);
        assert_close(&dlogits, &expected, 1e-5, "gradient");
    }
}

/// Written out for two classes: `(1 - p)^2 (-ln p)`, with weights as Lin et al. 2017, equation 5.
#[test]
fn a_focal_loss_weighs_by_what_is_wrong() {
    let logits = [3f32.ln(), 0.0, 3f32.ln(), 0.0];
    let (sums, _) = with_gradient(&CrossEntropy {
        focus: 2.0,
        class_weights: Some(&[1.0, 4.0]),
        ..batch(&logits, &[0, 1], 2)
    });
    let right = 0.25f64.powi(2) * -(0.75f64.ln());
    let wrong = 0.75f64.powi(2) * -(0.25f64.ln());
    assert!((sums.loss - right - 4.0 * wrong).abs() < 1e-6, "{}", sums.loss);
    // What is told to people stays the cross-entropy.
    assert!((sums.plain + 0.75f64.ln() + 0.25f64.ln()).abs() < 1e-6 && sums.weight == 5.0);
}

/// The loss of a mixture is the mean of the losses of both labels by their shares, and so is the gradient.
#[test]
fn a_mixture_is_the_mean_of_both_labels() {
    let other = [1, 1, 0, 2];
    let target = |labels, mixture| CrossEntropy { mixture, ..batch(&LOGITS, labels, 3) };
    let (own, own_gradient) = with_gradient(&target(&LABELS, None));
    let (others, other_gradient) = with_gradient(&target(&other, None));
    for share in [0.0, 0.25, 0.75, 1.0] {
        let mixture = Some(Mixture { labels: &other, share });
        let (mixed, gradient) = with_gradient(&target(&LABELS, mixture));
        let mean = |a: f64, b: f64| a + f64::from(share) * (b - a);
        assert!((mixed.loss - mean(own.loss, others.loss)).abs() < 1e-12);
        assert!((mixed.plain - mean(own.plain, others.plain)).abs() < 1e-12);
        assert_eq!(mixed.correct, if share > 0.5 { others.correct } else { own.correct });
        let expected: Vec<f64> = own_gradient
            .iter()
            .zip(&other_gradient)
            .map(|(&a, &b)| mean(f64::from(a), f64::from(b)))
            .collect();
        assert_close(&gradient, &expected, 1e-6, "gradient");
    }
}

/// The sums of two halves add up to those of the whole, so an epoch's loss does not depend on its batches.
#[test]
fn sums_add_up() {
    let logits = Random::new(2).values(10 * 4);
    let labels = [0, 1, 2, 3, 3, 2, 1, 0, 1, 1];
    let weights = [0.25, 1.0, 3.0, 2.0];
    let sums = |rows: std::ops::Range<usize>| {
        let batch = CrossEntropy {
            label_smoothing: 0.1,
            class_weights: Some(&weights),
            ..batch(&logits[rows.start * 4..rows.end * 4], &labels[rows], 4)
        };
        cross_entropy(&batch, None)
    };
    let (whole, first, second) = (sums(0..10), sums(0..3), sums(3..10));
    assert!((whole.loss - first.loss - second.loss).abs() < 1e-12);
    assert!((whole.plain - first.plain - second.plain).abs() < 1e-12);
    assert_eq!(whole.weight, first.weight + second.weight);
    assert_eq!(whole.correct, first.correct + second.correct);
}

#[test]
fn extreme_logits() {
    let (sums, dlogits) = with_gradient(&batch(&[3e38, -3e38], &[1], 2));
    assert!(sums.loss.is_finite() && sums.loss > 5e38);
    assert_eq!(dlogits, [1.0, -1.0]);
    let (sums, _) = with_gradient(&batch(&[f32::NAN, 0.0], &[1], 2));
    assert!(sums.loss.is_nan());
    let (sums, _) = with_gradient(&batch(&[f32::INFINITY, 0.0], &[0], 2));
    assert!(sums.loss.is_nan());
    let (sums, dlogits) = with_gradient(&batch(&[f32::NEG_INFINITY, 0.0], &[1], 2));
    assert_eq!((sums.loss, dlogits), (0.0, vec![0.0, 0.0]));
}

#[test]
fn no_samples() {
    assert_eq!(cross_entropy(&batch(&[], &[], 3), None), LossSums::default());
}

#[test]
#[should_panic(expected = "a label is not below the number of classes")]
fn a_label_out_of_range() {
    cross_entropy(&batch(&[0.0; 3], &[3], 3), None);
}

#[test]
fn softmax_rows() {
    let mut p = [f32::NAN; 6];
    softmax(&[0.0, 0.0, 0.0, 1000.0, 0.0, 1000.0], 3, &mut p);
    assert_close(&p, &[1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0, 0.5, 0.0, 0.5], 1e-7, "softmax");
}

#[test]
fn first_of_equals_and_nan() {
    assert_eq!(arg_max(&[1.0, 3.0, 3.0]), 1);
    assert_eq!(arg_max(&[1.0, f32::NAN, 3.0, f32::NAN]), 1);
    assert_eq!(arg_max(&[f32::NEG_INFINITY; 2]), 0);
}
