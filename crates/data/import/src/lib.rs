#![doc = include_str!("../README.md")]

mod columns;
mod error;
mod names;
#[cfg(feature = "parquet")]
mod parquet_file;
mod part;
#[cfg(feature = "parquet")]
mod photo_folder;

pub use columns::{Columns, Wanted};
pub use error::ImportError;
pub use names::{Namer, safe_name};
#[cfg(feature = "parquet")]
pub use parquet_file::{Imported, RowProblem, import_parquet};
pub use part::{part_of_file, parts};
