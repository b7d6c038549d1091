//! Photographs that belong together, and so on one side of a split: of one leaf, one plant, one walk through the field.

use std::collections::BTreeMap;
use std::path::Path;

use foliar_vision::{Dataset, UnionFind, portable_name, sequence};
use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::error::AuditError;
use crate::listing::{Column, Listing};
use crate::near_duplicates::Copy;

/// What tells which photographs belong together, besides that they are copies.
#[derive(Clone, Debug, Default)]
pub enum Rule {
    /// The numbers in file names, where they count photographs; see [`foliar_vision::sequence`].
    #[default]
    Sequence,
    /// What a regular expression finds in the path: its first group, else the whole match.
    Pattern(Regex),
    /// The column `group` of a table.
    Table {
        /// The file, for errors.
        path: std::path::PathBuf,
        /// What it says.
        listing: Listing,
    },
    /// Nothing else.
    None,
}

/// What a rule came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// File names count the photographs.
    Sequence,
    /// A regular expression.
    Pattern,
    /// A table.
    Table,
    /// Copies alone.
    Copies,
}

/// Photographs that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups {
    /// For each photograph the first one of its group.
    pub of: Vec<usize>,
    /// What they rest on, besides copies.
    pub basis: Basis,
    /// Photographs to which the rule gave no name: they stand alone unless they are copies.
    pub unnamed: usize,
    /// Rows of the table whose photograph is not there.
    pub absent: Vec<String>,
}

impl Rule {
    /// The rule of a regular expression.
    ///
    /// # Errors
    /// [`AuditError::Pattern`].
    pub fn pattern(pattern: &str) -> Result<Self, AuditError> {
        Regex::new(pattern).map(Self::Pattern).map_err(|error| AuditError::Pattern {
            pattern: pattern.to_owned(),
            what: error.to_string().lines().last().unwrap_or_default().trim().to_owned(),
        })
    }

    /// The rule of a table of comma-separated values with the columns `path` and `group`.
    ///
    /// # Errors
    /// As [`Listing::read`].
    pub fn table(path: &Path) -> Result<Self, AuditError> {
        let listing = Listing::read(path, &[Column::Needed("group")])?;
        Ok(Self::Table { path: path.to_owned(), listing })
    }

    /// The groups of `dataset` by this rule, united with those that `copies` make.
    ///
    /// # Errors
    /// [`AuditError::NothingMatches`] and [`AuditError::NothingListed`].
    pub fn groups(&self, dataset: &Dataset, copies: &[Copy]) -> Result<Groups, AuditError> {
        let count = dataset.photos.len();
        let path_of = |place: usize| dataset.photos.get(place).map(|photo| portable_name(&photo.path));
        let example = || path_of(0).unwrap_or_default();
        let mut absent = Vec::new();
        let (basis, names): (Basis, Vec<Option<String>>) = match self {
            Self::Sequence => match sequence::runs(dataset) {
                Some(runs) => (Basis::Sequence, runs.into_iter().map(|run| Some(run.to_string())).collect()),
                None => (Basis::Copies, vec![None; count]),
            },
            Self::Pattern(pattern) => {
                let found = |photo: &foliar_vision::Photo| {
                    let path = portable_name(&photo.path);
                    let captured = pattern.captures(&path)?;
                    let name = captured.get(1).or_else(|| captured.get(0))?;
                    Some(name.as_str().to_owned())
                };
                let names: Vec<Option<String>> = dataset.photos.iter().map(found).collect();
                if names.iter().all(Option::is_none) {
                    return Err(AuditError::NothingMatches {
                        pattern: pattern.as_str().to_owned(),
                        photographs: count,
                        example: example(),
                    });
                }
                (Basis::Pattern, names)
            }
            Self::Table { path, listing } => {
                let (rows, unknown) = listing.matched(dataset);
                if rows.is_empty() {
                    return Err(AuditError::NothingListed {
                        path: path.clone(),
                        rows: listing.len(),
                        example: example(),
                    });
                }
                let mut names = vec![None; count];
                rows.iter().for_each(|row| names[row.photograph] = row.values[0].clone());
                absent = unknown;
                (Basis::Table, names)
            }
            Self::None => (Basis::Copies, vec![None; count]),
        };
        Ok(Groups::named(&names, copies, basis, absent))
    }
}

