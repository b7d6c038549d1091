//! Where words go: results to standard output, words for people to standard error.
//!
//! Either may be gone before the program is: `foliar doctor LOG | head -1`. Standard output that nobody reads any more ends the
//! command as it ends other tools, without a word ([`Exit::Closed`](crate::exit::Exit)); standard error that cannot be written, of a
//! closed terminal or on a full disk, ends nothing. This file alone writes to them, besides the bars of [`crate::progress`] and the
//! help of clap, neither of which fails.
//!
//! What is written for people has no commands to a terminal in it, whatever files and classes are called
//! ([`foliar_files::printable`]). Data for programs are written as they are, but for a terminal.

use std::fmt;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, StdoutLock, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use foliar_files::{PrintableWriter, printable_lines};
use serde::Serialize;

use crate::wrap::{self, Fitted};

/// Whether the reader of standard output has gone.
static CLOSED: AtomicBool = AtomicBool::new(false);

/// Standard output.
pub(crate) enum Output {
    People(PrintableWriter<Watched>),
    Programs(Watched),
}

/// Standard output for people, for as long as it is held.
pub(crate) fn stdout() -> Output {
    Output::People(PrintableWriter::new(Watched(io::stdout().lock())))
}

/// Standard output for programs: its bytes arrive as they are written.
pub(crate) fn data() -> Output {
    let stdout = io::stdout();
    if stdout.is_terminal() { self::stdout() } else { Output::Programs(Watched(stdout.lock())) }
}

/// Standard output for people: lines fit the terminal, if there is one.
pub(crate) fn text() -> Fitted<Output> {
    Fitted::new(stdout())
}

/// Whether standard output is a terminal.
#[cfg(feature = "parquet")]
pub(crate) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

impl Output {
    /// One JSON document, for people to read as well.
    pub(crate) fn json(self, document: &impl Serialize) -> io::Result<()> {
        let out = match self {
            Output::People(out) if !io::stdout().is_terminal() => Output::Programs(out.into_inner()),
            out => out,
        };
        let mut out = BufWriter::new(out);
        serde_json::to_writer_pretty(&mut out, document)?;
        writeln!(out)?;
        out.flush()
    }
}

/// Whether something could not be written because the reader of standard output has gone.
pub(crate) fn is_closed() -> bool {
    CLOSED.load(Ordering::Relaxed)
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Output::People(out) => out.write(bytes),
            Output::Programs(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Output::People(out) => out.flush(),
            Output::Programs(out) => out.flush(),
        }
    }
}

/// Standard output, which remembers that its reader has gone: the error itself may come back wrapped in those of other formats.
pub(crate) struct Watched(StdoutLock<'static>);

impl Write for Watched {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map_err(noticed)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().map_err(noticed)
    }
}

/// An error of standard output, which is remembered if the reader has gone.
pub(crate) fn noticed(error: io::Error) -> io::Error {
    match error.kind() {
        // Told to nobody, and tried again by the writers of the standard library.
        ErrorKind::Interrupted => error,
        ErrorKind::BrokenPipe => {
            CLOSED.store(true, Ordering::Relaxed);
            error
        }
        kind => io::Error::new(kind, format!("standard output cannot be written: {error}")),
    }
}

/// The operating system's error itself, so that a closed pipe is seen to be one.
pub(crate) fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        kind => io::Error::other(format!("{kind:?}")),
    }
}

/// Standard error, to which writing never fails.
pub(crate) struct Messages;

impl Write for Messages {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = io::stderr().write_all(printable_lines(&String::from_utf8_lossy(bytes)).as_bytes());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A line on standard error, in one piece; in lines that fit where that is a terminal.
pub(crate) fn say(words: fmt::Arguments<'_>) {
    let text = words.to_string();
    let text = wrap::of_messages().map_or(text.clone(), |width| wrap::fit(&text, width, 2));
    let _ = Messages.write_all(format!("{text}\n").as_bytes());
}

/// A command to copy, on standard error: it stays one line however wide it is.
pub(crate) fn say_command(command: &str) {
    let _ = Messages.write_all(format!("  {command}\n").as_bytes());
}

/// A JSON document for programs, on standard error: a line of its own.
pub(crate) fn say_json(document: &str) {
    let _ = Messages.write_all(format!("{document}\n").as_bytes());
}

/// A line on standard error, as `eprintln!` writes it, but for a standard error that cannot be written: then nothing happens.
macro_rules! say {
    ($($words:tt)*) => { $crate::output::say(format_args!($($words)*)) };
}
