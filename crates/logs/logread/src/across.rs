//! Tables with a row a measurement and a column for each kind of photos: `| | train | validation | test |` over
//! `| accuracy | 0.91 | 0.88 | 0.87 |`.

use crate::assemble::{Assembler, Flavour};
use crate::cell::Cell;
use crate::meaning::{self, Field};
use crate::run_log::Split;
use crate::split_word::split_word;

/// The photos of the columns after the first, if `cells` are the names of such a table.
pub(crate) fn photos(cells: &[&str]) -> Option<Vec<Split>> {
    // AllenNLP leaves out the empty first cell: `   Training |  Validation` over `accuracy | 0.91 | 0.88`.
    let rest = if split_word(cells.first()?).is_some() { cells } else { &cells[1..] };
    let splits: Vec<Split> = rest.iter().map(|cell| split_word(cell)).collect::<Option<_>>()?;
    let differ = (1..splits.len()).all(|index| !splits[..index].contains(&splits[index]));
    (splits.len() > 1 && differ).then_some(splits)
}

/// Hands the numbers of a row on; `None` if its first cell names no measurement.
pub(crate) fn row(
    name: &str,
    cells: &[Cell],
    photos: &[Split],
    line: usize,
    into: &mut Assembler,
) -> Option<usize> {
    let Field::Value(meaning) = meaning::field(name) else { return None };
    let fits = cells.iter().all(|cell| matches!(cell, Cell::Number(_) | Cell::Empty));
    if !meaning.quantity.has_split() || meaning.split.is_some() || !fits {
        return None;
    }
    let id = into.name(name, meaning, Flavour::Plain, false)?;
    let mut values = 0;
    for (cell, split) in cells.iter().zip(photos) {
        if let Cell::Number(number) = cell {
            into.value(id, Some(*split), *number, line);
            values += 1;
        }
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::photos;
    use crate::run_log::Split::{Test, Train, Validation};

    #[test]
    fn names_of_photos_alone_head_such_a_table() {
        assert_eq!(photos(&["", "train", "validation", "test"]), Some(vec![Train, Validation, Test]));
        assert_eq!(photos(&["metric", "Train", "Val"]), Some(vec![Train, Validation]));
        assert_eq!(photos(&["Training", "Validation"]), Some(vec![Train, Validation]));
        for cells in [&["epoch", "train_loss", "val_loss"][..], &["", "train"], &["train"], &[]] {
            assert_eq!(photos(cells), None, "{cells:?}");
        }
        assert_eq!(photos(&["", "train", "train"]), None);
    }
}
