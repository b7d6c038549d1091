//! A line cut into words, numbers and marks.
//!
//! The cut also yields the line's *skeleton*: a hash of everything but the numbers. Lines that a program
//! prints again and again have one skeleton, so what was learned from the first of them serves all.

use crate::clock;
use crate::number::{self, Form, Number, Style};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Letters, with the digits and underscores among them.
    Word,
    /// The number of this index.
    Number(u32),
    /// One mark of punctuation.
    Mark(u8),
    /// A rule or a progress bar: three or more marks such as `===>...`.
    Bar,
}

/// One token, by its place in the line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: Kind,
    /// First byte.
    pub(crate) start: u32,
    /// Byte after the last.
    pub(crate) end: u32,
}

/// The tokens of one line; kept from line to line for its memory.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    /// All of them, in order.
    pub(crate) all: Vec<Token>,
    /// The numbers among them.
    pub(crate) numbers: Vec<Number>,
    /// Those of them that were written with a plus sign.
    pub(crate) plus: Vec<u32>,
    /// Equal for lines that differ in their numbers only.
    pub(crate) skeleton: u64,
}

/// Longest run of letters after a number that counts as its unit.
const LONGEST_UNIT: usize = 9;

/// Words whose digits are a count and no part of the name: `epoch3`.
const COUNTERS: [&[u8]; 11] = [
    b"epoch",
    b"ep",
    b"epoche",
    b"epoca",
    b"epoka",
    b"epok",
    b"step",
    b"iter",
    b"iteration",
    b"batch",
    b"round",
];

impl Tokens {
    /// Whether there are numbers and nothing else but marks.
    pub(crate) fn are_numbers(&self) -> bool {
        !self.numbers.is_empty() && self.all.iter().all(|token| !matches!(token.kind, Kind::Word | Kind::Bar))
    }

    /// Cuts `text`, which holds no control characters, forgetting the line before.
    pub(crate) fn cut(&mut self, text: &[u8], style: Style) {
        self.all.clear();
        self.numbers.clear();
        self.plus.clear();
        self.skeleton = 0xcbf2_9ce4_8422_2325;
        let mut at = 0;
        while let Some(&byte) = text.get(at) {
            if byte == b' ' || byte == b'\t' {
                at += 1;
                continue;
            }
            at = self.token(text, at, byte, style);
        }
    }

    /// Takes the token at `at`; returns where it ends, which is always further on.
    fn token(&mut self, text: &[u8], at: usize, byte: u8, style: Style) -> usize {
        if byte.is_ascii_digit() || starts_number(text, at, byte) {
            if let Some((number, end)) = number_at(text, at, style) {
                return self.push_number(number, text, at, end);
            }
            if byte.is_ascii_digit() {
                let end = while_matching(text, at, |byte| is_word(byte) || byte == b'.');
                return self.push(Kind::Word, text, at, end);
            }
        }
        if is_word(byte) {
            return self.word(text, at, style);
        }
        if let Some(end) = output_number(text, at) {
            return self.push(Kind::Word, text, at, end);
        }
        if is_bar(byte) {
            let end = while_matching(text, at, is_bar);
            if end - at >= 3 {
                self.all.push(Token { kind: Kind::Bar, start: at as u32, end: end as u32 });
                self.mix(0x1b);
                return end;
            }
        }
        self.push(Kind::Mark(byte), text, at, at + 1)
    }

    fn word(&mut self, text: &[u8], at: usize, style: Style) -> usize {
        let mut end = while_matching(text, at, is_word);
        // Scripts without spaces set numbers right after letters: `第3轮`.
        let joint = (at + 1..end).find(|&at| text[at].is_ascii_digit() && text[at - 1] >= 0x80);
        if let Some(joint) = joint {
            return self.push(Kind::Word, text, at, joint);
        }
        loop {
            let next = text.get(end).copied();
            let digit_after = text.get(end + 1).is_some_and(u8::is_ascii_digit);
            let joined = match next {
                Some(b'@') => digit_after || text.get(end + 1).is_some_and(|&byte| is_word(byte)),
                // `mAP50-95` is one name, `epoch3-0.5` is not.
                Some(b'-') => digit_after && text[end - 1].is_ascii_digit() && !contains_dot(text, end + 1),
                _ => false,
            };
            if let Some(after) = overlaps(text, end) {
                end = after;
                break;
            }
            if !joined {
                break;
            }
            end = while_matching(text, end + 1, is_word);
        }
        if let Some(inner) = indexed(text, end)
            .filter(|_| !COUNTERS.iter().any(|word| word.eq_ignore_ascii_case(&text[at..end])))
        {
            end = inner;
        }
        let name = &text[at..end];
        let top = name.len().checked_sub(3).filter(|&start| name[start..].eq_ignore_ascii_case(b"top"));
        if top.is_some_and(|start| start == 0 || name[start - 1] == b'_' || name[start - 1] >= 0x80) {
            end = ranked(text, end).unwrap_or(end);
        }
        if let Some((number, number_end)) = number::scan(text, at, style).filter(|found| found.1 == end) {
            return self.push_number(number, text, at, number_end);
        }
        let letters = while_matching(text, at, |byte| !byte.is_ascii_digit() && is_word(byte)).min(end);
        let stem = text[at..letters].trim_ascii_end();
        let stem = stem.strip_suffix(b"_").unwrap_or(stem);
        if letters < end && COUNTERS.iter().any(|counter| counter.eq_ignore_ascii_case(stem)) {
            end = letters;
        }
        self.push(Kind::Word, text, at, end)
    }

