//! Softmax cross-entropy, and the focal loss that it is a case of.
//!
//! Without a focus and a mixture equal to `torch.nn.functional.cross_entropy(logits, labels, weight, label_smoothing=..,
//! reduction="mean")`.
//!
//! | symbol | meaning | shape |
//! | --- | --- | --- |
//! | z | logits | (n, c) |
//! | y | labels | (n) |
//! | y' | labels of the samples that these are mixed with | (n) |
//! | m | share of those, 0 where nothing is mixed | scalar in [0, 1] |
//! | w | class weights, all 1 where none are given | (c) |
//! | s | label smoothing | scalar in [0, 1] |
//! | log p | `z - log(sum(exp z))` per row | (n, c) |
//! | t | `(1 - s) ((1 - m) w[y] [j = y] + m w[y'] [j = y']) + s / c w[j]` | (n, c) |
//! | W | `sum((1 - m) w[y] + m w[y'])` | scalar |
//! | f, g | the focal loss of p and its slope, `focal.rs`; `-log p` and -1 without a focus | (n, c) |
//! | loss | `sum(t f) / W` | scalar |
//! | dz | `(t g - p sum_j(t g)) / W` | (n, c) |
//!
//! Rows are worked out in f64.

use crate::focal::focal;
use crate::mixture::Mixture;

/// A batch of logits and what they should have been.
#[derive(Clone, Copy, Debug)]
pub struct CrossEntropy<'a> {
    /// Logits, (n, classes).
    pub logits: &'a [f32],
    /// Class of each sample, (n), each below the number of classes.
    pub labels: &'a [u32],
    /// Number of classes, at least 1.
    pub classes: usize,
    /// Share of the target that is spread evenly over all classes, in [0, 1].
    pub label_smoothing: f32,
    /// Weight of each class, (classes); all 1 if absent.
    pub class_weights: Option<&'a [f32]>,
    /// How much less counts what is right already, 0 or more: γ of the focal loss. 0 is cross-entropy.
    pub focus: f32,
    /// What the samples are mixed with; nothing if absent.
    pub mixture: Option<Mixture<'a>>,
}

/// Sums over a batch; those of several batches add up to those of their union.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LossSums {
    /// Weighted, smoothed, focal losses of the samples, in nats. Divided by `weight` it is the mean loss.
    pub loss: f64,
    /// Weights of the samples' classes.
    pub weight: f64,
    /// `-log p(label)` of the samples, neither weighted nor smoothed nor focal, in nats; of a mixture the mean over its two labels
    /// by their shares.
    pub plain: f64,
    /// Samples whose largest logit is that of their label, in a mixture of the label with the larger share; of equal logits the first
    /// counts.
    pub correct: usize,
}

/// The sums of a batch and, if asked for, the gradient of its mean loss with respect to the logits,
/// overwritten.
///
/// # Panics
///
/// If a length disagrees with the number of labels or classes, or a label is not below the number of
/// classes.
pub fn cross_entropy(batch: &CrossEntropy<'_>, mut dlogits: Option<&mut [f32]>) -> LossSums {
    let &CrossEntropy { logits, labels, classes, class_weights, mixture, .. } = batch;
    let mixture = mixture.as_ref();
    let known = |labels: &[u32]| labels.iter().all(|&label| (label as usize) < classes);
    assert_eq!(Some(logits.len()), labels.len().checked_mul(classes), "logits must be (labels, classes)");
    assert!(known(labels), "a label is not below the number of classes");
    assert!(
        mixture.is_none_or(|mixed| mixed.labels.len() == labels.len() && known(mixed.labels)),
        "a mixture has one label of these classes for each sample"
    );
    assert!(class_weights.is_none_or(|weights| weights.len() == classes), "one weight per class");
    assert!(
        dlogits.as_ref().is_none_or(|dlogits| dlogits.len() == logits.len()),
        "dlogits must be (labels, classes)"
    );

    let weight = |class: usize| class_weights.map_or(1.0, |weights| f64::from(weights[class]));
    let (smoothing, focus) = (f64::from(batch.label_smoothing), f64::from(batch.focus));
    let spread = smoothing / classes as f64;
    let shown = |row: usize| Mixture::of(mixture, row, labels[row]);
    let weight_of =
        |row: usize| -> f64 { shown(row).iter().map(|&(class, share)| share * weight(class)).sum() };

    let mut sums = LossSums { weight: (0..labels.len()).map(weight_of).sum(), ..LossSums::default() };
    let mut slopes = vec![0.0; classes];
    for (row, z) in logits.chunks_exact(classes).enumerate() {
        let shown = shown(row);
        let normaliser = log_sum_exp(z);
        let surprise = |class: usize| normaliser - f64::from(z[class]);

        sums.correct += usize::from(arg_max(z) == Mixture::main(shown));
        // Whose logit is infinite has no finite surprise, and a share of 0 of it is none.
        let shares = shown.into_iter().filter(|&(_, share)| share > 0.0);
        sums.plain += shares.clone().map(|(class, share)| share * surprise(class)).sum::<f64>();

        // The slope t g of each class, and their sum.
        slopes.fill(0.0);
        let mut add = |class: usize, target: f64| {
            let (loss, slope) = focal(surprise(class), focus);
            sums.loss += target * loss;
            slopes[class] += target * slope;
        };
        shares.for_each(|(class, share)| add(class, (1.0 - smoothing) * share * weight(class)));
        if smoothing > 0.0 {
            (0..classes).for_each(|class| add(class, spread * weight(class)));
        }

        if let Some(dlogits) = dlogits.as_deref_mut() {
            let slope_sum: f64 = slopes.iter().sum();
            let dz = &mut dlogits[row * classes..][..classes];
            for (class, (dz, slope)) in dz.iter_mut().zip(&slopes).enumerate() {
                *dz = ((slope - (-surprise(class)).exp() * slope_sum) / sums.weight) as f32;
            }
        }
    }
    sums
}

/// Probabilities of each row of `logits`, (n, classes), into `probabilities`.
///
/// # Panics
///
/// If the lengths differ or are not a multiple of `classes`.
pub fn softmax(logits: &[f32], classes: usize, probabilities: &mut [f32]) {
    assert_eq!(logits.len(), probabilities.len(), "lengths differ");
    assert!(classes > 0 && logits.len().is_multiple_of(classes), "logits must be (n, classes)");
    for (z, p) in logits.chunks_exact(classes).zip(probabilities.chunks_exact_mut(classes)) {
        let normaliser = log_sum_exp(z);
        for (p, &z) in p.iter_mut().zip(z) {
            *p = (f64::from(z) - normaliser).exp() as f32;
        }
    }
}

/// Index of the largest value, the first of equals; NaN counts as largest, as in PyTorch.
///
/// # Panics
///
/// If the row is empty.
pub fn arg_max(row: &[f32]) -> usize {
    assert!(!row.is_empty(), "the largest of no values");
    let mut best = 0;
    for (index, &value) in row.iter().enumerate() {
        if value > row[best] || (value.is_nan() && !row[best].is_nan()) {
            best = index;
        }
    }
    best
}

/// `log(sum(exp z))`, shifted by the largest so that nothing overflows.
fn log_sum_exp(z: &[f32]) -> f64 {
    let largest = f64::from(z[arg_max(z)]);
    if largest.is_infinite() {
        return largest;
    }
    let sum: f64 = z.iter().map(|&z| (f64::from(z) - largest).exp()).sum();
    largest + sum.ln()
}
