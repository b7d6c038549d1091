//! Sigmoid cross-entropy: numbers from PyTorch, and properties.

mod common;

use common::{Random, assert_close};
use foliar_kernels::binary_loss::{BinaryCrossEntropy, binary_cross_entropy};
use foliar_kernels::mixture::Mixture;

const LOGITS: [f32; 12] = [1.5, -0.25, 0.75, 0.0, 2.0, -1.0, 3.0, 3.0, 0.5, -2.0, 0.125, 0.25];
/// Nothing, the first two, all.
const SETS: [f32; 9] = [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0];
const LABELS: [u32; 4] = [1, 0, 2, 1];

fn batch<'a>(logits: &'a [f32], smoothing: f32) -> BinaryCrossEntropy<'a> {
    BinaryCrossEntropy {
        logits,
        labels: &LABELS,
        sets: &SETS,
        classes: 3,
        label_smoothing: smoothing,
        focus: 0.0,
        mixture: None,
    }
}

/// `binary_cross_entropy_with_logits(logits, targets)` and its gradient, for targets with smoothing 0 and 0.2.
#[test]
fn equals_pytorch() {
    let golden: [(f32, f64, [f64; 12]); 2] = [
        (
            0.0,
            0.787856561389,
            [
                -0.0152021270,
                -0.0468480417,
                0.0565982249,
                0.0416666667,
                0.0733997565,
                0.0224117851,
                -0.0039521561,
                -0.0039521561,
                -0.0314617224,
                -0.0733997565,
                -0.0390658856,
                0.0468480417,
            ],
        ),
        (
            0.2,
            0.820148228055,
            [
                -0.0068687937,
                -0.0385147084,
                0.0482648916,
                0.0333333333,
                0.0650664232,
                0.0140784518,
                0.0043811772,
                0.0043811772,
                -0.0231283891,
                -0.0650664232,
                -0.0307325522,
                0.0385147084,
            ],
        ),
    ];
    let losses: [f64; 2] = golden.map(|(smoothing, loss, gradient)| {
        let mut dlogits = vec![f32::NAN; 12];
        let sums = binary_cross_entropy(&batch(&LOGITS, smoothing), Some(&mut dlogits));
        assert_close(&dlogits, &gradient, 1e-6, "gradient");
        assert!((sums.loss / sums.weight - loss).abs() < 1e-8, "{}", sums.loss / sums.weight);
        sums.plain
    });
    assert_eq!(losses[0], losses[1], "the plain loss is not smoothed");
}

#[test]
fn the_gradient_is_the_slope_of_the_mean_loss() {
    let mixture = Mixture { labels: &[0, 2, 1, 2], share: 0.3 };
    for (smoothing, focus, mixture) in
        [(0.0, 0.0, None), (0.2, 0.0, None), (0.0, 2.0, None), (0.2, 0.5, Some(mixture))]
    {
        let mut gradient = vec![f32::NAN; 12];
        let given = BinaryCrossEntropy { focus, mixture, ..batch(&LOGITS, smoothing) };
        binary_cross_entropy(&given, Some(&mut gradient));
        for place in 0..12 {
            let at = |step: f32| {
                let mut moved = LOGITS;
                moved[place] += step;
                let sums = binary_cross_entropy(&BinaryCrossEntropy { logits: &moved, ..given }, None);
                sums.loss / sums.weight
            };
            let slope = (at(0.0625) - at(-0.0625)) / 0.125;
            assert!(
                (slope - f64::from(gradient[place])).abs() < 1e-4,
                "{place}: {slope} {}",
                gradient[place]
            );
        }
    }
}

#[test]
fn sums_add_up_and_every_class_counts() {
    let mut random = Random::new(3);
    let logits = random.values(12);
    let whole = binary_cross_entropy(&batch(&logits, 0.1), None);
    let mut sum = 0.0;
    for row in 0..4 {
        let one = BinaryCrossEntropy {
            logits: &logits[3 * row..][..3],
            labels: &LABELS[row..=row],
            ..batch(&logits, 0.1)
        };
        sum += binary_cross_entropy(&one, None).loss;
    }
    assert!((whole.loss - sum).abs() < 1e-12 && whole.weight == 4.0);
    let right: Vec<f32> =
        LABELS.iter().flat_map(|&label| &SETS[3 * label as usize..][..3]).map(|&t| 2.0 * t - 1.0).collect();
    assert_eq!(binary_cross_entropy(&batch(&right, 0.0), None).correct, 12);
    let wrong: Vec<f32> =
        right.iter().enumerate().map(|(place, z)| if place == 4 { -z } else { *z }).collect();
    assert_eq!(binary_cross_entropy(&batch(&wrong, 0.0), None).correct, 11);
    let large = binary_cross_entropy(&batch(&[-1e30; 12], 0.0), None);
    assert!(large.loss > 1e29 && large.loss.is_finite());
}

/// A focus lowers the loss of each class by what is right of it already; a mixture has the mean of the losses of both sets.
#[test]
fn focus_and_mixture() {
    let plain = binary_cross_entropy(&batch(&LOGITS, 0.0), None);
    let focal = BinaryCrossEntropy { focus: 1.0, ..batch(&LOGITS, 0.0) };
    let focal = binary_cross_entropy(&focal, None);
    assert!(focal.loss < plain.loss && focal.plain == plain.plain);
    let expected: f64 = LOGITS
        .iter()
        .enumerate()
        .map(|(place, &z)| {
            let there = SETS[3 * LABELS[place / 3] as usize + place % 3] > 0.5;
            let right = 1.0 / (1.0 + (if there { -f64::from(z) } else { f64::from(z) }).exp());
            (1.0 - right) * -right.ln()
        })
        .sum();
    assert!((focal.loss - expected / 3.0).abs() < 1e-12, "{} {expected}", focal.loss);
    let other = [0, 2, 1, 2];
    let others = binary_cross_entropy(&BinaryCrossEntropy { labels: &other, ..batch(&LOGITS, 0.0) }, None);
    let mixture = Some(Mixture { labels: &other, share: 0.25 });
    let mixed = binary_cross_entropy(&BinaryCrossEntropy { mixture, ..batch(&LOGITS, 0.0) }, None);
    assert!((mixed.loss - 0.75 * plain.loss - 0.25 * others.loss).abs() < 1e-12);
    assert_eq!(mixed.correct, plain.correct);
}
