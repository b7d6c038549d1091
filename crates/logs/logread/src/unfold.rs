//! Gives a table that was pasted as one line its line breaks back.
//!
//! Where rows were joined by spaces a delimited table shows cells such as `lr 0`, the last name and the first
//! value, at equal distances. A table that is aligned with spaces shows names and then a run of numbers whose
//! first counts up with the table's period.

use crate::cell::{Cell, cell};
use crate::meaning::{Field, Quantity, field};
use crate::number::Style;
use crate::table::count_names;

/// Shorter lines hold no table.
const SHORTEST: usize = 40;
/// Names of an aligned table.
const MOST_NAMES: usize = 40;

/// The line before each epoch's number, so that a long line of records becomes many like each other.
pub(crate) fn epochs(text: &str) -> Vec<&str> {
    const NEAR: usize = 12;
    let bytes = text.as_bytes();
    let mut cuts = Vec::new();
    let mut at = 1;
    while at + 5 < bytes.len() {
        let begins = matches!(bytes[at], b'e' | b'E') && bytes[at..at + 5].eq_ignore_ascii_case(b"epoch");
        if begins && !bytes[at - 1].is_ascii_alphabetic() {
            let after = &bytes[at + 5..bytes.len().min(at + 5 + NEAR)];
            if after.iter().any(u8::is_ascii_digit) {
                cuts.push(at);
            }
            at += 5;
        }
        at += 1;
    }
    cut(text, &cuts)
}

/// The rows of a table in one line; `None` if it is none.
pub(crate) fn records(text: &str) -> Option<Vec<&str>> {
    if text.len() < SHORTEST {
        return None;
    }
    if text.contains("|--") || text.contains("|:-") || text.contains("| --") || text.contains("| :-") {
        let rows = ruled(text);
        if rows.len() > 2 {
            return Some(rows);
        }
    }
    [b',', b';'].into_iter().find_map(|mark| delimited(text, mark)).or_else(|| aligned(text))
}

/// `| epoch | loss | |---|---| | 1 | 0.5 |` cut where one row ends and the next begins.
fn ruled(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let mut rows = Vec::new();
    let mut start = 0;
    for at in 1..bytes.len() {
        let ends = bytes[at] == b' ' && bytes[at - 1] == b'|' && bytes.get(at + 1) == Some(&b'|');
        if ends {
            rows.push(&text[start..at]);
            start = at + 1;
        }
    }
    rows.push(&text[start..]);
    rows
}

/// A table whose cells `mark` separates.
fn delimited(text: &str, mark: u8) -> Option<Vec<&str>> {
    let mut ends: Vec<usize> =
        text.bytes().enumerate().filter(|(_, byte)| *byte == mark).map(|(at, _)| at).collect();
    if ends.len() < 4 {
        return None;
    }
    ends.push(text.len());
    let start_of = |index: usize| if index == 0 { 0 } else { ends[index - 1] + 1 };
    let cell_at = |index: usize| &text[start_of(index)..ends[index]];
    let is_word = |cell: &str| {
        let cell = cell.trim();
        !cell.is_empty() && !cell.contains(' ') && !starts_number(cell)
    };
    let last = (2..ends.len()).find(|&index| {
        let cell = cell_at(index);
        border(cell).is_some_and(|(end, start)| is_word(&cell[..end]) && starts_number(&cell[start..]))
    })?;
    let mut first = last;
    while first > 0 && (first == last || is_word(cell_at(first))) {
        first -= 1;
    }
    let step = last - first;
    if step < 2 {
        return None;
    }
    let header = start_of(first) + cell_at(first).trim_end().rfind(' ').map_or(0, |space| space + 1);
    let mut cuts = vec![header];
    let mut index = last;
    while index < ends.len() {
        let cell = cell_at(index);
        let Some((end, start)) = border(cell) else { break };
        cuts.push(start_of(index) + end);
        if !starts_number(&cell[start..]) {
            break;
        }
        index += step;
    }
    (cuts.len() >= 3 || index >= ends.len()).then(|| cut(text, &cuts))
}

/// Where, in a cell that holds the end of one row and the beginning of the next, the one ends and the other
/// begins.
fn border(cell: &str) -> Option<(usize, usize)> {
    let lead = cell.len() - cell.trim_start().len();
    let inner = cell.trim();
    match inner.find(' ') {
        Some(space) => {
            let right = inner[space..].trim_start();
            Some((lead + space, lead + inner.len() - right.len()))
        }
        // The row before ended with an empty cell.
        None => (lead > 0 && !inner.is_empty()).then_some((0, lead)),
    }
}

fn starts_number(text: &str) -> bool {
    text.trim_start().bytes().next().is_some_and(|byte| byte.is_ascii_digit() || byte == b'-' || byte == b'.')
}

