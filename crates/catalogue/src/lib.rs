#![doc = include_str!("../README.md")]

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
pub use options::{FetchEvent, LEAST, Options};
pub use verify::{Verified, verify};
