#![doc = include_str!("../README.md")]
//!
//! # Parts
//!
//! ```text
//! file ──> text ──> Table ──> Labels ──> FileIndex::matched ──> files with labels
//!                   cells     meaning                              │
//!                                         ClassMap, names ────────>┘ classes
//! ```

mod annotations;
mod class_first;
mod class_map;
mod column_names;
mod columns;
mod error;
mod file_index;
mod json;
mod label_cell;
mod labels;
mod list;
mod name_list;
mod names;
mod separator;
mod sidecar;
mod table;
mod text;
mod trio;

pub use class_map::{ClassMap, Mapped};
pub use column_names::{IMAGES as IMAGE_COLUMNS, SPLITS as SPLIT_COLUMNS};
pub use columns::ColumnChoice;
pub use error::LabelError;
pub use file_index::{FileIndex, has_picture_extension, plain_path};
pub use labels::{ImageRival, Known, LabelRow, Labels};
pub use names::{Names, names_beside};
pub use sidecar::labels_beside;
pub use table::{Row, Table};
