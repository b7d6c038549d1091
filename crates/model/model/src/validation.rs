//! How good a classifier was when it was trained.

use foliar_metrics::Metrics;
use serde::{Deserialize, Serialize};

/// How good it was on photographs held back from training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    /// Every figure.
    pub metrics: Metrics,
}
