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
            self.hand_on(into);
        }
        self.open(Kind::Object, 0);
        self.named = true;
        self.word.push_str(name);
        self.valued = true;
    }

    /// Hands on the arrays that were kept, also of an object that the text breaks off in; returns how many measurements they
    /// held.
    pub(crate) fn end(&mut self, into: &mut Assembler) -> usize {
        let before = into.values();
        self.break_off(into);
        self.hand_on(into);
        (into.values() - before) as usize
    }

    /// Closes what is open, without the record that is not complete and a number that may lack digits.
    fn break_off(&mut self, into: &mut Assembler) {
        if let Some(level) = self.levels.last_mut().filter(|_| self.after_number) {
            level.numbers.pop();
        }
        self.fields.clear();
        self.keys.clear();
        while self.is_open() {
            self.close(0, None, into);
        }
    }

    fn hand_on(&mut self, into: &mut Assembler) -> usize {
        let lists = std::mem::take(&mut self.lists);
        if lists.is_empty() {
            return 0;
        }
        into.restart();
        rows_of(&lists, None, None, self.line, into)
    }

    /// Where the array begins in `name = [0.5, 0.4, ...]`, and the name.
    pub(crate) fn named_list(text: &str) -> Option<(usize, &str)> {
        const LONGEST_NAME: usize = 60;
        let open = text.find('[')?;
        let name = text[..open].trim_end().strip_suffix(['=', ':'])?.trim_end();
        let name = name.rsplit([';', '\t']).next()?.trim();
        let mut numbers = text[open + 1..].split([',', ' ', '\t']).filter(|number| !number.is_empty());
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

/// Hands arrays on as rows; returns how many measurements there were. Beside `{"epoch": 4, "loss": [...]}` the last of four or five
/// values belongs to that epoch.
pub(super) fn rows_of(
    columns: &[(String, Vec<Number>)],
    last_epoch: Option<f64>,
    around: Option<Split>,
    line: usize,
    into: &mut Assembler,
) -> usize {
    let Some(longest) = columns.iter().map(|(_, numbers)| numbers.len()).max() else { return 0 };
    let schema = Schema::new(columns.iter().map(|(name, _)| name.as_str()), into);
    let last_epoch = last_epoch.filter(|_| !schema.counts());
    let before_first = last_epoch.map(|last| last - longest as f64);
    let counts = before_first.is_some_and(|before| before == 0.0 || before == -1.0);
    if last_epoch.is_some() && !counts {
        into.restart();
    }
    let mut values = 0;
    for row in 0..longest {
        if let Some(before) = before_first.filter(|_| counts) {
            into.epoch(before + 1.0 + row as f64);
        }
        let cells: Vec<Cell> = columns
            .iter()
            .map(|(_, numbers)| numbers.get(row).map_or(Cell::Empty, |number| Cell::Number(*number)))
            .collect();
        values += schema.row(&cells, around, line, into);
    }
    values
}
