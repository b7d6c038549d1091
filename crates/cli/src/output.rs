//! Where words go: results to standard output, words for people to standard error.
//!
//! Either may be gone before the program is: `foliar doctor LOG | head -1`. Standard output that nobody reads any more ends the
//! command as it ends other tools, without a word ([`Exit::Closed`](crate::exit::Exit)); standard error that nobody reads ends
//! nothing.

use std::fmt;
use std::io::{self, BufWriter, ErrorKind, StdoutLock, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use crate::wrap::{self, Fitted};

/// Whether the reader of standard output has gone.
static CLOSED: AtomicBool = AtomicBool::new(false);

/// Standard output, which remembers that its reader has gone: the error itself may come back wrapped in those of other formats.
pub(crate) struct Output(StdoutLock<'static>);

/// Standard output, for as long as it is held.
pub(crate) fn stdout() -> Output {
    Output(io::stdout().lock())
}

/// Standard output for people: lines fit the terminal, if there is one.
pub(crate) fn text() -> Fitted<Output> {
    Fitted::new(stdout())
}

impl Output {
    /// One JSON document, for people to read as well.
    pub(crate) fn json(&mut self, document: &impl Serialize) -> io::Result<()> {
        let mut out = BufWriter::new(self);
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
        self.0.write(bytes).inspect_err(notice)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().inspect_err(notice)
    }
}

fn notice(error: &io::Error) {
    if error.kind() == ErrorKind::BrokenPipe {
        CLOSED.store(true, Ordering::Relaxed);
    }
}

/// Standard error, to which writing never fails.
pub(crate) struct Messages;

impl Write for Messages {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = io::stderr().write_all(bytes);
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

/// A line on standard error, as `eprintln!` writes it, but for a standard error that cannot be written: then nothing happens.
macro_rules! say {
    ($($words:tt)*) => { $crate::output::say(format_args!($($words)*)) };
}
