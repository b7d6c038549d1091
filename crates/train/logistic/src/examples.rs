//! What a classifier learns from.

use foliar_kernels::binary_loss::{Targets, binary_surprise, sigmoid};
use foliar_kernels::distillation::{Taught, UNLABELLED, divergence};

/// Photographs as features with their classes.
#[derive(Clone, Copy, Debug)]
pub struct Examples<'a> {
    /// (n, d), one row a photograph.
    pub features: &'a [f32],
    /// The class of each of the n photographs, below `classes`; or the number of its set of classes, as `targets` says.
    pub labels: &'a [u32],
    /// What labels mean. With sets of classes each class has a logistic regression of its own, of photographs with it and those without.
    pub targets: Targets<'a>,
    /// Number of classes C, at least 1.
    pub classes: usize,
    /// Share of the target that is spread over all classes, or over there and not there, in [0, 1).
    pub label_smoothing: f32,
}

impl Examples<'_> {
    /// d, the number of features; `None` if the lengths do not go together or a class is out of range.
    pub(crate) fn width(&self) -> Option<usize> {
        let count = self.labels.len();
        let width = self.features.len().checked_div(count)?;
        let fits = width > 0 && width * count == self.features.len();
        let known = match self.targets {
            Targets::OneOf => self.classes,
            Targets::Taught(taught) if taught.logits.len() == count * self.classes => self.classes,
            Targets::Taught(_) => 0,
            Targets::AnyOf(sets) if sets.len().is_multiple_of(self.classes) => sets.len() / self.classes,
            Targets::AnyOf(_) => 0,
        };
        let may_lack = matches!(self.targets, Targets::Taught(_)) && known > 0;
        let named =
            self.labels.iter().all(|&label| (label as usize) < known || (may_lack && label == UNLABELLED));
        (fits && named).then_some(width)
    }

    /// The loss, in nats, of the photograph in a row, whose logits are z, (C); they become what pulls at each, p - t without a
    /// teacher.
    pub(crate) fn surprise(&self, row: usize, z: &mut [f64]) -> f64 {
        let label = self.labels[row] as usize;
        let smoothing = f64::from(self.label_smoothing);
        match self.targets {
            Targets::OneOf => self.of_class(label, z),
            Targets::Taught(taught) => self.taught(row, &taught, z),
            Targets::AnyOf(sets) => {
                let set = &sets[label * self.classes..][..self.classes];
                let mut loss = 0.0;
                for (z, &shown) in z.iter_mut().zip(set) {
                    let target = (1.0 - smoothing) * f64::from(shown) + smoothing / 2.0;
                    loss += binary_surprise(*z, target);
                    *z = sigmoid(*z) - target;
                }
                loss
            }
        }
    }
    /// The same of a photograph of one class.
    fn of_class(&self, label: usize, z: &mut [f64]) -> f64 {
        let smoothing = f64::from(self.label_smoothing);
        let spread = smoothing / self.classes as f64;
        let target = |class: usize| spread + if class == label { 1.0 - smoothing } else { 0.0 };
        let highest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (mut above, mut sum) = (0.0, 0.0);
        for (class, z) in z.iter_mut().enumerate() {
            above += target(class) * (highest - *z);
            *z = (*z - highest).exp();
            sum += *z;
        }
        for (class, power) in z.iter_mut().enumerate() {
            *power = *power / sum - target(class);
        }
        above + sum.ln()
    }

    /// The same of a photograph of which a teacher speaks, with or without a class; see [`foliar_kernels::distillation`].
    fn taught(&self, row: usize, taught: &Taught<'_>, z: &mut [f64]) -> f64 {
        let label = self.labels[row];
        let share = if label == UNLABELLED { 1.0 } else { f64::from(taught.share) };
        let student = z.to_vec();
        let mut loss = 0.0;
        if label == UNLABELLED {
            z.fill(0.0);
        } else {
            loss = (1.0 - share) * self.of_class(label as usize, z);
            z.iter_mut().for_each(|pull| *pull *= 1.0 - share);
        }
        let teacher = &taught.logits[row * self.classes..][..self.classes];
        loss + share * divergence(&|class| student[class], teacher, taught.temperature, share, z)
    }
}
