//! Photos that belong together, of one leaf, plant or walk through the field, and so must stay in one split.
//!
//! [`group_photos`] is the one way to group: training, evaluation, reports and audits use it, so that one data set has the
//! same groups everywhere.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use foliar_results::audit::GroupSource;
use foliar_vision::decode::read_file;
use foliar_vision::{
    Dataset, Digest, Limits, NameCopies, Photo, Resizer, UnionFind, decode_reduced, portable_name, sequence,
};
use rayon::prelude::*;
use regex::Regex;

use crate::error::AuditError;
use crate::image_stats::SIDE;
use crate::listing::{Column, Listing};
use crate::near_duplicates::{Copy, find_copies};
use crate::thumbnail::Thumbnail;

/// How to find photos that belong together. Copies of one photo belong together under every rule.
#[derive(Clone, Debug, Default)]
pub enum GroupRule {
    /// By the column of groups of the table that the classes come from, if it has one; else by the numbers in file names, if
    /// they count photos; see [`foliar_vision::sequence`].
    #[default]
    Sequence,
    /// By what a regular expression finds in the path: its first group, otherwise the whole match.
    Pattern(Regex),
    /// By the column `group` of a table.
    Table {
        /// The file, for errors.
        path: PathBuf,
        /// Its rows.
        listing: Listing,
    },
    /// Copies only.
    None,
}

/// How copies are found that are not equal byte for byte. Equal files are always in one group.
#[derive(Clone, Copy, Debug)]
pub enum NearDuplicates<'a> {
    /// They are not searched for.
    Off,
    /// By thumbnails that exist already, one for each photo.
    Thumbnails(&'a [&'a Thumbnail]),
    /// By thumbnails that are made now: every photo is decoded, on the threads of the current `rayon` pool. A photo that
    /// cannot be decoded has no near duplicates.
    Decode(&'a Limits),
}

/// Groups of the photos of a data set.
#[derive(Clone, Debug, PartialEq)]
pub struct PhotoGroups {
    /// For each photo the index of the first photo of its group.
    pub of: Vec<usize>,
    /// What they rest on, besides copies.
    pub source: GroupSource,
    /// Number of photos without a group name; each stands alone unless it has copies.
    pub unnamed: usize,
    /// Rows of the table whose photo is not in the data set.
    pub absent: Vec<String>,
    /// Copies among the photos, sorted by (a, b).
    pub copies: Vec<Copy>,
    /// Copies by their file names.
    pub by_name: NameCopies,
}

/// Groups the photos of `dataset` by `rule`, together with copies: photos of one group must stay in one split. Unless near
/// duplicates are off, photos whose names say that they were made of one photo are copies too. The result depends on the
/// photos and the rule alone, not on threads or on where thumbnails come from.
///
/// # Errors
/// [`AuditError::NothingMatches`] if a pattern matches no photo, and [`AuditError::NothingListed`] if a table names none.
///
/// # Panics
/// If there is not one thumbnail for each photo.
pub fn group_photos(
    dataset: &Dataset,
    rule: &GroupRule,
    near: NearDuplicates<'_>,
) -> Result<PhotoGroups, AuditError> {
    let by_name = copies_by_name(dataset, near);
    let names = rule.names(dataset, &by_name)?;
    Ok(PhotoGroups::of_names(names, copies_of(dataset, near), by_name))
}

/// Copies by file name, unless near duplicates are off.
pub(crate) fn copies_by_name(dataset: &Dataset, near: NearDuplicates<'_>) -> NameCopies {
    match near {
        NearDuplicates::Off => NameCopies::none(dataset),
        NearDuplicates::Thumbnails(_) | NearDuplicates::Decode(_) => NameCopies::find(dataset),
    }
}

