//! Tables on their side: a row of epochs over a row for each measurement.
//!
//! ```text
//! epoch       1      2      3
//! train_loss  1.512  1.112  0.912
//! val_loss    1.612  1.312  1.212
//! ```

use crate::assemble::Assembler;
use crate::cell::{Cell, cell};
use crate::meaning::{self, Field};
use crate::number::{Number, Style};
use crate::scalars::Place;

/// Fewer columns may be a record.
const FEWEST: usize = 3;

/// A table of this kind, once its row of epochs has come.
#[derive(Debug, Default)]
pub(crate) struct Sideways {
    epochs: Vec<f64>,
}

impl Sideways {
    /// Whether its rows may follow.
    pub(crate) fn is_open(&self) -> bool {
        !self.epochs.is_empty()
    }

    /// Takes a row of the table, or the first of one; `None` if `text` is neither.
    pub(crate) fn row(
        &mut self,
        text: &str,
        style: Style,
        line: usize,
        into: &mut Assembler,
    ) -> Option<usize> {
        if self.epochs.is_empty() && !may_begin(text) {
            return None;
        }
        if !self.epochs.is_empty()
            && text.bytes().all(|byte| matches!(byte, b'|' | b'-' | b':' | b'+' | b'=' | b' '))
        {
            return Some(0);
        }
        let (name, cells) = cells(text);
        let numbers: Option<Vec<Option<Number>>> = cells
            .iter()
            .map(|text| match cell(text, style) {
                Cell::Number(number) => Some(Some(number)),
                Cell::Empty => Some(None),
                _ => None,
            })
            .collect();
        let field = meaning::field(&name);
        match (numbers, field) {
            (Some(numbers), Field::Epoch) => {
                let epochs: Option<Vec<f64>> = numbers
                    .iter()
                    .map(|number| number.filter(Number::counts).map(|number| number.value))
                    .collect();
                let epochs = epochs.filter(|epochs| {
                    epochs.len() >= FEWEST && epochs.windows(2).all(|pair| pair[1] == pair[0] + 1.0)
                });
                self.epochs = epochs?;
                Some(0)
            }
            (Some(numbers), Field::Value(meaning))
                if !numbers.is_empty()
                    && numbers.len() == self.epochs.len()
                    && meaning.quantity.has_split() =>
            {
                let mut values = 0;
                for (epoch, number) in self.epochs.iter().zip(numbers) {
                    let place = Place { epoch: *epoch, step: f64::NAN };
                    if let Some(number) = number {
                        values += usize::from(into.scalar(Some(&name), None, "", place, number, line));
                    }
                }
                Some(values)
            }
            _ => {
                self.epochs.clear();
                None
            }
        }
    }
}

/// Whether a line may be the row of epochs; runs on every line, so its first letter decides first.
fn may_begin(text: &str) -> bool {
    const WORDS: [&str; 10] = ["ep", "Ep", "EP", "ro", "Ro", "轮", "эп", "Эп", "Ép", "ép"];
    let start =
        text.bytes().position(|byte| !matches!(byte, b'|' | b' ' | b'\t' | b'"')).unwrap_or(text.len());
    let text = &text[start..];
    let first = text.as_bytes().first().copied().unwrap_or(b' ');
    let letter = matches!(first, b'e' | b'E' | b'r' | b'R') || first >= 0x80;
    let mut cells = text.bytes().skip_while(|byte| !byte.is_ascii_digit());
    letter
        && WORDS.iter().any(|start| text.starts_with(start))
        && cells.all(|byte| byte.is_ascii_digit() || matches!(byte, b' ' | b'\t' | b'|' | b',' | b';' | b'"'))
}

/// The name before the cells of a row, and these.
fn cells(text: &str) -> (String, Vec<&str>) {
    let text = text.trim().trim_start_matches('|').trim_end_matches('|');
    let mark = ['|', '\t', ';', ','].into_iter().find(|mark| text.contains(*mark));
    if let Some(mark) = mark {
        let mut cells = text.split(mark).map(str::trim);
        let name = cells.next().unwrap_or_default().trim_matches(['"', '\'', '*', ':']);
        return (name.to_owned(), cells.collect());
    }
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let first = words
        .iter()
        .position(|word| {
            word.starts_with(|letter: char| letter.is_ascii_digit() || matches!(letter, '-' | '.'))
        })
        .unwrap_or(words.len());
    (words[..first].join(" ").trim_end_matches(':').to_owned(), words[first..].to_vec())
}

#[cfg(test)]
mod tests {
    use super::cells;

    #[test]
    fn a_row_is_a_name_and_its_cells() {
        for row in [
            "val loss  0.5 0.4 0.3",
            "| val loss | 0.5 | 0.4 | 0.3 |",
            "val loss,0.5,0.4,0.3",
            "val loss: 0.5 0.4 0.3",
        ] {
            assert_eq!(cells(row), ("val loss".to_owned(), vec!["0.5", "0.4", "0.3"]), "{row}");
        }
    }
}
