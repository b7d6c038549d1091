#![doc = include_str!("../README.md")]
//!
//! # Parts
//!
//! ```text
//! photos ──> survey ──> ImageStats ──> group_photos ──> PhotoGroups
//!                           │                                │
//!                           └── features of a network, if any ──> audit ──> Audit ──> write_tables
//! ```
//!
//! - [`survey()`] decodes every photo once and measures what the checks need.
//! - [`group_photos`] finds copies, and says which photos belong together, so that a split keeps them together. Training,
//!   evaluation, reports and audits all use it.
//! - [`audit()`] does the other checks: quality, shortcuts, how optimistic a random split is, wrong labels.
//! - [`Quarantine`] and [`GivenSplit`] are tables that training applies.
//!
//! What an audit finds is an [`Audit`], a plain value of `foliar-results`.
//!
//! The crate knows no networks: features come as plain numbers. What a check predicts for a photo never depends on the labels
//! of the photo's own fold.

mod align;
pub mod audit_input;
pub mod border_change;
pub mod border_colors;
pub mod camera;
mod cells;
pub mod error;
mod findings;
pub mod fingerprint;
pub mod forest;
pub mod given_split;
mod grouped_mean;
pub mod groups;
pub mod hash_index;
pub mod image_stats;
pub mod label_issues;
mod landmark_matches;
mod landmarks;
pub mod lda;
pub mod listing;
mod luminance;
pub mod near_duplicates;
mod overlay;
pub mod probe;
pub mod quality;
pub mod quarantine;
#[cfg(test)]
mod sample;
mod second_copies;
pub mod split_check;
pub mod tables;
pub mod texture;
pub mod thumbnail;
pub mod watermarks;

pub use audit_input::{AuditInput, audit, file_problem, settle};
pub use border_change::border_change;
pub use error::AuditError;
pub use foliar_results::audit::{Audit, GroupSource};
pub use given_split::GivenSplit;
pub use groups::{GroupRule, NearDuplicates, PhotoGroups, group_photos};
pub use image_stats::{ImageStats, survey};
pub use near_duplicates::{Copy, find_copies};
pub use quarantine::Quarantine;
pub use split_check::Features;
pub use tables::{write_quarantine, write_tables};
pub use thumbnail::Thumbnail;