/// A table aligned with spaces.
fn aligned(text: &str) -> Option<Vec<&str>> {
    let mut words: Vec<(usize, &str)> = Vec::new();
    let mut cuts = Vec::new();
    let mut at = 0;
    for word in text.split([' ', '\t']) {
        if !word.is_empty() {
            words.push((at, word));
        }
        at += word.len() + 1;
    }
    let numeric = |word: &str| {
        word.bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b'n' | b'N' | b'i'))
            && matches!(cell(word, Style::default()), Cell::Number(_))
    };
    let mut index = 0;
    while index < words.len() {
        if !numeric(words[index].1) {
            index += 1;
            continue;
        }
        let run = words[index..].iter().take_while(|(_, word)| numeric(word)).count();
        if run >= 3 {
            let names = header_length(&words[..index]);
            if let Some(period) = (names >= 3)
                .then(|| period(&words[index..index + run], &words[index - names..index]))
                .flatten()
            {
                cuts.push(words[index - names].0);
                cuts.extend(words[index..index + run].iter().step_by(period).map(|(at, _)| *at));
                if let Some((after, _)) = words.get(index + run) {
                    cuts.push(*after);
                }
            }
        }
        index += run;
    }
    (!cuts.is_empty()).then(|| cut(text, &cuts))
}

/// How many words before a run of numbers are names of columns.
fn header_length(words: &[(usize, &str)]) -> usize {
    let mut known = false;
    for (before, (_, word)) in words.iter().rev().take(MOST_NAMES).enumerate() {
        if word.ends_with(['.', '!', '?', ':', ';', ',', ')']) {
            break;
        }
        match field(word) {
            Field::Epoch => return if known { before + 1 } else { 0 },
            Field::Value(meaning) => known |= meaning.quantity != Quantity::Unknown,
            _ => {}
        }
    }
    0
}

/// How many numbers make a row: from a count to the next.
fn period(numbers: &[(usize, &str)], names: &[(usize, &str)]) -> Option<usize> {
    let value = |index: usize| match cell(numbers[index].1, Style::default()) {
        Cell::Number(number) => number.value,
        _ => f64::NAN,
    };
    let counts = |period: usize| {
        (period..numbers.len()).step_by(period).all(|index| value(index) == value(index - period) + 1.0)
    };
    let names: Vec<&str> = names.iter().map(|(_, name)| *name).collect();
    let joined = count_names(&names);
    (2..=names.len().min(numbers.len() - 1))
        .find(|&period| counts(period))
        .or((numbers.len() >= joined).then_some(joined))
}

fn cut<'a>(text: &'a str, cuts: &[usize]) -> Vec<&'a str> {
    let mut pieces = Vec::with_capacity(cuts.len() + 1);
    let mut start = 0;
    for &end in cuts {
        if end > start {
            pieces.push(&text[start..end]);
            start = end;
        }
    }
    pieces.push(&text[start..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::records;

    #[test]
    fn tables_in_one_line_are_cut_into_rows() {
        let cases: [(&str, &[&str]); 6] = [
            (
                "My log: epoch,train_loss,val_loss 0,1.5,1.25 1,1.25,1.125 What is wrong?",
                &["My log: ", "epoch,train_loss,val_loss", " 0,1.5,1.25", " 1,1.25,1.125", " What is wrong?"],
            ),
            (
                "epoch,step,train_loss,val_loss,val_acc 0,46,3152.5,, 0,46,,449.5,0.5 1,93,890.5,, 1,93,,130.5,0.9",
                &[
                    "epoch,step,train_loss,val_loss,val_acc",
                    " 0,46,3152.5,,",
                    " 0,46,,449.5,0.5",
                    " 1,93,890.5,,",
                    " 1,93,,130.5,0.9",
                ],
            ),
            (
                "Log: epoch train_loss valid_loss time 0 0.9 0.08 00:05 1 0.3 0.2 00:07 Is it bad?",
                &[
                    "Log: ",
                    "epoch train_loss valid_loss time ",
                    "0 0.9 0.08 00:05 ",
                    "1 0.3 0.2 00:07 ",
                    "Is it bad?",
                ],
            ),
            (
                "| epoch | loss | |---|---| | 1 | 0.5 | | 2 | 0.4 |",
                &["| epoch | loss |", "|---|---|", "| 1 | 0.5 |", "| 2 | 0.4 |"],
            ),
            (
                "Epoch 1: loss 0.5, accuracy 0.9, validation loss 0.6, time 3",
                &["Epoch 1: loss 0.5, accuracy 0.9, validation loss 0.6, time 3"],
            ),
            (
                "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18",
                &["1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18"],
            ),
        ];
        for (text, wanted) in cases {
            assert_eq!(records(text).unwrap_or_else(|| vec![text]), wanted);
        }
    }
}
