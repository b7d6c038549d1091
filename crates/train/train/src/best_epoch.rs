//! Which epoch of a run is the best one, and is kept.

use serde::{Deserialize, Serialize};

use crate::out_of_fold::Validated;

/// What is remembered of an epoch: how it did on the validation photographs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochScore {
    /// Epoch, from 1.
    pub epoch: u32,
    /// Phase of the recipe that it belongs to, from 1.
    pub phase: u32,
    /// Share of correct predictions on the validation photographs; `None` if none were held back.
    pub accuracy: Option<f64>,
    /// Mean over them of the F1 of their labels, where photographs show any number of labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_f1: Option<f64>,
    /// Mean cross-entropy on them, in nats.
    pub loss: Option<f64>,
    /// The same after calibration.
    pub calibrated_loss: Option<f64>,
    /// The temperature of the calibration; 1 if nothing was held back.
    pub temperature: f64,
}

impl EpochScore {
    /// What is remembered of an epoch, counted from 1, of a phase.
    pub(crate) fn new(epoch: u32, phase: u32, validation: Option<&Validated>) -> Self {
        let calibration = validation.map(|validated| validated.calibration);
        Self {
            epoch,
            phase,
            accuracy: validation.map(|validated| validated.figures.accuracy()),
            mean_f1: validation.and_then(|validated| validated.figures.mean_f1()),
            loss: validation.map(|validated| validated.figures.loss()),
            calibrated_loss: calibration.map(|calibration| calibration.loss),
            temperature: calibration.map_or(1.0, |calibration| calibration.temperature),
        }
    }
}

/// The epoch whose weights a run keeps.
///
/// Epochs are compared on the same validation photographs by their mean loss after [`foliar_metrics::calibrate`]: accuracy moves
/// in steps of 1 / n, and the plain loss rises with confidence alone. The lowest loss is kept, the earlier epoch of two equal
/// ones. A difference that is noise costs nothing on average, whichever of the two is kept; keeping the later one for being
/// later would keep an overfitted network whenever the noise is large.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BestEpoch {
    /// The epoch; `None` before the first has ended.
    pub kept: Option<EpochScore>,
}

impl BestEpoch {
    /// Compares a new epoch with the one that is kept, and tells whether the new one is kept from now on. Without validation
    /// the newest weights are kept.
    pub fn take(&mut self, candidate: EpochScore) -> bool {
        let better = match self.kept.and_then(|kept| kept.calibrated_loss) {
            Some(loss) => candidate.calibrated_loss.is_some_and(|candidate| candidate < loss),
            None => true,
        };
        if better {
            self.kept = Some(candidate);
        }
        better
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(epoch: u32, phase: u32, loss: Option<f64>) -> EpochScore {
        EpochScore {
            epoch,
            phase,
            accuracy: loss.map(|_| 0.5),
            mean_f1: None,
            loss,
            calibrated_loss: loss,
            temperature: 1.0,
        }
    }

    fn kept(epochs: &[(u32, f64)]) -> u32 {
        let mut choice = BestEpoch::default();
        for (index, &(phase, loss)) in epochs.iter().enumerate() {
            choice.take(epoch(index as u32 + 1, phase, Some(loss)));
        }
        choice.kept.unwrap().epoch
    }

    #[test]
    fn the_lowest_loss_is_kept_however_close_the_last_one_is() {
        assert_eq!(kept(&[(1, 1.0), (1, 0.5), (1, 0.501), (1, 0.5), (1, 0.7)]), 2);
        assert_eq!(kept(&[(1, 0.5), (1, 0.7), (1, 0.4)]), 3);
    }

    #[test]
    fn a_later_phase_must_be_better() {
        assert_eq!(kept(&[(1, 0.5), (2, 0.55), (2, 0.52)]), 1);
        assert_eq!(kept(&[(1, 0.5), (2, 0.55), (2, 0.45), (2, 0.5)]), 3);
    }

    #[test]
    fn without_validation_the_newest_is_kept() {
        let mut choice = BestEpoch::default();
        assert!((1..4).all(|number| choice.take(epoch(number, 1, None))));
        assert_eq!(choice.kept.unwrap().epoch, 3);
    }
}