/// Copies among the photos of a data set.
pub(crate) fn copies_of(dataset: &Dataset, near: NearDuplicates<'_>) -> Vec<Copy> {
    let digests: Vec<Digest> = dataset.photos.iter().map(|photo| photo.digest).collect();
    // What has no contrast is a copy of nothing but its equals.
    let blank = Thumbnail::blank();
    match near {
        NearDuplicates::Off => find_copies(&digests, &vec![&blank; digests.len()]),
        NearDuplicates::Thumbnails(thumbnails) => find_copies(&digests, thumbnails),
        NearDuplicates::Decode(limits) => {
            let thumbnail = |resizer: &mut Resizer, photo: &Photo| {
                let bytes = read_file(&dataset.root.join(&photo.path), limits).ok()?;
                Some(Thumbnail::of(&decode_reduced(&bytes, SIDE, limits, resizer).ok()?, resizer))
            };
            let made: Vec<Option<Thumbnail>> =
                dataset.photos.par_iter().map_init(Resizer::default, thumbnail).collect();
            let thumbnails: Vec<&Thumbnail> =
                made.iter().map(|made| made.as_ref().unwrap_or(&blank)).collect();
            find_copies(&digests, &thumbnails)
        }
    }
}

/// The names that a rule gives.
pub(crate) struct GroupNames {
    pub(crate) source: GroupSource,
    /// Of each photo; equal names are one group.
    pub(crate) names: Vec<Option<String>>,
    pub(crate) absent: Vec<String>,
}

impl GroupRule {
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

    /// The rule of a table with the columns `path` and `group`.
    ///
    /// # Errors
    /// As [`Listing::read`].
    pub fn table(path: &Path) -> Result<Self, AuditError> {
        let listing = Listing::read(path, &[Column::Needed(&["group"])])?;
        Ok(Self::Table { path: path.to_owned(), listing })
    }

    fn names(&self, dataset: &Dataset, by_name: &NameCopies) -> Result<GroupNames, AuditError> {
        let count = dataset.photos.len();
        let example = || dataset.photos.first().map(|photo| portable_name(&photo.path)).unwrap_or_default();
        let names = |source, names| GroupNames { source, names, absent: Vec::new() };
        Ok(match self {
            Self::Sequence if dataset.tables.iter().any(|tables| !tables.groups.is_empty()) => {
                let tables = dataset.tables.iter();
                let groups: Vec<&BTreeMap<PathBuf, String>> = tables.map(|tables| &tables.groups).collect();
                let group = |photo: &Photo| groups.iter().find_map(|groups| groups.get(&photo.path)).cloned();
                names(GroupSource::Table, dataset.photos.iter().map(group).collect())
            }
            Self::Sequence => match sequence::runs(dataset, by_name) {
                Some(runs) => {
                    names(GroupSource::Sequence, runs.into_iter().map(|run| Some(run.to_string())).collect())
                }
                None => names(GroupSource::Copies, vec![None; count]),
            },
            Self::Pattern(pattern) => {
                let found = |photo: &Photo| {
                    let path = portable_name(&photo.path);
                    let captured = pattern.captures(&path)?;
                    let name = captured.get(1).or_else(|| captured.get(0))?;
                    Some(name.as_str().to_owned())
                };
                let found: Vec<Option<String>> = dataset.photos.iter().map(found).collect();
                if found.iter().all(Option::is_none) {
                    return Err(AuditError::NothingMatches {
                        pattern: pattern.as_str().to_owned(),
                        photographs: count,
                        example: example(),
                    });
                }
                names(GroupSource::Pattern, found)
            }
            Self::Table { path, listing } => {
                let (rows, absent) = listing.matched(dataset);
                if rows.is_empty() {
                    return Err(AuditError::NothingListed {
                        path: path.clone(),
                        rows: listing.len(),
                        example: example(),
                    });
                }
                let mut names = vec![None; count];
                rows.iter().for_each(|row| names[row.photograph] = row.values[0].clone());
                GroupNames { source: GroupSource::Table, names, absent }
            }
            Self::None => names(GroupSource::Copies, vec![None; count]),
        })
    }
}

impl PhotoGroups {
    /// Groups of photos of equal names, joined with those that copies make.
    pub(crate) fn of_names(found: GroupNames, copies: Vec<Copy>, by_name: NameCopies) -> Self {
        let GroupNames { source, names, absent } = found;
        let mut sets = UnionFind::new(names.len());
        let mut first_of = BTreeMap::new();
        for (place, name) in names.iter().enumerate() {
            if let Some(name) = name {
                sets.join(*first_of.entry(name.as_str()).or_insert(place), place);
            }
        }
        copies.iter().for_each(|copy| sets.join(copy.a, copy.b));
        by_name.of.iter().enumerate().for_each(|(place, &first)| sets.join(first, place));
        let unnamed = names.iter().filter(|name| name.is_none()).count();
        Self { of: sets.names(), source, unnamed, absent, copies, by_name }
    }

