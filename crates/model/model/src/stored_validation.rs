//! How a bundle holds what its classifier was measured with: of a table of counts with many classes the few that are not zero.

use foliar_metrics::{ClassMetrics, Confusion, Metrics};
use serde::{Deserialize, Serialize};

use crate::validation::Validation;

/// Most classes of a table that is stored whole: with 3,000 classes it would be nine million numbers.
const MOST_WHOLE: usize = 256;

/// Most classes of a classifier that is measured: the table of its counts then takes 200 MB of memory.
pub const MOST_CLASSES: usize = 5_000;

#[derive(Serialize, Deserialize)]
pub(crate) struct StoredValidation {
    metrics: StoredMetrics,
}

/// [`Metrics`], field by field.
#[derive(Serialize, Deserialize)]
struct StoredMetrics {
    photographs: usize,
    loss: f64,
    accuracy: f64,
    macro_f1: f64,
    classes: Vec<ClassMetrics>,
    confusion: StoredCounts,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum StoredCounts {
    Whole {
        counts: Vec<Vec<usize>>,
    },
    /// (class, what it was called, count) of each count above 0.
    Sparse {
        cells: Vec<(usize, usize, usize)>,
    },
}

impl StoredValidation {
    pub(crate) fn of(validation: &Validation) -> Self {
        let Metrics { photographs, loss, accuracy, macro_f1, classes, confusion } = &validation.metrics;
        let counts = &confusion.counts;
        let confusion = if counts.len() <= MOST_WHOLE {
            StoredCounts::Whole { counts: counts.clone() }
        } else {
            let rows = counts.iter().enumerate();
            let cells = rows.flat_map(|(class, row)| {
                row.iter()
                    .enumerate()
                    .filter(|(_, count)| **count > 0)
                    .map(move |(called, &count)| (class, called, count))
            });
            StoredCounts::Sparse { cells: cells.collect() }
        };
        let (photographs, loss, accuracy, macro_f1) = (*photographs, *loss, *accuracy, *macro_f1);
        let classes = classes.clone();
        Self { metrics: StoredMetrics { photographs, loss, accuracy, macro_f1, classes, confusion } }
    }

    /// As it was, for a classifier of so many classes.
    ///
    /// # Errors
    /// A table of other classes.
    pub(crate) fn restore(self, count: usize) -> Result<Validation, String> {
        let StoredMetrics { photographs, loss, accuracy, macro_f1, classes, confusion } = self.metrics;
        let wrong = || format!("its validation is not one of {count} classes");
        let counts = match confusion {
            StoredCounts::Whole { counts } => counts,
            StoredCounts::Sparse { .. } if count > MOST_CLASSES => return Err(wrong()),
            StoredCounts::Sparse { cells } => {
                let mut counts = vec![vec![0; count]; count];
                for (class, called, number) in cells {
                    *counts.get_mut(class).and_then(|row| row.get_mut(called)).ok_or_else(wrong)? = number;
                }
                counts
            }
        };
        if counts.len() != count || classes.len() != count || counts.iter().any(|row| row.len() != count) {
            return Err(wrong());
        }
        let confusion = Confusion { counts };
        Ok(Validation { metrics: Metrics { photographs, loss, accuracy, macro_f1, classes, confusion } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn validation(classes: usize) -> Validation {
        let names: Vec<String> = (0..classes).map(|class| format!("class {class}")).collect();
        let labels: Vec<u32> = (0..40).map(|photo| (photo * 7 % classes) as u32).collect();
        let logit = |photo: usize, class: usize| ((photo * 31 + class * 17) % 23) as f32;
        let logits: Vec<f32> =
            (0..40).flat_map(|photo| (0..classes).map(move |class| logit(photo, class))).collect();
        Validation { metrics: Metrics::new(&logits, &labels, &names) }
    }

    #[test]
    fn what_is_stored_is_restored_and_small() {
        for classes in [3, MOST_WHOLE, MOST_WHOLE + 1, 2000] {
            let validation = validation(classes);
            let text = serde_json::to_string(&StoredValidation::of(&validation)).unwrap();
            let restore = |count| serde_json::from_str::<StoredValidation>(&text).unwrap().restore(count);
            assert_eq!(restore(classes).unwrap(), validation);
            assert!(restore(classes - 1).is_err());
            if classes <= MOST_WHOLE {
                assert_eq!(text, serde_json::to_string(&validation).unwrap());
            } else {
                assert!(text.len() < 120 * classes, "{classes}: {}", text.len());
            }
        }
    }
}
