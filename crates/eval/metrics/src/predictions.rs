//! What a classifier said of photographs whose class is known: the one value from which every figure follows.
//!
//! | symbol | shape | meaning |
//! | --- | --- | --- |
//! | n | | photographs |
//! | C | | classes |
//! | logits | (n, C) | a row a photograph, already divided by the temperature |
//! | labels | (n) | the true class, from 0 |

use crate::error::{MetricsError, check_finite, check_length};
use crate::groups::Groups;
use crate::probability::{arg_max, softmax};

/// Predictions for n photographs of C classes. The lengths fit each other, the labels are classes and the logits finite.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    logits: Vec<f32>,
    labels: Vec<u32>,
    groups: Groups,
    classes: usize,
}

impl Predictions {
    /// From `logits` (n, `classes`), `labels` (n) and `groups` (n). There may be no photograph.
    ///
    /// # Errors
    /// Lists whose lengths do not fit, a label that is no class, a logit that is not finite, no class at all.
    pub fn new(
        logits: Vec<f32>,
        labels: Vec<u32>,
        groups: Groups,
        classes: usize,
    ) -> Result<Self, MetricsError> {
        if classes == 0 {
            return Err(MetricsError::Parameter {
                name: "number of classes",
                value: 0.0,
                expected: "1 or more",
            });
        }
        check_length("logits", logits.len(), labels.len() * classes)?;
        check_length("groups", groups.photographs(), labels.len())?;
        if let Some(photograph) = labels.iter().position(|&label| label as usize >= classes) {
            return Err(MetricsError::Label { photograph, label: labels[photograph], classes });
        }
        check_finite("logit", &logits, classes)?;
        Ok(Self { logits, labels, groups, classes })
    }

    /// Number of photographs, n.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no photograph.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Number of classes, C.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// All logits, (n, C).
    pub fn logits(&self) -> &[f32] {
        &self.logits
    }

    /// The logits of each photograph in turn, C each.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.logits.chunks_exact(self.classes)
    }

    /// True classes, (n).
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// Which photographs belong together, (n).
    pub fn groups(&self) -> &Groups {
        &self.groups
    }

    /// The most probable class of each photograph, (n).
    pub fn calls(&self) -> Vec<usize> {
        self.rows().map(arg_max).collect()
    }

    /// Whether each photograph was predicted correctly, (n).
    pub fn correct(&self) -> Vec<bool> {
        self.rows().zip(&self.labels).map(|(row, &label)| arg_max(row) == label as usize).collect()
    }

    /// Probability of the most probable class of each photograph, (n), in 1 / C..=1.
    pub fn confidences(&self) -> Vec<f64> {
        self.rows().map(|row| softmax(row)[arg_max(row)]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_by_name() {
        let make = |logits: &[f32], labels: &[u32], groups: usize, classes| {
            Predictions::new(logits.to_vec(), labels.to_vec(), Groups::independent(groups), classes)
                .map_err(|error| error.to_string())
        };
        let cases: [(Result<Predictions, String>, &str); 6] = [
            (make(&[], &[], 0, 0), "number of classes is 0; it must be 1 or more"),
            (make(&[0.0; 3], &[0, 1], 2, 2), "logits: 3 numbers where 4 were expected"),
            (make(&[0.0; 4], &[0, 1], 1, 2), "groups: 1 numbers where 2 were expected"),
            (
                make(&[0.0; 4], &[0, 2], 2, 2),
                "photo 1 is labelled 2, but there are 2 classes, counted from 0",
            ),
            (
                make(&[0.0, 0.0, 0.0, f32::NAN], &[0, 1], 2, 2),
                "logit 1 of photo 1 is not a finite number; the network has overflowed",
            ),
            (
                make(&[0.0, f32::INFINITY], &[0], 1, 2),
                "logit 1 of photo 0 is not a finite number; the network has overflowed",
            ),
        ];
        for (result, expected) in cases {
            assert_eq!(result.unwrap_err(), expected);
        }
        assert!(make(&[], &[], 0, 3).unwrap().is_empty());
    }

    #[test]
    fn the_first_of_equals_is_called() {
        let predictions =
            Predictions::new(vec![1.0, 1.0, 0.0, 2.0], vec![0, 0], Groups::independent(2), 2).unwrap();
        assert_eq!(predictions.calls(), [0, 1]);
        assert_eq!(predictions.correct(), [true, false]);
        assert_eq!(predictions.confidences()[0], 0.5);
    }
}
