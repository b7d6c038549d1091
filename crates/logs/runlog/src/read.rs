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
mod fold;
mod folder;
mod hash;
mod label;
mod lexicon;
mod lines;
mod literal;
mod meaning;
mod number;
mod role;
mod roles;
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

use std::io::Read;

pub use self::folder::read_log_path;
use self::lines::Lines;
use self::tensorboard::EventReader;
use self::text::TextReader;
use crate::run_log::RunLog;

/// Why nothing could be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// No number that belongs to training was found.
    #[error(
        "no training log: {reason}; a line such as `epoch 1 train loss 2.31 val loss 2.10 val acc 0.34` is one"
    )]
    Nothing {
        /// What it looks like instead.
        reason: String,
    },
    /// The text could not be read from its source.
    #[error("reading the log: {0}")]
    Io(#[from] std::io::Error),
}

/// Reads a log of any known shape, in memory.
///
/// # Errors
/// [`ReadError::Nothing`] if it holds no training log.
pub fn read_log(bytes: &[u8]) -> Result<RunLog, ReadError> {
    if tensorboard::is_events(bytes) {
        let mut reader = EventReader::new();
        reader.push(bytes, None);
        return reader.finish();
    }
    let mut reader = Reader::new();
    reader.push(bytes);
    reader.finish()
}

/// Reads a text of any known shape as it comes, in bounded memory: what was measured within epochs is thinned, so that
/// some thousand points of a series stay.
///
/// # Errors
/// [`ReadError::Nothing`] if it holds no training log, [`ReadError::Io`] if it can not be read.
pub fn read_log_from(mut source: impl Read) -> Result<RunLog, ReadError> {
    let mut reader = Reader::new();
    let mut buffer = vec![0; 256 << 10];
    loop {
        match source.read(&mut buffer) {
            Ok(0) => return reader.finish(),
            Ok(_) if reader.lines.binary => return reader.finish(),
            Ok(length) => reader.push(&buffer[..length]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Takes a text in pieces.
struct Reader {
    lines: Lines,
    text: TextReader,
}

impl Reader {
    fn new() -> Self {
        Self { lines: Lines::new(), text: TextReader::new() }
    }

    fn push(&mut self, piece: &[u8]) {
        self.lines.push(piece, &mut |line| self.text.line(&line));
    }

    fn finish(mut self) -> Result<RunLog, ReadError> {
        self.lines.finish(&mut |line| self.text.line(&line));
        self.text.finish().map_err(|reason| ReadError::Nothing {
            reason: match (self.lines.bytes, self.lines.binary || self.lines.hollow) {
                (0, _) => "the text is empty".to_owned(),
                (_, true) => "it is a binary file".to_owned(),
                _ => reason,
            },
        })
    }
}
