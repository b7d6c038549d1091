//! Cells of tables, and the words and numbers that stand alone in them.

use crate::clock;
use crate::number::{self, Form, Number, Style};
use crate::run_log::Split;
use crate::split_word::split_word;

/// One cell of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cell {
    /// Nothing, or text that says nothing.
    Empty,
    /// A number.
    Number(Number),
    /// A word for the photos that the row is about.
    Split(Split),
}

/// Whether a cell says that there is no value.
pub(crate) fn is_blank(cell: &str) -> bool {
    matches!(cell, "" | "-" | "--" | "None" | "null" | "NA" | "N/A" | "n/a")
}

/// Whether a number may begin here, or a word for one that is not finite.
pub(crate) fn begins_number(cell: &str) -> bool {
    match cell.as_bytes() {
        [b'n' | b'N' | b'i' | b'I', rest @ ..] => (2..8).contains(&rest.len()),
        [byte, ..] => byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.'),
        [] => false,
    }
}

/// What a cell holds.
pub(crate) fn cell(text: &str, style: Style) -> Cell {
    let bytes = text.as_bytes();
    if !begins_number(text) {
        return split_word(text).map_or(Cell::Empty, Cell::Split);
    }
    let found = clock::scan(bytes, 0)
        .filter(|found| found.1 == bytes.len())
        .or_else(|| number::scan(bytes, 0, style));
    let Some((mut number, end)) = found else { return Cell::Empty };
    let rest = &text[end..];
    if number.form == Form::Date {
        return Cell::Empty;
    }
    if rest.is_empty() {
        return Cell::Number(number);
    }
    number.percent = rest.trim_start() == "%";
    let counted = rest.strip_prefix('/').is_some_and(|of| of.bytes().all(|byte| byte.is_ascii_digit()));
    if number.percent || counted || is_unit(rest) { Cell::Number(number) } else { Cell::Empty }
}

fn is_unit(rest: &str) -> bool {
    matches!(rest.trim_start(), "s" | "ms" | "sec" | "min" | "m" | "h" | "G" | "M" | "GB" | "MB" | "k" | ":")
}
