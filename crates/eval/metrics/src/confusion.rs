//! How often each class was called each class, and what follows from it for one class.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | C | classes |
//! | N(a, b) | photographs of class a that were called b |

use serde::{Deserialize, Serialize};

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
    /// Of the photographs predicted as this class, the proportion that are; 0 if none was.
    pub precision: f64,
    /// Of the photographs of this class, the proportion predicted as it; 0 if there is none.
    pub recall: f64,
    /// 2 precision recall / (precision + recall); 0 if both are 0.
    pub f1: f64,
}

impl Confusion {
    /// Photographs that were called what they are.
    pub fn correct(&self) -> usize {
        (0..self.counts.len()).map(|class| self.counts[class][class]).sum()
    }

    /// Photographs of a class.
    ///
    /// # Panics
    /// If `class` is not below C.
    pub fn truths(&self, class: usize) -> usize {
        self.counts[class].iter().sum()
    }

    /// Photographs that were called a class.
    ///
    /// # Panics
    /// If `class` is not below C.
    pub fn calls(&self, class: usize) -> usize {
        self.counts.iter().map(|row| row[class]).sum()
    }

    pub(crate) fn class(&self, class: usize, name: &str) -> ClassMetrics {
        let hits = self.counts[class][class] as f64;
        let proportion = |whole: usize| if whole == 0 { 0.0 } else { hits / whole as f64 };
        let (precision, recall) = (proportion(self.calls(class)), proportion(self.truths(class)));
        let sum = precision + recall;
        let f1 = if sum > 0.0 { 2.0 * precision * recall / sum } else { 0.0 };
        ClassMetrics { class: name.to_owned(), photographs: self.truths(class), precision, recall, f1 }
    }
}
