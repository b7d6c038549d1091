//! Cuts a stream into lines of bounded length.

use crate::common_prefix::CommonPrefix;
use crate::fragment::{Shapes, Worth};
use crate::number::Style;
use crate::style::style_of;
use crate::wrap::JOINT;

/// A longer line is handed on in pieces.
const LONGEST_LINE: usize = 64 << 10;
/// Bytes from the beginning from which the log's style is told.
const SAMPLE: usize = 256 << 10;

/// Takes pieces of any size and hands lines on.
#[derive(Debug)]
pub(crate) struct Lines {
    /// The sample, then the text of a line of which the end has not come.
    carry: Vec<u8>,
    sampled: bool,
    /// Byte that ends lines.
    end: u8,
    /// How the log writes numbers; told before the first line is handed on.
    pub(crate) style: Style,
    /// What stands before every line; told at the same time.
    common: CommonPrefix,
    /// Whether the sample is no text; then no line is handed on.
    pub(crate) binary: bool,
    /// Whether the sample is full of zeros.
    pub(crate) hollow: bool,
    utf16: Option<Utf16>,
    shapes: Shapes,
    /// Whether every line comes twice, and the line that may come again.
    doubled: bool,
    once: Vec<u8>,
    /// Lines handed on.
    number: usize,
    /// The first line at whose end a value may be cut off, from 1.
    pub(crate) cut_line: Option<usize>,
    /// Whether [`JOINT`] stands where lines were joined.
    joined: bool,
    /// Bytes taken.
    pub(crate) bytes: u64,
}

/// A line, or as much of it as is handed on at once.
pub(crate) struct Line<'a> {
    pub(crate) text: &'a [u8],
    /// How many lines of the text end here: one, or more where lines were joined; none within a line.
    pub(crate) ends: usize,
    pub(crate) style: Style,
    pub(crate) common: &'a CommonPrefix,
}

impl Lines {
    pub(crate) fn new() -> Self {
        Self {
            carry: Vec::new(),
            sampled: false,
            end: b'\n',
            style: Style::default(),
            common: CommonPrefix::default(),
            binary: false,
            hollow: false,
            utf16: None,
            shapes: Shapes::default(),
            doubled: false,
            once: Vec::new(),
            number: 0,
            cut_line: None,
            joined: false,
            bytes: 0,
        }
    }

    /// For a text in which lines were joined.
    pub(crate) fn joined() -> Self {
        Self { joined: true, ..Self::new() }
    }

    /// The text, as long as none of it was handed on.
    pub(crate) fn held(&self) -> Option<&[u8]> {
        (!self.sampled).then_some(&self.carry)
    }

