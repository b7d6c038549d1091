//! Whether another trial is worth its time.

use serde::{Deserialize, Serialize};

use crate::gp::Moments;
use crate::random::Purpose;
use crate::search::maximise;
use crate::{Study, TrialId};

/// What the next trial promises against what two equal trials differ by. Both in the objective's units, near the best setting.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Expected improvement of the most promising setting over the best one; at least 0.
    pub expected_improvement: f64,
    /// Standard deviation of the noise that the model has learnt; at least 0.
    pub noise: f64,
}

impl Progress {
    /// Whether the improvement that can be expected is lost in the noise. One such trial may be chance, while the noise is
    /// still being learnt: stop when several in a row say so.
    pub fn below_noise(self) -> bool {
        self.expected_improvement < self.noise
    }
}

impl Study {
    /// The promise of the next trial; none before two trials have finished. Costs as much as [`Study::ask`].
    pub fn progress(&self) -> Option<Progress> {
        let model = self.model()?;
        let acquisition = model.acquisition();
        let next = self.records().last().map_or(TrialId(0), |last| TrialId(last.id.0 + 1));
        let mut stream = Purpose::Candidates.stream(self.seed(), next);
        let found = maximise(&acquisition, self.space(), model.best_settings(), &mut stream);
        let improvement = acquisition.ln_expected_improvement(&found.point, &mut Moments::default()).exp();
        let slope = model.costs.cost_slope(model.incumbent);
        Some(Progress {
            expected_improvement: improvement * slope,
            noise: model.costs.noise_deviation() * slope,
        })
    }
}
