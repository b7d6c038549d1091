//! Lists with the class before the photo: `rust images/1.jpg`.

use std::path::Path;

use crate::file_index::{has_picture_extension, plain_path};
use crate::labels::{Known, Labels};

impl Labels {
    /// The list of photos in folders that this is, read as a class and a photo in each line: cut at the first blank behind which
    /// stands what `is_photo` knows. `None` if it is no such list, if a line as a whole is known, or has no such blank.
    #[must_use]
    pub fn with_classes_first(&self, is_photo: &dyn Fn(&str) -> bool) -> Option<Self> {
        let cut = |line: &str| {
            let blanks = line.char_indices().filter(|(_, letter)| letter.is_whitespace());
            let mut cuts =
                blanks.map(|(at, _)| line.split_at(at)).map(|(class, photo)| (class.trim(), photo.trim()));
            let (class, photo) = cuts.find(|(_, photo)| is_photo(&plain_path(photo)))?;
            let class = class.trim_end_matches([':', ',', ';']).trim_matches(['"', '\'']);
            (!class.is_empty() && !is_photo(&plain_path(line))).then(|| (class.to_owned(), photo.to_owned()))
        };
        if !self.by_folder || self.rows.is_empty() {
            return None;
        }
        let mut rows = self.rows.clone();
        for row in &mut rows {
            let (class, photo) = cut(&row.image)?;
            (row.labels, row.image) = (vec![class], photo);
        }
        let form = "the words before the paths".to_owned();
        Some(Self { rows, form, by_folder: false, known: Known::List, ..self.clone() })
    }
}

/// The class and the photo of a line whose photo lies in no folder: `rust 1.jpg`. Whether this is the name of one photo, the
/// line does not say.
pub(crate) fn before_name(line: &str) -> Option<(&str, &str)> {
    let (class, photo) = line.trim().rsplit_once(char::is_whitespace)?;
    let is_name =
        has_picture_extension(photo) && !line.contains(['/', '\\']) && Path::new(photo).file_stem().is_some();
    is_name.then(|| (class.trim(), photo))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::ColumnChoice;

    fn of(text: &str) -> Labels {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels.txt");
        std::fs::write(&path, text).unwrap();
        Labels::read(&path, &ColumnChoice::default()).unwrap()
    }

    #[test]
    fn the_class_ends_where_a_photo_begins() {
        let text = "leaf rust images/1.jpg\nhealthy  ./images/a leaf.jpg\nscab: images\\2.jpg\n";
        let known = ["images/1.jpg", "images/a leaf.jpg", "images/2.jpg"];
        let labels = of(text).with_classes_first(&|photo| known.contains(&photo)).unwrap();
        let rows: Vec<String> =
            labels.rows.iter().map(|row| format!("{}: {}", plain_path(&row.image), row.cell())).collect();
        assert_eq!(rows, ["images/1.jpg: leaf rust", "images/a leaf.jpg: healthy", "images/2.jpg: scab"]);
    }

    #[test]
    fn paths_with_blanks_stay_paths() {
        let known = ["early blight/1.jpg", "late blight/2.jpg", "blight/1.jpg"];
        let labels = of("early blight/1.jpg\nlate blight/2.jpg\n");
        assert_eq!(labels.with_classes_first(&|photo| known.contains(&photo)), None);
        assert_eq!(labels.with_classes_first(&|_| false), None);
    }

    #[test]
    fn names_without_folders_are_what_follows_the_class() {
        assert_eq!(before_name("leaf rust 1.jpg"), Some(("leaf rust", "1.jpg")));
        assert_eq!(before_name("1.jpg"), None);
        assert_eq!(before_name("rust images/1.jpg"), None);
    }
}