    /// For each photo a number that is equal within its group, as [`foliar_vision::SplitSpec::groups`] wants it.
    #[must_use]
    pub fn numbers(&self) -> Vec<u64> {
        self.of.iter().map(|&first| first as u64).collect()
    }

    /// Number of groups.
    #[must_use]
    pub fn count(&self) -> usize {
        self.of.iter().enumerate().filter(|(place, first)| place == *first).count()
    }

    /// For each photo of `dataset` whether its class has photos in other groups. Where it has none, a classifier that has not
    /// seen the group of the photo does not know the class, and its predictions say nothing of the photo.
    #[must_use]
    pub fn have_others_of_their_class(&self, dataset: &Dataset) -> Vec<bool> {
        let mut firsts: Vec<Option<usize>> = vec![None; dataset.classes.len()];
        let mut several = vec![false; dataset.classes.len()];
        for (photo, &group) in dataset.photos.iter().zip(&self.of) {
            several[photo.class] |= *firsts[photo.class].get_or_insert(group) != group;
        }
        dataset.photos.iter().map(|photo| several[photo.class]).collect()
    }

    /// Photos in each group, at the index of its first photo; 0 at all other indices.
    #[must_use]
    pub fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![0; self.of.len()];
        self.of.iter().for_each(|&first| sizes[first] += 1);
        sizes
    }
}

#[cfg(test)]
mod tests {
    use foliar_vision::Rgb;

    use super::*;
    use crate::sample::dataset;

    fn leaf(index: u64) -> Rgb {
        Rgb::new(96, 96, foliar_synth::draw(3, 1, index, 96).into_raw())
    }

    fn thumbnails(pictures: &[Rgb]) -> Vec<Thumbnail> {
        pictures.iter().map(|picture| Thumbnail::of(picture, &mut Resizer::default())).collect()
    }

    #[test]
    fn names_and_copies_are_joined() {
        let data =
            dataset(&["a/plant1_x.jpg", "a/plant1_y.jpg", "a/plant2_x.jpg", "a/other.jpg", "a/plant3.jpg"]);
        // Photos 1 and 3 are copies.
        let small = thumbnails(&[leaf(0), leaf(1), leaf(2), leaf(1), leaf(4)]);
        let small: Vec<&Thumbnail> = small.iter().collect();
        let near = NearDuplicates::Thumbnails(&small);
        let groups = group_photos(&data, &GroupRule::pattern(r"plant(\d+)").unwrap(), near).unwrap();
        assert_eq!(groups.of, [0, 0, 2, 0, 4]);
        assert_eq!((groups.count(), groups.unnamed, groups.source), (3, 1, GroupSource::Pattern));
        assert_eq!(groups.sizes(), [3, 0, 1, 0, 1]);
        let pattern = GroupRule::pattern("plant").unwrap();
        let groups = group_photos(&data, &pattern, NearDuplicates::Off).unwrap();
        assert_eq!(groups.of, [0, 0, 0, 3, 0], "the whole match where the pattern has no group");
        let groups = group_photos(&data, &GroupRule::None, near).unwrap();
        assert_eq!((groups.of, groups.source), (vec![0, 1, 2, 1, 4], GroupSource::Copies));
    }

    #[test]
    fn equal_files_are_one_group_under_every_rule() {
        let mut data = dataset(&["a/x.jpg", "a/y.jpg", "a/z.jpg"]);
        data.photos[2].digest = data.photos[0].digest;
        for rule in [GroupRule::None, GroupRule::Sequence, GroupRule::pattern("[xyz]").unwrap()] {
            let groups = group_photos(&data, &rule, NearDuplicates::Off).unwrap();
            assert_eq!(groups.of, [0, 1, 0], "{rule:?}");
            assert!(groups.copies.len() == 1 && groups.copies[0].exact);
        }
    }

