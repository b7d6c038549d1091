//! Sigmoid cross-entropy: what each sample shows is a set of classes. And the focal loss that it is a case of.
//!
//! Without smoothing, focus and mixture equal to `torch.nn.functional.binary_cross_entropy_with_logits(logits, targets, reduction="mean")`.
//!
//! | symbol | meaning | shape |
//! | --- | --- | --- |
//! | z | logits | (n, c) |
//! | y | number of the set of each sample | (n) |
//! | y' | number of the set of the sample that it is mixed with | (n) |
//! | m | share of that, 0 where nothing is mixed | scalar in [0, 1] |
//! | S | sets, 1 for a class that is in it, else 0 | (sets, c) |
//! | s | label smoothing | scalar in [0, 1] |
//! | t | `(1 - s) ((1 - m) S[y] + m S[y']) + s / 2` | (n, c) |
//! | p | `1 / (1 + exp(-z))` | (n, c) |
//! | loss | `sum(max(z, 0) - z t + log(1 + exp(-abs z))) / (n c)` | scalar |
//! | dz | `(p - t) / (n c)` | (n, c) |
//! | f, g | with a focus: the focal loss and its slope of p, f' and g' of 1 - p, `focal.rs` | (n, c) |
//! | loss | with a focus: `sum(t f + (1 - t) f') / (n c)` | scalar |
//! | dz | with a focus: `((1 - p) t g - p (1 - t) g') / (n c)` | (n, c) |
//!
//! Rows are worked out in f64.

use crate::distillation::Taught;
use crate::focal::focal;
use crate::loss::LossSums;
use crate::mixture::Mixture;

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
    /// How much less counts what is right already, 0 or more: γ of the focal loss. 0 is cross-entropy.
    pub focus: f32,
    /// What the samples are mixed with, as numbers of sets; nothing if absent.
    pub mixture: Option<Mixture<'a>>,
}

/// The sums of a batch and, if asked for, the gradient of its mean loss with respect to the logits, overwritten. The loss of a
/// sample is the mean over its classes; correct are the classes, of all samples, whose logit has the right sign, in a mixture that of the
/// set with the larger share.
///
/// # Panics
///
/// If a length disagrees with the number of labels or classes, or a label is not below the number of sets.
pub fn binary_cross_entropy(batch: &BinaryCrossEntropy<'_>, mut dlogits: Option<&mut [f32]>) -> LossSums {
    let &BinaryCrossEntropy { logits, labels, sets, classes, label_smoothing, focus, mixture } = batch;
    let mixture = mixture.as_ref();
    assert_eq!(Some(logits.len()), labels.len().checked_mul(classes), "logits must be (labels, classes)");
    assert!(
        mixture.is_none_or(|mixed| mixed.labels.len() == labels.len()),
        "a mixture has one label for each sample"
    );
    assert!(
        dlogits.as_ref().is_none_or(|dlogits| dlogits.len() == logits.len()),
        "dlogits must be (labels, classes)"
    );
    let (smoothing, focus) = (f64::from(label_smoothing), f64::from(focus));
    let mut sums = LossSums { weight: labels.len() as f64, ..LossSums::default() };
    for (row, (&label, z)) in labels.iter().zip(logits.chunks_exact(classes)).enumerate() {
        let shown = Mixture::of(mixture, row, label);
        let has = |set: usize, class: usize| f64::from(sets[set * classes..][..classes][class]);
        let (mut plain, mut minimised) = (0.0, 0.0);
        for (class, &z) in z.iter().enumerate() {
            let z = f64::from(z);
            let shows: f64 = shown.iter().map(|&(set, share)| share * has(set, class)).sum();
            let target = (1.0 - smoothing) * shows + smoothing / 2.0;
            plain += binary_surprise(z, shows);
            sums.correct += usize::from((z > 0.0) == (has(Mixture::main(shown), class) > 0.5));
            let slope = if focus == 0.0 {
                minimised += binary_surprise(z, target);
                sigmoid(z) - target
            } else {
                let (there, slope_there) = focal(binary_surprise(z, 1.0), focus);
                let (absent, slope_absent) = focal(binary_surprise(z, 0.0), focus);
                minimised += target * there + (1.0 - target) * absent;
                sigmoid(-z) * target * slope_there - sigmoid(z) * (1.0 - target) * slope_absent
            };
            if let Some(dlogits) = dlogits.as_deref_mut() {
                let count = (labels.len() * classes) as f64;
                dlogits[row * classes + class] = (slope / count) as f32;
            }
        }
        sums.plain += plain / classes as f64;
        sums.loss += minimised / classes as f64;
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
