//! A Bayesian optimisation in one SQLite file: trials claimed by several processes, none lost, none finished twice.
//!
//! A [`StudyFile`] holds what is searched ([`Definition`]) and every trial with its setting, seed, intermediate values and
//! end. A worker claims a trial, reports, and finishes it; what the trial does is the caller's.
//!
//! ```
//! use std::time::Duration;
//! use foliar_bayes::{Direction, Options, Outcome, Parameter, Pruner, Scale, Space};
//! use foliar_study::{Budget, Definition, Next, StudyFile};
//!
//! let definition = Definition {
//!     fingerprint: "leaves 3f2a, recipe 91c0".into(),
//!     space: Space::new(vec![Parameter::float("rate", 1e-5, 1.0, Scale::Log)])?,
//!     direction: Direction::Minimise,
//!     seed: 7,
//!     options: Options::default(),
//!     pruner: Pruner::Never,
//! };
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("study.sqlite");
//! let mut study = StudyFile::open_or_create(&path, &definition)?;
//! loop {
//!     match study.claim("worker 1", Budget::trials(12))? {
//!         Next::Trial(claim) => {
//!             let rate = claim.setting.number("rate").unwrap_or_default();
//!             study.finish(&claim, Outcome::Value { value: (rate / 0.01).ln().powi(2) })?;
//!         }
//!         Next::Wait(pause) => std::thread::sleep(pause),
//!         Next::Done => break,
//!     }
//! }
//! assert!(study.best()?.is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # A trial's states
//!
//! ```text
//! waiting ──claim──> running ──finish──> finished | infeasible | pruned | abandoned
//!    ^                  │ │
//!    └─release, death───┘ └─fail, too many deaths──> failed
//! ```
//!
//! The right-hand states are final. Only the holder of the latest claim can move a trial there; whoever lost it is told so
//! ([`StudyError::ClaimLost`]).
//!
//! What a study does besides its trials, such as the folds of a cross-validation, lies in the same file as named jobs, each
//! done once ([`StudyFile::claim_job`]).
//!
//! # When a worker dies
//!
//! Its trial is claimed again, with the same number, setting and seed. Its death is seen at once, for a worker holds a lock on
//! a file beside the study that the system releases with the process; and, should it merely hang, when its heartbeats have
//! stopped for as long as its lease. So a lone worker that was killed and started again goes on with the trial it was at,
//! before any other is given out, and its study is bit for bit that of one that was never killed.

mod budget;
mod claim;
mod clock;
mod death;
mod definition;
mod ending;
mod error;
mod file;
mod history;
mod job;
mod schema;
mod seat;
mod store;
mod trial;

pub use budget::Budget;
pub use claim::{Claim, Next};
pub use definition::Definition;
pub use error::StudyError;
pub use file::StudyFile;
pub use job::{Job, NextJob};
pub use trial::{Counts, State, StoredTrial};
