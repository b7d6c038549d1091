//! Cells in rows under named columns.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::column_names::{IMAGES, is_part, plain};
use crate::error::LabelError;
use crate::file_index::has_picture_extension;
use crate::list::{List, list, list_of_stems};
use crate::separator::{records, separator};
use crate::text;

/// A table in memory. Every row has as many cells as there are columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The file, for errors.
    pub path: PathBuf,
    /// Names of the columns.
    pub header: Vec<String>,
    /// The rows that hold something.
    pub rows: Vec<Row>,
    /// Whether the names of the columns stand in the file.
    pub named: bool,
}

/// A row of a [`Table`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its line in the file, or its number where the file has no lines; from 1.
    pub line: u64,
    /// Cells without blanks around them.
    pub cells: Vec<String>,
}

impl Table {
    /// Reads values that are separated by commas, semicolons, tabs or bars, in UTF-8, UTF-16 or Windows-1252. The first line
    /// names the columns, unless it names a photo.
    ///
    /// # Errors
    /// [`LabelError::Read`], and [`LabelError::Table`] for a row of another length than the header.
    pub fn read(path: &Path) -> Result<Self, LabelError> {
        Self::parse(path, &text::read(path)?)
    }

    pub(crate) fn parse(path: &Path, text: &str) -> Result<Self, LabelError> {
        let (text, skipped) = without_notes(text);
        let named_after_part = || path.file_stem().and_then(OsStr::to_str).is_some_and(is_part);
        if let Some(List { columns, rows }) =
            list(text).or_else(|| list_of_stems(text).filter(|_| named_after_part()))
        {
            let header = match columns.as_slice() {
                [_] => vec!["path".to_owned()],
                [_, _] => vec!["path".to_owned(), "label".to_owned()],
                [_, others @ ..] => std::iter::once("path".to_owned())
                    .chain(others.iter().map(|column| format!("column {column}")))
                    .collect(),
                [] => Vec::new(),
            };
            let rows = rows.into_iter().map(|(line, cells)| Row { line: line + skipped, cells }).collect();
            return Ok(Self { path: path.to_owned(), header, rows, named: false });
        }
        if let Some(line) = unclosed_quote(text) {
            let what =
                format!("the quote in line {} is not closed, and swallows what follows", line + skipped);
            return Err(LabelError::table(path, what));
        }
        let mut records = records(text, separator(text));
        let mut header: Vec<String> = records.next().iter().flatten().map(str::to_owned).collect();
        while header.len() > 1 && header.last().is_some_and(String::is_empty) {
            header.pop();
        }
        let rows = records.map(|record| {
            let line = record.position().map_or(0, csv::Position::line) + skipped;
            let mut cells: Vec<String> = record.iter().map(str::to_owned).collect();
            while cells.len() > header.len() && cells.last().is_some_and(String::is_empty) {
                cells.pop();
            }
            if cells.len() == header.len() {
                return Ok(Row { line, cells });
            }
            let what = format!("line {line} has {} cells, the first line has {}", cells.len(), header.len());
            Err(LabelError::table(path, what))
        });
        let rows = rows.collect::<Result<_, _>>()?;
        Ok(Self { path: path.to_owned(), header, rows, named: true })
    }

    /// The column that is called `name`, but for case, blanks and marks.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        let wanted = plain(name);
        let exactly = self.header.iter().position(|column| column == name);
        exactly.or_else(|| self.header.iter().position(|column| plain(column) == wanted))
    }

    /// The cells of a column.
    pub(crate) fn cells(&self, column: usize) -> impl Iterator<Item = &str> {
        self.rows.iter().map(move |row| row.cells[column].as_str())
    }
}

/// The line of the last row, if it holds a quote that is not closed and further lines.
fn unclosed_quote(text: &str) -> Option<u64> {
    let last = records(text, separator(text)).last()?;
    let start = last.position()?;
    let row = text.get(usize::try_from(start.byte()).ok()?..)?;
    let is_open = row.bytes().filter(|&byte| byte == b'"').count() % 2 == 1;
    let swallows = last.iter().any(|cell| cell.contains('\n'));
    (is_open && swallows).then(|| start.line())
}

/// The text without notes before the table, and how many lines they are: a spreadsheet's on the separator, and comments.
fn without_notes(mut text: &str) -> (&str, u64) {
    let mut skipped = 0;
    while let Some((first, rest)) = text.split_once('\n') {
        let separator = first.trim_end().len() == 5 && first.starts_with("sep=");
        let comment = first.starts_with('#') && is_comment(first, rest);
        if !separator && !comment && !is_title(first, rest) {
            break;
        }
        (text, skipped) = (rest, skipped + 1);
    }
    (text, skipped)
}

