//! Questions a data set before anything is learnt from it.
//!
//! ```text
//! photographs ──> survey ──> Sights ──> find_copies ──> Copies ──> Rule::groups ──> Groups
//!                              │                                                     │
//!                              └──────────── features of a network, if any ──────────┴──> Audit::of ──> Audit
//! ```
//!
//! - [`survey()`] decodes every photograph once and keeps what the questions need of it.
//! - [`find_copies`] finds photographs that are copies of one another, whatever was done to them.
//! - [`Rule::groups`] says which belong together, so that a split keeps them on one side.
//! - [`Audit::of`] asks the rest: quality, what the background gives away, how much a random split flatters, which classes
//!   are probably wrong. Its answer is one value, of which tables are written ([`write_tables`]).
//!
//! Training uses the same copies and groups for its splits, and honours a [`Quarantine`] and a [`GivenSplit`]. The crate
//! knows no networks: features come as plain numbers.

mod align;
pub mod audit;
pub mod camera;
pub mod discriminant;
pub mod error;
pub mod finding;
mod findings;
pub mod fingerprint;
pub mod forest;
pub mod given_split;
pub mod groups;
pub mod hash_index;
pub mod interval;
pub mod listing;
pub mod marks;
pub mod near_duplicates;
pub mod probe;
pub mod quality;
pub mod quarantine;
pub mod split_check;
pub mod subject;
pub mod surroundings;
pub mod survey;
pub mod suspects;
pub mod symmetry;
pub mod tables;
pub mod texture;
pub mod thumbnail;

pub use audit::{Audit, CopyPair, Photograph};
pub use error::AuditError;
pub use finding::{Finding, Id, Severity};
pub use given_split::GivenSplit;
pub use groups::{Basis, Groups, Rule};
pub use near_duplicates::{Copy, find_copies};
pub use quarantine::{Proposal, Quarantine};
pub use split_check::{Features, SplitCheck};
pub use subject::Subject;
pub use survey::{Sight, survey};
pub use suspects::Suspect;
pub use tables::{write_quarantine, write_tables};
pub use thumbnail::Thumbnail;
