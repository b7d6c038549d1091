//! Arrays of numbers as columns: `{"loss": [2.3, 1.1]}`, and `train_losses = [2.3, 1.1]` outside of any
//! object.

use std::collections::BTreeMap;

use super::{Columns, Kind, List, Literal, MOST_FIELDS, Map};
use crate::assemble::Assembler;
use crate::cell::Cell;
use crate::number::{self, Form, Number, Style};
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
        let pairs = text[open..].starts_with("[(");
        let before = without_array(text[..open].trim_end());
        let name = match before.strip_suffix(['=', ':']) {
            Some(name) => name.trim_end(),
            // `losses_centralized [(0, 2.3), (1, 1.9)]`
            None => before.rsplit(' ').next().filter(|_| pairs)?,
        };
        let name = name.rsplit([';', '\t']).next()?.trim();
        let apart = |letter: char| matches!(letter, ',' | ' ' | '\t') || pairs && matches!(letter, '(' | ')');
        let mut numbers = text[open + 1..].split(apart).filter(|number| !number.is_empty());
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

/// `text` without `np.array(` or `torch.tensor(` at its end, where it names the array before that.
fn without_array(text: &str) -> &str {
    let Some(called) = text.strip_suffix('(') else { return text };
    let name =
        called.trim_end_matches(|letter: char| letter.is_ascii_alphanumeric() || "_.".contains(letter));
    let before = name.trim_end();
    let last = called[name.len()..].rsplit('.').next().unwrap_or_default();
    let makes = matches!(last, "array" | "asarray" | "tensor" | "Tensor" | "list" | "deque" | "Series" | "c");
    if makes && before.ends_with(['=', ':']) { before } else { text }
}

/// Maps with the same keys as columns, with one more for the keys; `None` where they differ.
pub(super) fn from_maps(maps: &[(String, Map)]) -> Option<Columns> {
    let keys: Vec<f64> = maps.first()?.1.iter().map(|(key, _)| *key).collect();
    let same =
        |map: &Map| map.len() == keys.len() && map.iter().zip(&keys).all(|((key, _), known)| key == known);
    if !maps.iter().all(|(_, map)| same(map)) {
        return None;
    }
    let by_one = keys.windows(2).all(|pair| pair[1] == pair[0] + 1.0);
    let name = if by_one && keys.first().is_some_and(|first| *first <= 1.0) { "epoch" } else { "step" };
    let count = |value: f64| Some(Number { value, resolution: 1.0, form: Form::Integer, percent: false });
    let counter = (name.to_owned(), keys.iter().copied().map(count).collect());
    let values =
        maps.iter().map(|(name, map)| (name.clone(), map.iter().map(|(_, number)| *number).collect()));
    Some(std::iter::once(counter).chain(values).collect())
}

/// Hands arrays on as rows; returns how many measurements there were. Beside `{"epoch": 4, "loss": [...]}` the last of four or five
/// values belongs to that epoch.
pub(super) fn rows_of(
    columns: &[(String, List)],
    last_epoch: Option<f64>,
    around: Option<Split>,
    line: usize,
    into: &mut Assembler,
) -> usize {
    let mut values = 0;
    let mut epochs = 0;
    for phase in phases(columns) {
        let Some(longest) = phase.iter().map(|(_, numbers)| numbers.len()).max() else { continue };
        let schema = Schema::new(phase.iter().map(|(name, _)| *name), into);
        let last_epoch = last_epoch.filter(|_| !schema.counts());
        let before_first =
            last_epoch.map(|last| last - longest as f64).filter(|before| [0.0, -1.0].contains(before));
        if last_epoch.is_some() && before_first.is_none() {
            into.restart();
        }
        let lengths = phase.iter().map(|(_, numbers)| numbers.len());
        let lists = before_first.is_none() && schema.lists_epochs(lengths, into) && into.may_count_epochs();
        if lists && epochs == 0 {
            into.restart();
        }
        for row in 0..longest {
            if let Some(before) = before_first {
                into.epoch(before + 1.0 + row as f64);
            } else if lists {
                epochs += 1;
                into.epoch(f64::from(epochs));
            }
            let cells: Vec<Cell> = phase
                .iter()
                .map(|(_, numbers)| numbers.get(row).copied().flatten().map_or(Cell::Empty, Cell::Number))
                .collect();
            values += schema.row(&cells, |_| "", around, line, into);
        }
        if lists {
            into.end_counted_epochs();
        }
    }
    values
}

/// Columns of one phase of training, with their names in it.
type Phase<'a> = Vec<(&'a str, &'a [Option<Number>])>;

/// The columns of each phase: `loss` and then `fine_tune_loss`, `phase1/loss` and then `phase2/loss`.
fn phases(columns: &[(String, List)]) -> Vec<Phase<'_>> {
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
