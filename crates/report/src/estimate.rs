//! A value and how far it may be off.

use serde::{Deserialize, Serialize};

use crate::layout::number::Number;

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

    /// Whether there is an interval.
    pub(crate) fn has_interval(self) -> bool {
        self.low < self.high
    }

    /// `88.5 to 91.9 %`; empty without an interval.
    pub(crate) fn span(self, number: Number) -> String {
        if !self.has_interval() {
            return String::new();
        }
        let low = number.shown(self.low);
        format!("{} to {}", low.trim_end_matches("\u{a0}%"), number.shown(self.high))
    }
}