    fn push_number(&mut self, mut number: Number, text: &[u8], at: usize, end: usize) -> usize {
        let sign = end + usize::from(text.get(end) == Some(&b' '));
        number.percent = text.get(sign) == Some(&b'%') && !text.get(sign + 1).is_some_and(u8::is_ascii_digit);
        let index = self.numbers.len() as u32;
        self.numbers.push(number);
        if text[at] == b'+' {
            self.plus.push(index);
        }
        self.all.push(Token { kind: Kind::Number(index), start: at as u32, end: end as u32 });
        self.mix(match number.form {
            Form::Integer => 1,
            Form::Decimal | Form::NotFinite => 2,
            Form::Clock => 3,
            Form::Date => 4,
        });
        end
    }

    fn push(&mut self, kind: Kind, text: &[u8], start: usize, end: usize) -> usize {
        self.all.push(Token { kind, start: start as u32, end: end as u32 });
        for &byte in &text[start..end] {
            self.mix(byte);
        }
        self.mix(0x1f);
        end
    }

    fn mix(&mut self, byte: u8) {
        self.skeleton = (self.skeleton ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
}

/// Whether a number without a leading digit starts here: a sign or a decimal mark that stands free.
fn starts_number(text: &[u8], at: usize, byte: u8) -> bool {
    if !matches!(byte, b'-' | b'+' | b'.') {
        return false;
    }
    let free =
        at == 0 || !(is_word(text[at - 1]) || matches!(text[at - 1], b')' | b']' | b'.' | b'-' | b'%'));
    let next = text.get(at + 1).copied().unwrap_or(b' ');
    free && (next.is_ascii_digit() || matches!(next, b'.' | b'n' | b'N' | b'i' | b'I'))
}

/// A time, a date or a number, unless it is the beginning of a name such as `3f9a` or `224x224`.
fn number_at(text: &[u8], at: usize, style: Style) -> Option<(Number, usize)> {
    if let Some(found) = clock::scan(text, at) {
        return Some(found);
    }
    let (number, end) = number::scan(text, at, style)?;
    let unit = while_matching(text, end, |byte| byte.is_ascii_alphabetic());
    let next = text.get(unit).copied().unwrap_or(b' ');
    let unit_ends = !(unit > end && (next.is_ascii_digit() || next == b'_')) && unit - end <= LONGEST_UNIT;
    (unit_ends && text.get(end) != Some(&b'_')).then_some((number, end))
}

/// The end of the overlaps in `mAP@.5` and `mAP@0.5:.95`, which belong to the name that ends at `at`.
fn overlaps(text: &[u8], at: usize) -> Option<usize> {
    let share = |text: &[u8]| {
        let whole = usize::from(text.first() == Some(&b'0'));
        let decimals = text.get(whole..)?.strip_prefix(b".")?;
        let digits = decimals.iter().take_while(|byte| byte.is_ascii_digit()).count();
        (1..=2).contains(&digits).then_some(whole + 1 + digits)
    };
    let after = text.get(at..)?.strip_prefix(b"@")?;
    let first = share(after)?;
    let last = match after.get(first) {
        Some(b':' | b'-') => share(&after[first + 1..]).map(|length| first + 1 + length),
        _ => None,
    };
    let range = last.filter(|&last| after[..last].ends_with(b".95"));
    Some(at + 1 + range.unwrap_or(first))
}

/// The end of the rank in `top-5`, `top 1` and `top=1`.
fn ranked(text: &[u8], end: usize) -> Option<usize> {
    let digit = match text.get(end)? {
        b'-' | b' ' | b'=' => end + 1,
        _ => return None,
    };
    let alone = !text.get(digit + 1).is_some_and(|&byte| byte.is_ascii_alphanumeric() || byte == b'.');
    (matches!(text.get(digit), Some(b'1' | b'2' | b'3' | b'5')) && alone).then_some(digit + 1)
}

/// The end of a name that goes on after an index: `EvalErr[0]PerSample`.
fn indexed(text: &[u8], end: usize) -> Option<usize> {
    let open = text.get(end..)?.strip_prefix(b"[")?;
    let digits = open.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let after = open.get(digits..)?.strip_prefix(b"]")?;
    let letters = after.iter().take_while(|&&byte| is_word(byte)).count();
    let begins = after.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    (begins && (1..=3).contains(&digits)).then_some(end + digits + 2 + letters)
}

fn contains_dot(text: &[u8], at: usize) -> bool {
    text.get(while_matching(text, at, |byte| byte.is_ascii_digit())) == Some(&b'.')
}

fn while_matching(text: &[u8], at: usize, matching: impl Fn(u8) -> bool) -> usize {
    at + text[at..].iter().take_while(|&&byte| matching(byte)).count()
}

/// Letters of every script, digits and the underscore.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// The end of the number in `output #1:` and `score # 1:`, which is a part of the name.
pub(crate) fn output_number(text: &[u8], at: usize) -> Option<usize> {
    let named = text[..at].ends_with(b"output ") || text[..at].ends_with(b"score ");
    let after = text[at..].strip_prefix(b"#").filter(|_| named)?;
    let blanks = after.iter().take_while(|&&byte| byte == b' ').count();
    let digits = after[blanks..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let end = at + 1 + blanks + digits;
    (digits > 0 && text.get(end) == Some(&b':')).then_some(end)
}

fn is_bar(byte: u8) -> bool {
    matches!(byte, b'=' | b'>' | b'.' | b'#' | b'-' | b'*' | b'~')
}

#[cfg(test)]
mod tests {
    use super::{Kind, Style, Tokens};

    fn shape(text: &str) -> String {
        let mut tokens = Tokens::default();
        tokens.cut(text.as_bytes(), Style::default());
        let names: Vec<String> = tokens
            .all
            .iter()
            .map(|token| match token.kind {
                Kind::Word => text[token.start as usize..token.end as usize].to_owned(),
                Kind::Number(index) => {
                    let number = tokens.numbers[index as usize];
                    format!("<{}{}>", number.value, if number.percent { "%" } else { "" })
                }
                Kind::Mark(mark) => char::from(mark).to_string(),
                Kind::Bar => "~~".to_owned(),
            })
            .collect();
        names.join(" ")
    }

    #[test]
    fn lines_are_cut_into_words_numbers_and_marks() {
        let cases = [
            ("Epoch [1/15], Train Acc: 55.19%", "Epoch [ <1> / <15> ] , Train Acc : <55.19%> %"),
            ("Acc@1  0.33 (  0.11)", "Acc@1 <0.33> ( <0.11> )"),
            ("44/60 [====>...] - 7s 119ms/step", "<44> / <60> [ ~~ ] - <7> s <119> ms / step"),
            ("I1010 17:36:18.471521 solver.cpp:160]", "I1010 <63378> solver . cpp : <160> ]"),
            ("epoch003 val_loss=-1.5e-3 mAP50-95", "epoch <3> val_loss = <-0.0015> mAP50-95"),
            ("224x224 3f9a v1.2.3 resnet50", "224x224 3f9a v1 . <2.3> resnet50"),
            ("top-5: 0.9 nan -inf", "top-5 : <0.9> <NaN> <-inf>"),
            ("accuracy_top-1: 22.0", "accuracy_top-1 : <22>"),
            ("EvalErr[0]PerSample = 0.27", "EvalErr[0]PerSample = <0.27>"),
            ("Epoch[0]Loss = 0.27", "Epoch [ <0> ] Loss = <0.27>"),
            ("mAP@.5 mAP@.5:.95: 0.3", "mAP@.5 mAP@.5:.95 : <0.3>"),
            ("mAP@0.5: 0.31 mAP@0.5:0.31", "mAP@0.5 : <0.31> mAP@0.5 : <0.31>"),
            ("10%|###  | 5/50", "<10%> % | ~~ | <5> / <50>"),
        ];
        for (text, wanted) in cases {
            assert_eq!(shape(text), wanted, "{text}");
        }
    }

    #[test]
    fn lines_that_differ_in_numbers_have_one_skeleton() {
        let skeleton = |text: &str| {
            let mut tokens = Tokens::default();
            tokens.cut(text.as_bytes(), Style::default());
            tokens.skeleton
        };
        assert_eq!(skeleton("loss: 0.5  [==>..]"), skeleton("loss:  nan [====>.....]"));
        assert_ne!(skeleton("loss: 0.5"), skeleton("lr: 0.5"));
    }
}
