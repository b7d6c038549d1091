//! Every figure of a set of predictions, and every figure with its interval.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | n, C | photographs, classes |
//! | p_c, y | probability of class c and the true class of a photograph |
//! | N | (C, C) confusion: truth by call |
//! | k | how many classes may be named |
//!
//! | figure | definition | source |
//! | --- | --- | --- |
//! | balanced accuracy | mean recall over the classes that occur | Brodersen et al. 2010 |
//! | macro F1 | mean F1 over the classes that occur | |
//! | top-k accuracy | proportion whose truth is among the k most probable classes, of equals the first | |
//! | Matthews | correlation of truth and call | Gorodkin 2004, equation 2 |
//! | κ | agreement beyond that of equal margins | Cohen 1960 |
//! | Brier | mean of Σ_c (p_c - \[c = y\])², in 0..=2 | Brier 1950, equation 2 |

use serde::{Deserialize, Serialize};

/// The k of the top-k accuracies, of which those below C are given.
pub(crate) const TOP: [usize; 3] = [2, 3, 5];

/// Every figure: `Scores<f64>`, or `Scores<Estimate>` with intervals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scores<T> {
    /// Proportion predicted correctly.
    pub accuracy: T,
    /// Mean recall over the classes that occur.
    pub balanced_accuracy: T,
    /// Mean F1 over the classes that occur.
    pub macro_f1: T,
    /// Top-k accuracies, by ascending k.
    pub top: Vec<TopScore<T>>,
    /// Matthews' correlation, -1..=1; 0 where truth or call is always the same class.
    pub matthews: T,
    /// Cohen's kappa, up to 1; 0 where truth and call are always the same class.
    pub kappa: T,
    /// Mean cross-entropy in nats.
    pub loss: T,
    /// Brier score, summed over the classes, 0..=2.
    pub brier: T,
    /// Expected calibration error in 15 bins of equal width.
    pub calibration_error: T,
    /// Expected calibration error in 15 bins of equally many photographs.
    pub adaptive_calibration_error: T,
    /// Each class, in the order of the logits.
    pub classes: Vec<ClassScores<T>>,
}

/// How often the truth is among the most probable classes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopScore<T> {
    /// How many classes may be named.
    pub k: usize,
    /// The proportion.
    pub accuracy: T,
}

/// Figures of one class.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassScores<T> {
    /// Of the photographs predicted as this class, the proportion that are; 0 if none was.
    pub precision: T,
    /// Of the photographs of this class, the proportion predicted as it; 0 if there is none.
    pub recall: T,
    /// 2 precision recall / (precision + recall); 0 if both are 0.
    pub f1: T,
}

impl<T> Scores<T> {
    /// The same figures, each as `change` makes it, always in the same order.
    pub fn map<U>(self, mut change: impl FnMut(T) -> U) -> Scores<U> {
        Scores {
            accuracy: change(self.accuracy),
            balanced_accuracy: change(self.balanced_accuracy),
            macro_f1: change(self.macro_f1),
            top: self
                .top
                .into_iter()
                .map(|top| TopScore { k: top.k, accuracy: change(top.accuracy) })
                .collect(),
            matthews: change(self.matthews),
            kappa: change(self.kappa),
            loss: change(self.loss),
            brier: change(self.brier),
            calibration_error: change(self.calibration_error),
            adaptive_calibration_error: change(self.adaptive_calibration_error),
            classes: self
                .classes
                .into_iter()
                .map(|class| ClassScores {
                    precision: change(class.precision),
                    recall: change(class.recall),
                    f1: change(class.f1),
                })
                .collect(),
        }
    }
}
