//! Text that an editor, a terminal or a mail program broke into lines of one width, in the middle of its records.
//!
//! Three ways of breaking are tried: paragraphs as a whole, lines between words, and lines after so many letters, whatever stood
//! there. A way is a [`Hypothesis`]: the text with those lines joined. What is at the joints speaks for or against it, and whether
//! more is read from the joined text decides.

use std::collections::HashSet;

use crate::clean::clean;
use crate::common_prefix::CommonPrefix;
use crate::fragment::shape;
use crate::joint::{self, Usual, Verdict};
use crate::paragraph::is_paragraph;
use crate::rich_columns;
use crate::style::style_of;

/// Stands where lines were joined, so that lines can still be counted. It is not visible.
pub(crate) const JOINT: u8 = 0x1e;

/// Fewer lines show no width.
const FEWEST: usize = 4;
/// Narrower or wider text was not wrapped.
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=260;

/// A text with those lines joined that may belong together.
#[derive(Debug)]
pub(crate) struct Hypothesis {
    /// With [`JOINT`] where lines were joined.
    pub(crate) text: Vec<u8>,
    /// Whether the joints alone prove it.
    pub(crate) proved: bool,
    /// Whether words and numbers were broken too.
    pub(crate) anywhere: bool,
    /// Whether numbers may have been broken, even if it is not proved.
    pub(crate) suspected: bool,
    /// The first line, from 1, that goes on in the next.
    pub(crate) first_line: usize,
}

/// All ways in which `text` may have been broken, the likeliest first.
pub(crate) fn hypotheses(text: &[u8]) -> Vec<Hypothesis> {
    if let Some((text, first_line)) = rich_columns::unwrapped(text, char::from(JOINT)) {
        let text = text.into_bytes();
        return vec![Hypothesis { text, proved: true, anywhere: false, suspected: false, first_line }];
    }
    if is_paragraph(text) {
        let joined = text.iter().flat_map(|&byte| if byte == b'\n' { [b' ', JOINT] } else { [byte, 0] });
        let text = joined.filter(|&byte| byte != 0).collect();
        return vec![Hypothesis { text, proved: true, anywhere: true, suspected: true, first_line: 1 }];
    }
    let raw: Vec<&[u8]> = text.split(|&byte| byte == b'\n').collect();
    let common = CommonPrefix::of(text);
    let style = style_of(text, &common);
    let mut buffer = Vec::new();
    let lines: Vec<String> = raw.iter().map(|line| style.with_points(clean(line, &mut buffer))).collect();
    let lengths: Vec<usize> = lines.iter().map(|line| line.chars().count()).collect();
    let width = lengths.iter().copied().max().unwrap_or(0);
    if lines.len() < FEWEST || !WIDTHS.contains(&width) {
        return Vec::new();
    }
    // Between words nothing can be broken that has no space.
    let spaced = lines.iter().zip(&lengths).filter(|(line, _)| line.trim().contains(' '));
    let breakable = spaced.map(|(_, length)| *length).max().unwrap_or(0);
    let usual = Usual::of(&lines);
    // What a logger has begun does not go on a line.
    let next = |index: usize| {
        let next = lines.get(index + 1).map(String::as_str);
        next.filter(|next| !next.is_empty() && !common.begins(next))
    };
    let full = |index: usize, next: &str| {
        let first = next.trim_start().split(' ').next().unwrap_or_default().chars().count();
        let length = lengths[index];
        length > 0 && length.max(first) <= breakable && length + 1 + first > breakable
    };
    let text = Text { raw: &raw, lines: &lines };
    let letters = Way {
        anywhere: true,
        goes_on: &|index| lengths[index] == width && next(index).is_some(),
        glue: &|index| if joint::is_apart(&lines[index], &lines[index + 1]) { " " } else { "" },
        judge: &|index| joint::within_words(&lines[index], &lines[index + 1], &usual),
    };
    let words = Way {
        anywhere: false,
        goes_on: &|index| {
            next(index).is_some_and(|next| full(index, next) || joint::is_row(&lines[index], next))
        },
        glue: &|_| " ",
        judge: &|index| joint::between_words(&lines[index], &lines[index + 1]),
    };
    [letters, words].iter().filter_map(|way| text.joined(way)).collect()
}

/// The lines of a text, as they are and as they look.
struct Text<'a> {
    raw: &'a [&'a [u8]],
    lines: &'a [String],
}

/// A way of breaking lines.
struct Way<'a> {
    /// Whether words and numbers are broken too.
    anywhere: bool,
    /// Whether a line may go on in the next.
    goes_on: &'a dyn Fn(usize) -> bool,
    /// What stood between it and the next.
    glue: &'a dyn Fn(usize) -> &'static str,
    /// Whether the two look as if they had been one.
    judge: &'a dyn Fn(usize) -> Verdict,
}

