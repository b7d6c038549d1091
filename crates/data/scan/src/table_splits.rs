//! The part of the data set that each row of a table belongs to.

use std::collections::BTreeSet;
use std::path::Path;

use foliar_labels::Labels;
use foliar_vision::dataset::Split;

use crate::part::{normal, part_of};
use crate::row_files::split_of;

/// Which part rows say, if they do.
pub(crate) struct TableSplits {
    /// Of each table: its column of splits, if it is one, and the part that the table is called after.
    tables: Vec<(Option<String>, Option<Split>)>,
    /// What is to be said of it.
    pub(crate) sentence: Option<String>,
}

impl TableSplits {
    pub(crate) fn of(tables: &[Labels]) -> Self {
        fn column(table: &Labels) -> (Option<&str>, Option<&str>) {
            let Some(column) = table.split_column.as_deref() else { return (None, None) };
            let cells = || table.rows.iter().filter_map(|row| row.split.as_deref());
            let strange = cells().find(|cell| meaning(column, cell).is_none());
            (Some(column).filter(|_| strange.is_none() && cells().next().is_some()), strange)
        }
        let called: Vec<Option<Split>> = tables.iter().map(|table| table_part(&table.path)).collect();
        let apart: BTreeSet<&Option<Split>> = called.iter().collect();
        // One table is called `train.csv` whatever else it holds.
        let by_name = tables.len() > 1 && apart.len() == tables.len() && !called.contains(&None);
        let columns: Vec<(Option<&str>, Option<&str>)> = tables.iter().map(column).collect();
        let sentence = tables.iter().zip(&columns).find_map(|(table, (used, strange))| {
            let column = table.split_column.as_ref()?;
            match (used, strange) {
                (Some(_), _) => Some(match marked_part(column) {
                    Some(part) => format!("`{column}` gives the parts: {} without the mark", unmarked(part)),
                    None if column.contains(", ") => format!("the columns {column} give the parts"),
                    None => format!("`{column}` gives the parts"),
                }),
                (None, Some(cell)) if is_fold(column) => Some(format!(
                    "the folds of `{column}`, such as `{cell}`, are not used: foliar makes its own (--split FILE gives the parts)"
                )),
                (None, Some(cell)) => {
                    Some(format!("`{column}` is not used: `{cell}` is no part of a data set"))
                }
                (None, None) => None,
            }
        });
        let sentence = sentence.or_else(|| by_name.then(|| "the tables give the parts".to_owned()));
        let tables = columns
            .iter()
            .zip(called)
            .map(|((used, _), called)| (used.map(str::to_owned), called.filter(|_| by_name)))
            .collect();
        Self { tables, sentence }
    }

    pub(crate) fn of_row(&self, table: usize, cell: Option<&str>) -> Option<Split> {
        let (column, called) = &self.tables[table];
        column.as_ref().and_then(|column| meaning(column, cell?)).or(*called)
    }

    pub(crate) fn is_silent(&self) -> bool {
        self.tables.iter().all(|(column, called)| column.is_none() && called.is_none())
    }
}

/// The part that a cell of this column means.
fn meaning(column: &str, cell: &str) -> Option<Split> {
    let marked = marked_part(column).and_then(|part| match cell.to_lowercase().as_str() {
        "1" | "1.0" | "true" | "yes" | "y" => Some(part),
        "0" | "0.0" | "false" | "no" | "n" => Some(unmarked(part)),
        _ => None,
    });
    marked.or_else(|| split_of(cell))
}

/// The part of the photos that a column such as `is_valid` marks.
fn marked_part(column: &str) -> Option<Split> {
    let name = normal(column);
    let part = name.strip_prefix("is")?;
    Split::of_word(part.strip_suffix("image").unwrap_or(part))
}

/// The part of the photos that such a column does not mark.
fn unmarked(marked: Split) -> Split {
    if marked == Split::Train { Split::Test } else { Split::Train }
}

fn is_fold(column: &str) -> bool {
    normal(column).contains("fold")
}

/// The part that a table is called after, or else the folder that it lies in.
pub(crate) fn table_part(path: &Path) -> Option<Split> {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let split = |name: &str| part_of(name).map(|part| part.split);
    split(&stem).or_else(|| split(&folder?))
}
