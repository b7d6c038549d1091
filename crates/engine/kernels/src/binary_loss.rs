//! Sigmoid cross-entropy: what each sample shows is a set of classes.
//!
//! Without smoothing equal to `torch.nn.functional.binary_cross_entropy_with_logits(logits, targets, reduction="mean")`.
//!
//! | symbol | meaning | shape |
//! | --- | --- | --- |
//! | z | logits | (n, c) |
//! | y | number of the set of each sample | (n) |
//! | S | sets, 1 for a class that is in it, else 0 | (sets, c) |
//! | s | label smoothing | scalar in [0, 1] |
//! | t | `(1 - s) S[y] + s / 2` | (n, c) |
//! | p | `1 / (1 + exp(-z))` | (n, c) |
//! | loss | `sum(max(z, 0) - z t + log(1 + exp(-abs z))) / (n c)` | scalar |
//! | dz | `(p - t) / (n c)` | (n, c) |
//!
//! Rows are worked out in f64.

use crate::distillation::Taught;
use crate::loss::LossSums;

/// What the outputs for a sample should be.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Targets<'a> {
    /// A sample's label is its one class: probabilities are a softmax.
    #[default]
    OneOf,
    /// A sample's label is the number of a set of classes, and each class is there or not: probabilities are sigmoids. The sets,
    /// (sets, classes): 1 for a class that is in one, else 0.
    AnyOf(&'a [f32]),
    /// A sample's label is its one class, or [`UNLABELLED`](crate::distillation::UNLABELLED), and a teacher says of each sample what it is.
    Taught(Taught<'a>),
}

/// A batch of logits, and the set of classes that each sample shows.
#[derive(Clone, Copy, Debug)]
pub struct BinaryCrossEntropy<'a> {
    /// Logits, (n, classes).
    pub logits: &'a [f32],
    /// Number of the set of each sample, (n), each below the number of sets.
    pub labels: &'a [u32],
    /// The sets, (sets, classes): 1 for a class that is in one, else 0.
    pub sets: &'a [f32],
    /// Number of classes, at least 1.
    pub classes: usize,
    /// Share of the target that is spread evenly over there and not there, in [0, 1].
    pub label_smoothing: f32,
}

/// The sums of a batch and, if asked for, the gradient of its mean loss with respect to the logits, overwritten. The loss of a
/// sample is the mean over its classes; correct are the classes, of all samples, whose logit has the right sign.
///
/// # Panics
///
/// If a length disagrees with the number of labels or classes, or a label is not below the number of sets.
pub fn binary_cross_entropy(batch: &BinaryCrossEntropy<'_>, mut dlogits: Option<&mut [f32]>) -> LossSums {
    let &BinaryCrossEntropy { logits, labels, sets, classes, label_smoothing } = batch;
    assert_eq!(Some(logits.len()), labels.len().checked_mul(classes), "logits must be (labels, classes)");
    assert!(
        dlogits.as_ref().is_none_or(|dlogits| dlogits.len() == logits.len()),
        "dlogits must be (labels, classes)"
    );
    let smoothing = f64::from(label_smoothing);
    let mut sums = LossSums { weight: labels.len() as f64, ..LossSums::default() };
    for (row, (&label, z)) in labels.iter().zip(logits.chunks_exact(classes)).enumerate() {
        let set = &sets[label as usize * classes..][..classes];
        let (mut plain, mut smoothed) = (0.0, 0.0);
        for (class, (&z, &shown)) in z.iter().zip(set).enumerate() {
            let (z, shown) = (f64::from(z), f64::from(shown));
            let target = (1.0 - smoothing) * shown + smoothing / 2.0;
            plain += binary_surprise(z, shown);
            smoothed += binary_surprise(z, target);
            sums.correct += usize::from((z > 0.0) == (shown > 0.5));
            if let Some(dlogits) = dlogits.as_deref_mut() {
                let count = (labels.len() * classes) as f64;
                dlogits[row * classes + class] = ((sigmoid(z) - target) / count) as f32;
            }
        }
        sums.plain += plain / classes as f64;
        sums.loss += smoothed / classes as f64;
    }
    sums
}

/// `1 / (1 + exp(-z))`; neither end overflows.
#[must_use]
pub fn sigmoid(z: f64) -> f64 {
    let power = (-z.abs()).exp();
    if z >= 0.0 { 1.0 / (1.0 + power) } else { power / (1.0 + power) }
}

/// Cross-entropy in nats of the logit `z` of a class that is there with probability `target`.
#[must_use]
pub fn binary_surprise(z: f64, target: f64) -> f64 {
    z.max(0.0) - z * target + (-z.abs()).exp().ln_1p()
}