impl Text<'_> {
    /// What begins records, as shapes of lines and of their first words: a line that goes on from none.
    fn beginnings(&self, way: &Way<'_>) -> HashSet<Vec<u8>> {
        (0..self.lines.len())
            .filter(|&index| index == 0 || !(way.goes_on)(index - 1))
            .flat_map(|index| [shape(self.lines[index].trim().as_bytes()), first_word(&self.lines[index])])
            .filter(|beginning| !beginning.is_empty())
            .collect()
    }

    /// The text with those lines joined that go on in the next, if the joints do not speak against it.
    fn joined(&self, way: &Way<'_>) -> Option<Hypothesis> {
        let (mut joints, mut fits, mut contradicts, mut numbers) = (0, 0, 0, 0);
        let beginnings = self.beginnings(way);
        let mut first_line = None;
        let mut text = Vec::new();
        for (index, line) in self.raw.iter().enumerate() {
            text.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
            let Some(next) = self.lines.get(index + 1) else { break };
            // What begins a record elsewhere ends none.
            let begun = || {
                let known = |beginning: Vec<u8>| beginnings.contains(&beginning);
                known(shape(next.trim().as_bytes())) || known(first_word(next))
            };
            let verdict = match (way.goes_on)(index) {
                false => None,
                true if !begun() => Some((way.judge)(index)),
                // Two words that do not fit into one line are common, two lines of one length are not.
                true => way.anywhere.then_some(Verdict::Contradicts),
            };
            joints += usize::from(verdict.is_some());
            fits += usize::from(verdict == Some(Verdict::Fits));
            contradicts += usize::from(verdict == Some(Verdict::Contradicts));
            if verdict.is_none_or(|verdict| verdict == Verdict::Contradicts) {
                text.push(b'\n');
                continue;
            }
            let digit = |letter: char| letter.is_ascii_digit();
            numbers += usize::from(self.lines[index].ends_with(digit) && next.starts_with(digit));
            text.extend_from_slice((way.glue)(index).as_bytes());
            text.push(JOINT);
            first_line = first_line.or(Some(index + 1));
        }
        let possible = (joints >= 2 || fits == 1) && joints < self.raw.len() - 1 && contradicts * 3 <= joints;
        let proved = fits >= 2 && fits * 4 >= joints && fits > contradicts;
        let anywhere = way.anywhere;
        let suspected = proved || anywhere && contradicts == 0 && numbers * 2 >= joints;
        let first_line = first_line.filter(|_| possible)?;
        Some(Hypothesis { text, proved, anywhere, suspected, first_line })
    }
}

/// The first word of a line, if it is long enough to tell what begins there.
fn first_word(line: &str) -> Vec<u8> {
    const FEWEST_LETTERS: usize = 3;
    let word = line.trim_start().split(' ').next().unwrap_or_default();
    let letters = word.chars().filter(|letter| letter.is_alphabetic()).count();
    if letters < FEWEST_LETTERS { Vec::new() } else { shape(word.as_bytes()) }
}

#[cfg(test)]
mod tests {
    use super::{JOINT, hypotheses};

    #[test]
    fn lines_broken_after_so_many_letters_are_joined() {
        for width in 41..70 {
            let log: String = (1..9)
                .map(|epoch| {
                    format!(
                        "Epoch {epoch}: train loss: 0.{}, train acc: 0.7{epoch}, val loss: 0.{}, val acc: 0.6{epoch}\n",
                        99 - epoch,
                        98 - epoch
                    )
                })
                .collect();
            let broken: String = log
                .lines()
                .map(|line| {
                    let (start, end) = line.split_at(width);
                    format!("{start}\n{end}\n")
                })
                .collect();
            let found = hypotheses(broken.as_bytes());
            let visible =
                |text: &[u8]| -> Vec<u8> { text.iter().copied().filter(|&byte| byte != JOINT).collect() };
            assert!(found.iter().any(|found| visible(&found.text) == log.as_bytes()), "{width}: {found:?}");
        }
    }

    #[test]
    fn records_of_one_length_are_not_joined() {
        for log in [
            "Epoch 1\n - 3s - loss: 0.5123 - acc: 0.7123 - val_loss: 0.5\nEpoch 2\n - 3s - loss: 0.4123 - acc: 0.8123 - val_loss: 0.4\n",
            "1,0.51234,0.71234,0.51234,0.61234,0.612\n12,0.51234,0.71234,0.51234,0.61234,0.612\n13,0.41234,0.81234,0.41234,0.71234,0.712\n\
             14,0.41234,0.81234,0.41234,0.71234,0.712\n",
            "epoch,step,train_loss,val_acc,val_loss,train_loss_epoch\n0,1599,0.07987164705991745,,,\n0,1649,0.02579093538224697,,,\n0,1699,0.0060985698364675045,,,\n\
             0,1718,,0.9761999845504761,0.07106363773345947,\n1,1749,0.002521513495594263,,,\n1,1799,0.09148768335580826,,,\n1,1849,0.02116183191537857,,,\n",
        ] {
            assert!(hypotheses(log.as_bytes()).is_empty(), "{log}");
        }
    }
}
