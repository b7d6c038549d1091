//! Two values of one quantity with a stroke between them, of which a group of two words says the photos.
//!
//! The group stands behind the values, `loss 0.51/0.62 (train/val)`, before them with marks or letters that sentences do not have,
//! `loss[t/v] 0.51/0.62`, at the beginning of the line for all of it, `train/val: loss 0.51/0.62 acc 0.8/0.7`, or in the names of a table,
//! `epoch  loss (train/val)`, whose rows have such pairs.

use crate::concept::Concept;
use crate::fold;
use crate::lexicon::senses;
use crate::run_log::Split;
use crate::split_word::split_word;

/// Two words for photos, and where they stand with the marks around them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    start: usize,
    end: usize,
    names: [&'static str; 2],
    /// Whether brackets enclose it.
    enclosed: bool,
}

/// A longer line is no record.
const LONGEST: usize = 400;

/// The sentence that stands for a line of such pairs; `None` where it has none or says so in the usual way.
pub(crate) fn sentence(line: &str) -> Option<String> {
    if line.len() > LONGEST || !line.contains('/') {
        return None;
    }
    let found = groups(line);
    let pairs = pairs(line);
    let (&first, &last) = (pairs.first()?, pairs.last()?);
    let usable = |group: &&Group| {
        group.enclosed && (group.start >= last.1 || pairs.iter().any(|pair| is_beside(line, group, *pair)))
            || group.end <= first.0
                && line[group.end..].trim_start().starts_with(':')
                && is_start(line, group)
    };
    let found: Vec<&Group> = found.iter().filter(usable).collect();
    let of = |pair: (usize, usize)| match &found[..] {
        [one] if !one.enclosed || one.start >= last.1 || pairs.len() == 1 => Some(*one),
        several => several.iter().copied().find(|group| is_beside(line, group, pair)),
    };
    let mut out = String::with_capacity(line.len() + 24);
    let mut at = 0;
    for pair in &pairs {
        let Some(group) = of(*pair) else { continue };
        let before = without(line, at, pair.0, &found);
        out.push_str(before.trim_end_matches([' ', ':', '=']));
        out.push_str(&format!(" ({}/{}): ", group.names[0], group.names[1]));
        out.push_str(&line[pair.0..pair.1]);
        at = pair.1;
    }
    if at == 0 {
        return None;
    }
    out.push_str(&without(line, at, line.len(), &found));
    let out = out.trim_end().to_owned();
    (out != line.trim_end()).then_some(out)
}

/// Whether nothing but a bracket and a mark stands between a group and a pair of numbers.
fn is_beside(line: &str, group: &Group, pair: (usize, usize)) -> bool {
    let between = match group.start >= pair.1 {
        true => line.get(pair.1..group.start),
        false => line.get(group.end..pair.0),
    };
    between.is_some_and(|between| between.trim().is_empty() || matches!(between.trim(), ":" | "="))
}

/// Whether only an epoch's number may stand before a group.
fn is_start(line: &str, group: &Group) -> bool {
    let before = line[..group.start].trim();
    before.is_empty() || before.ends_with([':', '|', ']', '-', ','])
}

/// The text between two places without the groups in it.
fn without(line: &str, from: usize, to: usize, groups: &[&Group]) -> String {
    let mut out = String::new();
    let mut at = from;
    for group in groups.iter().filter(|group| group.start >= from && group.end <= to) {
        out.push_str(line.get(at..group.start).unwrap_or_default().trim_end_matches(' '));
        at = group.end;
        if !group.enclosed {
            at += line[at..].find(':').map_or(0, |mark| mark + 1);
        }
    }
    out + line.get(at..to).unwrap_or_default()
}

/// Places of `0.51/0.62`: two numbers, one of them with a point, that a stroke joins.
fn pairs(line: &str) -> Vec<(usize, usize)> {
    let bytes = line.as_bytes();
    let part = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'%');
    let strokes = memchr::memchr_iter(b'/', bytes);
    strokes
        .filter_map(|stroke| {
            let blank = |at: Option<&u8>| at == Some(&b' ');
            let left = stroke - usize::from(stroke > 0 && blank(bytes.get(stroke - 1)));
            let right = stroke + 1 + usize::from(blank(bytes.get(stroke + 1)));
            let start = left - bytes[..left].iter().rev().take_while(|byte| part(**byte)).count();
            let end = right + bytes[right.min(bytes.len())..].iter().take_while(|byte| part(**byte)).count();
            let numbers = start < left && right < end && bytes[start].is_ascii_digit();
            let pointed = bytes[start..end].contains(&b'.');
            let free = start == 0
                || !(bytes[start - 1].is_ascii_alphanumeric() || matches!(bytes[start - 1], b'/' | b'_'));
            let ends = !bytes.get(end).is_some_and(|next| next.is_ascii_alphanumeric() || *next == b'/');
            (numbers && pointed && free && ends).then_some((start, end))
        })
        .collect()
}

