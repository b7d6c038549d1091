#![doc = include_str!("../README.md")]
//!
//! # How a line is understood
//!
//! A line, a table or an object is understood from the words in it (`lexicon`), from where they stand beside
//! the numbers (`roles`) and from what the whole log repeats (`settle`). What is understood from a line holds
//! for all lines like it, so that a log is read nearly at the speed at which its numbers are.
//!
//! Before that, a text in memory is looked at as a whole (`reader`): what stands before every line goes (`common_prefix`), and lines
//! that were broken at a width are joined where more is read then (`wrap`). Where lines are cut off (`fragment`, `clip`), a number that
//! may lack digits is left out, or [`RunLog::cut_line`] says so.
//!
//! ```text
//! bytes -> lines -> clean -> token -> sentence --+
//!                       |----> table ------------+--> assemble -> column -> settle -> RunLog
//!                       '----> literal ----------'
//! ```
//!
//! Where a text holds a curve after the other, runs side by side or a file a curve, its measurements are kept and put in order
//! of their steps before they are assembled (`scalars`).

mod across;
mod answers;
mod aside;
mod assemble;
mod binary;
mod call;
mod cell;
mod clean;
mod clip;
mod clock;
mod closing;
mod column;
mod column_use;
mod common_prefix;
mod concept;
mod context;
mod counted;
mod direction;
mod document;
mod emit;
mod error;
mod fold;
mod folder;
mod fragment;
mod hash;
mod holes;
mod idiom;
mod joint;
mod kaldi;
mod label;
mod latex;
mod lettered;
mod lexicon;
mod lines;
mod literal;
mod long_form;
mod meaning;
mod measurement_name;
mod name_id;
mod name_list;
mod namesakes;
mod notation;
mod number;
mod numbered_sets;
mod one_epoch;
mod own;
mod paired;
mod paragraph;
mod parts;
mod perplexity;
mod prefix;
mod quoted;
mod reader;
mod repr;
mod rich_columns;
mod role;
mod roles;
mod rounds;
mod run_log;
mod runs;
mod scalars;
mod schema;
mod secondary;
mod sentence;
mod settle;
mod side_by_side;
mod sideways;
mod source;
mod split_word;
mod strangers;
mod style;
mod summed_parts;
mod table;
mod template;
mod tensorboard;
mod text;
mod title;
mod token;
mod unfold;
mod vanished;
mod vocabulary;
mod wrap;

pub use error::ReadError;
pub use folder::read_log_path;
pub use reader::{read_log, read_log_from};
pub use run_log::{Facts, Metric, Point, RunLog, Series, Split};
pub use runs::{Runs, find_runs};
