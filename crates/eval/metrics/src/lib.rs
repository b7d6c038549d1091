//! The mathematics of honest evaluation.
//!
//! Pure functions from logits, labels and groups to figures and intervals: no file, no clock, no photograph, no network.
//! Equal values give equal figures; everything random follows from a seed.
//!
//! | question | answer |
//! | --- | --- |
//! | what was said of which photographs | [`Predictions`], [`Groups`] |
//! | how good is it, and how sure is that | [`Scores`], [`Bootstrap`]; [`Metrics`] without intervals by group |
//! | is one better than another | [`Scores::of_difference`], [`mcnemar`] |
//! | do probabilities mean what they say | [`reliability_bins`], [`CalibrationExcess`]; [`calibrate`] mends them |
//! | which classes may it be | [`ConformalSets`], [`SetCoverage`] |
//! | when should it keep silent | [`RiskCoverage`], [`Abstention`] |
//! | is it anything like what was learnt | [`energy`], [`FeatureDistance`], [`threshold_of`], [`Detection`] |

mod abstention;
mod beta;
mod bootstrap;
mod conformal;
mod confusion;
mod coverage;
mod detection;
mod energy;
mod error;
mod excess;
mod feature_distance;
mod groups;
mod mcnemar;
mod metrics;
mod predictions;
mod probability;
mod random;
mod reliability;
mod scores;
mod scoring;
mod selective;
mod share;
mod tally;
mod temperature;

pub use abstention::Abstention;
pub use bootstrap::{Bootstrap, Estimate, quantile};
pub use conformal::{ConformalScore, ConformalSets, Promise};
pub use confusion::{ClassMetrics, Confusion};
pub use coverage::{ClassCoverage, SetCoverage};
pub use detection::{Detection, auroc, threshold_of};
pub use energy::energy;
pub use error::MetricsError;
pub use excess::CalibrationExcess;
pub use feature_distance::FeatureDistance;
pub use groups::Groups;
pub use mcnemar::mcnemar;
pub use metrics::Metrics;
pub use predictions::Predictions;
pub use probability::{arg_max, cross_entropy, log_sum_exp, softmax, softmax_at};
pub use reliability::{Binning, ReliabilityBin, calibration_error, reliability_bins};
pub use scores::{ClassScores, Scores, TopScore};
pub use selective::{RiskCoverage, RiskPoint};
pub use share::{upper_bound, wilson};
pub use temperature::{Calibration, calibrate};
