#![doc = include_str!("../README.md")]

pub mod any_path;
mod atomic;
pub mod cell;
mod printable;
mod regular;
mod row_line;
mod shell;
mod unlinked;

use std::io;
use std::path::Path;

pub use atomic::{is_partial, write_atomically};
pub use printable::{Printable, PrintableWriter, Shown, is_command, printable, printable_lines};
pub use regular::{open, read, read_to_string};
pub use row_line::row_line;
pub use shell::quoted;
pub use unlinked::{check_file, check_folder, lock_file, make_folder};

/// Puts the path into an I/O error and keeps its kind.
pub fn with_path(path: &Path) -> impl FnOnce(io::Error) -> io::Error {
    move |source| io::Error::new(source.kind(), format!("{}: {source}", path.shown()))
}
