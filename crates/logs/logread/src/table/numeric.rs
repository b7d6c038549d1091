//! The rows of a long table: plain decimal numbers, commas between them, and nothing else.
//!
//! They are most lines of the longest logs. What is read of one is the same as by the general way, which a row takes that holds anything
//! else: a blank, an empty cell, a sign before a whole number's plus, a word, more digits than a number keeps.

use crate::assemble::Assembler;
use crate::cell::Cell;
use crate::number::{Form, Number, decimal};
use crate::table::{Delimiter, Table};

/// A longer line may be several rows.
const LONGEST: usize = 1000;
/// More digits may not fit.
const MOST_DIGITS: usize = 18;

impl Table {
    /// Takes a row of plain numbers, the first of which is whole and without a sign; `None` if `text` is another line, or this table has
    /// rows of another kind. Nothing was taken then.
    pub(crate) fn numeric_row(&mut self, text: &[u8], line: usize, into: &mut Assembler) -> Option<usize> {
        if self.delimiter != Delimiter::Comma {
            return None;
        }
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if text.len() > LONGEST
            || !self.across.is_empty()
            || self.wrapped
            || !self.epochs.is_empty()
            || !self.schema.is_plain()
        {
            return None;
        }
        self.cells.clear();
        let mut at = 0;
        loop {
            let (number, end) = plain_number(text, at)?;
            if at == 0 && (number.form != Form::Integer || text[0] == b'-') {
                return None;
            }
            self.cells.push(Cell::Number(number));
            match text.get(end) {
                None => break,
                Some(b',') => at = end + 1,
                Some(_) => return None,
            }
        }
        (self.cells.len() == self.schema.uses.len() && self.cells.len() > 1)
            .then(|| self.schema.row(&self.cells, |_| "", self.around, line, into))
    }
}

/// The number of digits, with or without a minus, a point and an exponent, that begins at `at`, and where it ends.
fn plain_number(text: &[u8], at: usize) -> Option<(Number, usize)> {
    let negative = text.get(at) == Some(&b'-');
    let start = at + usize::from(negative);
    let (mut digits, mut end) = (0_u64, start);
    let take = |digits: &mut u64, end: &mut usize| {
        let from = *end;
        while let Some(digit) = text.get(*end).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10)
        {
            *digits = digits.wrapping_mul(10).wrapping_add(u64::from(digit));
            *end += 1;
        }
        *end - from
    };
    let whole = take(&mut digits, &mut end);
    let mut decimals = 0;
    let mut form = Form::Integer;
    if text.get(end) == Some(&b'.') {
        end += 1;
        decimals = take(&mut digits, &mut end);
        form = Form::Decimal;
    }
    if whole == 0 || form == Form::Decimal && decimals == 0 || whole + decimals > MOST_DIGITS {
        return None;
    }
    let mut exponent = 0;
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let signed = matches!(text.get(end + 1), Some(b'-' | b'+'));
        let minus = text.get(end + 1) == Some(&b'-');
        end += 1 + usize::from(signed);
        let mut power = 0;
        let length = take(&mut power, &mut end);
        if !(1..=3).contains(&length) {
            return None;
        }
        exponent = if minus { -(power as i32) } else { power as i32 };
        form = Form::Decimal;
    }
    let number = decimal(digits, exponent - decimals as i32, form)?;
    let value = if negative { -number.value } else { number.value };
    Some((Number { value, ..number }, end))
}

#[cfg(test)]
mod tests {
    use super::plain_number;
    use crate::cell::{Cell, cell};
    use crate::number::Style;

    #[test]
    fn plain_numbers_are_those_of_the_general_way() {
        for text in [
            "0",
            "7",
            "007",
            "12.5",
            "-0.25",
            "1e3",
            "2.5e-05",
            "-1E+2",
            "0.000",
            "123456789012345678",
            "9007199254740993",
            "3.14159265358979312",
            "1e22",
            "1e23",
            "5e-300",
            "1.e5",
            ".5",
            "5.",
            "+1",
            "1e",
            "--1",
            "1.2.3",
            "1e1000",
            "",
            "-",
            "1_000",
            "12:30",
            "2021.03.04",
            "nan",
        ] {
            let Some((number, end)) = plain_number(text.as_bytes(), 0).filter(|found| found.1 == text.len())
            else {
                continue;
            };
            let Cell::Number(general) = cell(text, Style::default()) else { panic!("{text} is no number") };
            assert_eq!(number.value.to_bits(), general.value.to_bits(), "{text}");
            assert_eq!(number.resolution.to_bits(), general.resolution.to_bits(), "{text}");
            assert_eq!(
                (number.form, number.percent, end),
                (general.form, general.percent, text.len()),
                "{text}"
            );
        }
        for text in ["12.5", "-0.25", "2.5e-05"] {
            assert!(plain_number(text.as_bytes(), 0).is_some(), "{text}");
        }
    }
}
