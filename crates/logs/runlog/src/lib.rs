#![doc = include_str!("../README.md")]
//!
//! # The three logs
//!
//! | file                     | for                | content                                     |
//! | ------------------------ | ------------------ | ------------------------------------------- |
//! | `events.jsonl`           | programs, resuming | every event but [`Step`], one JSON per line |
//! | `metrics.csv`            | spreadsheets       | one row per epoch                           |
//! | `events.out.tfevents.*`  | TensorBoard        | the scalars of each epoch                   |
//!
//! `events.jsonl` is the record; on a resume the other two are brought in line with it. Every other file of a
//! run goes through [`foliar_files::write_atomically`] and is either whole or absent.

pub mod csv;
mod error;
mod event;
mod float;
pub mod jsonl;
mod line;
mod log;
mod run_dir;
pub mod tensorboard;

pub use error::RunError;
pub use event::{Epoch, Event, Note, Progress, Start, Step, Stop, StopReason};
pub use line::{chance_line, epoch_line, labels_chance_line};
pub use log::Log;
pub use run_dir::{RunDir, RunLock};
