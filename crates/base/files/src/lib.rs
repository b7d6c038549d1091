#![doc = include_str!("../README.md")]

pub mod any_path;
mod atomic;

use std::io;
use std::path::Path;

pub use atomic::{is_partial, write_atomically};

/// Puts the path into an I/O error and keeps its kind.
pub fn with_path(path: &Path) -> impl FnOnce(io::Error) -> io::Error {
    move |source| io::Error::new(source.kind(), format!("{}: {source}", path.display()))
}
