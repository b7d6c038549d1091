//! Names as a terminal may show them.
//!
//! A file, a folder or a class may be called anything. Printed as it is, a name can move the cursor, recolour or rewrite lines, set
//! the title of the window, or turn the text that follows it around. Here every character that does so becomes its escape in
//! Rust's notation, such as `\u{1b}` or `\n`; all others stay. The result is for people: it is not read back.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

/// Whether `character` is no glyph and no blank: a control character, a mark that changes the direction of text (Unicode Standard
/// Annex 9), a separator of lines or paragraphs, or an invisible character of format without a use in names. The joiners of
/// emoji and of Persian and Indic scripts are none of these.
pub fn is_command(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// A name, in one line and without commands to a terminal.
pub fn printable(name: &str) -> Cow<'_, str> {
    escaped(name, |_| false)
}

/// Text of several lines without commands to a terminal: line feeds and tabs stay.
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |character| matches!(character, '\n' | '\t'))
}

fn escaped(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    let escapes = |character| is_command(character) && !stays(character);
    if !text.contains(escapes) {
        return Cow::Borrowed(text);
    }
    let mut result = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if escapes(character) {
            result.extend(character.escape_default());
        } else {
            result.push(character);
        }
    }
    Cow::Owned(result)
}

/// Paths as they are printed.
pub trait Printable {
    /// [`printable`] text of this path; bytes that are no text become U+FFFD.
    fn shown(&self) -> Shown<'_>;
}

impl Printable for Path {
    fn shown(&self) -> Shown<'_> {
        Shown(self)
    }
}

/// A path that [`Printable::shown`] shows.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a>(&'a Path);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&printable(&self.0.to_string_lossy()))
    }
}

/// Writes to `to` whatever is written in UTF-8, without commands to a terminal; line feeds and tabs stay.
pub struct PrintableWriter<W> {
    to: W,
    /// The beginning of a character whose other bytes have not come yet.
    begun: Vec<u8>,
}

impl<W: std::io::Write> PrintableWriter<W> {
    /// One that writes to `to`.
    pub fn new(to: W) -> Self {
        Self { to, begun: Vec::new() }
    }

    /// What it writes to.
    pub fn into_inner(self) -> W {
        self.to
    }
}

impl<W: std::io::Write> std::io::Write for PrintableWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.begun.extend_from_slice(bytes);
        let end = match std::str::from_utf8(&self.begun) {
            // A character that is cut by the end may go on in the next piece.
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => self.begun.len(),
        };
        let whole: Vec<u8> = self.begun.drain(..end).collect();
        self.to.write_all(printable_lines(&String::from_utf8_lossy(&whole)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let rest = std::mem::take(&mut self.begun);
        self.to.write_all(String::from_utf8_lossy(&rest).as_bytes())?;
        self.to.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn names_stay_and_commands_do_not() {
        for name in ["leaf 1.jpg", "Feuille d'érable", "می\u{200c}خواهم", "👩\u{200d}🌾", "斑点", "a'\"\\b"]
        {
            assert!(matches!(printable(name), Cow::Borrowed(same) if same == name));
        }
        for (name, shown) in [
            ("a\nb", r"a\nb"),
            ("a\r\tb", r"a\r\tb"),
            ("\u{1b}[31mred\u{7}", r"\u{1b}[31mred\u{7}"),
            ("\u{9b}2J\u{7f}", r"\u{9b}2J\u{7f}"),
            ("\u{202e}gpj.exe", r"\u{202e}gpj.exe"),
            ("a\u{2028}b\u{feff}", r"a\u{2028}b\u{feff}"),
        ] {
            assert_eq!(printable(name), shown);
            assert_eq!(Path::new(name).shown().to_string(), shown);
        }
        assert_eq!(printable_lines("a\n\tb\r\u{1b}"), "a\n\tb\\r\\u{1b}");
        assert_eq!(format!("{:>5}", Path::new("ab").shown()), "   ab");
    }

    #[test]
    fn a_writer_escapes_whatever_the_pieces_are() {
        let text = "é\u{1b}[2J 斑点\u{202e}\n\t👩\u{200d}🌾";
        for size in 1..=text.len() {
            let mut written = Vec::new();
            let mut writer = PrintableWriter::new(&mut written);
            text.as_bytes().chunks(size).for_each(|piece| writer.write_all(piece).unwrap());
            writer.flush().unwrap();
            assert_eq!(String::from_utf8(written).unwrap(), printable_lines(text), "{size}");
        }
        let mut written = Vec::new();
        let mut writer = PrintableWriter::new(&mut written);
        writer.write_all(b"a\xff\x1bb\xc3").unwrap();
        writer.flush().unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), "a\u{fffd}\\u{1b}b\u{fffd}");
    }
}
