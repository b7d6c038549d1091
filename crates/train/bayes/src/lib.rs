//! Bayesian optimisation: search space, Gaussian process, acquisition, pruner, study.
//!
//! A [`Study`] gives out trials and is told how they ended; after a few evenly spread ones it asks for the setting with the
//! largest expected improvement under a Gaussian process of all it was told. A [`Pruner`] says which running trials to stop,
//! [`one_standard_error`] which penalty a cross-validation chooses.
//!
//! ```
//! use foliar_bayes::{Direction, Outcome, Parameter, Scale, Space, Study};
//!
//! let space = Space::new(vec![
//!     Parameter::float("rate", 1e-5, 1.0, Scale::Log),
//!     Parameter::float("momentum", 0.0, 0.99, Scale::Momentum),
//! ])?;
//! let mut study = Study::new(space, Direction::Minimise, 7);
//! for _ in 0..20 {
//!     let trial = study.ask();
//!     let rate = trial.setting.number("rate").unwrap_or_default();
//!     let momentum = trial.setting.number("momentum").unwrap_or_default();
//!     let loss = (rate / (1.0 - momentum) / 0.1).ln().powi(2) + (momentum - 0.9).powi(2);
//!     study.tell(trial.id, Outcome::Value { value: loss })?;
//! }
//! let best = study.best().ok_or("no trial has finished")?;
//! assert!(best.value < 0.2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Everything is computed in `f64` on the caller's thread, does no I/O, and is a function of the history and the seed alone.

mod acquisition;
mod border;
mod cross_validation;
mod error;
mod gp;
mod importance;
mod minimise;
mod model;
mod normal;
mod progress;
mod pruner;
mod random;
mod record;
mod search;
mod setting;
mod space;
mod study;

pub use border::{Border, Side};
pub use cross_validation::{Candidate, Selection, Summary, one_standard_error};
pub use error::BayesError;
pub use importance::Importance;
pub use progress::Progress;
pub use pruner::{Pruner, Verdict};
pub use record::{Direction, Outcome, Record, Report, Step, Trial, TrialId};
pub use setting::{Setting, Value};
pub use space::{Domain, Parameter, Scale, Space};
pub use study::{Best, Noise, Options, Prediction, Start, Study};