impl Groups {
    /// Groups of photographs of equal names, united with those that `copies` make.
    pub(crate) fn named(
        names: &[Option<String>],
        copies: &[Copy],
        basis: Basis,
        absent: Vec<String>,
    ) -> Self {
        let mut sets = UnionFind::new(names.len());
        let mut first_of = BTreeMap::new();
        for (place, name) in names.iter().enumerate() {
            if let Some(name) = name {
                sets.join(*first_of.entry(name.as_str()).or_insert(place), place);
            }
        }
        copies.iter().for_each(|copy| sets.join(copy.a, copy.b));
        let unnamed = names.iter().filter(|name| name.is_none()).count();
        Self { of: sets.names(), basis, unnamed, absent }
    }

    /// For each photograph a number that those of its group share, as [`foliar_vision::SplitSpec::groups`].
    #[must_use]
    pub fn numbers(&self) -> Vec<u64> {
        self.of.iter().map(|&first| first as u64).collect()
    }

    /// How many groups there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.of.iter().enumerate().filter(|(place, first)| place == *first).count()
    }
}

#[cfg(test)]
mod tests {
    use foliar_vision::{Digest, Photo};

    use super::*;
    use crate::symmetry::Symmetry;

    fn dataset(paths: &[&str]) -> Dataset {
        let photo = |path: &&str| Photo {
            path: path.into(),
            class: 0,
            part: None,
            digest: Digest::of(path.as_bytes()),
            bytes: 1,
            width: 1,
            height: 1,
        };
        Dataset { root: "r".into(), classes: vec!["a".into()], photos: paths.iter().map(photo).collect() }
    }

    fn copy(a: usize, b: usize) -> Copy {
        Copy { a, b, symmetry: Symmetry::Same, exact: false, similarity: 1.0, detail: 1.0, overlap: 1.0 }
    }

    #[test]
    fn names_and_copies_are_united() {
        let data =
            dataset(&["a/plant1_x.jpg", "a/plant1_y.jpg", "a/plant2_x.jpg", "a/other.jpg", "a/plant3.jpg"]);
        let groups = Rule::pattern(r"plant(\d+)").unwrap().groups(&data, &[copy(1, 3)]).unwrap();
        assert_eq!(groups.of, [0, 0, 2, 0, 4]);
        assert_eq!((groups.count(), groups.unnamed, groups.basis), (3, 1, Basis::Pattern));
        let groups = Rule::pattern("plant").unwrap().groups(&data, &[]).unwrap();
        assert_eq!(groups.of, [0, 0, 0, 3, 0], "the whole match where there is no group");
        assert_eq!(Rule::None.groups(&data, &[copy(0, 4)]).unwrap().of, [0, 1, 2, 3, 0]);
    }

    #[test]
    fn what_names_nothing_is_refused() {
        let data = dataset(&["a/1.jpg"]);
        let error = Rule::pattern("leaf(").unwrap_err().to_string();
        assert!(error.contains("leaf(") && error.lines().count() == 1, "{error}");
        let error = Rule::pattern("leaf").unwrap().groups(&data, &[]).unwrap_err().to_string();
        assert!(error.contains("a/1.jpg"), "{error}");
    }

    #[test]
    fn tables_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("groups.csv");
        let data = dataset(&["a/1.jpg", "a/2.jpg", "a/3.jpg"]);
        let rule = |text: &str| {
            std::fs::write(&path, text).unwrap();
            Rule::table(&path).and_then(|rule| rule.groups(&data, &[]))
        };
        let groups = rule("\u{feff}Group,note,path\nx,,./a/1.jpg\nx,,a/3.jpg\ny,,a/9.jpg\n").unwrap();
        assert_eq!(
            (groups.of, groups.unnamed, groups.absent),
            (vec![0, 1, 0], 1, vec!["a/9.jpg".to_owned()])
        );
        for (text, expected) in [
            ("path,plant\na/1.jpg,x\n", "`group`"),
            ("file,group\na/1.jpg,x\n", "`path`"),
            ("path,group\nb/1.jpg,x\n", "a/1.jpg"),
            ("path,group\na/1.jpg\n", "groups.csv"),
            ("", "`path`"),
        ] {
            let error = rule(text).unwrap_err().to_string();
            assert!(error.contains(expected) && error.contains("groups.csv"), "{error}");
        }
    }
}
