//! Whether another trial is worth running.

use serde::{Deserialize, Serialize};

use crate::gp::Moments;
use crate::random::Purpose;
use crate::search::maximise;
use crate::{Study, TrialId};

/// The expected improvement of the next trial, and the noise to compare it with: how much two trials with equal parameters
/// differ. Both are in the objective's units, near the best point.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ExpectedGain {
    /// Expected improvement of the most promising point over the best one; at least 0.
    pub expected_improvement: f64,
    /// Standard deviation of the noise that the model has learned; at least 0.
    pub noise: f64,
}

impl ExpectedGain {
    /// Whether the expected improvement is below the noise level. A single such trial can be chance while the noise estimate
    /// is still changing: stop after several in a row.
    pub fn below_noise(self) -> bool {
        self.expected_improvement < self.noise
    }
}

impl Study {
    /// The expected gain of the next trial; none before two trials have finished. Costs as much as [`Study::ask`].
    pub fn expected_gain(&self) -> Option<ExpectedGain> {
        let model = self.model()?;
        let acquisition = model.acquisition();
        let next = self.records().last().map_or(TrialId(0), |last| TrialId(last.id.0 + 1));
        let mut stream = Purpose::Candidates.stream(self.seed(), next);
        let found = maximise(&acquisition, self.space(), model.best_points(), &mut stream);
        let improvement = acquisition.ln_expected_improvement(&found.point, &mut Moments::default()).exp();
        let slope = model.costs.cost_slope(model.incumbent);
        Some(ExpectedGain {
            expected_improvement: improvement * slope,
            noise: model.costs.noise_deviation() * slope,
        })
    }
}
