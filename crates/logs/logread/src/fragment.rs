//! Lines of which the beginning or the end is missing: where a text was cut, or was left out of the middle of a log.
//!
//! A log repeats itself. A first line that is the end of another line's *shape* (its text with every run of digits as one) lost
//! its beginning, and with it perhaps the name of its first number: it is left out. A last line without a line break may have
//! lost digits of its last number: it is left out where other lines go on there, or end with more digits.

use std::collections::HashMap;

/// Lines that are looked at.
const LINES: usize = 4000;
/// Shapes that are remembered.
const MOST_SHAPES: usize = 256;
/// A longer line is no record that comes again.
const LONGEST: usize = 2000;

/// A kind of line.
#[derive(Clone, Copy, Debug)]
struct Kind {
    lines: usize,
    /// Digits at the ends of its lines.
    least: usize,
    most: usize,
}

/// The shapes of a log's lines.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    kinds: HashMap<Vec<u8>, Kind>,
}

/// What a line of a cut text is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Worth {
    Whole,
    /// Its last number may lack digits.
    Doubtful,
    /// Only so many bytes are certain.
    Start(usize),
}

impl Shapes {
    pub(crate) fn of(sample: &[u8]) -> Self {
        let mut kinds: HashMap<Vec<u8>, Kind> = HashMap::new();
        // The last line may not have ended yet.
        let sample = &sample[..memchr::memrchr(b'\n', sample).unwrap_or(0)];
        for line in sample.split(|&byte| byte == b'\n').take(LINES).filter(|line| line.len() <= LONGEST) {
            let line = line.trim_ascii_end();
            let digits = digits_at_end(line);
            let shape = shape(line);
            if kinds.len() >= MOST_SHAPES && !kinds.contains_key(&shape) {
                continue;
            }
            let kind = kinds.entry(shape).or_insert(Kind { lines: 0, least: digits, most: digits });
            kind.lines += 1;
            kind.least = kind.least.min(digits);
            kind.most = kind.most.max(digits);
        }
        Self { kinds }
    }

    /// Whether `line`, at which a text begins, is the end of a line.
    pub(crate) fn lacks_beginning(&self, line: &[u8]) -> bool {
        let line = line.trim_ascii_end();
        if line.len() > LONGEST || !line.iter().any(u8::is_ascii_alphabetic) {
            return false;
        }
        let shape = shape(line);
        let alone = self.kinds.get(&shape).is_none_or(|kind| kind.lines < 2);
        let longer = |(other, kind): (&Vec<u8>, &Kind)| {
            kind.lines >= 2 && other.len() > shape.len() && other.ends_with(&shape)
        };
        alone && self.kinds.iter().any(longer)
    }

    /// What `line`, at which a text breaks off, is worth. `counted` says that it is one of the sample's lines.
    pub(crate) fn worth(&self, line: &[u8], counted: bool) -> Worth {
        let digits = digits_at_end(line);
        let open = is_open(line);
        if line.len() > LONGEST || digits == 0 && !breaks_number_off(line) && !open {
            return Worth::Whole;
        }
        let number = line.iter().rposition(|byte| !in_number(*byte)).map_or(0, |at| at + 1);
        let shape = shape(line);
        match self.kinds.get(&shape).filter(|kind| kind.lines > usize::from(counted)) {
            Some(kind) if digits <= kind.least && kind.most > digits && after_point(line) => {
                Worth::Start(number)
            }
            Some(kind) if digits < kind.most && after_point(line) => Worth::Doubtful,
            // Of integers only far fewer digits tell.
            Some(kind) if 2 * digits < kind.least => Worth::Start(number),
            Some(_) => Worth::Whole,
            None if !self
                .kinds
                .keys()
                .any(|other| other.len() > shape.len() && other.starts_with(&shape)) =>
            {
                Worth::Whole
            }
            // What the bracket would say of the numbers before it is missing.
            None if open => Worth::Start(0),
            None => Worth::Start(number),
        }
    }

    /// `text` without what it lacks the beginning or the rest of around its gaps, and the first line in doubt.
    pub(crate) fn without_fragments(&self, text: Vec<u8>) -> (Vec<u8>, Option<usize>) {
        let mut text = text;
        let mut in_doubt = None;
        let (mut start, mut number) = (0, 1);
        let mut before: Option<(usize, usize)> = None;
        let mut begins = true;
        while start < text.len() {
            let end = memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |length| start + length);
            if begins && self.lacks_beginning(&text[start..end]) {
                text[start..end].fill(b' ');
            }
            begins = is_gap(&text[start..end]);
            if let (true, Some((from, to))) = (begins, before) {
                match self.worth(text[from..to].trim_ascii_end(), true) {
                    Worth::Whole => {}
                    Worth::Doubtful => in_doubt = in_doubt.or(Some(number - 1)),
                    Worth::Start(length) => {
                        in_doubt = in_doubt.or(Some(number - 1));
                        text[from + length..to].fill(b' ');
                    }
                }
            }
            before = Some((start, end));
            start = end + 1;
            number += 1;
        }
        (text, in_doubt)
    }
}

