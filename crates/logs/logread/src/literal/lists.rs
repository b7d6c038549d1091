//! Arrays of numbers as columns: `{"loss": [2.3, 1.1]}`, and `train_losses = [2.3, 1.1]` outside of any
//! object.

use super::{Kind, Literal, MOST_FIELDS};
use crate::assemble::Assembler;
use crate::cell::Cell;
use crate::number::{self, Number, Style};
use crate::run_log::Split;
use crate::schema::Schema;

impl Literal {
    /// Begins `name = [...]`: what is read next is the array. Arrays of this kind are kept until
    /// [`Self::end`], since each line of a log may hold one column.
    pub(crate) fn begin(&mut self, name: &str, into: &mut Assembler) {
        self.abandon();
        if self.lists.len() >= MOST_FIELDS || self.lists.iter().any(|(known, _)| known == name) {
            self.end(into);
        }
        self.open(Kind::Object, 0);
        self.named = true;
        self.word.push_str(name);
        self.valued = true;
    }

    /// Hands on the arrays that were kept; returns how many measurements they held.
    pub(crate) fn end(&mut self, into: &mut Assembler) -> usize {
        let lists = std::mem::take(&mut self.lists);
        if lists.is_empty() {
            return 0;
        }
        into.restart();
        rows_of(&lists, None, self.line, into)
    }

    /// Where the array begins in `name = [0.5, 0.4, ...]`, and the name.
    pub(crate) fn named_list(text: &str) -> Option<(usize, &str)> {
        const LONGEST_NAME: usize = 60;
        let open = text.find('[')?;
        let name = text[..open].trim_end().strip_suffix(['=', ':'])?.trim_end();
        let name = name.rsplit([';', '\t']).next()?.trim();
        let mut numbers = text[open + 1..].split([',', ' ']).filter(|number| !number.is_empty());
        let all_numbers = (0..3).all(|_| {
            let number = numbers.next().map(|number| number.trim_end_matches([']', ',']));
            number.is_some_and(|number| {
                number::scan(number.as_bytes(), 0, Style::default())
                    .is_some_and(|found| found.1 == number.len())
            })
        });
        let plain = name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte >= 0x80 || b"_-./ ()%".contains(&byte));
        (all_numbers && plain && !name.is_empty() && name.len() <= LONGEST_NAME).then_some((open, name))
    }
}

/// Hands arrays on as rows; returns how many measurements there were.
pub(super) fn rows_of(
    columns: &[(String, Vec<Number>)],
    around: Option<Split>,
    line: usize,
    into: &mut Assembler,
) -> usize {
    let Some(longest) = columns.iter().map(|(_, numbers)| numbers.len()).max() else { return 0 };
    let schema = Schema::new(columns.iter().map(|(name, _)| name.as_str()), into);
    let mut values = 0;
    for row in 0..longest {
        let cells: Vec<Cell> = columns
            .iter()
            .map(|(_, numbers)| numbers.get(row).map_or(Cell::Empty, |number| Cell::Number(*number)))
            .collect();
        values += schema.row(&cells, |_| "", around, line, into);
    }
    values
}