    /// Takes the next piece.
    pub(crate) fn push(&mut self, piece: &[u8], each: &mut impl FnMut(Line<'_>)) {
        if self.bytes == 0 {
            self.utf16 = Utf16::of(piece);
        }
        self.bytes += piece.len() as u64;
        match self.utf16.take() {
            Some(mut utf16) => {
                let plain = utf16.decode(piece);
                self.utf16 = Some(utf16);
                self.push_plain(&plain, each);
            }
            None => self.push_plain(piece, each),
        }
    }

    fn push_plain(&mut self, piece: &[u8], each: &mut impl FnMut(Line<'_>)) {
        if self.binary {
            return;
        }
        if self.sampled {
            return self.cut(piece, each);
        }
        let missing = SAMPLE.saturating_sub(self.carry.len()).min(piece.len());
        self.carry.extend_from_slice(&piece[..missing]);
        if self.carry.len() >= SAMPLE {
            self.take_sample(each);
            self.cut(&piece[missing..], each);
        }
    }

    /// Hands the last line on.
    pub(crate) fn finish(&mut self, each: &mut impl FnMut(Line<'_>)) {
        if !self.sampled {
            self.take_sample(each);
        }
        let mut last = std::mem::take(&mut self.carry);
        let worth = self.shapes.worth(&last, false);
        if worth != Worth::Whole {
            self.cut_line = self.cut_line.or(Some(self.number + 1));
        }
        if let Worth::Start(length) = worth {
            last.truncate(length);
        }
        if !last.is_empty() {
            self.line(&last, each);
        }
    }

    fn take_sample(&mut self, each: &mut impl FnMut(Line<'_>)) {
        self.sampled = true;
        let sample = std::mem::take(&mut self.carry);
        self.common = CommonPrefix::of(&sample);
        self.style = style_of(&sample, &self.common);
        // Classic Mac OS ended lines so; elsewhere it rewinds them.
        if !sample.contains(&b'\n') && sample.contains(&b'\r') {
            self.end = b'\r';
        }
        let share =
            |odd: fn(u8) -> bool| sample.iter().filter(|&&byte| odd(byte)).count() * 50 > sample.len();
        self.binary = !self.joined && share(|byte| matches!(byte, 1..=7 | 0x0e..=0x1a | 0x1c..=0x1f));
        self.hollow = share(|byte| byte == 0);
        if !self.binary {
            self.shapes = Shapes::of(&sample);
            self.doubled = is_doubled(&sample);
            let (sample, in_doubt) = self.shapes.without_fragments(sample);
            self.cut_line = in_doubt;
            self.cut(&sample, each);
        }
    }

    fn cut(&mut self, piece: &[u8], each: &mut impl FnMut(Line<'_>)) {
        let mut rest = piece;
        while let Some(end) = memchr::memchr(self.end, rest) {
            let (line, after) = rest.split_at(end);
            rest = &after[1..];
            if self.carry.is_empty() {
                self.line(line, each);
            } else {
                let mut whole = std::mem::take(&mut self.carry);
                whole.extend_from_slice(line);
                self.line(&whole, each);
                whole.clear();
                self.carry = whole;
            }
        }
        while self.carry.len() + rest.len() > LONGEST_LINE {
            let taken = LONGEST_LINE.saturating_sub(self.carry.len()).min(rest.len());
            self.carry.extend_from_slice(&rest[..taken]);
            rest = &rest[taken..];
            let cut = cut_at(&self.carry);
            each(Line { text: &self.carry[..cut], ends: 0, style: self.style, common: &self.common });
            self.carry.drain(..cut);
        }
        self.carry.extend_from_slice(rest);
    }

    fn line(&mut self, line: &[u8], each: &mut impl FnMut(Line<'_>)) {
        let again = self.doubled && line == self.once && !line.trim_ascii().is_empty();
        if self.doubled {
            self.once.clear();
            self.once.extend_from_slice(if again { b"" } else { line });
        }
        let mut rest = if again { b"" } else { line };
        while rest.len() > LONGEST_LINE {
            let (text, after) = rest.split_at(cut_at(&rest[..LONGEST_LINE]));
            each(Line { text, ends: 0, style: self.style, common: &self.common });
            rest = after;
        }
        let ends = 1 + if self.joined { memchr::memchr_iter(JOINT, line).count() } else { 0 };
        each(Line { text: rest, ends, style: self.style, common: &self.common });
        self.number += ends;
    }
}

/// UTF-16, which PowerShell writes where output is redirected to a file.
#[derive(Debug)]
struct Utf16 {
    big_endian: bool,
    /// The first byte of a unit whose second has not come.
    odd: Option<u8>,
    /// The first half of a pair of surrogates.
    high: Option<u16>,
}

impl Utf16 {
    /// Told by the mark at the beginning, or by the zeros of plain letters.
    fn of(beginning: &[u8]) -> Option<Self> {
        match beginning {
            [0xff, 0xfe, ..] => Some(Self { big_endian: false, odd: None, high: None }),
            [0xfe, 0xff, ..] => Some(Self { big_endian: true, odd: None, high: None }),
            [a, 0, b, 0, c, 0, ..] if [a, b, c].into_iter().all(|byte| *byte > 0) => {
                Some(Self { big_endian: false, odd: None, high: None })
            }
            [0, a, 0, b, 0, c, ..] if [a, b, c].into_iter().all(|byte| *byte > 0) => {
                Some(Self { big_endian: true, odd: None, high: None })
            }
            _ => None,
        }
    }

    fn decode(&mut self, piece: &[u8]) -> Vec<u8> {
        let mut units = Vec::with_capacity(piece.len() / 2 + 2);
        units.extend(self.high.take());
        for &byte in piece {
            match self.odd.take() {
                Some(first) if self.big_endian => units.push(u16::from_be_bytes([first, byte])),
                Some(first) => units.push(u16::from_le_bytes([first, byte])),
                None => self.odd = Some(byte),
            }
        }
        if units.last().is_some_and(|unit| (0xd800..0xdc00).contains(unit)) {
            self.high = units.pop();
        }
        let letters = char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER));
        letters.collect::<String>().into_bytes()
    }
}

/// Where a line that is too long is cut: before an epoch if there is one, at white space if there is any.
/// Never at 0.
fn cut_at(line: &[u8]) -> usize {
    let half = line.len() / 2;
    let epoch = (half.max(1)..line.len().saturating_sub(5))
        .rev()
        .find(|&at| line[at..at + 5].eq_ignore_ascii_case(b"epoch") && !line[at - 1].is_ascii_alphabetic());
    let space = || line.iter().rposition(|byte| byte.is_ascii_whitespace()).filter(|&at| at > 0);
    epoch.or_else(space).unwrap_or(line.len())
}

/// Whether every line comes twice, as where two handlers of a logger print it.
fn is_doubled(sample: &[u8]) -> bool {
    const FEWEST: usize = 8;
    let lines: Vec<&[u8]> =
        sample.split(|&byte| byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).collect();
    let pairs = lines.chunks_exact(2).filter(|pair| pair[0] == pair[1]).count();
    lines.len() >= FEWEST && pairs * 20 >= lines.len() / 2 * 19
}

#[cfg(test)]
mod tests {
    use super::{LONGEST_LINE, Lines};

    fn lines(pieces: &[&[u8]]) -> Vec<(usize, usize)> {
        let mut lines = Lines::new();
        let mut found = Vec::new();
        let mut each = |line: super::Line<'_>| found.push((line.text.len(), line.ends));
        for piece in pieces {
            lines.push(piece, &mut each);
        }
        lines.finish(&mut each);
        found
    }

    #[test]
    fn lines_come_out_as_they_went_in() {
        assert_eq!(lines(&[b"ab\ncde\n", b"f", b"gh\n\n", b"i"]), [(2, 1), (3, 1), (3, 1), (0, 1), (1, 1)]);
        assert_eq!(lines(&[]), []);
        assert_eq!(lines(&[b"ab\rc\r"]), [(2, 1), (1, 1)]);
    }

    #[test]
    fn lines_that_all_come_twice_are_taken_once() {
        let log: String = (0..9).map(|epoch| format!("loss {epoch}\nloss {epoch}\n")).collect();
        let found = lines(&[log.as_bytes()]);
        assert_eq!(found.iter().filter(|line| line.0 > 0).count(), 9);
        assert_eq!(found.iter().map(|line| line.1).sum::<usize>(), 18);
    }

    #[test]
    fn utf16_is_decoded_whatever_the_pieces() {
        let text = "Verlust: 0,5 🍃\nGenauigkeit\n";
        let bytes: Vec<u8> =
            std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        for size in [2, 3, 7, 100] {
            let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
            let mark = '\u{feff}'.len_utf8();
            assert_eq!(lines(&pieces), [(17 + mark, 1), (11, 1)], "{size}");
        }
    }

    #[test]
    fn binary_files_are_told() {
        let noise: Vec<u8> =
            (0..100_000_u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        assert_eq!(lines(&[&noise]), []);
    }

    #[test]
    fn no_byte_of_a_long_line_is_lost() {
        let long = vec![b'x'; 5 * LONGEST_LINE + 17];
        let spaced: Vec<u8> = b"epoch 1 loss 0.5 ".repeat(60_000);
        for text in [&long, &spaced] {
            for size in [7_001, 300_000, text.len()] {
                let pieces: Vec<&[u8]> = text.chunks(size).collect();
                let found = lines(&pieces);
                assert_eq!(found.iter().map(|line| line.0).sum::<usize>(), text.len());
                assert!(found.iter().all(|line| line.0 <= LONGEST_LINE));
                assert_eq!(found.iter().filter(|line| line.1 == 1).count(), 1);
            }
        }
    }
}
