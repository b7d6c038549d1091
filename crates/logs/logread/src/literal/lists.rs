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
        rows_of(&lists, false, None, self.line, into)
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

/// Hands arrays on as rows, which list the `known` epochs or those from the first if no others were named; returns how many
/// measurements there were.
pub(super) fn rows_of(
    columns: &[(String, Vec<Number>)],
    known: bool,
    around: Option<Split>,
    line: usize,
    into: &mut Assembler,
) -> usize {
    let mut values = 0;
    let mut epochs = 0;
    for phase in phases(columns) {
        let Some(longest) = phase.iter().map(|(_, numbers)| numbers.len()).max() else { continue };
        let schema = Schema::new(phase.iter().map(|(name, _)| *name), into);
        let lengths = phase.iter().map(|(_, numbers)| numbers.len());
        let counts_epochs = schema.lists_epochs(lengths, into) && (known || into.may_count_epochs());
        if counts_epochs && epochs == 0 {
            into.restart();
        }
        for row in 0..longest {
            if counts_epochs {
                epochs += 1;
                into.epoch(epochs as f64);
            }
            let cells: Vec<Cell> = phase
                .iter()
                .map(|(_, numbers)| numbers.get(row).map_or(Cell::Empty, |number| Cell::Number(*number)))
                .collect();
            values += schema.row(&cells, around, line, into);
        }
        if counts_epochs {
            into.end_counted_epochs();
        }
    }
    values
}

/// Columns of one phase of training, with their names in it.
type Phase<'a> = Vec<(&'a str, &'a [Number])>;

/// The columns of the first phase, and those of a fine-tuning after it: `loss` and `fine_tune_loss`.
fn phases(columns: &[(String, Vec<Number>)]) -> Vec<Phase<'_>> {
    let (mut first, mut second) = (Phase::new(), Phase::new());
    for (name, numbers) in columns {
        match of_fine_tuning(name) {
            Some(inner) => second.push((inner, numbers)),
            None => first.push((name, numbers)),
        }
    }
    let again = second.iter().filter(|(name, _)| first.iter().any(|(other, _)| other == name)).count();
    if again < 2 {
        return vec![columns.iter().map(|(name, numbers)| (name.as_str(), numbers.as_slice())).collect()];
    }
    vec![first, second]
}

/// The name without the words for a fine-tuning before it.
fn of_fine_tuning(name: &str) -> Option<&str> {
    const STARTS: [&str; 8] =
        ["fine_tuning", "fine_tune", "finetuning", "finetune", "fine-tuning", "fine-tune", "fine", "ft"];
    STARTS.iter().find_map(|start| {
        let rest = name.get(start.len()..).filter(|_| name.to_ascii_lowercase().starts_with(start))?;
        let inner = rest.trim_start_matches("_history").strip_prefix(['_', '/', '-', '.'])?;
        (!inner.is_empty()).then_some(inner)
    })
}
