//! What a classifier says of photographs of which nobody has said what they show.

use foliar_metrics::{arg_max, softmax};
use foliar_model::OodDetector;
use serde::Serialize;

use crate::network::Outputs;

/// Figures of photographs without labels. None of them tells how many answers are right.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Standing {
    /// Share of photographs that the detector takes for unlike the training photographs; one in twenty of those like them is.
    pub unlike: f64,
    /// Median of their distances, in units of the detector's limit.
    pub distance: f64,
    /// Mean of the calibrated probabilities of the answers.
    pub confidence: f64,
    /// How many photographs each class is the answer for, in the order of the classes.
    pub answers: Vec<usize>,
}

/// A classifier on the photographs.
pub(super) struct Seen {
    pub(super) standing: Standing,
    /// The answer for each.
    pub(super) answers: Vec<usize>,
    /// (n, C), calibrated.
    pub(super) probabilities: Vec<f64>,
}

impl Seen {
    pub(super) fn of(outputs: &[Outputs], temperature: f64, classes: usize, detector: &OodDetector) -> Self {
        let scale = (1.0 / temperature) as f32;
        let rows: Vec<Vec<f64>> = outputs
            .iter()
            .map(|outputs| softmax(&outputs.logits.iter().map(|logit| logit * scale).collect::<Vec<_>>()))
            .collect();
        let answers: Vec<usize> = outputs.iter().map(|outputs| arg_max(&outputs.logits)).collect();
        let mut distances: Vec<f64> =
            outputs.iter().map(|outputs| detector.relative_distance(&outputs.features)).collect();
        distances.sort_by(f64::total_cmp);
        let n = outputs.len().max(1) as f64;
        let mut counts = vec![0; classes];
        answers.iter().for_each(|&answer| counts[answer] += 1);
        let standing = Standing {
            unlike: distances.iter().filter(|&&distance| distance > 1.0).count() as f64 / n,
            distance: distances.get(distances.len() / 2).copied().unwrap_or(f64::NAN),
            confidence: rows.iter().zip(&answers).map(|(row, &answer)| row[answer]).sum::<f64>() / n,
            answers: counts,
        };
        Self { standing, answers, probabilities: rows.concat() }
    }

    /// How many answers differ.
    pub(super) fn changed_from(&self, other: &Self) -> usize {
        self.answers.iter().zip(&other.answers).filter(|(own, other)| own != other).count()
    }
}
