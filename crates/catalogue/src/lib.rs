//! The official ImageNet weight files: where they are, how they are fetched and how they are verified.
//!
//! [`CATALOGUE`] lists torchvision's files. Their names end in the first digits of their SHA-256, which is the only checksum
//! that is believed. [`fetch`] downloads one into the cache folder, [`cached`] finds it there, and [`verify`] checks a file
//! wherever it lies. Nothing here knows what is in the files.

mod cache;
mod catalogue;
mod error;
mod fetch;
mod options;
mod partial;
mod transfer;
mod verify;

pub use cache::{cached, default_cache_dir, feature_folder};
pub use catalogue::{CATALOGUE, Entry, Input, find, for_model};
pub use error::CatalogueError;
pub use fetch::{Fetched, fetch};
pub use options::{Options, Progress};
pub use verify::{Verified, verify};
