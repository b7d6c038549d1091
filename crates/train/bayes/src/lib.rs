#![doc = include_str!("../README.md")]

mod acquisition;
mod bound_hit;
mod cross_validation;
mod error;
mod expected_gain;
mod gp;
mod importance;
mod model;
mod normal;
mod params;
mod pruner;
mod random;
mod record;
mod search;
mod space;
mod study;

pub use bound_hit::{Bound, BoundHit};
pub use cross_validation::{Candidate, CandidateMean, Selection, one_standard_error};
pub use error::BayesError;
pub use expected_gain::ExpectedGain;
pub use importance::Importance;
pub use params::{Params, Value};
pub use pruner::{Pruner, Verdict};
pub use record::{Direction, Outcome, Record, Report, Step, Trial, TrialId};
pub use space::{Domain, Parameter, Scale, Space};
pub use study::{Best, Noise, Options, Prediction, Start, Study};
