//! On what prediction sets were calibrated, and so what is guaranteed of them.

use serde::{Deserialize, Serialize};

/// On what prediction sets were calibrated, and which model makes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Calibrated {
    /// On photographs that neither the model nor the choice of its epoch and temperature has seen: split conformal prediction. No
    /// training of this version does that: its validation photographs choose the epoch and fit the temperature.
    HeldOut,
    /// On every fold, by the model that has not seen it; a model that was fitted again on all photographs makes the sets.
    Refitted,
    /// On photographs that also chose the epoch or the temperature of the model.
    Reused,
}

impl Calibrated {
    /// The probability with which sets of level `alpha` hold the true class of a photograph of a new group, whatever the
    /// distribution and the network: 1 - alpha for held-out photographs. `None` where nothing is guaranteed (Barber et al. 2021,
    /// "Predictive inference with the jackknife+", section 1): the coverage is near 1 - alpha where a refitted model is as good
    /// as those of the folds, but only a test shows it.
    #[must_use]
    pub fn guaranteed_coverage(self, alpha: f64) -> Option<f64> {
        (self == Self::HeldOut).then_some(1.0 - alpha)
    }
}
