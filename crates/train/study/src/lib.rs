#![doc = include_str!("../README.md")]
//!
//! # A trial's states
//!
//! ```text
//! waiting ──claim──> running ──finish──> finished | infeasible | pruned | abandoned
//!    ^                  │ │
//!    └─release, requeue─┘ └─fail, too many lost workers──> failed
//! ```
//!
//! The states on the right are final. Only the holder of the latest lease can move a trial there; a worker that has lost its
//! lease gets [`StudyError::LeaseLost`].

mod budget;
mod clock;
mod definition;
mod error;
mod export;
mod file;
mod history;
mod job;
mod lease;
mod lease_expiry;
mod schema;
mod store;
mod trial;
mod waiting;
mod worker_lock;

pub use budget::Budget;
pub use definition::Definition;
pub use error::StudyError;
pub use export::Export;
pub use file::StudyFile;
pub use job::{Job, NextJob};
pub use lease::{Lease, NextTrial};
pub use trial::{Counts, State, StoredTrial};
