//! A value and how far it may be off.

use foliar_results::Interval as _;
use serde::{Deserialize, Serialize};

/// A value with its 95 % interval, which is not shown where its ends are equal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

impl Estimate {
    /// A value of which no interval is known.
    pub fn point(value: f64) -> Self {
        Self { value, low: value, high: value }
    }
}

impl From<foliar_results::Estimate> for Estimate {
    fn from(estimate: foliar_results::Estimate) -> Self {
        Self { value: estimate.value, low: estimate.low(), high: estimate.high() }
    }
}
