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
    use std::fmt::Write as _;

    use super::plain_number;
    use crate::assemble::Assembler;
    use crate::cell::{Cell, cell};
    use crate::number::Style;
    use crate::settle::settle;
    use crate::table::Table;

    const HEADERS: [&str; 6] = [
        "epoch,step,loss,val_loss,accuracy,val_accuracy",
        "epoch,train_loss,valid_loss,lr",
        "step,loss,grad_norm",
        "run,epoch,val_loss",
        "loss,val_loss,acc",
        "epoch,time,train/loss,metrics/accuracy_top1,val/loss",
    ];

    /// Numbers that repeat themselves for a seed.
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, end: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % end
        }

        fn number(&mut self) -> String {
            let digits = self.below(100_000) as f64;
            match self.below(14) {
                0 => format!("{}", digits / 1e5),
                1 => format!("{:.3}", digits / 1e4),
                2 => format!("{:e}", digits / 1e7),
                3 => format!("-{:.2}", digits / 1e3),
                4 => format!("{:.18}", digits / 1e5),
                5 => format!("{digits:.2E}"),
                6 => "nan".to_owned(),
                7 => String::new(),
                8 => format!("+{}", digits / 1e5),
                9 => format!(".{digits}"),
                10 => format!("{digits}"),
                _ => format!("{:.5}", digits / 5e4),
            }
        }
    }

    fn rows(dice: &mut Dice, columns: usize) -> Vec<String> {
        let plain = dice.below(2) == 0;
        let mut rows = Vec::new();
        for row in 0..3 + dice.below(60) {
            let mut text = format!("{}", row / (1 + dice.below(2)));
            for _ in 1..columns - usize::from(dice.below(40) == 0) {
                let number = if plain {
                    format!("{:.4}", 0.1 + dice.below(20_000) as f64 / 1e4)
                } else {
                    dice.number()
                };
                let _ = write!(text, ",{number}");
            }
            rows.push(text);
        }
        rows
    }

    /// What is read of a table, and how many rows took the short way.
    fn read(header: &str, rows: &[String], short: bool) -> Option<(String, usize)> {
        let mut into = Assembler::new();
        let mut table = Table::begin(header, &rows[0], Style::default(), &mut into)?;
        let (mut taken, mut values) = (0, Vec::new());
        for (index, row) in rows.iter().enumerate() {
            let numeric = if short { table.numeric_row(row.as_bytes(), index + 1, &mut into) } else { None };
            taken += usize::from(numeric.is_some());
            values.push(numeric.or_else(|| table.row(row, Style::default(), index + 1, &mut into)));
        }
        Some((format!("{values:?} {:?}", settle(into)), taken))
    }

    #[test]
    fn the_short_way_reads_what_the_general_one_does() {
        let mut all = 0;
        for seed in 0..3000 {
            let mut dice = Dice(seed);
            let header = HEADERS[dice.below(HEADERS.len() as u64) as usize];
            let rows = rows(&mut dice, header.split(',').count());
            let (short, general) = (read(header, &rows, true), read(header, &rows, false));
            let Some(((short, taken), (general, _))) = short.zip(general) else { continue };
            assert_eq!(short, general, "seed {seed}: {header}\n{}", rows.join("\n"));
            all += taken;
        }
        assert!(all > 30_000, "{all} rows");
    }

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
