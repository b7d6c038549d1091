//! The quarantine: a table of photos to leave out, which an audit proposes, a person edits and training applies.

use std::path::{Path, PathBuf};

use foliar_vision::{Dataset, Problem, Reason};

use crate::error::AuditError;
use crate::listing::{Column, Listing};

/// Photos to leave out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantine {
    listing: Listing,
}

impl Quarantine {
    /// Reads a table with the column `path` and optionally `reason`.
    ///
    /// # Errors
    /// As [`Listing::read`].
    pub fn read(path: &Path) -> Result<Self, AuditError> {
        Ok(Self { listing: Listing::read(path, &[Column::Optional(&["reason"])])? })
    }

    /// The data set without the listed photos, and a problem for each photo that was left out or is not in the data set.
    #[must_use]
    pub fn apply(&self, dataset: Dataset) -> (Dataset, Vec<Problem>) {
        let (rows, absent) = self.listing.matched(&dataset);
        let mut listed = vec![false; dataset.photos.len()];
        let mut problems = Vec::new();
        for row in &rows {
            if !std::mem::replace(&mut listed[row.photograph], true) {
                let why = row.values[0].clone();
                problems
                    .push(Problem::new(&dataset.photos[row.photograph].path, Reason::Quarantined { why }));
            }
        }
        problems.extend(absent.iter().map(|path| Problem::new(PathBuf::from(path), Reason::ListedAndAbsent)));
        let (dataset, lost) = dataset.retain(|place| !listed[place]);
        problems.extend(lost.iter().map(|class| Problem::new(class, Reason::ClassWithoutPhotographs)));
        (dataset, problems)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::dataset;

    #[test]
    fn listed_photos_are_left_out_and_absent_ones_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("quarantine.csv");
        std::fs::write(&path, "path,reason\na/1.jpg,\"blurred, dark\"\na/1.jpg,again\nb/9.jpg,\nb/1.jpg,\n")
            .unwrap();
        let data = dataset(&["a/1.jpg", "a/2.jpg", "b/1.jpg"]);
        let (data, problems) = Quarantine::read(&path).unwrap().apply(data);
        assert_eq!(data.photos.len(), 1);
        assert_eq!(data.classes, ["a"]);
        let codes: Vec<&str> = problems.iter().map(|problem| problem.reason.code()).collect();
        assert_eq!(codes, ["quarantined", "quarantined", "listed-and-absent", "class-without-photographs"]);
        assert!(problems[0].to_string().contains("blurred, dark"));
    }
}
