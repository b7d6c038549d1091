//! A figure and how far it can be trusted.

use serde::{Deserialize, Serialize};

/// A figure with its interval, 95 % unless said otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The figure on the photographs at hand.
    pub value: f64,
    /// Lower end of where it lies for photographs like these.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Estimate {
    /// A figure and the ends of its interval.
    pub fn new(value: f64, [low, high]: [f64; 2]) -> Self {
        Self { value, low, high }
    }

    /// A figure of which no interval is known: both ends are the value.
    pub fn point(value: f64) -> Self {
        Self { value, low: value, high: value }
    }

    /// Both ends.
    pub fn interval(self) -> [f64; 2] {
        [self.low, self.high]
    }

    /// Whether there is an interval: whether its ends differ.
    pub fn has_interval(self) -> bool {
        self.low < self.high
    }

    /// Whether a share may be anything from none to all: then so few groups tell nothing of it.
    pub fn is_anything(self) -> bool {
        self.low < 0.005 && self.high > 0.995
    }

    /// Whether `value` lies in the interval, ends included.
    pub fn contains(self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// high - low.
    pub fn width(self) -> f64 {
        self.high - self.low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_is_three_numbers_in_json() {
        let estimate = Estimate::new(0.5, [0.25, 0.75]);
        let json = serde_json::to_string(&estimate).unwrap();
        assert_eq!(json, r#"{"value":0.5,"low":0.25,"high":0.75}"#);
        assert_eq!(serde_json::from_str::<Estimate>(&json).unwrap(), estimate);
        assert!(estimate.contains(0.25) && !estimate.contains(0.8) && estimate.has_interval());
        assert!(!Estimate::point(1.0).has_interval() && Estimate::point(1.0).contains(1.0));
        assert!(Estimate::new(0.5, [0.0, 1.0]).is_anything() && !estimate.is_anything());
        assert!(!Estimate::new(0.9, [0.5, 1.0]).is_anything());
    }
}
