//! Lists of photos without a header: `path label`, `path,label`, or paths alone.

use crate::file_index::has_picture_extension;
use crate::separator::{records, separator};

/// The lines of a text whose first one already names a photo, each with its number and cells, the photo first; `None` for any
/// other text. All have as many cells.
pub(crate) fn list(text: &str) -> Option<Vec<(u64, Vec<String>)>> {
    let first = text.lines().find(|line| !line.trim().is_empty())?;
    let by = separator(text);
    let separated: Vec<String> = records(first, by).next()?.iter().map(str::to_owned).collect();
    let mut rows: Vec<(u64, Vec<String>)> = if separated.len() > 1 {
        let image = separated.iter().position(|cell| has_picture_extension(cell))?;
        let row = |record: csv::StringRecord| {
            let line = record.position().map_or(0, csv::Position::line);
            let mut cells: Vec<String> = record.iter().map(str::to_owned).collect();
            cells.resize(separated.len(), String::new());
            cells[..=image].rotate_right(1);
            (line, cells)
        };
        records(text, by).map(row).collect()
    } else {
        let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
        let row = |(line, text)| {
            let (image, label) = at_blank(text);
            (line, vec![image.to_owned(), label.to_owned()])
        };
        lines.map(row).collect()
    };
    let (_, first) = rows.first().filter(|(_, cells)| has_picture_extension(&cells[0]))?;
    let empty = |column: &usize| rows.iter().all(|(_, cells)| cells[*column].is_empty());
    let used = (0..first.len()).rev().find(|column| !empty(column)).map_or(1, |last| last + 1);
    rows.iter_mut().for_each(|(_, cells)| cells.truncate(used));
    Some(rows)
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
        Some(list(text)?.into_iter().map(|(_, cells)| cells).collect())
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
