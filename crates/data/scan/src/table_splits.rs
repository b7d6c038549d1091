//! The part of the data set that each row of a table belongs to.

use std::collections::BTreeSet;
use std::path::Path;

use foliar_labels::Labels;

use crate::part::part_of;
use crate::row_files::split_of;
use foliar_vision::dataset::Split;

/// Which part rows say, if they do.
pub(super) struct TableSplits {
    /// Of each table: whether its column of splits is one, and the part that the table is called after.
    tables: Vec<(bool, Option<Split>)>,
    /// What is to be said of it.
    pub(super) sentence: Option<String>,
}

impl TableSplits {
    pub(super) fn of(tables: &[Labels]) -> Self {
        fn column(table: &Labels) -> (bool, Option<&str>) {
            let cells = || table.rows.iter().filter_map(|row| row.split.as_deref());
            let strange = cells().find(|cell| split_of(cell).is_none());
            (table.split_column.is_some() && strange.is_none() && cells().next().is_some(), strange)
        }
        let called: Vec<Option<Split>> = tables.iter().map(|table| table_part(&table.path)).collect();
        let apart: BTreeSet<&Option<Split>> = called.iter().collect();
        // One table is called `train.csv` whatever else it holds.
        let by_name = tables.len() > 1 && apart.len() == tables.len() && !called.contains(&None);
        let columns: Vec<(bool, Option<&str>)> = tables.iter().map(column).collect();
        let sentence = tables.iter().zip(&columns).find_map(|(table, (used, strange))| {
            let column = table.split_column.as_ref()?;
            match (used, strange) {
                (true, _) => Some(format!("`{column}` gives the parts")),
                (false, Some(cell)) => {
                    Some(format!("`{column}` is not used: `{cell}` is no part of a data set"))
                }
                (false, None) => None,
            }
        });
        let sentence = sentence.or_else(|| by_name.then(|| "the tables give the parts".to_owned()));
        let tables = columns
            .iter()
            .zip(called)
            .map(|((used, _), called)| (*used, called.filter(|_| by_name)))
            .collect();
        Self { tables, sentence }
    }

    pub(super) fn of_row(&self, table: usize, cell: Option<&str>) -> Option<Split> {
        let (used, called) = self.tables[table];
        cell.filter(|_| used).and_then(split_of).or(called)
    }

    pub(super) fn is_silent(&self) -> bool {
        self.tables.iter().all(|(used, called)| !used && called.is_none())
    }
}

/// The part that a table is called after, or else the folder that it lies in.
pub(super) fn table_part(path: &Path) -> Option<Split> {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let split = |name: &str| part_of(name).map(|part| part.split);
    split(&stem).or_else(|| split(&folder?))
}
