//! Tables with one row a photo, identified by its path relative to the folder: groups, splits, quarantines.

use std::collections::BTreeMap;
use std::path::Path;

use foliar_files::cell;
use foliar_vision::{Dataset, portable_name};

use crate::error::AuditError;

/// A table in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The wanted columns of each row; the path is the first.
    rows: Vec<(String, Vec<Option<String>>)>,
}

/// A column of a [`Listing`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column<'a> {
    /// Required.
    Needed(&'a str),
    /// Optional; if it is missing, its values are `None`.
    Optional(&'a str),
}

/// A row whose photo is in the data set.
pub(crate) struct Row<'a> {
    /// Index of the photo.
    pub(crate) photograph: usize,
    /// The requested columns, in the order of the request.
    pub(crate) values: &'a [Option<String>],
}

impl Listing {
    /// Reads comma-separated values. The header must have the column `path` and the required ones, in any order; other
    /// columns are ignored.
    ///
    /// # Errors
    /// [`AuditError::Read`], and [`AuditError::Table`] for a missing column or a row of another length.
    pub fn read(path: &Path, columns: &[Column<'_>]) -> Result<Self, AuditError> {
        let bytes =
            foliar_files::read(path).map_err(|source| AuditError::Read { path: path.to_owned(), source })?;
        let table = |what: String| AuditError::Table { path: path.to_owned(), what };
        // Spreadsheets write a byte-order mark.
        let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text);
        let header = reader.headers().map_err(|error| table(error.to_string()))?.clone();
        let find = |name: &str| header.iter().position(|column| column.eq_ignore_ascii_case(name));
        let missing = |name: &str| {
            let there: Vec<&str> = header.iter().collect();
            table(format!(
                "no column `{name}`; the first line must name the columns, and it is `{}`",
                there.join(",")
            ))
        };
        let of_path = find("path").ok_or_else(|| missing("path"))?;
        let mut places = Vec::new();
        for column in columns {
            places.push(match column {
                Column::Needed(name) => Some(find(name).ok_or_else(|| missing(name))?),
                Column::Optional(name) => find(name),
            });
        }
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|error| table(error.to_string()))?;
            let value = |place: &Option<usize>| {
                place
                    .and_then(|place| record.get(place))
                    .filter(|text| !text.is_empty())
                    .map(|text| cell::original(text).to_owned())
            };
            let name = cell::original(record.get(of_path).unwrap_or_default());
            let name = name.strip_prefix("./").unwrap_or(name).to_owned();
            rows.push((name, places.iter().map(value).collect()));
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

    /// The rows whose photo is in `dataset`, and the paths of the other rows.
    pub(crate) fn matched(&self, dataset: &Dataset) -> (Vec<Row<'_>>, Vec<String>) {
        let names: BTreeMap<String, usize> = dataset
            .photos
            .iter()
            .enumerate()
            .map(|(place, photo)| (portable_name(&photo.path), place))
            .collect();
        let mut matched = Vec::new();
        let mut absent = Vec::new();
        for (name, values) in &self.rows {
            match names.get(name) {
                Some(&photograph) => matched.push(Row { photograph, values }),
                None => absent.push(name.clone()),
            }
        }
        (matched, absent)
    }
}
