//! Reads a text as it comes, or bytes in memory.

use std::io::Read;

use crate::clip::first_clipped;
use crate::document::{Document, LARGEST};
use crate::error::ReadError;
use crate::lines::Lines;
use crate::run_log::{RunLog, Split};
use crate::tensorboard::{self, EventReader};
use crate::text::TextReader;
use crate::wrap;

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
        Self { lines: Lines::new(), text: TextReader::default(), document: None, begun: false }
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
        let hypotheses = self.lines.held().map(wrap::hypotheses).unwrap_or_default();
        let clipped = self.lines.held().and_then(first_clipped);
        let mut log = self.end();
        if let Ok(log) = &mut log {
            log.cut_line = log.cut_line.or(clipped);
        }
        let plain = log.as_ref().map_or(0, measured);
        for hypothesis in hypotheses {
            let mut other = Self { lines: Lines::joined(), ..Self::new() };
            other.read(&hypothesis.text);
            let Ok(joined) = other.end() else { continue };
            let gain = measured(&joined);
            // Halves of numbers that were broken count twice.
            let enough = match (hypothesis.proved, hypothesis.anywhere) {
                (true, true) => gain * 2 >= plain,
                (true, false) => gain * 10 >= plain * 9,
                (false, _) => gain * 5 > plain * 6,
            };
            if enough {
                return Ok(joined);
            }
            if let (true, Ok(log)) = (hypothesis.suspected, log.as_mut()) {
                log.cut_line = Some(hypothesis.first_line);
            }
        }
        log
    }

    /// The log of what was read.
    fn end(&mut self) -> Result<RunLog, ReadError> {
        self.lines.finish(&mut |line| self.text.line(&line));
        let mut log = std::mem::take(&mut self.text).finish();
        if let Ok(log) = &mut log {
            log.cut_line = self.lines.cut_line;
        }
        log.map_err(|reason| ReadError::Nothing {
            reason: match (self.lines.bytes, self.lines.binary || self.lines.hollow) {
                (0, _) => "the text is empty".to_owned(),
                (_, true) => "it is a binary file".to_owned(),
                _ => reason,
            },
        })
    }
}

/// How many numbers of known photos a log holds; of whole epochs and batches the more.
fn measured(log: &RunLog) -> usize {
    let mut counts: Vec<(&str, Option<Split>, usize)> = Vec::new();
    for series in log.series.iter().filter(|series| series.split.is_some()) {
        let name = series.name.as_str();
        match counts.iter_mut().find(|(other, split, _)| (*other, *split) == (name, series.split)) {
            Some((_, _, count)) => *count = (*count).max(series.points.len()),
            None => counts.push((name, series.split, series.points.len())),
        }
    }
    counts.into_iter().map(|(_, _, count)| count).sum()
}
