//! The ends of an estimate.

use foliar_metrics::Estimate;

/// The ends of an estimate's interval.
pub trait Interval: Sized {
    /// A value and both ends.
    fn new(value: f64, ends: [f64; 2]) -> Self;
    /// A value without an interval.
    fn point(value: f64) -> Self;
    /// Lower end.
    fn low(&self) -> f64;
    /// Upper end.
    fn high(&self) -> f64;
    /// Whether the ends differ.
    fn has_interval(self) -> bool;
}

impl Interval for Estimate {
    fn new(value: f64, interval: [f64; 2]) -> Self {
        Self { value, interval }
    }
    fn point(value: f64) -> Self {
        Self { value, interval: [value; 2] }
    }
    fn low(&self) -> f64 {
        self.interval[0]
    }
    fn high(&self) -> f64 {
        self.interval[1]
    }
    fn has_interval(self) -> bool {
        self.interval[0] < self.interval[1]
    }
}