/// Whether a line stands for lines that were left out: `...`.
pub(crate) fn is_gap(line: &[u8]) -> bool {
    matches!(
        line.trim_ascii(),
        b"..." | b"...." | b"[...]" | b"(...)" | b"<...>" | b"[..]" | b"<snip>" | b"[snip]"
    ) || line.trim_ascii() == "…".as_bytes()
}

/// `line` with every run of digits as one.
pub(crate) fn shape(line: &[u8]) -> Vec<u8> {
    let mut shape = Vec::with_capacity(line.len());
    for &byte in line {
        match byte {
            b'0'..=b'9' if shape.last() == Some(&b'0') => {}
            b'0'..=b'9' => shape.push(b'0'),
            b' ' if shape.last() == Some(&b' ') => {}
            _ => shape.push(byte),
        }
    }
    shape
}

fn digits_at_end(line: &[u8]) -> usize {
    line.iter().rev().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Whether `line` ends with what more digits follow in a number: `0.`, `1.0e`, `1.0e-`.
pub(crate) fn breaks_number_off(line: &[u8]) -> bool {
    let rest = line.strip_suffix(b"-").or(line.strip_suffix(b"+")).unwrap_or(line);
    let exponent = rest.strip_suffix(b"e").or(rest.strip_suffix(b"E"));
    let point = if rest.len() == line.len() { line.strip_suffix(b".") } else { None };
    exponent.or(point).is_some_and(|number| number.last().is_some_and(u8::is_ascii_digit))
}

/// Whether a bracket is open at the end.
fn is_open(line: &[u8]) -> bool {
    let last = |marks: &[u8]| line.iter().rposition(|byte| marks.contains(byte));
    last(b"([") > last(b")]")
}

/// Whether the digits at the end are decimals or those of an exponent.
fn after_point(line: &[u8]) -> bool {
    let before = line.len() - digits_at_end(line);
    before > 0 && matches!(line[before - 1], b'.' | b'-' | b'+' | b'e' | b',')
}

fn in_number(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'-' | b'+')
}

#[cfg(test)]
mod tests {
    use super::{Shapes, Worth};

    const LOG: &str = "epoch 1 loss 0.5123 acc 0.7123\nepoch 2 loss 0.4123 acc 0.8123\nepoch 3 loss 0.3123 acc 0.8312\n\
        step [1, 200](epoch, batch) 0.5123\n";

    #[test]
    fn a_line_that_lacks_its_beginning_is_told_from_a_short_one() {
        let shapes = Shapes::of(LOG.as_bytes());
        for (line, lacks) in [
            ("s 0.5123 acc 0.7123", true),
            ("23 acc 0.7123", true),
            ("epoch 1 loss 0.5123 acc 0.7123", false),
            ("resnet50, 10 classes", false),
            ("0.7123", false),
        ] {
            assert_eq!(shapes.lacks_beginning(line.as_bytes()), lacks, "{line}");
        }
    }

    #[test]
    fn a_number_that_lacks_digits_is_left_out() {
        let shapes = Shapes::of(LOG.as_bytes());
        for (line, worth) in [
            ("epoch 4 loss 0.2123 acc 0.8412", Worth::Whole),
            ("epoch 4 loss 0.2123 acc 0.84", Worth::Start(24)),
            ("epoch 4 loss 0.2123 acc 0.", Worth::Start(24)),
            ("epoch 4 loss 0.2123 acc 0", Worth::Start(24)),
            ("epoch 4 loss 0.21", Worth::Start(13)),
            ("epoch 4 loss 0.2123 a", Worth::Whole),
            ("step [4, 200](epo", Worth::Start(0)),
            ("best 0.84", Worth::Whole),
        ] {
            assert_eq!(shapes.worth(line.as_bytes(), false), worth, "{line}");
        }
    }

    #[test]
    fn what_touches_a_gap_goes() {
        let text =
            format!("{LOG}epoch 4 loss 0.21\n...\n0.2123 acc 0.8512\nepoch 9 loss 0.1123 acc 0.8612\n");
        let shapes = Shapes::of(text.as_bytes());
        let (left, in_doubt) = shapes.without_fragments(text.clone().into_bytes());
        let left = String::from_utf8(left).expect("still text");
        let lines: Vec<&str> = left.lines().map(str::trim_end).collect();
        assert_eq!(lines[4..7], ["epoch 4 loss", "...", ""]);
        assert_eq!((left.len(), in_doubt), (text.len(), Some(5)));
    }
}