/// Whether a line is a title above the names of columns, or empty: it has one cell, and the next line names the photos.
fn is_title(line: &str, rest: &str) -> bool {
    let separator = separator(rest);
    let filled = |text: &str| -> Vec<String> {
        let record = records(text, separator).next();
        record.iter().flatten().map(plain).filter(|cell| !cell.is_empty()).collect()
    };
    let names = filled(rest);
    filled(line).len() < 2
        && !line.split(char::from(separator)).any(has_picture_extension)
        && names.len() > 1
        && names.iter().any(|name| IMAGES.contains(&name.as_str()))
}

/// Whether a line that begins with `#` is none of the names of columns: the line after it is one, or has another number of cells.
fn is_comment(line: &str, rest: &str) -> bool {
    let separator = separator(rest);
    let cells = |text: &str| {
        let record = records(text, separator).next();
        let mut cells: Vec<String> = record.iter().flatten().map(plain).collect();
        while cells.last().is_some_and(String::is_empty) {
            cells.pop();
        }
        cells
    };
    let (own, next) = (cells(line), cells(rest));
    let names =
        |cells: &[String]| cells.len() > 1 && cells.iter().any(|cell| IMAGES.contains(&cell.as_str()));
    match (names(&own), names(&next)) {
        (true, false) => false,
        (false, true) => true,
        _ => own.len() != next.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Table, LabelError> {
        Table::parse(Path::new("t.csv"), text)
    }

    #[test]
    fn cells_are_those_of_the_spreadsheet() {
        let table =
            parse("sep=;\r\nImage Path;Note;\r\n\"a;b.jpg\" ; x ;\r\n\r\nc.jpg;\"d\n\"\"e\"\"\";\r\n")
                .unwrap();
        assert_eq!(table.header, ["Image Path", "Note"]);
        let cells: Vec<_> = table.rows.iter().map(|row| row.cells.clone()).collect();
        assert_eq!(cells, [["a;b.jpg", "x"], ["c.jpg", "d\n\"e\""]]);
        assert_eq!(
            (table.column("image_path"), table.column("note"), table.column("image")),
            (Some(0), Some(1), None)
        );
    }

    #[test]
    fn notes_before_the_table_are_passed_over_and_count_as_lines() {
        for (text, line) in [
            ("# made by a tool\nimage,label\n1.jpg,a\n", 3),
            ("# made by a tool, 2024, twice\n#\nimage,label\n1.jpg,a\n", 4),
            ("sep=,\nimage,label\n1.jpg,a\n", 3),
            ("# image,label\n1.jpg,a\n", 2),
            ("# made by a tool, 2024\nimage,label\n1.jpg,a\n", 3),
            ("# made by a tool,\nimage,label\n1.jpg,a\n", 3),
            ("# a; b; c\nimage;label\n1.jpg;a\n", 3),
            ("Leaves of 2024\nimage,label\n1.jpg,a\n", 3),
            ("Leaves of 2024,\n\n,\nimage,label\n1.jpg,a\n", 5),
        ] {
            let table = parse(text).unwrap();
            assert_eq!((table.header.len(), table.rows[0].line), (2, line), "{text}");
        }
    }

    #[test]
    fn names_of_columns_may_begin_with_a_number_sign() {
        for (text, columns) in [
            ("#,image,label\n1,p0.png,rust|scab\n2,p1.png,rust\n", 3),
            ("#,image,label,note\n1,p0.png,rust,\"a, b\"\n2,p1.png,rust,\n", 4),
            ("#;image;label\n1;p0.png;rust, scab\n2;p1.png;rust\n", 3),
            ("#,image,label,note\n1,p0.png,rust,\n2,p1.png,rust,\n", 4),
            ("#image,label\n\"p,0.png\",rust\np1.png,rust\n", 2),
        ] {
            let table = parse(text).unwrap();
            assert_eq!((table.header.len(), table.rows.len()), (columns, 2), "{text}");
            assert!(table.header[0].starts_with('#') && table.named, "{text}");
        }
    }

    #[test]
    fn a_quote_that_is_not_closed_is_named_by_its_line() {
        let error = parse("image,label\n1.jpg,a\n2.jpg,\"b\n3.jpg,a\n4.jpg,b\n").unwrap_err().to_string();
        assert!(error.contains("line 3 is not closed"), "{error}");
        for text in ["image,size\n1.jpg,5\"\n2.jpg,6\n", "image,note\n1.jpg,\"two\nlines\"\n"] {
            assert!(parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_row_of_another_length_is_named_by_its_line() {
        for text in ["a,b\n1,2\n3\n", "a,b\n1,2\n3,4,5\n"] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains("line 3") && error.contains("t.csv"), "{error}");
        }
        assert!(parse("").unwrap().header.is_empty() && parse("\n , \n").unwrap().rows.is_empty());
    }
}
