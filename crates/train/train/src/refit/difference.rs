//! Two kinds of classifiers, each of which predicted for the folds that it had not learned from.

use foliar_metrics::{Bootstrap, Groups, PairedDifference, Predictions};

use super::Source;
use crate::error::TrainError;
use crate::out_of_fold::{OutOfFoldPredictions, Validated};

/// Probability of a difference beyond one standard error by chance, of a normal distribution.
const WITHIN_ERROR: f64 = 0.317;

/// Predictions of the folds with the temperature that was fitted to them.
#[derive(Clone, Copy)]
pub(super) struct Calibrated<'a> {
    pub(super) predictions: &'a OutOfFoldPredictions,
    pub(super) temperature: f64,
}

impl<'a> Calibrated<'a> {
    pub(super) fn of(validated: &'a Validated) -> Self {
        Self { predictions: &validated.out_of_fold, temperature: validated.calibration.temperature }
    }
}

/// Whether the first of two is better than the second, which is the simpler one, by more than a standard error: Breiman's rule.
pub(super) fn is_better(difference: &PairedDifference) -> bool {
    difference.loss.value < 0.0 && difference.loss_p_value < WITHIN_ERROR
}

impl Source<'_> {
    /// The `first` minus the `second`, on the same photographs, each of which shows one class.
    pub(super) fn difference(
        &self,
        first: Calibrated<'_>,
        second: Calibrated<'_>,
    ) -> Result<PairedDifference, TrainError> {
        let clusters = self.photographs.clusters();
        let classes = self.photographs.dataset.classes.len();
        let predictions = |Calibrated { predictions, temperature }: Calibrated<'_>| {
            let groups: Vec<u64> = predictions.photos.iter().map(|&photo| clusters[photo] as u64).collect();
            let scale = (1.0 / temperature) as f32;
            let logits = predictions.logits.iter().map(|logit| logit * scale).collect();
            Predictions::new(logits, predictions.labels.clone(), Groups::new(&groups), classes)
        };
        let bootstrap = Bootstrap { seed: self.recipe.seed, ..Bootstrap::default() };
        Ok(PairedDifference::of(&predictions(first)?, &predictions(second)?, &bootstrap)?)
    }
}