/// Where two words for photos stand with a stroke between them.
fn groups(line: &str) -> Vec<Group> {
    let bytes = line.as_bytes();
    let letters = |byte: &&u8| byte.is_ascii_alphabetic();
    memchr::memchr_iter(b'/', bytes)
        .filter_map(|stroke| {
            let left = bytes[..stroke].iter().rev().take_while(letters).count();
            let right = bytes[stroke + 1..].iter().take_while(letters).count();
            let (start, end) = (stroke - left, stroke + 1 + right);
            let names = photos(&line[start..stroke], &line[stroke + 1..end])?;
            let opens = start > 0 && matches!(bytes[start - 1], b'(' | b'[');
            let closes = matches!(bytes.get(end), Some(b')' | b']'));
            let joins = |byte: u8| matches!(byte, b'_' | b'/');
            let goes_on = bytes.get(end).is_some_and(|&next| next.is_ascii_alphanumeric() || joins(next));
            let free = !goes_on && (start == 0 || !joins(bytes[start - 1]));
            let enclosed = opens && closes;
            let around = usize::from(enclosed);
            (free && opens == closes).then_some(Group {
                start: start - around,
                end: end + around,
                names,
                enclosed,
            })
        })
        .collect()
}

/// The names of two different kinds of photos, one of them that of training; `t/v` are both.
fn photos(left: &str, right: &str) -> Option<[&'static str; 2]> {
    let split = |word: &str| match word {
        "t" | "T" => Some(Split::Train),
        "v" | "V" => Some(Split::Validation),
        word => split_word(word).filter(|_| word.len() > 1),
    };
    let name = |split| match split {
        Split::Train => "train",
        Split::Validation => "val",
        Split::Test => "test",
    };
    let (left, right) = (split(left)?, split(right)?);
    (left != right && (left == Split::Train || right == Split::Train)).then(|| [name(left), name(right)])
}

/// A table in whose names such groups stand.
#[derive(Debug, Default)]
pub(crate) struct PairedColumns {
    /// How many, and what parts the cells.
    groups: usize,
    mark: &'static str,
}

impl PairedColumns {
    /// The line of names with a name for each value, or the row with a cell for each; `None` for all other lines.
    pub(crate) fn line(&mut self, line: &str) -> Option<String> {
        if line.len() > LONGEST {
            return None;
        }
        if !line.bytes().any(|byte| byte.is_ascii_digit()) {
            return if line.contains('/') { self.header(line) } else { None };
        }
        if self.groups == 0 {
            return None;
        }
        let plain = |byte: u8| {
            byte.is_ascii_digit()
                || matches!(
                    byte,
                    b' ' | b'\t' | b'|' | b',' | b';' | b'.' | b'/' | b'+' | b'-' | b'e' | b'%' | b':' | b's'
                )
        };
        let found = pairs(line);
        if found.len() != self.groups || !line.bytes().all(plain) {
            return None;
        }
        let mut out = String::with_capacity(line.len() + 16);
        let mut at = 0;
        for (start, end) in found {
            let (left, right) = line[start..end].split_once('/')?;
            out.push_str(&line[at..start]);
            out.push_str(left.trim_end());
            out.push_str(self.mark);
            out.push_str(right.trim_start());
            at = end;
        }
        Some(out + &line[at..])
    }

