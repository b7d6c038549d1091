//! Figures that say how good predictions are, without intervals: for the log of a training. `Scores` has intervals by group.

use serde::{Deserialize, Serialize};

use crate::confusion::{ClassMetrics, Confusion};
use crate::probability::{arg_max, cross_entropy};

/// How good predictions are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Photographs.
    pub photographs: usize,
    /// Mean cross-entropy in nats.
    pub loss: f64,
    /// Proportion predicted correctly.
    pub accuracy: f64,
    /// Mean F1 over the classes that occur.
    pub macro_f1: f64,
    /// Each class.
    pub classes: Vec<ClassMetrics>,
    /// Counts.
    pub confusion: Confusion,
}

impl Metrics {
    /// From `logits` (n, C) and `labels` (n), each below C, with the names of the `classes`.
    ///
    /// # Panics
    /// If the lengths disagree or a label is not below C.
    pub fn new(logits: &[f32], labels: &[u32], classes: &[String]) -> Self {
        assert_eq!(logits.len(), labels.len() * classes.len());
        let mut counts = vec![vec![0; classes.len()]; classes.len()];
        let mut loss = 0.0;
        for (row, &label) in logits.chunks_exact(classes.len()).zip(labels) {
            counts[label as usize][arg_max(row)] += 1;
            loss += cross_entropy(row, label as usize);
        }
        let confusion = Confusion { counts };
        let n = labels.len();
        let per_class: Vec<ClassMetrics> =
            classes.iter().enumerate().map(|(index, name)| confusion.class(index, name)).collect();
        let occurring = |index: &usize| confusion.truths(*index) > 0;
        let occurring: Vec<f64> = (0..classes.len()).filter(occurring).map(|i| per_class[i].f1).collect();
        Self {
            photographs: n,
            loss: loss / n.max(1) as f64,
            accuracy: confusion.correct() as f64 / n.max(1) as f64,
            macro_f1: occurring.iter().sum::<f64>() / occurring.len().max(1) as f64,
            classes: per_class,
            confusion,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_a_small_table() {
        let names: Vec<String> = ["a", "b", "c"].map(String::from).to_vec();
        // Truth a a b b, called a b b b; class c does not occur.
        let logits = [2.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 2.0, 0.0, 0.0, 2.0, 0.0];
        let metrics = Metrics::new(&logits, &[0, 0, 1, 1], &names);
        assert_eq!(metrics.confusion.counts, [[1, 1, 0], [0, 2, 0], [0, 0, 0]]);
        assert_eq!(metrics.accuracy, 0.75);
        assert!((metrics.classes[0].f1 - 2.0 / 3.0).abs() < 1e-12);
        assert!((metrics.classes[1].precision - 2.0 / 3.0).abs() < 1e-12);
        assert!((metrics.macro_f1 - (2.0 / 3.0 + 0.8) / 2.0).abs() < 1e-12);
        // What is called c and is none lowers the others alone.
        let called = Metrics::new(&[2.0, 0.0, 0.0, 0.0, 0.0, 2.0], &[0, 1], &names);
        assert!((called.macro_f1 - 0.5).abs() < 1e-12);
        let right = (2f64.exp() + 2.0).ln() - 2.0;
        assert!((metrics.loss - (right * 3.0 + right + 2.0) / 4.0).abs() < 1e-9);
    }
}
