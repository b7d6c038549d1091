//! Reads a text as it comes, or bytes in memory.

use std::io::Read;

use crate::binary;
use crate::document::{Document, HEAD, LARGEST, missing_header};
use crate::error::ReadError;
use crate::lines::Lines;
use crate::run_log::RunLog;
use crate::tensorboard::{self, EventReader};
use crate::text::TextReader;
use crate::title::Title;

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
pub fn read_log_from(source: impl Read) -> Result<RunLog, ReadError> {
    read_titled(source, Title::default())
}

/// As [`read_log_from`], of a file whose name says what `title` holds.
pub(crate) fn read_titled(source: impl Read, title: Title) -> Result<RunLog, ReadError> {
    let mut reader = Reader::new();
    reader.text.title(title);
    reader.push_all(source)?;
    reader.finish()
}

/// Takes a text in pieces.
pub(crate) struct Reader {
    lines: Lines,
    text: TextReader,
    /// The document that the text turned out to be, and its bytes so far.
    document: Option<(Document, Vec<u8>)>,
    /// What the file is where it is no text, and how it becomes one.
    binary: Option<&'static str>,
    /// The beginning of a file that is not known yet, by which its kind is told.
    beginning: Option<Vec<u8>>,
}

impl Reader {
    pub(crate) fn new() -> Self {
        let beginning = Some(Vec::new());
        Self { lines: Lines::new(), text: TextReader::new(), document: None, binary: None, beginning }
    }

    /// Takes all of `source` as the next part of one run, in a file of this name.
    pub(crate) fn push_part(&mut self, source: impl Read, title: Title) -> std::io::Result<()> {
        self.end_file();
        (self.lines, self.beginning) = (Lines::new(), Some(Vec::new()));
        self.text.next_part(title);
        self.push_all(source)
    }

    fn push_all(&mut self, mut source: impl Read) -> std::io::Result<()> {
        let mut buffer = vec![0; 256 << 10];
        loop {
            match source.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(_) if self.lines.binary => return Ok(()),
                Ok(length) => self.push(&buffer[..length]),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn push(&mut self, piece: &[u8]) {
        match &mut self.beginning {
            Some(beginning) if beginning.len() + piece.len() < HEAD => beginning.extend_from_slice(piece),
            Some(beginning) => {
                beginning.extend_from_slice(piece);
                self.begin();
            }
            None => self.push_known(piece),
        }
    }

    /// Tells the kind of the file and takes what there is of it.
    fn begin(&mut self) {
        let Some(beginning) = self.beginning.take() else { return };
        self.document = Document::of(&beginning).map(|document| (document, Vec::new()));
        self.binary = binary::kind(&beginning);
        if let Some(header) = missing_header(&beginning) {
            self.text.begin_table(header);
        }
        self.push_known(&beginning);
    }

    fn push_known(&mut self, piece: &[u8]) {
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

    fn end_file(&mut self) {
        self.begin();
        if let Some((document, held)) = self.document.take() {
            match document.text(&held) {
                Some(text) => self.read(text.as_bytes()),
                None => self.read(&held),
            }
        }
        self.lines.finish(&mut |line| self.text.line(&line));
    }

    pub(crate) fn finish(mut self) -> Result<RunLog, ReadError> {
        self.end_file();
        self.text.finish().map_err(|reason| ReadError::Nothing {
            reason: match (self.lines.bytes, self.lines.binary || self.lines.hollow) {
                (0, _) if self.binary.is_none() => "the text is empty".to_owned(),
                (_, binary) => match self.binary {
                    Some(kind) => kind.to_owned(),
                    None if binary => "it is a binary file".to_owned(),
                    None => reason,
                },
            },
        })
    }
}
