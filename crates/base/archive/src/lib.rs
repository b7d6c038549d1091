#![doc = include_str!("../README.md")]
//!
//! # Parts
//!
//! ```text
//! path ──> split_path ──> opened ──> Archive ──> shards ──> tar, zip ──> member_name, Member
//!                                       │                      links ──> Contents
//!                                       └──> read: seek, inflate, check
//! ```

mod archive;
mod contents;
mod error;
mod format;
mod links;
mod member;
mod member_name;
mod opened;
mod pattern;
mod place;
mod problem;
mod shard;
mod split_path;
mod tar;
mod zip;

pub use archive::{Archive, Entry};
pub use error::ArchiveError;
pub use format::refusal;
pub use opened::{find, open};
pub use place::{canonical, entries, exists, is_file, is_folder, length, read, start};
pub use problem::ArchiveProblem;
