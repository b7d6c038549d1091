//! Reads a text as it comes, or bytes in memory.

use std::io::Read;

use crate::document::{Document, LARGEST};
use crate::error::ReadError;
use crate::lines::Lines;
use crate::run_log::RunLog;
use crate::tensorboard::{self, EventReader};
use crate::text::TextReader;

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

/// Reads a text of any known shape as it comes, in bounded memory: what was measured within epochs is
/// thinned, so that some thousand points of a series stay.
///
/// # Errors
/// [`ReadError::Nothing`] if it holds no training log, [`ReadError::Io`] if it cannot be read.
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
    /// The document that the text turned out to be, and its bytes so far.
    document: Option<(Document, Vec<u8>)>,
    begun: bool,
}

impl Reader {
    fn new() -> Self {
        Self { lines: Lines::new(), text: TextReader::new(), document: None, begun: false }
    }

    fn push(&mut self, piece: &[u8]) {
        if !self.begun && !piece.is_empty() {
            self.begun = true;
            self.document = Document::of(piece).map(|document| (document, Vec::new()));
        }
        match &mut self.document {
            Some((_, held)) if held.len() + piece.len() <= LARGEST => held.extend_from_slice(piece),
            Some(_) => {
                let held = self.document.take().map(|(_, held)| held).unwrap_or_default();
                self.read(&held);
                self.read(piece);
            }
            None => self.read(piece),
        }
    }

    fn read(&mut self, piece: &[u8]) {
        self.lines.push(piece, &mut |line| self.text.line(&line));
    }

    fn finish(mut self) -> Result<RunLog, ReadError> {
        if let Some((document, held)) = self.document.take() {
            match document.text(&held) {
                Some(text) => self.read(text.as_bytes()),
                None => self.read(&held),
            }
        }
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
