//! Samples that are mixtures of two.

/// What the samples of a batch show besides their label, since each was mixed with another one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mixture<'a> {
    /// The label of the other sample of each, (n).
    pub labels: &'a [u32],
    /// How much of each sample is the other one, in [0, 1].
    pub share: f32,
}

impl Mixture<'_> {
    /// The two labels of sample `row`, whose own is `label`, with the share of each.
    pub(crate) fn of(mixture: Option<&Self>, row: usize, label: u32) -> [(usize, f64); 2] {
        let (other, share) =
            mixture.map_or((label, 0.0), |mixed| (mixed.labels[row], f64::from(mixed.share)));
        [(label as usize, 1.0 - share), (other as usize, share)]
    }

    /// Of the two the one with the larger share; of equal shares the first.
    pub(crate) fn main(shown: [(usize, f64); 2]) -> usize {
        if shown[1].1 > shown[0].1 { shown[1].0 } else { shown[0].0 }
    }
}
