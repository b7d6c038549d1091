//! Which photographs called wrongly are shown.

use foliar_metrics::cross_entropy;
use foliar_results::Evaluation;

/// Mistakes shown by their loss, and by their confidence.
const WORST: usize = 12;
const CONFIDENT: usize = 8;

/// A wrong call: its row in the evaluation, and its loss in nats.
#[derive(Clone, Copy)]
pub(super) struct Wrong {
    pub(super) row: usize,
    pub(super) loss: f64,
}

/// Wrong calls to be shown.
pub(super) struct Chosen {
    /// How many there are.
    pub(super) total: usize,
    /// Those of the highest loss.
    pub(super) worst: Vec<Wrong>,
    /// Those of the highest confidence among the others.
    pub(super) confident: Vec<Wrong>,
}

impl Chosen {
    pub(super) fn of(evaluation: &Evaluation) -> Self {
        let rows = &evaluation.predictions;
        let wrong = rows.iter().enumerate().filter(|(_, row)| row.predicted != row.label);
        let mut all: Vec<Wrong> = wrong
            .map(|(place, row)| Wrong { row: place, loss: cross_entropy(&row.logits, row.label) })
            .collect();
        let total = all.len();
        all.sort_by(|a, b| b.loss.total_cmp(&a.loss).then(a.row.cmp(&b.row)));
        let mut others = all.split_off(total.min(WORST));
        others.sort_by(|a, b| {
            rows[b.row].confidence.total_cmp(&rows[a.row].confidence).then(a.row.cmp(&b.row))
        });
        others.truncate(CONFIDENT);
        Self { total, worst: all, confident: others }
    }
}
