#![doc = include_str!("../README.md")]
//!
//! # Parts
//!
//! ```text
//! Dataset ──> ImageCache::prepare ──> split ──> Loader ──> Batch
//!  files           pixels                        order, augmentation, normalisation
//! ```
//!
//! - [`Dataset`] names the files and what they show (`foliar-scan` finds them); what cannot be used is a [`Problem`], no error.
//! - [`ImageCache::prepare`] decodes every photo once, and keeps as many as fit into a memory budget.
//! - [`split()`] and [`folds()`] divide the photos so that photos that belong together stay together.
//! - [`Loader`] yields the batches of an epoch, prepared ahead of time on threads, in an order that threads cannot change.
//! - [`leaf_mask()`] segments the leaf, and [`Corruption`] makes photos worse, to measure robustness.
//!
//! [`Preprocessing`] is the only way from pixels to the input of a network, in training, evaluation and serving. This crate
//! knows nothing about networks, nor how people lay out their folders.

pub mod augment;
mod class_name;
pub mod corruptions;
pub mod dataset;
pub mod decode;
pub mod digest;
pub mod folds;
pub mod format;
pub mod image_cache;
mod label_sets;
pub mod leaf_mask;
pub mod limits;
pub mod loader;
pub mod manifest;
pub mod mixing;
mod name;
mod name_copies;
pub mod photo_file;
pub mod preprocess;
pub mod problem;
pub mod random;
pub mod sequence;
pub mod split;
mod union_find;
mod words;

pub use augment::Augment;
pub use class_name::normal_class_name;
pub use corruptions::{Corruption, DrawGround};
pub use dataset::{Dataset, Photo, Split, TableOrigin};
pub use decode::{decode_bytes, decode_file, decode_reduced};
pub use digest::Digest;
pub use folds::folds;
pub use foliar_picture::{Resizer, Rgb, Window, reduce, reduced_dimensions};
pub use format::Format;
pub use image_cache::{ImageCache, LoadError};
pub use label_sets::{BETWEEN_LABELS, LabelSets, NO_LABEL, Task, labels_of_name, name_of_set};
pub use leaf_mask::{LeafMask, leaf_mask};
pub use limits::Limits;
pub use loader::{Batch, Batches, Example, Loader, Oversample, Transform};
pub use manifest::{Difference, Manifest};
pub use mixing::{Mixed, Mixing};
pub use name::{path_of_name, portable_component, portable_name};
pub use name_copies::NameCopies;
pub use photo_file::{LoadedPhoto, PhotoSource, is_photo_file, load_photo, photo_of_bytes};
pub use preprocess::{Preprocessing, PreprocessingError, Workspace};
pub use problem::{Problem, Reason};
pub use split::{SplitSpec, Splits, cluster_of, split};
pub use union_find::UnionFind;
pub use words::counted;
