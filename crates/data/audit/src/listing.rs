//! Tables with one row a photo, identified by its path relative to the folder: groups, splits, quarantines.

use std::collections::BTreeMap;
use std::path::Path;

use foliar_files::cell;
use foliar_labels::{IMAGE_COLUMNS, LabelError, Table, plain_path};
use foliar_vision::{Dataset, portable_name};

use crate::error::AuditError;

/// A table in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The wanted columns of each row; the path is the first.
    rows: Vec<(String, Vec<Option<String>>)>,
}

/// A column of a [`Listing`], by its names; the first is the usual one. Case, blanks and marks do not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column<'a> {
    /// Required. Rows of one photo that differ in it contradict each other.
    Needed(&'a [&'a str]),
    /// Optional; if it is missing, its values are `None`.
    Optional(&'a [&'a str]),
}

/// A row whose photo is in the data set.
pub(crate) struct Row<'a> {
    /// Index of the photo.
    pub(crate) photograph: usize,
    /// The requested columns, in the order of the request.
    pub(crate) values: &'a [Option<String>],
}

impl Listing {
    /// Reads separated values as [`Table::read`] does. The header must have a column `path`, or one that names photos in another
    /// word, and the required ones, in any order; other columns are ignored.
    ///
    /// # Errors
    /// [`AuditError::Read`], and [`AuditError::Table`] for a missing column, a row of another length, or two rows that
    /// contradict each other.
    pub fn read(path: &Path, columns: &[Column<'_>]) -> Result<Self, AuditError> {
        let wrong = |what: String| AuditError::Table { path: path.to_owned(), what };
        let table = Table::read(path).map_err(|error| match error {
            LabelError::Read { path, source } => AuditError::Read { path, source },
            LabelError::Table { what, .. } | LabelError::Undecided { what, .. } => wrong(what),
        })?;
        let header = if table.named { &table.header[..] } else { &[] };
        let find = |names: &[&str]| names.iter().find_map(|name| table.column(name)).filter(|_| table.named);
        let missing = |name: &str| {
            let first = table.rows.first().map(|row| row.cells.join(",")).unwrap_or_default();
            let line = if table.named { header.join(",") } else { first };
            wrong(format!("no column `{name}`; the first line must name the columns, and it is `{line}`"))
        };
        let of_path = table.column("path").filter(|_| table.named).or_else(|| find(&IMAGE_COLUMNS));
        let of_path = of_path.ok_or_else(|| missing("path"))?;
        let mut places = Vec::new();
        for column in columns {
            places.push(match column {
                Column::Needed(names) => Some(find(names).ok_or_else(|| missing(names[0]))?),
                Column::Optional(names) => find(names),
            });
        }
        let mut rows = Vec::new();
        let mut lines: BTreeMap<String, (u64, usize)> = BTreeMap::new();
        for row in &table.rows {
            let value = |place: &Option<usize>| {
                place
                    .map(|place| &row.cells[place])
                    .filter(|text| !text.is_empty())
                    .map(|text| cell::original(text).to_owned())
            };
            let name = cell::original(&row.cells[of_path]);
            let name = name.strip_prefix("./").unwrap_or(name).to_owned();
            let values: Vec<Option<String>> = places.iter().map(value).collect();
            let (line, earlier) = *lines.entry(plain_path(&name)).or_insert((row.line, rows.len()));
            if let Some((_, before)) = rows.get(earlier) {
                let differ = columns
                    .iter()
                    .zip(before)
                    .zip(&values)
                    .find(|((column, before), now)| matches!(column, Column::Needed(_)) && before != now);
                if let Some(((_, before), now)) = differ {
                    let word = |value: &Option<String>| value.clone().unwrap_or_default();
                    return Err(wrong(format!(
                        "lines {line} and {} contradict each other: {name} is `{}` and `{}`",
                        row.line,
                        word(before),
                        word(now)
                    )));
                }
            }
            rows.push((name, values));
        }
        Ok(Self { rows })
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The values of a column, by its index in the request.
    pub(crate) fn values(&self, column: usize) -> impl Iterator<Item = Option<&str>> {
        self.rows.iter().map(move |(_, values)| values[column].as_deref())
    }

    /// The rows whose photo is in `dataset`, and the paths of the other rows. A path may be written with backslashes. Where no
    /// row has the path of a photo, rows mean the single photo whose path ends in theirs, or whose path ends theirs.
    pub(crate) fn matched(&self, dataset: &Dataset) -> (Vec<Row<'_>>, Vec<String>) {
        let names: BTreeMap<String, usize> = dataset
            .photos
            .iter()
            .enumerate()
            .map(|(place, photo)| (portable_name(&photo.path), place))
            .collect();
        let find = |name: &String| names.get(name).or_else(|| names.get(&plain_path(name))).copied();
        let mut found: Vec<Option<usize>> = self.rows.iter().map(|(name, _)| find(name)).collect();
        if found.iter().all(Option::is_none) {
            let ends = Ends::of(&names);
            found = self.rows.iter().map(|(name, _)| ends.find(&plain_path(name))).collect();
        }
        let mut matched = Vec::new();
        let mut absent = Vec::new();
        for ((name, values), photograph) in self.rows.iter().zip(found) {
            match photograph {
                Some(photograph) => matched.push(Row { photograph, values }),
                None => absent.push(name.clone()),
            }
        }
        (matched, absent)
    }
}

/// Photos by their names without folders.
struct Ends<'a>(BTreeMap<&'a str, Vec<(&'a str, usize)>>);

impl<'a> Ends<'a> {
    fn of(names: &'a BTreeMap<String, usize>) -> Self {
        let mut ends: BTreeMap<&str, Vec<(&str, usize)>> = BTreeMap::new();
        for (name, place) in names {
            ends.entry(last(name)).or_default().push((name, *place));
        }
        Self(ends)
    }

    /// The only photo of which one path is the end of the other.
    fn find(&self, path: &str) -> Option<usize> {
        let ends = |long: &str, short: &str| {
            long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
        };
        let alike = |(name, _): &&(&str, usize)| ends(name, path) || ends(path, name);
        let mut found = self.0.get(last(path)).into_iter().flatten().filter(alike);
        found.next().filter(|_| found.next().is_none()).map(|(_, place)| *place)
    }
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
