//! Reading logs that other programs wrote.
//!
//! Any text in which numbers of a training stand beside their names can be read, whoever's program printed it, and so can
//! the event files of TensorBoard. No shape of log is listed here: a line, a table or an object is understood from the words
//! in it ([`lexicon`], in many languages), from where they stand beside the numbers ([`roles`]) and from what the whole log
//! repeats ([`settle`]). Whatever is understood from a line holds for all lines like it, so a log is read at about the
//! speed at which its numbers can be.
//!
//! ```text
//! bytes -> lines -> clean -> token -> sentence --+
//!                       |----> table ------------+--> assemble -> column -> settle -> RunLog
//!                       '----> literal ----------'
//! ```

mod assemble;
mod cell;
mod clean;
mod clock;
mod column;
mod concept;
mod context;
mod counted;
mod emit;
mod error;
mod fold;
mod folder;
mod hash;
mod label;
mod lexicon;
mod lines;
mod literal;
mod meaning;
mod measurement_name;
mod number;
mod reader;
mod role;
mod roles;
mod run_log;
mod schema;
mod secondary;
mod sentence;
mod settle;
mod split_word;
mod table;
mod template;
mod tensorboard;
mod text;
mod token;
mod unfold;
mod vocabulary;
mod wrap;

pub use error::ReadError;
pub use folder::read_log_path;
pub use reader::{read_log, read_log_from};
pub use run_log::{Facts, Metric, Point, RunLog, Series, Split};
