//! The mathematics of honest evaluation.
//!
//! Pure functions from logits, labels and groups to figures and intervals: no file, no clock, no photograph, no network.

mod confusion;
mod mcnemar;
mod metrics;
mod probability;
mod share;
mod temperature;

pub use confusion::{ClassMetrics, Confusion};
pub use mcnemar::mcnemar;
pub use metrics::Metrics;
pub use probability::{arg_max, cross_entropy, softmax};
pub use share::wilson;
pub use temperature::{Calibration, calibrate};