    fn header(&mut self, line: &str) -> Option<String> {
        let found = groups(line);
        let mark = [("|", '|'), ("\t", '\t'), (",", ',')].into_iter().find(|(_, mark)| line.contains(*mark));
        let mark = mark.map_or("  ", |(mark, _)| mark);
        let mut out = String::with_capacity(2 * line.len());
        let mut at = 0;
        for group in &found {
            // The name stands before an enclosed group, and after another one.
            // A name that runs into the next group says nothing.
            let between = line.get(at..group.start)?;
            let before = between.trim_end_matches([' ', ':']);
            let word = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.' | '-');
            let (kept, name, end) = if group.enclosed {
                let kept = before.trim_end_matches(word);
                (kept, &before[kept.len()..], group.end)
            } else {
                let rest = line[group.end..].trim_start_matches([' ', '_']);
                let name = &rest[..rest.len() - rest.trim_start_matches(word).len()];
                (between, name, line.len() - rest.len() + name.len())
            };
            if !measures(name) {
                return None;
            }
            out.push_str(kept);
            let [first, second] = group.names;
            out.push_str(&format!("{first}_{name}{mark}{second}_{name}"));
            at = end;
        }
        if found.is_empty() {
            return None;
        }
        (self.groups, self.mark) = (found.len(), mark);
        Some(out + &line[at..])
    }
}

/// Whether a word names a quantity that is measured on photos.
fn measures(word: &str) -> bool {
    senses(&fold::words(word, 4))
        .iter()
        .any(|sense| sense.concept.is_quantity() && sense.concept != Concept::Rate)
}

#[cfg(test)]
mod tests {
    use super::{PairedColumns, sentence};

    #[test]
    fn groups_stand_behind_their_values_or_before_all() {
        let cases = [
            ("epoch 1: loss 0.51/0.62 (train/val)", "epoch 1: loss (train/val): 0.51/0.62"),
            (
                "loss 0.51/0.62, acc 0.8/0.7 (train/val)",
                "loss (train/val): 0.51/0.62, acc (train/val): 0.8/0.7",
            ),
            (
                "Ep 1 loss[t/v] 0.51/0.62 acc[t/v] 0.8/0.7",
                "Ep 1 loss (train/val): 0.51/0.62 acc (train/val): 0.8/0.7",
            ),
            (
                "3 | train/val: loss 0.51/0.62 acc 0.8/0.7",
                "3 | loss (train/val): 0.51/0.62 acc (train/val): 0.8/0.7",
            ),
            ("loss 0.62 / 0.51 (test/train)", "loss (test/train): 0.62 / 0.51"),
        ];
        for (line, wanted) in cases {
            assert_eq!(sentence(line).as_deref(), Some(wanted), "{line}");
        }
    }

    #[test]
    fn groups_that_run_into_each_other_are_left() {
        for header in [
            "epoch train/val loss.train/val",
            "train/val loss-val/train",
            "epoch  loss-(train/val)train/val loss.val/train",
        ] {
            let mut columns = PairedColumns::default();
            assert_eq!(columns.line(header), None, "{header}");
            assert_eq!(columns.line("1 0.5/0.6 0.4/0.3"), None, "{header}");
        }
        let repeated = "train/val: train/val: loss 0.5/0.6 (train/val) (val/train)";
        assert!(sentence(repeated).is_none_or(|sentence| sentence.contains("0.5/0.6")));
    }

    #[test]
    fn other_strokes_are_left() {
        for line in [
            "epoch 1/30 loss 0.51 (0.62)",
            "loss 0.51/0.62 (avg/max)",
            "data/train/val 0.51",
            "train/val loss: 0.51/0.62",
            "loss (train/val): 0.51/0.62",
            "val/train split 0.2/0.8",
        ] {
            assert_eq!(sentence(line), None, "{line}");
        }
    }

    #[test]
    fn tables_of_pairs_have_a_column_for_each_value() {
        let mut columns = PairedColumns::default();
        assert_eq!(columns.line("1  0.51/0.62  0.8/0.7"), None);
        let header = columns.line("epoch  loss (train/val)  acc (train/val)");
        assert_eq!(header.as_deref(), Some("epoch  train_loss  val_loss  train_acc  val_acc"));
        assert_eq!(columns.line(" 1  0.51/0.62  0.8 / 0.7").as_deref(), Some(" 1  0.51  0.62  0.8  0.7"));
        assert_eq!(columns.line("1  0.51/0.62"), None);
        let header = columns.line("| epoch | train/val loss | lr |");
        assert_eq!(header.as_deref(), Some("| epoch | train_loss|val_loss | lr |"));
        assert_eq!(columns.line("| 1 | 0.51/0.62 | 0.1 |").as_deref(), Some("| 1 | 0.51|0.62 | 0.1 |"));
    }
}
