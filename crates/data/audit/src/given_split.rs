//! A table with the split of each photo, made before by this program or another.

use std::path::{Path, PathBuf};

use foliar_labels::SPLIT_COLUMNS;
use foliar_results::audit::GroupSource;
use foliar_vision::{Dataset, Problem, Reason, Split, portable_name};

use crate::error::AuditError;
use crate::groups::{GroupNames, NearDuplicates, PhotoGroups, copies_by_name, copies_of};
use crate::listing::{Column, Listing};

/// A table that assigns photos to splits.
#[derive(Clone, Debug)]
pub struct GivenSplit {
    path: PathBuf,
    listing: Listing,
}

impl GivenSplit {
    /// Reads a table with the columns `path` and `split` (`train`, `val` or `test`; also called `part` or `set`), and optionally
    /// `group`.
    ///
    /// # Errors
    /// As [`Listing::read`], and [`AuditError::Table`] for any other value of `split`.
    pub fn read(path: &Path) -> Result<Self, AuditError> {
        let listing = Listing::read(path, &[Column::Needed(&SPLIT_COLUMNS), Column::Optional(&["group"])])?;
        let wrong = |text: &Option<&str>| text.and_then(Split::of_word).is_none();
        if let Some(text) = listing.values(0).find(wrong) {
            let text = text.unwrap_or_default();
            let what = format!("`{text}` is not a split; use `train`, `val` or `test`");
            return Err(AuditError::Table { path: path.to_owned(), what });
        }
        Ok(Self { path: path.to_owned(), listing })
    }

    /// The photos of `dataset` that the table lists, each with its split. There is a problem for each photo that the table
    /// does not list, and for each row whose photo is not in the folder.
    ///
    /// # Errors
    /// [`AuditError::NothingListed`].
    pub fn apply(&self, dataset: Dataset) -> Result<(Dataset, Vec<Problem>), AuditError> {
        let (rows, absent) = self.listing.matched(&dataset);
        if rows.is_empty() {
            let example = dataset.photos.first().map(|photo| portable_name(&photo.path));
            return Err(AuditError::NothingListed {
                path: self.path.clone(),
                rows: self.listing.len(),
                example: example.unwrap_or_default(),
            });
        }
        let mut assigned: Vec<Option<Split>> = vec![None; dataset.photos.len()];
        for row in &rows {
            assigned[row.photograph] = row.values[0].as_deref().and_then(Split::of_word);
        }
        let mut problems: Vec<Problem> =
            absent.iter().map(|path| Problem::new(PathBuf::from(path), Reason::ListedAndAbsent)).collect();
        let unknown = dataset.photos.iter().zip(&assigned).filter(|(_, split)| split.is_none());
        problems.extend(unknown.map(|(photo, _)| Problem::new(&photo.path, Reason::NotInSplit)));
        let (mut dataset, lost) = dataset.retain(|place| assigned[place].is_some());
        problems.extend(lost.iter().map(|class| Problem::new(class, Reason::ClassWithoutPhotographs)));
        for (photo, split) in dataset.photos.iter_mut().zip(assigned.into_iter().flatten()) {
            photo.split = Some(split);
        }
        Ok((dataset, problems))
    }

    /// The groups that the table gives the photos of `dataset`, together with copies, as [`group_photos`](crate::group_photos) finds
    /// them. A photo without a group stands alone unless it has copies.
    ///
    /// # Panics
    /// If there is not one thumbnail for each photo.
    #[must_use]
    pub fn groups(&self, dataset: &Dataset, near: NearDuplicates<'_>) -> PhotoGroups {
        let (rows, absent) = self.listing.matched(dataset);
        let mut names = vec![None; dataset.photos.len()];
        rows.iter().for_each(|row| names[row.photograph] = row.values[1].clone());
        let names = GroupNames { source: GroupSource::Table, names, absent };
        PhotoGroups::of_names(names, copies_of(dataset, near), copies_by_name(dataset, near))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::dataset;

    const PHOTOS: [&str; 4] = ["a/1.jpg", "a/2.jpg", "a/3.jpg", "b/1.jpg"];

    #[test]
    fn splits_and_groups_are_those_of_the_table() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("split.csv");
        std::fs::write(
            &path,
            "path,class,split,group\na/1.jpg,a,train,7\nb/1.jpg,b,train,7\na/3.jpg,a,val,\nx,,test,\n",
        )
        .unwrap();
        let split = GivenSplit::read(&path).unwrap();
        let (data, problems) = split.apply(dataset(&PHOTOS)).unwrap();
        let groups = split.groups(&data, NearDuplicates::Off);
        let assigned: Vec<Option<Split>> = data.photos.iter().map(|photo| photo.split).collect();
        assert_eq!(assigned, [Some(Split::Train), Some(Split::Validation), Some(Split::Train)]);
        assert_eq!((groups.of, groups.unnamed), (vec![0, 1, 0], 1));
        let codes: Vec<&str> = problems.iter().map(|problem| problem.reason.code()).collect();
        assert_eq!(codes, ["listed-and-absent", "not-in-split"]);
    }

    #[test]
    fn tables_of_other_programs_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("split.csv");
        let plain = "path,split\na/1.jpg,train\na/1.jpg,train\na/2.jpg,val\na/3.jpg,test\nb/1.jpg,train\n";
        let assigned = |text: &[u8]| {
            std::fs::write(&path, text).unwrap();
            let (data, problems) = GivenSplit::read(&path).unwrap().apply(dataset(&PHOTOS)).unwrap();
            assert!(problems.is_empty());
            data.photos.iter().map(|photo| photo.split).collect::<Vec<_>>()
        };
        let expected = assigned(plain.as_bytes());
        let utf16: Vec<u8> =
            "\u{feff}".encode_utf16().chain(plain.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        for text in [
            format!("\u{feff}{}", plain.replace(',', ";").replace('\n', "\r\n").replace("split", "Part"))
                .into_bytes(),
            plain.replace(',', "\t").replace('/', "\\").into_bytes(),
            plain
                .replace("path", "Image Path")
                .replace("\na", "\n/home/me/photos/a")
                .replace("\nb", "\n/home/me/photos/b")
                .into_bytes(),
            utf16,
        ] {
            assert_eq!(assigned(&text), expected, "{}", String::from_utf8_lossy(&text));
        }
    }

    #[test]
    fn other_tables_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("split.csv");
        for (text, expected) in [
            ("path,split\na/1.jpg,holdout\n", "`holdout`"),
            ("path,split\na/1.jpg,\n", "is not a split"),
            ("path,class\na/1.jpg,a\n", "`split`"),
            ("path,split\nz.jpg,train\n", "a/1.jpg"),
            ("path;part\na/1.jpg;train\na\\1.jpg;val\n", "lines 2 and 3 contradict"),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = GivenSplit::read(&path).and_then(|split| split.apply(dataset(&PHOTOS))).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
