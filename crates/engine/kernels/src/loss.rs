//! Softmax cross-entropy.
//!
//! Equal to `torch.nn.functional.cross_entropy(logits, labels, weight, label_smoothing=..,
//! reduction="mean")`.
//!
//! | symbol | meaning | shape |
//! | --- | --- | --- |
//! | z | logits | (n, c) |
//! | y | labels | (n) |
//! | w | class weights, all 1 where none are given | (c) |
//! | s | label smoothing | scalar in [0, 1] |
//! | log p | `z - log(sum(exp z))` per row | (n, c) |
//! | t | `(1 - s) w[y] [j = y] + s / c w[j]` | (n, c) |
//! | loss | `sum(-t log p) / sum(w[y])` | scalar |
//! | dz | `(p sum_j(t) - t) / sum(w[y])` | (n, c) |
//!
//! Rows are worked out in f64.

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
}

/// Sums over a batch; those of several batches add up to those of their union.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LossSums {
    /// Weighted, smoothed losses of the samples, in nats. Divided by `weight` it is the mean loss.
    pub loss: f64,
    /// Weights of the samples' classes.
    pub weight: f64,
    /// `-log p(label)` of the samples, neither weighted nor smoothed, in nats.
    pub plain: f64,
    /// Samples whose largest logit is that of their label; of equal logits the first counts.
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
    let &CrossEntropy { logits, labels, classes, class_weights, .. } = batch;
    assert_eq!(Some(logits.len()), labels.len().checked_mul(classes), "logits must be (labels, classes)");
    assert!(
        labels.iter().all(|&label| (label as usize) < classes),
        "a label is not below the number of classes"
    );
    assert!(class_weights.is_none_or(|weights| weights.len() == classes), "one weight per class");
    assert!(
        dlogits.as_ref().is_none_or(|dlogits| dlogits.len() == logits.len()),
        "dlogits must be (labels, classes)"
    );

    let weight = |class: usize| class_weights.map_or(1.0, |weights| f64::from(weights[class]));
    let smoothing = f64::from(batch.label_smoothing);
    let spread = smoothing / classes as f64;
    let total_weight: f64 = (0..classes).map(weight).sum();

    let mut sums =
        LossSums { weight: labels.iter().map(|&label| weight(label as usize)).sum(), ..LossSums::default() };
    for (row, (&label, z)) in labels.iter().zip(logits.chunks_exact(classes)).enumerate() {
        let label = label as usize;
        let normaliser = log_sum_exp(z);
        let surprise = |class: usize| normaliser - f64::from(z[class]);
        let own = (1.0 - smoothing) * weight(label);

        sums.plain += surprise(label);
        sums.loss += own * surprise(label);
        if smoothing > 0.0 {
            sums.loss += spread * (0..classes).map(|class| weight(class) * surprise(class)).sum::<f64>();
        }
        sums.correct += usize::from(arg_max(z) == label);

        if let Some(dlogits) = dlogits.as_deref_mut() {
            let target_sum = own + spread * total_weight;
            let dz = &mut dlogits[row * classes..][..classes];
            for (class, dz) in dz.iter_mut().enumerate() {
                let target = spread * weight(class) + if class == label { own } else { 0.0 };
                *dz = (((-surprise(class)).exp() * target_sum - target) / sums.weight) as f32;
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
