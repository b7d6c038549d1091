//! What a classifier said of photographs that show any number of labels.
//!
//! | symbol | shape | meaning |
//! | --- | --- | --- |
//! | n | | photographs |
//! | L | | labels |
//! | p | (n, L) | probability that a photograph shows a label |
//! | shown | (n, L) | whether it does |
//! | called | (n, L) | whether the classifier says so: p is at least the threshold of the label |

use crate::error::{MetricsError, check_length};
use crate::groups::Groups;

/// Predictions for n photographs and L labels. The lengths fit each other, and every p is a probability.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelPredictions {
    probabilities: Vec<f64>,
    shown: Vec<bool>,
    called: Vec<bool>,
    groups: Groups,
    labels: usize,
}

impl LabelPredictions {
    /// From probabilities (n, L), what photographs show (n, L), a threshold for each label, and groups (n).
    ///
    /// # Errors
    /// Lists whose lengths do not fit, a number that is no probability, no label at all.
    pub fn new(
        probabilities: Vec<f64>,
        shown: Vec<bool>,
        thresholds: &[f64],
        groups: Groups,
    ) -> Result<Self, MetricsError> {
        let labels = thresholds.len();
        if labels == 0 {
            return Err(MetricsError::Parameter {
                name: "number of labels",
                value: 0.0,
                expected: "1 or more",
            });
        }
        check_length("probabilities", probabilities.len(), shown.len())?;
        check_length("photos by labels", shown.len(), groups.photographs() * labels)?;
        if let Some(&value) = probabilities.iter().find(|value| !(0.0..=1.0).contains(*value)) {
            return Err(MetricsError::Parameter { name: "probability", value, expected: "0 to 1" });
        }
        let called = probabilities.chunks_exact(labels).flat_map(|row| calls(row, thresholds)).collect();
        Ok(Self { probabilities, shown, called, groups, labels })
    }

    /// n.
    #[must_use]
    pub fn len(&self) -> usize {
        self.groups.photographs()
    }

    /// Whether there is no photograph.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// L.
    #[must_use]
    pub fn labels(&self) -> usize {
        self.labels
    }

    /// Which photographs belong together, (n).
    #[must_use]
    pub fn groups(&self) -> &Groups {
        &self.groups
    }

    /// Of each photograph in turn what it shows and what is called, L each.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = (&[bool], &[bool])> {
        self.shown.chunks_exact(self.labels).zip(self.called.chunks_exact(self.labels))
    }

    /// Probabilities of a label, (n).
    #[must_use]
    pub fn probabilities_of(&self, label: usize) -> Vec<f64> {
        self.probabilities.iter().skip(label).step_by(self.labels).copied().collect()
    }

    /// Which photographs show a label, (n).
    #[must_use]
    pub fn shown_of(&self, label: usize) -> Vec<bool> {
        self.shown.iter().skip(label).step_by(self.labels).copied().collect()
    }

    /// For which photographs a label is called, (n).
    #[must_use]
    pub fn called_of(&self, label: usize) -> Vec<bool> {
        self.called.iter().skip(label).step_by(self.labels).copied().collect()
    }

    /// Whether each photograph was called right in every label, (n).
    #[must_use]
    pub fn all_right(&self) -> Vec<bool> {
        self.rows().map(|(shown, called)| shown == called).collect()
    }
}

/// Which labels of one photograph are called: (L) probabilities that reach the (L) thresholds.
pub fn calls<'a>(probabilities: &'a [f64], thresholds: &'a [f64]) -> impl Iterator<Item = bool> + 'a {
    /// How far an engine that rounds otherwise may be off.
    const ROUNDING: f64 = 1e-5;
    probabilities.iter().zip(thresholds).map(|(p, threshold)| *p >= threshold * (1.0 - ROUNDING))
}

/// The threshold of a label with the best F1 on photographs with these probabilities, (n), that show it where `shown`, (n), is
/// true: halfway between two neighbouring probabilities, of equally good ones the nearest to 0.5. 0.5 where no photograph shows it.
///
/// # Panics
/// If the lengths differ.
#[must_use]
pub fn best_threshold(probabilities: &[f64], shown: &[bool]) -> f64 {
    assert_eq!(probabilities.len(), shown.len(), "a probability for each photo");
    let all = shown.iter().filter(|&&shown| shown).count();
    let mut order: Vec<usize> = (0..shown.len()).collect();
    order.sort_by(|&a, &b| probabilities[b].total_cmp(&probabilities[a]));
    let (mut hits, mut best) = (0, (0.0, 0.5));
    for (place, &photo) in order.iter().enumerate() {
        hits += usize::from(shown[photo]);
        let next = order.get(place + 1).map(|&next| probabilities[next]);
        // Photographs of equal probability are called together.
        if next == Some(probabilities[photo]) {
            continue;
        }
        let f1 = 2.0 * hits as f64 / (all + place + 1) as f64;
        let threshold = f64::midpoint(probabilities[photo], next.unwrap_or(0.0));
        let nearer = |other: f64| (threshold - 0.5).abs() < (other - 0.5_f64).abs();
        if f1 > best.0 || (f1 == best.0 && f1 > 0.0 && nearer(best.1)) {
            best = (f1, threshold);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Purpose;

    fn f1(probabilities: &[f64], shown: &[bool], threshold: f64) -> f64 {
        let count = |right: &dyn Fn(bool, bool) -> bool| {
            probabilities.iter().zip(shown).filter(|(p, shown)| right(**p >= threshold, **shown)).count()
                as f64
        };
        let hits = count(&|called, shown| called && shown);
        2.0 * hits / (count(&|called, _| called) + count(&|_, shown| shown)).max(1.0)
    }

    #[test]
    fn no_threshold_has_a_better_f1() {
        for seed in 0..60 {
            let mut stream = Purpose::Bootstrap.stream(9, seed);
            let count = stream.below(30);
            let probabilities: Vec<f64> = (0..count).map(|_| (stream.below(12) as f64) / 11.0).collect();
            let shown: Vec<bool> = (0..count).map(|_| stream.chance(0.3)).collect();
            let found = f1(&probabilities, &shown, best_threshold(&probabilities, &shown));
            for step in 0..=240 {
                let other = f1(&probabilities, &shown, f64::from(step) / 240.0);
                assert!(found >= other - 1e-12, "{seed}: {found} {other}");
            }
        }
        assert_eq!(best_threshold(&[0.9, 0.1], &[false, false]), 0.5);
        assert_eq!(best_threshold(&[], &[]), 0.5);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let make = |p: &[f64], shown: usize, labels: usize, groups: usize| {
            let thresholds = vec![0.5; labels];
            LabelPredictions::new(p.to_vec(), vec![true; shown], &thresholds, Groups::independent(groups))
        };
        assert!(make(&[0.1, 0.9], 2, 2, 1).is_ok());
        assert!(make(&[0.1, 0.9], 2, 0, 1).is_err() && make(&[0.1], 2, 2, 1).is_err());
        assert!(make(&[0.1, 0.9], 2, 2, 2).is_err() && make(&[0.1, f64::NAN], 2, 2, 1).is_err());
    }
}
