//! Lists of photos without a header: `path label`, `path,label`, or paths alone.

use std::collections::BTreeSet;

use crate::column_names::is_part;
use crate::file_index::has_picture_extension;
use crate::separator::{records, separator};

/// The lines of a text whose first one already names a photo.
pub(crate) struct List {
    /// Where each column stands in the file, from 1.
    pub(crate) columns: Vec<usize>,
    /// Number and cells of each line, the photo first. All have as many cells.
    pub(crate) rows: Vec<(u64, Vec<String>)>,
}

/// The list that a text is; `None` for any other text.
pub(crate) fn list(text: &str) -> Option<List> {
    let first = text.lines().find(|line| !line.trim().is_empty())?;
    let by = separator(text);
    let separated: Vec<String> = records(first, by).next()?.iter().map(str::to_owned).collect();
    let (mut columns, mut rows) = if separated.len() > 1 {
        let image = separated.iter().position(|cell| has_picture_extension(cell))?;
        let row = |record: csv::StringRecord| {
            let line = record.position().map_or(0, csv::Position::line);
            let mut cells: Vec<String> = record.iter().map(str::to_owned).collect();
            cells.resize(separated.len(), String::new());
            cells[..=image].rotate_right(1);
            (line, cells)
        };
        let mut columns: Vec<usize> = (1..=separated.len()).collect();
        columns[..=image].rotate_right(1);
        (columns, records(text, by).map(row).collect())
    } else {
        let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
        let lines: Vec<(u64, (&str, &str))> = lines.map(|(line, text)| (line, at_blank(text))).collect();
        let behind: Vec<&str> = lines.iter().map(|(_, (_, behind))| *behind).collect();
        let cells = cells_behind(&behind);
        let width = cells.first().map_or(0, Vec::len);
        let row = |((line, (image, _)), cells): ((u64, (&str, &str)), Vec<&str>)| {
            (line, std::iter::once(image).chain(cells).map(str::to_owned).collect())
        };
        (
            (1..=width + 1).collect(),
            lines.into_iter().zip(cells).map(row).collect::<Vec<(u64, Vec<String>)>>(),
        )
    };
    let (_, first) = rows.first().filter(|(_, cells)| has_picture_extension(&cells[0]))?;
    let empty = |column: &usize| rows.iter().all(|(_, cells)| cells[*column].is_empty());
    let used = (0..first.len()).rev().find(|column| !empty(column)).map_or(1, |last| last + 1);
    rows.iter_mut().for_each(|(_, cells)| cells.truncate(used));
    columns.truncate(used);
    Some(List { columns, rows })
}

/// The list that a text of paths without extensions is, `rust/001`: each line has a folder and no blanks, and no two are alike.
pub(crate) fn list_of_stems(text: &str) -> Option<List> {
    let lines = (1..).zip(text.lines().map(str::trim)).filter(|(_, line)| !line.is_empty());
    let lines: Vec<(u64, &str)> = lines.collect();
    let is_path = |line: &str| line.contains('/') && !line.contains([' ', '\t', ',', ';', '|']);
    let distinct: BTreeSet<&str> = lines.iter().map(|(_, line)| *line).collect();
    let paths =
        !lines.is_empty() && distinct.len() == lines.len() && distinct.iter().all(|line| is_path(line));
    let rows = lines.into_iter().map(|(line, path)| (line, vec![path.to_owned()])).collect();
    paths.then_some(List { columns: vec![1], rows })
}

/// What stands behind the photos as cells: the whole of it, which may be a name of several words, but for a part of the data
/// set before or behind it, and several numbers.
fn cells_behind<'a>(behind: &[&'a str]) -> Vec<Vec<&'a str>> {
    type Cut<'a> = fn(&'a str) -> Option<[&'a str; 2]>;
    let before: Cut<'a> = |text| text.split_once(char::is_whitespace).map(<[&str; 2]>::from);
    let after: Cut<'a> = |text| text.rsplit_once(char::is_whitespace).map(<[&str; 2]>::from);
    for (cut, part) in [(before, 0), (after, 1)] {
        let cells: Option<Vec<[&str; 2]>> = behind.iter().map(|text| cut(text)).collect();
        if let Some(cells) = cells.filter(|cells| cells.iter().all(|cells| is_part(cells[part]))) {
            return cells.iter().map(|cells| cells.map(str::trim).to_vec()).collect();
        }
    }
    let words: Vec<Vec<&str>> = behind.iter().map(|text| text.split_whitespace().collect()).collect();
    let count = words.first().map_or(0, Vec::len);
    let numbers =
        |words: &Vec<&str>| words.len() == count && words.iter().all(|word| word.parse::<f64>().is_ok());
    if count > 1 && words.iter().all(numbers) {
        return words;
    }
    behind.iter().map(|text| vec![*text]).collect()
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
        Some(list(text)?.rows.into_iter().map(|(_, cells)| cells).collect())
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
        assert_eq!(
            rows("1.png train leaf rust\n2.png test scab\n").unwrap(),
            [["1.png", "train", "leaf rust"], ["2.png", "test", "scab"]]
        );
        assert_eq!(rows("1.png 0 7\n2.png 1 7\n").unwrap(), [["1.png", "0", "7"], ["2.png", "1", "7"]]);
        assert_eq!(list("TRAIN,a/1.jpg,rust,,\n").unwrap().columns, [2, 1, 3]);
        assert_eq!(rows("image label\n1.jpg rust\n"), None);
        assert_eq!(rows("image,label\n1.jpg,rust\n"), None);
        assert_eq!(rows(""), None);
    }
}
