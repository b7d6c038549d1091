//! The loss of a student: cross-entropy with labels, mixed with the divergence from what a teacher says.
//!
//! Hinton, Vinyals and Dean 2015, "Distilling the knowledge in a neural network", section 2.
//!
//! | symbol | meaning | shape |
//! | --- | --- | --- |
//! | z, v | logits of the student and of the teacher | (n, c) |
//! | y | labels; [`UNLABELLED`] where a sample has none | (n) |
//! | w | weight of the sample's class, 1 where none are given or there is no label | (n) |
//! | a | share of the teacher; 1 for a sample without a label | scalar in [0, 1] |
//! | T | temperature | scalar above 0 |
//! | h, t, p | cross-entropy of the label, its target and the softmax of z, as in [`crate::loss`] | |
//! | q, r | softmax of v / T and of z / T | (n, c) |
//! | loss | `sum((1 - a) h + a w T^2 sum_j q_j (log q_j - log r_j)) / sum(w)` | scalar |
//! | dz | `((1 - a) (p sum_j(t) - t) + a w T (r - q)) / sum(w)` | (n, c) |
//!
//! The factor T^2 keeps the slope of the second part about as steep at any temperature. Rows are worked out in f64.

use crate::loss::{CrossEntropy, LossSums, cross_entropy};

/// The label of a sample of which only the teacher speaks.
pub const UNLABELLED: u32 = u32::MAX;

/// What a teacher says of samples, and how much that counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Taught<'a> {
    /// The teacher's logits, (n, classes), a row for each sample.
    pub logits: &'a [f32],
    /// Share of the teacher in the loss of a sample with a label, in [0, 1].
    pub share: f32,
    /// Temperature of both softmaxes, above 0.
    pub temperature: f32,
}

/// The sums of a batch and, if asked for, the gradient of its mean loss with respect to the logits, overwritten. The plain
/// loss and the count of what is correct are those of the samples with a label.
///
/// # Panics
///
/// If samples are mixtures, a length disagrees with the number of labels or classes, or a label is neither below the number of classes nor
/// [`UNLABELLED`].
pub fn distillation(
    batch: &CrossEntropy<'_>,
    taught: &Taught<'_>,
    mut dlogits: Option<&mut [f32]>,
) -> LossSums {
    let &CrossEntropy { logits, labels, classes, class_weights, mixture, .. } = batch;
    assert!(mixture.is_none(), "a teacher speaks of samples as they are");
    assert_eq!(Some(logits.len()), labels.len().checked_mul(classes), "logits must be (labels, classes)");
    assert_eq!(taught.logits.len(), logits.len(), "the teacher's logits must be (labels, classes)");
    assert!(
        dlogits.as_ref().is_none_or(|dlogits| dlogits.len() == logits.len()),
        "dlogits must be (labels, classes)"
    );
    let share = f64::from(taught.share);
    let weight = |label: u32| match class_weights {
        Some(weights) if label != UNLABELLED => f64::from(weights[label as usize]),
        _ => 1.0,
    };
    let mut sums =
        LossSums { weight: labels.iter().map(|&label| weight(label)).sum(), ..LossSums::default() };
    let mut slope = vec![0.0; classes];
    let mut of_label = vec![0.0; classes];
    let rows = labels.iter().zip(logits.chunks_exact(classes)).zip(taught.logits.chunks_exact(classes));
    for (row, ((label, student), teacher)) in rows.enumerate() {
        slope.fill(0.0);
        let of_row = weight(*label);
        let mut share = share;
        if *label == UNLABELLED {
            share = 1.0;
        } else {
            let one = CrossEntropy { logits: student, labels: std::slice::from_ref(label), ..*batch };
            let own = cross_entropy(&one, Some(&mut of_label));
            sums.plain += own.plain;
            sums.correct += own.correct;
            sums.loss += (1.0 - share) * own.loss;
            // The gradient of one sample is divided by its own weight.
            slope
                .iter_mut()
                .zip(&of_label)
                .filter(|_| own.weight > 0.0)
                .for_each(|(slope, &own_slope)| *slope = (1.0 - share) * f64::from(own_slope) * own.weight);
        }
        let student = |class: usize| f64::from(student[class]);
        sums.loss +=
            share * of_row * divergence(&student, teacher, taught.temperature, share * of_row, &mut slope);
        if let Some(dlogits) = dlogits.as_deref_mut() {
            let dz = &mut dlogits[row * classes..][..classes];
            dz.iter_mut().zip(&slope).for_each(|(dz, slope)| *dz = (slope / sums.weight) as f32);
        }
    }
    sums
}

/// `T^2 sum_j q_j (log q_j - log r_j)` of one sample; `times` its slope `T (r - q)` is added to `slope`, (classes).
pub fn divergence(
    student: &dyn Fn(usize) -> f64,
    teacher: &[f32],
    temperature: f32,
    times: f64,
    slope: &mut [f64],
) -> f64 {
    let temperature = f64::from(temperature);
    let classes = teacher.len();
    let of_student = |class: usize| student(class) / temperature;
    let of_teacher = |class: usize| f64::from(teacher[class]) / temperature;
    let [normal_student, normal_teacher] =
        [normaliser(classes, &of_student), normaliser(classes, &of_teacher)];
    let mut sum = 0.0;
    for (class, slope) in slope.iter_mut().enumerate() {
        let [log_student, log_teacher] =
            [of_student(class) - normal_student, of_teacher(class) - normal_teacher];
        let target = log_teacher.exp();
        if target > 0.0 {
            sum += target * (log_teacher - log_student);
        }
        *slope += times * temperature * (log_student.exp() - target);
    }
    temperature * temperature * sum
}

/// `log(sum(exp z))`, shifted by the largest so that nothing overflows.
fn normaliser(classes: usize, z: &dyn Fn(usize) -> f64) -> f64 {
    let largest = (0..classes).map(z).fold(f64::NEG_INFINITY, f64::max);
    largest + (0..classes).map(|class| (z(class) - largest).exp()).sum::<f64>().ln()
}
