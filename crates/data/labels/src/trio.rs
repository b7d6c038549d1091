//! Three lists that say by number what a table says in rows, as CUB-200 has them: `images.txt` (number and photo),
//! `image_class_labels.txt` (number and class) and, perhaps, `train_test_split.txt` (number and 1 for training).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::error::LabelError;
use crate::labels::{Known, LabelRow, Labels};
use crate::text;

const IMAGES: &str = "images.txt";
const CLASSES: &str = "image_class_labels.txt";
const PARTS: &str = "train_test_split.txt";

/// The three files, if `path` is one of the first two and both are there.
fn files(path: &Path) -> Option<[PathBuf; 3]> {
    let name = path.file_name()?.to_str()?;
    let files = [IMAGES, CLASSES, PARTS].map(|name| path.with_file_name(name));
    ([IMAGES, CLASSES].contains(&name) && files[..2].iter().all(|file| foliar_archive::is_file(file)))
        .then_some(files)
}

/// What the lists beside `path` say, if it is one of them.
///
/// # Errors
/// [`LabelError::Read`], and [`LabelError::Table`] for a line without a number and for a photo without a class.
pub(crate) fn trio(path: &Path) -> Option<Result<Labels, LabelError>> {
    files(path).map(|files| read(&files))
}

fn read([images, classes, parts]: &[PathBuf; 3]) -> Result<Labels, LabelError> {
    let photos = numbered(images)?;
    let classes_of = numbered(classes)?;
    let parts_of = if foliar_archive::is_file(parts) { Some(numbered(parts)?) } else { None };
    let rows = photos.into_iter().map(|(number, (line, image))| {
        let Some((_, class)) = classes_of.get(&number) else {
            return Err(LabelError::table(
                classes,
                format!("it has no line for the photo {number} of {IMAGES}"),
            ));
        };
        let part = parts_of.as_ref().and_then(|parts| parts.get(&number));
        let split = part.map(|(_, mark)| if mark == "1" { "train" } else { "test" }.to_owned());
        Ok(LabelRow { line, image, labels: vec![class.clone()], says_none: false, split, group: None })
    });
    let mut rows = rows.collect::<Result<Vec<_>, _>>()?;
    rows.sort_by_key(|row| row.line);
    Ok(Labels {
        path: classes.to_owned(),
        rows,
        form: "the numbers".to_owned(),
        split_column: parts_of.map(|_| PARTS.to_owned()),
        group_column: None,
        unused_columns: Vec::new(),
        header: Vec::new(),
        by_folder: false,
        known: Known::Told,
        image_column: None,
        image_rivals: Vec::new(),
    })
}

/// The lines of a list by their first word, with what follows it.
fn numbered(path: &Path) -> Result<BTreeMap<String, (u64, String)>, LabelError> {
    let text = text::read(path)?;
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let pairs = lines.map(|(line, text)| {
        let (number, rest) = text.trim().split_once(char::is_whitespace)?;
        number
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| (number.to_owned(), (line, rest.trim().to_owned())))
    });
    pairs.collect::<Option<_>>().ok_or_else(|| {
        LabelError::table(
            path,
            format!("a line `number photo` or `number class` is expected beside {IMAGES}"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::ColumnChoice;

    #[test]
    fn three_lists_are_one_table() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        let read = |name: &str| Labels::read(&folder.path().join(name), &ColumnChoice::default());
        write(IMAGES, "1 001.Rust/a leaf.jpg\n2 002.Scab/b.jpg\n10 001.Rust/c.jpg\n");
        write(CLASSES, "1 1\n2 2\n10 1\n");
        let row = |labels: &Labels| -> Vec<String> {
            let part = |row: &LabelRow| row.split.clone().unwrap_or_default();
            labels.rows.iter().map(|row| format!("{} {} {}", row.image, row.cell(), part(row))).collect()
        };
        assert_eq!(
            row(&read(CLASSES).unwrap()),
            ["001.Rust/a leaf.jpg 1 ", "002.Scab/b.jpg 2 ", "001.Rust/c.jpg 1 "]
        );
        write(PARTS, "1 1\n2 0\n10 1\n");
        let labels = read(IMAGES).unwrap();
        assert_eq!(
            row(&labels),
            ["001.Rust/a leaf.jpg 1 train", "002.Scab/b.jpg 2 test", "001.Rust/c.jpg 1 train"]
        );
        assert_eq!(labels.split_column.as_deref(), Some(PARTS));
        for (text, expected) in [("1 1\n", "no line for the photo 10"), ("rust\n", "number class")] {
            write(CLASSES, text);
            let error = read(IMAGES).unwrap_err().to_string();
            assert!(error.contains(expected) && error.contains(CLASSES), "{error}");
        }
    }
}
