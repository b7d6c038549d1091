//! What a classifier says of one photograph.

use foliar_metrics::{AbstentionReason, arg_max, softmax};

/// What a classifier says of one photograph.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// One a class, divided by the bundle's temperature.
    pub logits: Vec<f32>,
    /// Views of the photograph that they are the mean of; 1 for the photograph as it is alone.
    pub views: usize,
    /// Set, distance and abstention; `None` for a bundle without [`Uncertainty`](crate::Uncertainty).
    pub details: Option<PredictionDetails>,
}

impl Prediction {
    /// Probability of each class; they add up to 1.
    pub fn probabilities(&self) -> Vec<f64> {
        softmax(&self.logits)
    }

    /// Place of the most probable class, the first of equals.
    pub fn predicted(&self) -> usize {
        arg_max(&self.logits)
    }

    /// Why the classifier abstains; `None` if it answers, or if its bundle has no thresholds.
    pub fn abstention(&self) -> Option<AbstentionReason> {
        self.details.as_ref()?.abstention
    }

    /// Distance of the features from those of training photographs: above 1 is out-of-distribution. `None` if the bundle has no
    /// detector.
    pub fn distance(&self) -> Option<f64> {
        self.details.as_ref()?.distance
    }

    /// Prediction set: places of the classes that may be the true one, the most probable first; `None` if the bundle has none.
    pub fn set(&self) -> Option<&[usize]> {
        Some(&self.details.as_ref()?.set)
    }

    /// The `count` most probable classes with their probabilities, most probable first; equals in the order of the
    /// classes.
    pub fn top(&self, count: usize) -> Vec<(usize, f64)> {
        let mut ranked: Vec<(usize, f64)> = self.probabilities().into_iter().enumerate().collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        ranked.truncate(count);
        ranked
    }
}

/// Prediction set, distance and abstention for one photograph.
#[derive(Clone, Debug, PartialEq)]
pub struct PredictionDetails {
    /// Places of the classes that may be the true one, the most probable first; empty if no class fits well enough.
    pub set: Vec<usize>,
    /// Distance of its features from those of training photographs, in units of the threshold: above 1 is
    /// out-of-distribution. `None` if the bundle has no detector.
    pub distance: Option<f64>,
    /// Why the classifier abstains; `None` if it answers.
    pub abstention: Option<AbstentionReason>,
}
