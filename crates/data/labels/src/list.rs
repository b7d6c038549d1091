//! Lists of photos without a header: `path label`, `path,label`, or paths alone.

use std::path::Path;

use crate::file_index::has_picture_extension;
use crate::separator::{records, separator};
use crate::table::{Row, Table};

/// The table of a text whose first line already names a photo; `None` for any other text.
pub(crate) fn list(path: &Path, text: &str) -> Option<Table> {
    let first = text.lines().find(|line| !line.trim().is_empty())?;
    let by = separator(text);
    let separated: Vec<String> = records(first, by).next()?.iter().map(str::to_owned).collect();
    let rows: Vec<Row> = if separated.len() > 1 {
        let image = separated.iter().position(|cell| has_picture_extension(cell))?;
        let row = |record: csv::StringRecord| {
            let line = record.position().map_or(0, csv::Position::line);
            let mut cells: Vec<String> = record.iter().map(str::to_owned).collect();
            cells.resize(separated.len(), String::new());
            cells[..=image].rotate_right(1);
            Row { line, cells }
        };
        records(text, by).map(row).collect()
    } else {
        let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
        let row = |(line, text): (u64, &str)| {
            let (image, label) = at_blank(text);
            Row { line, cells: vec![image.to_owned(), label.to_owned()] }
        };
        let rows: Vec<Row> = lines.map(row).collect();
        rows.first().filter(|row| has_picture_extension(&row.cells[0]))?;
        rows
    };
    let width = rows.first()?.cells.len();
    let empty = |column: usize| rows.iter().all(|row| row.cells[column].is_empty());
    let used = (0..width).rev().find(|&column| !empty(column)).map_or(1, |last| last + 1);
    let names = |column: usize| match column {
        0 => "path".to_owned(),
        1 => "label".to_owned(),
        _ => format!("column {}", column + 1),
    };
    let rows = rows
        .into_iter()
        .map(|mut row| {
            row.cells.truncate(used);
            row
        })
        .collect();
    Some(Table { path: path.to_owned(), header: (0..used).map(names).collect(), rows, named: false })
}

/// `photos/a leaf.jpg rust` as (`photos/a leaf.jpg`, `rust`): cut after the photo.
fn at_blank(line: &str) -> (&str, &str) {
    let line = line.trim();
    let blanks = line.char_indices().filter(|(_, letter)| letter.is_whitespace());
    let cut = blanks.map(|(at, _)| line.split_at(at)).find(|(before, _)| has_picture_extension(before));
    let (image, label) = cut.unwrap_or((line, ""));
    (image.trim_matches(['"', '\'']), label.trim().trim_matches(['"', '\'']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Option<Vec<Vec<String>>> {
        let table = list(Path::new("train.txt"), text)?;
        Some(table.rows.into_iter().map(|row| row.cells).collect())
    }

    #[test]
    fn lists_have_no_header() {
        assert_eq!(
            rows("a/1.jpg 0\n\na/two leaves.JPG 1\n").unwrap(),
            [["a/1.jpg", "0"], ["a/two leaves.JPG", "1"]]
        );
        assert_eq!(
            rows("./images/rust/1.jpg\n./images/scab/2.jpg\n").unwrap(),
            [["./images/rust/1.jpg"], ["./images/scab/2.jpg"]]
        );
        assert_eq!(rows("1.png,rust\n2.png,scab\n").unwrap(), [["1.png", "rust"], ["2.png", "scab"]]);
        assert_eq!(rows("rust;1.png\nscab;2.png\n").unwrap(), [["1.png", "rust"], ["2.png", "scab"]]);
        assert_eq!(rows("image label\n1.jpg rust\n"), None);
        assert_eq!(rows("image,label\n1.jpg,rust\n"), None);
        assert_eq!(rows(""), None);
    }
}
