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

mod address;
mod budget;
mod clock;
mod database;
mod definition;
mod error;
mod export;
mod history;
mod job;
mod lease;
mod lease_expiry;
mod network_file_system;
mod password_file;
mod place;
mod postgres;
mod schema;
mod sqlite;
mod stored_study;
mod tls;
mod trial;
mod value;
mod waiting;
mod worker_lock;

pub use address::Address;
pub use budget::Budget;
pub use database::{ConnectionEvent, OnConnection};
pub use definition::Definition;
pub use error::StudyError;
pub use export::Export;
pub use job::{Job, NextJob};
pub use lease::{Lease, NextTrial};
pub use network_file_system::check_file_system;
pub use place::Place;
pub use stored_study::StoredStudy;
pub use trial::{Counts, State, StoredTrial};
