//! What a classifier learns from.

/// Photographs as features with their classes.
#[derive(Clone, Copy, Debug)]
pub struct Examples<'a> {
    /// (n, d), one row a photograph.
    pub features: &'a [f32],
    /// The class of each of the n photographs, below `classes`.
    pub labels: &'a [u32],
    /// Number of classes C, at least 1.
    pub classes: usize,
    /// Share of the target that is spread over all classes, in [0, 1).
    pub label_smoothing: f32,
}

impl Examples<'_> {
    /// d, the number of features; `None` if the lengths do not go together or a class is out of range.
    pub(crate) fn width(&self) -> Option<usize> {
        let count = self.labels.len();
        let width = self.features.len().checked_div(count)?;
        let fits = width > 0 && width * count == self.features.len();
        let named = self.labels.iter().all(|&label| (label as usize) < self.classes);
        (fits && named).then_some(width)
    }
}
