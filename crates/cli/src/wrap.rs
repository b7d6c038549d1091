//! Lines that fit the terminal they are shown in.
//!
//! Where nobody looks at a terminal nothing is cut: a message stays one line, which programs can search.

use std::io::{self, Write};

use terminal_size::{Width, terminal_size_of};

/// Columns of running text; longer lines are hard to read.
const MOST: usize = 100;
/// Fewer columns than this are no terminal.
const FEWEST: usize = 20;

/// Columns of the terminal that standard error goes to, or what `COLUMNS` says; `None` where there is neither.
pub(crate) fn of_messages() -> Option<usize> {
    columns(terminal_size_of(io::stderr()).map(|(Width(width), _)| usize::from(width)))
}

/// The same of standard output.
pub(crate) fn of_results() -> Option<usize> {
    columns(terminal_size_of(io::stdout()).map(|(Width(width), _)| usize::from(width)))
}

/// Columns that running text on standard output is wrapped to: at most 100.
pub(crate) fn of_text() -> usize {
    of_results().map_or(MOST, |width| width.min(MOST))
}

fn columns(terminal: Option<usize>) -> Option<usize> {
    let told = || std::env::var("COLUMNS").ok()?.parse().ok();
    terminal.or_else(told).filter(|&width| width >= FEWEST)
}

/// `text` in lines of at most `width` columns, broken between words but not before a per cent sign. What follows the first piece of a
/// line is indented by `hanging` columns more than the line. A word that is longer alone stays whole.
pub(crate) fn fit(text: &str, width: usize, hanging: usize) -> String {
    let fitted = text.split('\n').map(|line| fit_line(line, width, hanging));
    fitted.collect::<Vec<_>>().join("\n")
}

fn fit_line(line: &str, width: usize, hanging: usize) -> String {
    if line.chars().count() <= width {
        return line.to_owned();
    }
    let indent = line.chars().take_while(|&letter| letter == ' ').count();
    broken(&line[indent..], width, &line[..indent], &" ".repeat((indent + hanging).min(width / 2)))
}

/// Running text on standard output or standard error: `text` in lines of [`of_text`] columns at most, of which the first begins with
/// `first` and the others with `rest`.
pub(crate) fn paragraph(out: &mut impl Write, text: &str, first: &str, rest: &str) -> io::Result<()> {
    writeln!(out, "{}", broken(text, of_text(), first, rest))
}

/// `text` in lines of at most `width` columns, broken between words but not before a per cent sign; the first begins with `first`, the
/// others with `rest`. A word that is longer alone stays whole.
fn broken(text: &str, width: usize, first: &str, rest: &str) -> String {
    let (mut broken, mut column) = (first.to_owned(), first.chars().count());
    let mut gap = 0;
    let mut begins = true;
    for word in text.replace(" %", "\u{a0}%").split(' ') {
        if word.is_empty() {
            gap += 1;
            continue;
        }
        let length = word.chars().count();
        if !begins && column + gap + 1 + length > width {
            broken.push('\n');
            broken.push_str(rest);
            column = rest.chars().count();
        } else if !begins {
            broken.push_str(&" ".repeat(gap + 1));
            column += gap + 1;
        }
        broken.push_str(&word.replace('\u{a0}', " "));
        column += length;
        (gap, begins) = (0, false);
    }
    broken
}

/// A writer whose lines fit the terminal that standard output is.
pub(crate) struct Fitted<W: Write> {
    inner: W,
    width: Option<usize>,
    line: Vec<u8>,
}

impl<W: Write> Fitted<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self { inner, width: of_results(), line: Vec::new() }
    }

    /// The same for a writer of messages.
    pub(crate) fn of_messages(inner: W) -> Self {
        Self { inner, width: of_messages(), line: Vec::new() }
    }

    fn end_line(&mut self) -> io::Result<()> {
        let line = std::mem::take(&mut self.line);
        match (self.width, std::str::from_utf8(&line)) {
            (Some(width), Ok(text)) => self.inner.write_all(fit(text, width, 4).as_bytes()),
            _ => self.inner.write_all(&line),
        }
    }
}

impl<W: Write> Write for Fitted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for (place, piece) in bytes.split(|&byte| byte == b'\n').enumerate() {
            if place > 0 {
                self.end_line()?;
                self.inner.write_all(b"\n")?;
            }
            self.line.extend_from_slice(piece);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.end_line()?;
        self.inner.flush()
    }
}

impl<W: Write> Drop for Fitted<W> {
    fn drop(&mut self) {
        // What is left without a line's end; its errors were those of the lines before.
        let _ = self.end_line();
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::{Fitted, fit};

    #[test]
    fn a_writer_fits_whole_lines_however_they_come() {
        let mut written = Vec::new();
        let mut out = Fitted { inner: &mut written, width: Some(20), line: Vec::new() };
        for piece in ["one two three four ", "five six\nnext", " line\nrest"] {
            out.write_all(piece.as_bytes()).unwrap();
        }
        drop(out);
        assert_eq!(String::from_utf8(written).unwrap(), "one two three four\n    five six\nnext line\nrest");
    }

    #[test]
    fn lines_are_broken_between_words_and_keep_their_columns() {
        let text = "  a b  c dddd 50 % e";
        assert_eq!(fit(text, 80, 2), text);
        assert_eq!(fit(text, 11, 2), "  a b  c\n    dddd\n    50 % e");
        assert_eq!(fit("one\ntwo three", 7, 2), "one\ntwo\n  three");
        assert_eq!(fit("/a/path/that/is/long and more", 10, 2), "/a/path/that/is/long\n  and more");
        for width in 20..60 {
            let text = "epoch 3/30  28.4 s  train loss 0.482  val loss 0.391 (0.380)  val acc 0.884 of all the photos";
            assert!(fit(text, width, 2).lines().all(|line| line.chars().count() <= width));
        }
    }
}