    #[test]
    fn groups_do_not_depend_on_where_thumbnails_come_from() {
        let folder = tempfile::tempdir().unwrap();
        let save = |name: &str, index: u64| {
            foliar_synth::draw(3, 1, index, 96).save(folder.path().join("a").join(name)).unwrap();
        };
        std::fs::create_dir(folder.path().join("a")).unwrap();
        save("one.png", 0);
        save("two.png", 1);
        // The first once more, in other bytes.
        save("three.bmp", 0);
        let (data, _) =
            foliar_scan::scan_for_evaluation(folder.path(), &foliar_scan::ScanOptions::default()).unwrap();
        let decoded =
            group_photos(&data, &GroupRule::None, NearDuplicates::Decode(&Limits::default())).unwrap();
        let index: Vec<u64> =
            data.photos.iter().map(|photo| u64::from(portable_name(&photo.path).contains("two"))).collect();
        let small = thumbnails(&index.iter().map(|&index| leaf(index)).collect::<Vec<_>>());
        let small: Vec<&Thumbnail> = small.iter().collect();
        let given = group_photos(&data, &GroupRule::None, NearDuplicates::Thumbnails(&small)).unwrap();
        assert_eq!(decoded, given);
        assert_eq!(decoded.count(), 2);
        let alone = group_photos(&data, &GroupRule::None, NearDuplicates::Off).unwrap();
        assert_eq!(alone.count(), 3);
    }

    #[test]
    fn file_names_that_count_make_groups_of_neighbours() {
        let paths: Vec<String> = (0..20).map(|number| format!("a/IMG_{number:04}.jpg")).collect();
        let data = dataset(&paths.iter().map(String::as_str).collect::<Vec<_>>());
        let groups = group_photos(&data, &GroupRule::Sequence, NearDuplicates::Off).unwrap();
        assert_eq!((groups.source, groups.count()), (GroupSource::Sequence, 4));
        assert!(groups.of.windows(2).all(|pair| pair[0] <= pair[1]), "neighbours: {:?}", groups.of);
        assert!(groups.source.to_string().contains("consecutive photos (probably one leaf)"));
    }

    #[test]
    fn a_rule_that_names_nothing_is_refused() {
        let data = dataset(&["a/1.jpg"]);
        let error = GroupRule::pattern("leaf(").unwrap_err().to_string();
        assert!(error.contains("leaf(") && error.lines().count() == 1, "{error}");
        let rule = GroupRule::pattern("leaf").unwrap();
        let error = group_photos(&data, &rule, NearDuplicates::Off).unwrap_err().to_string();
        assert!(error.contains("a/1.jpg"), "{error}");
    }

    #[test]
    fn groups_of_the_table_of_labels_are_groups() {
        let mut data = dataset(&["a/1.jpg", "a/2.jpg", "a/3.jpg"]);
        let groups = [("a/1.jpg", "x"), ("a/3.jpg", "x")];
        let groups = groups.iter().map(|(path, group)| ((*path).into(), (*group).to_owned())).collect();
        data.tables = Some(foliar_vision::TableOrigin { groups, ..Default::default() });
        let found = group_photos(&data, &GroupRule::Sequence, NearDuplicates::Off).unwrap();
        assert_eq!((found.of, found.unnamed, found.source), (vec![0, 1, 0], 1, GroupSource::Table));
        let found = group_photos(&data, &GroupRule::None, NearDuplicates::Off).unwrap();
        assert_eq!(found.of, [0, 1, 2]);
    }

    #[test]
    fn tables_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("groups.csv");
        let data = dataset(&["a/1.jpg", "a/2.jpg", "a/3.jpg"]);
        let groups = |text: &str| {
            std::fs::write(&path, text).unwrap();
            GroupRule::table(&path).and_then(|rule| group_photos(&data, &rule, NearDuplicates::Off))
        };
        let found = groups("\u{feff}Group,note,path\nx,,./a/1.jpg\nx,,a/3.jpg\ny,,a/9.jpg\n").unwrap();
        assert_eq!((found.of, found.unnamed, found.absent), (vec![0, 1, 0], 1, vec!["a/9.jpg".to_owned()]));
        for (text, expected) in [
            ("path,plant\na/1.jpg,x\n", "`group`"),
            ("leaf,group\na/1.jpg,x\n", "`path`"),
            ("a/1.jpg,x\n", "`path`"),
            ("path,group\na/1.jpg,x\n./a/1.jpg,y\n", "lines 2 and 3 contradict"),
            ("path,group\nb/1.jpg,x\n", "a/1.jpg"),
            ("path,group\na/1.jpg\n", "groups.csv"),
            ("", "`path`"),
        ] {
            let error = groups(text).unwrap_err().to_string();
            assert!(error.contains(expected) && error.contains("groups.csv"), "{error}");
        }
    }
}
