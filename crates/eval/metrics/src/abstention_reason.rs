//! Why a classifier abstains.

use serde::{Deserialize, Serialize};

/// Why a classifier abstains from a photograph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AbstentionReason {
    /// The photograph is unlike any training photograph.
    OutOfDistribution,
    /// No class is probable enough.
    LowConfidence,
}

impl AbstentionReason {
    /// `out-of-distribution` or `low-confidence`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            AbstentionReason::OutOfDistribution => "out-of-distribution",
            AbstentionReason::LowConfidence => "low-confidence",
        }
    }
}
