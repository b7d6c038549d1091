//! Which wrong predictions are worth looking at.

use foliar_metrics::cross_entropy;
use foliar_results::{Evaluation, Mistake, Mistakes};

/// Mistakes with the highest loss, and others with the highest confidence.
const WORST: usize = 12;
const CONFIDENT: usize = 8;

/// The 12 wrong predictions of the highest loss, and the 8 of the highest confidence among the others. What of their evidence
/// is on the background is not known yet.
#[must_use]
pub fn mistakes(evaluation: &Evaluation) -> Mistakes {
    let predictions = &evaluation.predictions;
    let wrong = predictions.iter().enumerate().filter(|(_, row)| row.predicted != row.label);
    let mut worst: Vec<Mistake> = wrong
        .map(|(prediction, row)| Mistake {
            prediction,
            loss: cross_entropy(&row.logits, row.label),
            background: None,
        })
        .collect();
    let total = worst.len();
    worst.sort_by(|a, b| b.loss.total_cmp(&a.loss).then(a.prediction.cmp(&b.prediction)));
    let mut confident = worst.split_off(total.min(WORST));
    let confidence = |mistake: &Mistake| predictions[mistake.prediction].confidence;
    confident.sort_by(|a, b| confidence(b).total_cmp(&confidence(a)).then(a.prediction.cmp(&b.prediction)));
    confident.truncate(CONFIDENT);
    Mistakes { total, worst, confident }
}
