//! Numbers that say how good predictions are.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | n | photographs |
//! | C | classes |
//! | N(a, b) | photographs of class a that were called b |
//! | p̂ | share of successes |
//! | z | 1.959964, the 97.5 % point of the normal distribution |

use serde::{Deserialize, Serialize};

/// 97.5 % point of the standard normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// Interval of a share, 95 %, from `successes` of `trials` (Wilson 1927, "Probable Inference", equation 5). All of
/// [0, 1] for no trials.
pub fn wilson(successes: usize, trials: usize) -> [f64; 2] {
    if trials == 0 {
        return [0.0, 1.0];
    }
    let n = trials as f64;
    let share = successes as f64 / n;
    let scale = 1.0 + Z * Z / n;
    let centre = share + Z * Z / (2.0 * n);
    let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    [((centre - spread) / scale).max(0.0), ((centre + spread) / scale).min(1.0)]
}

/// Probabilities of one photograph from its logits, in f64.
pub fn softmax(logits: &[f32]) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f64> = logits.iter().map(|&x| (f64::from(x) - f64::from(largest)).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

/// Cross-entropy of one photograph in nats: ln Σ exp(logits) - logit of `label`.
///
/// # Panics
/// If `label` is not below the number of logits.
pub fn cross_entropy(logits: &[f32], label: usize) -> f64 {
    let largest = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let sum: f64 = logits.iter().map(|&x| (f64::from(x) - largest).exp()).sum();
    sum.ln() + largest - f64::from(logits[label])
}

/// Place of the largest logit, the first of equals.
pub(crate) fn arg_max(logits: &[f32]) -> usize {
    let mut best = 0;
    for (index, &value) in logits.iter().enumerate() {
        if value > logits[best] {
            best = index;
        }
    }
    best
}

/// How often each class was called each class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    /// `counts[a][b]` is N(a, b): rows are the truth.
    pub counts: Vec<Vec<usize>>,
}

/// Figures of one class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassMetrics {
    /// Name.
    pub class: String,
    /// Photographs of the class.
    pub photographs: usize,
    /// Of those called so, the share that are; 0 if none was.
    pub precision: f64,
    /// Of those that are, the share called so; 0 if there is none.
    pub recall: f64,
    /// 2 precision recall / (precision + recall); 0 if both are 0.
    pub f1: f64,
}

/// How good predictions are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Photographs.
    pub photographs: usize,
    /// Mean cross-entropy in nats.
    pub loss: f64,
    /// Share called rightly.
    pub accuracy: f64,
    /// 95 % Wilson interval of the accuracy.
    pub accuracy_interval: [f64; 2],
    /// Mean F1 over the classes that occur among the truth or the predictions.
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
        let correct = confusion.correct();
        let per_class: Vec<ClassMetrics> =
            classes.iter().enumerate().map(|(index, name)| confusion.class(index, name)).collect();
        let occurring = |index: &usize| confusion.truths(*index) + confusion.calls(*index) > 0;
        let occurring: Vec<f64> = (0..classes.len()).filter(occurring).map(|i| per_class[i].f1).collect();
        Self {
            photographs: n,
            loss: loss / n.max(1) as f64,
            accuracy: correct as f64 / n.max(1) as f64,
            accuracy_interval: wilson(correct, n),
            macro_f1: occurring.iter().sum::<f64>() / occurring.len().max(1) as f64,
            classes: per_class,
            confusion,
        }
    }
}

impl Confusion {
    fn correct(&self) -> usize {
        (0..self.counts.len()).map(|class| self.counts[class][class]).sum()
    }

    fn truths(&self, class: usize) -> usize {
        self.counts[class].iter().sum()
    }

    fn calls(&self, class: usize) -> usize {
        self.counts.iter().map(|row| row[class]).sum()
    }

    fn class(&self, class: usize, name: &str) -> ClassMetrics {
        let hits = self.counts[class][class] as f64;
        let share = |whole: usize| if whole == 0 { 0.0 } else { hits / whole as f64 };
        let (precision, recall) = (share(self.calls(class)), share(self.truths(class)));
        let sum = precision + recall;
        let f1 = if sum > 0.0 { 2.0 * precision * recall / sum } else { 0.0 };
        ClassMetrics { class: name.to_owned(), photographs: self.truths(class), precision, recall, f1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilsons_interval_is_the_published_one() {
        // Newcombe 1998, table I, method 3: 81 of 263 and 0 of 20.
        let [low, high] = wilson(81, 263);
        assert!((low - 0.2553).abs() < 5e-5 && (high - 0.3662).abs() < 5e-5, "{low} {high}");
        let [low, high] = wilson(0, 20);
        assert!(low == 0.0 && (high - 0.1611).abs() < 5e-5, "{low} {high}");
        assert_eq!(wilson(0, 0), [0.0, 1.0]);
    }

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
        let right = (2f64.exp() + 2.0).ln() - 2.0;
        assert!((metrics.loss - (right * 3.0 + right + 2.0) / 4.0).abs() < 1e-9);
    }

    #[test]
    fn large_logits_neither_overflow_nor_vanish() {
        assert!((cross_entropy(&[1000.0, 0.0], 1) - 1000.0).abs() < 1e-9);
        assert_eq!(softmax(&[1e30, -1e30]), [1.0, 0.0]);
    }
}
