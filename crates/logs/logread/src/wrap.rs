//! Text that an editor, a terminal or a mail program broke into lines of one width, in the middle of its records.
//!
//! Three ways of breaking are tried: paragraphs as a whole, lines between words, and lines after so many letters, whatever stood
//! there. A way is a [`Hypothesis`]: the text with those lines joined. What is at the joints speaks for or against it, and whether
//! more is read from the joined text decides.

use std::collections::{HashMap, HashSet};

use crate::clean::clean;
use crate::common_prefix::CommonPrefix;
use crate::fragment::shape;
use crate::joint::{self, Usual, Verdict};
use crate::style::style_of;

/// Stands where lines were joined, so that lines can still be counted. It is not visible.
pub(crate) const JOINT: u8 = 0x1e;

/// Fewer lines show no width, and fewer beginnings no variety.
const FEWEST: usize = 4;
/// A line of wrapped text has several words.
const FEWEST_SPACES: usize = 3;
/// Narrower or wider text was not wrapped.
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=260;
/// Widest paragraph.
const WIDEST: usize = 200;

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
    let after_letters = |index: usize| lengths[index] == width && next(index).is_some();
    let between_words = |index: usize| {
        let first =
            next(index).map(|next| next.trim_start().split(' ').next().unwrap_or_default().chars().count());
        let fits = (1..=breakable).contains(&lengths[index]);
        let full = first.is_some_and(|first| first <= breakable && lengths[index] + 1 + first > breakable);
        fits && full || next(index).is_some_and(|next| joint::is_row(&lines[index], next))
    };
    let glue = |index: usize| if joint::is_apart(&lines[index], &lines[index + 1]) { " " } else { "" };
    let letters = joined(&raw, &lines, true, &after_letters, glue, |index| {
        joint::within_words(&lines[index], &lines[index + 1], &usual)
    });
    let words = joined(
        &raw,
        &lines,
        false,
        &between_words,
        |_| " ",
        |index| joint::between_words(&lines[index], &lines[index + 1]),
    );
    [letters, words].into_iter().flatten().collect()
}

/// The lines with those that go on joined to the next, if the joints do not speak against it. `anywhere` says that words may be
/// broken too.
fn joined(
    raw: &[&[u8]],
    lines: &[String],
    anywhere: bool,
    goes_on: impl Fn(usize) -> bool,
    glue: impl Fn(usize) -> &'static str,
    judge: impl Fn(usize) -> Verdict,
) -> Option<Hypothesis> {
    let (mut joints, mut fits, mut contradicts, mut numbers) = (0, 0, 0, 0);
    // What begins a record elsewhere ends none.
    let begins = |index: usize| index == 0 || !goes_on(index - 1);
    let beginnings: HashSet<Vec<u8>> = (0..raw.len())
        .filter(|&index| begins(index))
        .flat_map(|index| [shape(lines[index].trim().as_bytes()), first_word(&lines[index])])
        .collect();
    let mut first_line = None;
    let mut text = Vec::new();
    for (index, line) in raw.iter().enumerate() {
        text.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
        if index + 1 == raw.len() {
            break;
        }
        if !goes_on(index) {
            text.push(b'\n');
            continue;
        }
        let next = &lines[index + 1];
        let begun = beginnings.contains(&shape(next.trim().as_bytes()))
            || beginnings.contains(&first_word(next)) && !first_word(next).is_empty();
        if begun {
            // Two words that do not fit into one line are common, two lines of one length are not.
            joints += usize::from(anywhere);
            contradicts += usize::from(anywhere);
            text.push(b'\n');
            continue;
        }
        joints += 1;
        let digit = |letter: char| letter.is_ascii_digit();
        numbers += usize::from(lines[index].ends_with(digit) && next.starts_with(digit));
        match judge(index) {
            Verdict::Contradicts => {
                contradicts += 1;
                text.push(b'\n');
                continue;
            }
            Verdict::Fits => fits += 1,
            Verdict::Silent => {}
        }
        text.extend_from_slice(glue(index).as_bytes());
        text.push(JOINT);
        first_line = first_line.or(Some(index + 1));
    }
    let possible = (joints >= 2 || fits == 1) && joints < raw.len() - 1 && contradicts * 3 <= joints;
    let proved = fits >= 2 && fits * 4 >= joints && fits > contradicts;
    let suspected = proved || anywhere && contradicts == 0 && numbers * 2 >= joints;
    first_line.filter(|_| possible).map(|first_line| Hypothesis {
        text,
        proved,
        anywhere,
        suspected,
        first_line,
    })
}

/// The first word of a line, if it is long enough to tell what begins there.
fn first_word(line: &str) -> Vec<u8> {
    const FEWEST_LETTERS: usize = 3;
    let word = line.trim_start().split(' ').next().unwrap_or_default();
    let letters = word.chars().filter(|letter| letter.is_alphabetic()).count();
    if letters < FEWEST_LETTERS { Vec::new() } else { shape(word.as_bytes()) }
}

/// Whether the lines of `text` end where the next word would not have fitted, and begin in no common way.
fn is_paragraph(text: &[u8]) -> bool {
    let lines: Vec<&[u8]> = text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii_end).collect();
    let lines = lines.strip_suffix(&[&b""[..]]).unwrap_or(&lines);
    let width = lines.iter().map(|line| line.len()).max().unwrap_or(0);
    let spaces = text.iter().filter(|&&byte| byte == b' ').count();
    if lines.len() < FEWEST || width > WIDEST || spaces < FEWEST_SPACES * lines.len() {
        return false;
    }
    let first_word = |line: &[u8]| line.iter().take_while(|byte| !byte.is_ascii_whitespace()).count();
    let full = lines.windows(2).filter(|pair| pair[0].len() + 1 + first_word(pair[1]) > width).count();
    let mut beginnings: HashMap<Vec<u8>, usize> = HashMap::new();
    for line in lines {
        let word = &line[..first_word(line)];
        *beginnings
            .entry(word.iter().copied().filter(|byte| !byte.is_ascii_digit()).collect())
            .or_default() += 1;
    }
    let various = beginnings.len() >= FEWEST;
    let commonest = beginnings.into_values().max().unwrap_or(0);
    full * 20 >= (lines.len() - 1) * 19 && various && commonest * 2 < lines.len()
}

#[cfg(test)]
mod tests {
    use super::{JOINT, hypotheses, is_paragraph};

    #[test]
    fn broken_lines_are_told_from_records() {
        let wrapped = b"EPOCH: 1 loss: 118.5250 Validation loss: 87.5\nValidation accuracy: 0.753 EPOCH: 2 loss:\n68.8141 \
            Validation loss: 50.3 Validation\naccuracy: 0.858 EPOCH: 3 loss: 41.5181\n";
        assert!(is_paragraph(wrapped));
        let records: [&[u8]; 4] = [
            b"Epoch 1 loss 0.5\nEpoch 2 loss 0.4\nEpoch 3 loss 0.3\nEpoch 4 loss 0.2\n",
            b"0,1.5,1.4\n1,1.2,1.1\n2,1.0,1.0\n3,0.9,0.9\n",
            b"Epoch 1\ntrain loss 0.5 acc 0.8\nval loss 0.6 acc 0.7\nEpoch 2\ntrain loss 0.4 acc 0.9\n",
            b"",
        ];
        for text in records {
            assert!(!is_paragraph(text));
        }
    }

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
