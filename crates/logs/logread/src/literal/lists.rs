//! Arrays of numbers as columns: `{"loss": [2.3, 1.1]}`, and `train_losses = [2.3, 1.1]` outside of any
//! object.

use std::collections::BTreeMap;

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

/// The columns of each phase: `loss` and then `fine_tune_loss`, `phase1/loss` and then `phase2/loss`.
fn phases(columns: &[(String, Vec<Number>)]) -> Vec<Phase<'_>> {
    let mut phases: BTreeMap<u32, Phase<'_>> = BTreeMap::new();
    for (name, numbers) in columns {
        let (number, inner) = phase_of(name).unwrap_or((1, name));
        phases.entry(number).or_default().push((inner, numbers));
    }
    let phases: Vec<Phase<'_>> = phases.into_values().collect();
    let names = |phase: &Phase<'_>, name: &str| phase.iter().any(|(other, _)| *other == name);
    let follows = |pair: &[Phase<'_>]| pair[1].iter().filter(|(name, _)| names(&pair[0], name)).count() > 1;
    if phases.windows(2).all(follows) {
        return phases;
    }
    vec![columns.iter().map(|(name, numbers)| (name.as_str(), numbers.as_slice())).collect()]
}

/// The number of the phase that a name begins with, and the name in it.
fn phase_of(name: &str) -> Option<(u32, &str)> {
    const PHASES: [(&str, u32); 10] = [
        ("fine_tuning", 2),
        ("fine_tune", 2),
        ("finetuning", 2),
        ("finetune", 2),
        ("fine-tuning", 2),
        ("fine-tune", 2),
        ("fine", 2),
        ("ft", 2),
        ("head", 1),
        ("initial", 1),
    ];
    let lower = name.to_ascii_lowercase();
    let named = PHASES.into_iter().find(|(start, _)| lower.starts_with(start));
    let numbered = || {
        let word = ["phase", "stage"].into_iter().find(|word| lower.starts_with(word))?;
        let digits = lower[word.len()..].trim_start_matches(['_', '-', ' ']);
        let start = lower.len() - digits.len();
        let length = digits.bytes().take_while(u8::is_ascii_digit).count();
        Some((start + length, digits[..length].parse().ok()?))
    };
    let (length, number) = named.map(|(start, number)| (start.len(), number)).or_else(numbered)?;
    let rest = name.get(length..)?;
    let inner = rest.strip_prefix("_history").unwrap_or(rest).strip_prefix(['_', '/', '-', '.'])?;
    (!inner.is_empty()).then_some((number, inner))
}
