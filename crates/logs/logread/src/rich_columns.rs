//! Progress bars of Rich whose columns were too narrow for what stands in them.
//!
//! ```text
//! stage 6/∞ ━━━━━━━━━ 510/510 0:13:20 • 13.14it/s val_accura… early_stopp…
//!                             0:00:00             0.926       1/5 0.92637
//!                                                 val_word_a…
//!                                                 0.779
//! ```
//!
//! Each word that stands below the beginning of one of the bar's line belongs to its column, and so do the words after it. A column
//! whose name was cut so that nobody knows it goes.

use std::fmt::Write as _;

/// A bar, as Rich draws it.
const BAR: char = '━';
/// Columns that a line which goes on begins with, at least.
const INDENT: usize = 8;
/// Lines that a bar goes on for at most.
const MOST_LINES: usize = 24;
/// Names that are known by their beginnings, which have so many letters at least.
const NAMES: [&str; 4] = ["accuracy", "loss", "precision", "recall"];
const FEWEST_LETTERS: usize = 3;

/// `text` with the columns of its bars in one line each, `joint` for each line that went on, and the first line, from 1, that
/// changed; `None` where no bar goes on and no stage is numbered.
pub(crate) fn unwrapped(text: &[u8], joint: char) -> Option<(String, usize)> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.contains(BAR))?;
    let lines: Vec<&str> = text.split('\n').map(|line| line.trim_end_matches('\r')).collect();
    let (mut out, mut first_line) = (String::with_capacity(text.len()), None);
    let mut at = 0;
    while at < lines.len() {
        let (line, length) = match lines[at].contains(BAR).then(|| block(&lines[at..])).flatten() {
            Some((line, length)) => {
                first_line = first_line.or(Some(at + 1));
                (Some(line), length)
            }
            None => (None, 1),
        };
        let line = line.as_deref().unwrap_or(lines[at]);
        match staged(line) {
            Some(line) => {
                first_line = first_line.or(Some(at + 1));
                out.push_str(&line);
            }
            None => out.push_str(line),
        }
        out.extend(std::iter::repeat_n(joint, length - 1));
        at += length;
        if at < lines.len() {
            out.push('\n');
        }
    }
    first_line.map(|first_line| (out, first_line))
}

/// What kraken calls a stage is an epoch: `stage 6/∞ ━━━`.
fn staged(line: &str) -> Option<String> {
    let rest = line.strip_prefix("stage ").filter(|_| line.contains(BAR))?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = rest.split_at(digits);
    let rest = rest.strip_prefix('/').filter(|_| digits > 0)?;
    Some(format!("epoch {number} {}", rest.split_once(' ')?.1))
}

/// The words of a line and the columns at which they begin.
fn words(line: &str) -> Vec<(usize, &str)> {
    let (mut words, mut from) = (Vec::new(), None);
    for (column, (at, letter)) in line.char_indices().enumerate() {
        match (letter == ' ', from) {
            (false, None) => from = Some((column, at)),
            (true, Some((column, start))) => {
                words.push((column, &line[start..at]));
                from = None;
            }
            _ => {}
        }
    }
    words.extend(from.map(|(column, start)| (column, &line[start..])));
    words
}

/// The line of the bar that `lines` begin with and those that go on with it as one, and how many they are.
fn block(lines: &[&str]) -> Option<(String, usize)> {
    let head = words(lines[0]);
    let bar = head.iter().position(|(_, word)| word.contains(BAR))?;
    let (mut below, mut length) = (vec![Vec::new(); head.len()], 1);
    for line in lines[1..].iter().take(MOST_LINES) {
        let words = words(line);
        let place = |start: usize| (bar + 1..head.len()).find(|place| head[*place].0 == start);
        let begins = words.first().filter(|(start, _)| *start >= INDENT).and_then(|(start, _)| place(*start));
        let Some(mut column) = begins.filter(|_| !line.contains(BAR)) else { break };
        for (start, word) in words {
            column = place(start).unwrap_or(column);
            below[column].push(word);
        }
        length += 1;
    }
    if length == 1 {
        return None;
    }
    // A word of the bar's line below which nothing stands belongs to the column before it.
    let mut columns: Vec<Vec<&str>> = Vec::new();
    let mut pending = Vec::new();
    for ((_, word), words) in head.iter().zip(below) {
        match columns.last_mut().filter(|_| words.is_empty()) {
            Some(column) => column.push(word),
            None => {
                if let Some(column) = columns.last_mut() {
                    column.append(&mut pending);
                }
                columns.push(vec![*word]);
                pending = words;
            }
        }
    }
    columns.last_mut()?.append(&mut pending);
    let mut joined = String::new();
    let mut unknown = false;
    for (place, word) in columns.into_iter().flat_map(|column| column.into_iter().enumerate()) {
        unknown &= place > 0;
        match word.strip_suffix('…') {
            Some(cut) => match completed(cut) {
                Some(name) => {
                    unknown = false;
                    let _ = write!(joined, " {name}:");
                }
                None => unknown = true,
            },
            None if unknown => {}
            None => {
                joined.push(' ');
                joined.push_str(word);
            }
        }
    }
    Some((joined.trim_start().to_owned(), length))
}

/// The name that `cut` is the beginning of: `val_accuracy` of `val_accura`.
fn completed(cut: &str) -> Option<String> {
    let (before, last) = cut.split_at(cut.rfind('_').map_or(0, |at| at + 1));
    let name = NAMES.iter().find(|name| last.len() >= FEWEST_LETTERS && name.starts_with(last))?;
    Some(format!("{before}{name}"))
}

#[cfg(test)]
mod tests {
    use super::unwrapped;

    fn visible(text: &str) -> Option<String> {
        unwrapped(text.as_bytes(), '+').map(|(text, _)| text)
    }

    #[test]
    fn columns_are_put_beside_their_names() {
        let log = "stage 3/∞ ━━━━━ 90/90 0:01:20 • 12.0it/s val_accura… early_stopp…\n\
            \x20                     0:00:00            0.812       1/5 0.83000\n\
            \x20                                        val_word_a…\n\
            \x20                                        0.611\n\
            done\n";
        assert_eq!(
            visible(log).as_deref(),
            Some("epoch 3 ━━━━━ 90/90 0:01:20 • 12.0it/s 0:00:00 val_accuracy: 0.812+++\ndone\n")
        );
        let metrics = "Epoch 1/9 ━━━━ 40/40 0:00:04 9.6it/s v_num: 0\n\
            \x20                                    train_loss:\n\
            \x20                                    0.713\n\
            Epoch 2/9 ━━━━ 40/40 0:00:04 9.6it/s v_num: 0\n";
        assert_eq!(
            visible(metrics).as_deref(),
            Some(
                "Epoch 1/9 ━━━━ 40/40 0:00:04 9.6it/s v_num: 0 train_loss: 0.713++\nEpoch 2/9 ━━━━ 40/40 0:00:04 9.6it/s v_num: 0\n"
            )
        );
    }

    #[test]
    fn other_texts_stay_as_they_are() {
        for log in [
            "Epoch 1/9 ━━━━ 40/40 - loss: 0.5\n          val_loss: 0.4\n",
            "epoch 1 loss 0.5\n        acc 0.4\n",
            "stage 3/4 loss 0.5\n",
        ] {
            assert_eq!(visible(log), None, "{log}");
        }
    }
}
