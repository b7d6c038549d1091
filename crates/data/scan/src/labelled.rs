//! Photos whose classes come from tables.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use foliar_labels::{
    ClassMap, ColumnChoice, FileIndex, LabelError, LabelRow, Labels, Mapped, Names, names_beside,
};
use foliar_vision::dataset::{Split, TableOrigin};
use foliar_vision::problem::{Problem, Reason};
use foliar_vision::{Task, name_of_set};
use foliar_vision::{counted, portable_name};

use crate::error::ScanError;
use crate::image_column;
use crate::layout::Layout;
use crate::part::part_of;
use crate::row_files::{RowFile, row_files, split_of_folders};
use crate::table_splits::TableSplits;
use crate::walk::Tree;

/// Folders and files that a sentence lists.
const NAMED: usize = 4;
/// Rows without a photo that are listed: a table of millions goes with a part of its photos.
const ROWS_LISTED: usize = 1000;

/// What becomes of a file.
#[derive(Clone)]
pub(crate) enum Sorted {
    /// A photo of this class, for this part where one is said.
    Photo(String, Option<Split>),
    /// It cannot be used.
    Problem(Reason),
    /// It is of a class that is not wanted.
    Unwanted,
    /// It is no concern of the data set.
    Ignored,
}

/// The pictures below a root that rows may mean, masks of others not among them.
pub(crate) struct Pictures<'a> {
    pub(crate) paths: Vec<&'a Path>,
    pub(crate) index: FileIndex,
}

impl<'a> Pictures<'a> {
    pub(crate) fn of(tree: &'a Tree) -> Self {
        let companions = Layout::companions(tree);
        let may_be = |path: &&Path| tree.is_picture(path) && !companions.contains(*path);
        let paths: Vec<&Path> = tree.files.iter().map(PathBuf::as_path).filter(may_be).collect();
        let index = FileIndex::new(paths.iter().copied());
        Self { paths, index }
    }
}

/// A table, or a list with the class before each photo, as the files of `pictures` tell.
///
/// # Errors
/// As [`Labels::read`], and [`LabelError::Undecided`] where two columns may name the photos.
pub(crate) fn read_labels(
    path: &Path,
    columns: &ColumnChoice,
    pictures: &Pictures<'_>,
) -> Result<Labels, LabelError> {
    let labels = Labels::read(path, columns)?;
    image_column::check(&labels, pictures)?;
    let blank = |row: &LabelRow| row.image.contains(char::is_whitespace);
    if !labels.by_folder || !labels.rows.iter().all(blank) {
        return Ok(labels);
    }
    // The paths of all files, and what they end in.
    let paths: Vec<String> = pictures.paths.iter().map(|path| portable_name(path)).collect();
    let ends = |path: &'_ String| path.match_indices('/').map(|(at, _)| at + 1).collect::<Vec<_>>();
    let known: HashSet<&str> = paths
        .iter()
        .flat_map(|path| std::iter::once(0).chain(ends(path)).map(|at| &path[at..]).collect::<Vec<_>>())
        .collect();
    let is_photo = |photo: &str| photo.contains('/') && known.contains(photo);
    Ok(labels.with_classes_first(&is_photo).unwrap_or(labels))
}

/// The data set that tables make of a tree.
pub(crate) struct Labelled {
    /// What becomes of each file that a row names.
    files: HashMap<PathBuf, Sorted>,
    /// Folders with photos that are listed.
    folders: BTreeSet<PathBuf>,
    /// Photos that only a table of a test without classes lists.
    tests: BTreeSet<PathBuf>,
    /// Photos of which a row may mean each; the row is a problem.
    torn: BTreeSet<PathBuf>,
    /// Rows that name no photo, or no single one.
    pub(crate) problems: Vec<Problem>,
    /// How the tables were understood, in one sentence.
    pub(crate) understood: String,
    /// Where the classes come from.
    pub(crate) origin: TableOrigin,
    /// The classes as the tables have them, with and without names.
    pub(crate) labels: BTreeSet<String>,
    /// The labels of each class, where photos have any number of them.
    pub(crate) sets: Option<BTreeMap<String, Vec<String>>>,
}

/// What the rows of one file say together.
struct Entry<'a> {
    labels: BTreeSet<&'a str>,
    /// Those of all rows.
    all: BTreeSet<&'a str>,
    /// Whether a row says that there is no label.
    says_none: bool,
    split: Option<Split>,
    group: Option<&'a str>,
    table: usize,
    line: u64,
    /// The first row that says something else, and what both say.
    contradiction: Option<(String, String)>,
    /// Whether another row puts it into another part.
    is_in_two_parts: bool,
}

impl Labelled {
    /// Sorts the pictures of `tree` by `tables`, for `task`; `found` says that nobody named them. For several labels, rows of one
    /// photo each add theirs, `map` changes each label by itself, and the class of a photo is the set of its labels.
    ///
    /// # Errors
    /// [`ScanError::NothingListed`], [`ScanError::SeveralLabels`], [`ScanError::Undecided`] where names mean files in several
    /// folders, and what is wrong with files of names.
    pub(crate) fn of(
        root: &Path,
        tree: &Tree,
        tables: &[Labels],
        map: Option<&ClassMap>,
        task: Task,
        found: bool,
    ) -> Result<Self, ScanError> {
        let pictures = Pictures::of(tree);
        let splits = TableSplits::of(tables);
        let mut entries: BTreeMap<usize, Entry<'_>> = BTreeMap::new();
        let (mut problems, mut absent) = (Vec::new(), 0);
        let mut torn: Vec<Vec<usize>> = Vec::new();
        for (number, table) in tables.iter().enumerate() {
            let place = place_below(root, &table.path);
            let files = row_files(table, place.as_deref(), &pictures.paths, &pictures.index);
            if files.iter().all(|file| *file == RowFile::None) {
                return Err(nothing_listed(root, table, &pictures));
            }
            for (row, file) in table.rows.iter().zip(files) {
                let file = match file {
                    RowFile::One(file) => file,
                    RowFile::None => {
                        absent += 1;
                        if absent > ROWS_LISTED {
                            continue;
                        }
                        let reason = Reason::RowWithoutPhotograph { row: line(table, row.line) };
                        problems.push(Problem::new(PathBuf::from(&row.image), reason));
                        continue;
                    }
                    RowFile::Several(files) => {
                        let names: Vec<String> = files
                            .iter()
                            .take(NAMED)
                            .map(|&file| portable_name(pictures.paths[file]))
                            .collect();
                        let reason =
                            Reason::SeveralFiles { row: line(table, row.line), files: names.join(", ") };
                        problems.push(Problem::new(PathBuf::from(&row.image), reason));
                        torn.push(files);
                        continue;
                    }
                };
                let split = splits.of_row(number, row.split.as_deref());
                let labels: BTreeSet<&str> = row.labels.iter().map(String::as_str).collect();
                let entry = Entry {
                    labels: labels.clone(),
                    all: BTreeSet::new(),
                    says_none: false,
                    split,
                    group: row.group.as_deref(),
                    table: number,
                    line: row.line,
                    contradiction: None,
                    is_in_two_parts: false,
                };
                let earlier = entries.entry(file).or_insert(entry);
                earlier.all.extend(&labels);
                earlier.is_in_two_parts |= earlier.split != split;
                earlier.says_none |= row.says_none;
                if earlier.contradiction.is_none() {
                    let labels = if task.is_multi_class() { &labels } else { &earlier.labels };
                    let what = earlier.differs(labels, split, row.group.as_deref());
                    earlier.contradiction = what.map(|what| (line(table, row.line), what));
                }
            }
        }
        if 10 * torn.len() > entries.len() + torn.len() {
            return Err(torn_apart(root, &tables[0], &torn, &pictures));
        }
        let torn: BTreeSet<PathBuf> =
            torn.iter().flatten().map(|&file| pictures.paths[file].to_owned()).collect();
        let contradicted = entries.values().filter(|entry| entry.contradiction.is_some()).count();
        let mut added = 0;
        if !task.is_multi_class() {
            for entry in entries.values_mut().filter(|entry| entry.labels != entry.all) {
                entry.labels.clone_from(&entry.all);
                added += 1;
            }
        } else if 2 * contradicted > entries.len() || tables.iter().any(Labels::is_of_boxes) {
            // The rows do not contradict each other: each holds one of several labels.
            for entry in entries.values_mut().filter(|entry| entry.labels != entry.all) {
                entry.labels.clone_from(&entry.all);
                entry.contradiction = None;
            }
        }
        let in_two_parts = entries.values().filter(|entry| entry.is_in_two_parts).count();
        let labels: BTreeSet<&str> = tables.iter().flat_map(Labels::names).collect();
        let names = names(root, tables, &labels, map)?;
        let name = |label: &str| {
            names.as_ref().and_then(|names| names.names.get(label)).map_or(label, String::as_str).to_owned()
        };
        let by_folder = splits.is_silent().then(|| splits_of_folders(&entries, &pictures)).flatten();
        let mut several = Vec::new();
        let mut sets = BTreeMap::new();
        let mut files = HashMap::new();
        let mut groups = BTreeMap::new();
        for (&file, entry) in &entries {
            let path = pictures.paths[file];
            let split = entry.split.or_else(|| by_folder.as_ref()?.get(&file).copied());
            let labels: Vec<String> = entry.labels.iter().map(ToString::to_string).collect();
            let sorted = match (&entry.contradiction, map, labels.as_slice()) {
                (Some((other, what)), ..) => {
                    let rows = format!("{} and {other}", line(&tables[entry.table], entry.line));
                    Sorted::Problem(Reason::ContradictingRows { rows, what: what.clone() })
                }
                (_, _, []) if task.is_multi_class() || !entry.says_none => {
                    Sorted::Problem(Reason::WithoutLabel)
                }
                (_, map, labels) if !task.is_multi_class() => match mapped(labels, map, name) {
                    Some(set) => {
                        let class = name_of_set(set.iter().map(String::as_str));
                        sets.insert(class.clone(), set);
                        Sorted::Photo(class, split)
                    }
                    None => Sorted::Unwanted,
                },
                (_, _, []) => Sorted::Problem(Reason::WithoutLabel),
                (_, Some(map), labels) => match map.apply(labels, name) {
                    Mapped::Class(class) => Sorted::Photo(class, split),
                    Mapped::LeftOut => Sorted::Unwanted,
                    Mapped::Several => {
                        several.push((file, entry));
                        continue;
                    }
                },
                (_, None, [label]) => Sorted::Photo(name(label), split),
                (_, None, _) => {
                    several.push((file, entry));
                    continue;
                }
            };
            if let Some(group) = entry.group {
                groups.insert(path.to_owned(), group.to_owned());
            }
            files.insert(path.to_owned(), sorted);
        }
        if let Some((file, entry)) = several.first() {
            return Err(ScanError::SeveralLabels {
                table: tables[entry.table].path.clone(),
                several: several.len(),
                photographs: entries.len(),
                example: portable_name(pictures.paths[*file]),
                labels: entry.words(),
            });
        }
        let folders = files.keys().filter_map(|file| file.parent()).map(Path::to_owned).collect();
        let codes = labels.iter().map(|label| (name(label), (*label).to_owned()));
        let codes = codes.filter(|(name, label)| name != label).collect();
        let origin = TableOrigin { tables: files_of(tables), codes, groups };
        let named = labels.iter().map(|label| name(label));
        let together = entries.values().map(Entry::words);
        let labels: BTreeSet<String> =
            labels.iter().map(ToString::to_string).chain(named).chain(together).collect();
        let tests = tests(root, tree, tables, &pictures);
        let sets = (!task.is_multi_class()).then_some(sets);
        let mut labelled =
            Self { files, folders, tests, torn, problems, understood: String::new(), origin, labels, sets };
        labelled.understood =
            labelled.sentence(root, tree, tables, names.as_ref(), &splits, (found, map.is_some()));
        if added > 0 {
            let photos = counted(added, "photo has", "photos have");
            labelled.understood.push_str(&format!("; {photos} the labels of several rows together"));
        }
        if by_folder.is_some() {
            labelled.understood.push_str("; the folders of the photos give the parts");
        }
        if in_two_parts > 0 {
            let what = "left out: the tables list each for more than one part";
            let photos = counted(in_two_parts, "photo is", "photos are");
            labelled.understood.push_str(&format!("; {photos} {what}"));
        }
        if let Some(photos) = in_other_folders(&entries, &pictures) {
            let photos = counted(photos, "photo lies", "photos lie");
            labelled
                .understood
                .push_str(&format!("; {photos} in a folder of another part than the table says"));
        }
        if absent > ROWS_LISTED {
            labelled.understood.push_str(&format!("; {absent} rows list photos that are not there"));
        }
        Ok(labelled)
    }

    /// What becomes of a file.
    pub(crate) fn sort(&self, path: &Path) -> Sorted {
        if let Some(sorted) = self.files.get(path) {
            return sorted.clone();
        }
        if self.tests.contains(path) || self.torn.contains(path) {
            return Sorted::Ignored;
        }
        let beside = path.parent().is_some_and(|folder| self.folders.contains(folder));
        match beside {
            true => Sorted::Problem(Reason::Unlisted),
            false => Sorted::Ignored,
        }
    }

    fn sentence(
        &self,
        root: &Path,
        tree: &Tree,
        tables: &[Labels],
        names: Option<&Names>,
        splits: &TableSplits,
        (found, renamed): (bool, bool),
    ) -> String {
        let shown: Vec<String> = tables.iter().map(|table| below(root, &table.path)).collect();
        let mut said = vec![format!(
            "the classes are {} of {}{}",
            tables[0].form,
            listed(&shown),
            match (found, tables.len()) {
                (false, _) => "",
                (true, 1) => ", which was found in the folder",
                (true, _) => ", which were found in the folder",
            }
        )];
        if let Some(names) = names {
            let used: BTreeSet<&str> = tables.iter().flat_map(Labels::names).collect();
            said.push(format!("{} gives their names: {}", below(root, &names.path), names.pairs(&used)));
        } else if !renamed && self.labels.iter().all(|label| label.bytes().all(|byte| byte.is_ascii_digit()))
        {
            said.push("they are numbers: `--classes FILE` gives them names".to_owned());
        }
        said.extend(splits.sentence.iter().cloned());
        let columns: BTreeSet<&String> =
            tables.iter().filter_map(|table| table.group_column.as_ref()).collect();
        if let Some(column) = columns.first() {
            said.push(format!("`{column}` says which photos belong together"));
        }
        let unused: BTreeMap<&String, &String> = tables
            .iter()
            .flat_map(|table| table.unused_columns.iter().map(|(name, why)| (name, why)))
            .collect();
        said.extend(unused.iter().map(|(column, why)| format!("`{column}` is not used for groups: {why}")));
        let beside = |path: &&PathBuf| path.parent().is_some_and(|folder| self.folders.contains(folder));
        let tests = self.tests.iter().filter(beside).filter(|path| !self.files.contains_key(*path)).count();
        if tests > 0 {
            said.push(format!(
                "{} not used",
                counted(tests, "photo of a test without classes is", "photos of a test without classes are")
            ));
        }
        let mut other: BTreeMap<&Path, usize> = BTreeMap::new();
        for path in tree.files.iter().filter(|path| tree.is_picture(path)) {
            let folder = path.parent().unwrap_or(Path::new(""));
            if !self.folders.contains(folder) {
                *other.entry(folder).or_default() += 1;
            }
        }
        let other: Vec<String> = other
            .iter()
            .map(|(folder, count)| {
                format!("{}/ ({})", portable_name(folder), counted(*count, "photo", "photos"))
            })
            .collect();
        if !other.is_empty() {
            said.push(format!("not used, since no row lists a photo of it: {}", listed(&other)));
        }
        said.join("; ")
    }
}

impl Entry<'_> {
    /// What another row says otherwise.
    fn differs(&self, labels: &BTreeSet<&str>, split: Option<Split>, group: Option<&str>) -> Option<String> {
        let words = |labels: &BTreeSet<&str>| labels.iter().copied().collect::<Vec<_>>().join(" ");
        if self.labels != *labels {
            return Some(format!("`{}` and `{}`", words(&self.labels), words(labels)));
        }
        if self.split != split {
            let word =
                |split: Option<Split>| split.map_or_else(|| "no part".to_owned(), |split| split.to_string());
            return Some(format!("{} and {}", word(self.split), word(split)));
        }
        (self.group != group).then(|| {
            format!("the groups `{}` and `{}`", self.group.unwrap_or_default(), group.unwrap_or_default())
        })
    }

    fn words(&self) -> String {
        self.labels.iter().copied().collect::<Vec<_>>().join(" ")
    }
}

/// What `map` makes of each label of a photo; `None` where it had some and all are left out.
fn mapped(labels: &[String], map: Option<&ClassMap>, name: impl Fn(&str) -> String) -> Option<Vec<String>> {
    let of = |label: &String| match map.map(|map| map.apply(std::slice::from_ref(label), &name)) {
        None => Some(name(label)),
        Some(Mapped::Class(class)) => Some(class),
        Some(Mapped::LeftOut | Mapped::Several) => None,
    };
    let set: BTreeSet<String> = labels.iter().filter_map(of).collect();
    (labels.is_empty() || !set.is_empty()).then(|| set.into_iter().collect())
}

/// The parts that the folders of the photos say, where they say several and training is one of them.
fn splits_of_folders(
    entries: &BTreeMap<usize, Entry<'_>>,
    pictures: &Pictures<'_>,
) -> Option<BTreeMap<usize, Split>> {
    let parts: BTreeMap<usize, Split> =
        entries.keys().filter_map(|&file| Some((file, split_of_folders(pictures.paths[file])?))).collect();
    let distinct: BTreeSet<Split> = parts.values().copied().collect();
    (distinct.len() > 1 && distinct.contains(&Split::Train)).then_some(parts)
}

/// How many photos a table puts into another part than their folders do; `None` where it is none, or no table says parts.
fn in_other_folders(entries: &BTreeMap<usize, Entry<'_>>, pictures: &Pictures<'_>) -> Option<usize> {
    let folders = splits_of_folders(entries, pictures)?;
    let differs = |(file, entry): &(&usize, &Entry<'_>)| {
        entry.split.is_some_and(|split| folders.get(*file).is_some_and(|&other| other != split))
    };
    Some(entries.iter().filter(differs).count()).filter(|&photos| photos > 0)
}

/// The photos that tables of a test list: `test.csv` and `sample_submission.csv` beside the tables of labels.
fn tests(root: &Path, tree: &Tree, tables: &[Labels], pictures: &Pictures<'_>) -> BTreeSet<PathBuf> {
    let is_test = |path: &&PathBuf| {
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
        let is_table = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
        is_table
            && (stem.contains("submission") || part_of(&stem).is_some_and(|part| part.split == Split::Test))
    };
    let used = |path: &Path| tables.iter().any(|table| table.path == path);
    let mut listed = BTreeSet::new();
    for path in tree.files.iter().filter(is_test).map(|path| root.join(path)).filter(|path| !used(path)) {
        let names = Labels::photos(&path);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let found = pictures.index.matched(&names).into_iter().filter(|files| files.len() == 1).flatten();
        listed.extend(found.map(|file| pictures.paths[file].to_owned()));
    }
    listed
}

/// Names for numbers, from a file beside the first table or above it. Where classes are given names anyway, files that
/// disagree do not matter.
fn names(
    root: &Path,
    tables: &[Labels],
    labels: &BTreeSet<&str>,
    map: Option<&ClassMap>,
) -> Result<Option<Names>, ScanError> {
    let own = tables[0].path.parent().unwrap_or(Path::new("."));
    let read: Vec<&Path> = tables.iter().map(|table| table.path.as_path()).collect();
    for folder in [own, own.parent().unwrap_or(own), root] {
        match names_beside(folder, labels, &read) {
            Ok(None) => {}
            Ok(found) => return Ok(found),
            Err(_) if map.is_some() => return Ok(None),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

/// The path of a table below the root, if it lies there.
pub(crate) fn place_below(root: &Path, table: &Path) -> Option<PathBuf> {
    let plain = |path: &Path| foliar_archive::canonical(path).ok();
    plain(table)?.strip_prefix(plain(root)?).ok().map(Path::to_owned)
}

/// The files of tables; labels that lie beside the photos are of none.
fn files_of(tables: &[Labels]) -> Vec<PathBuf> {
    tables.iter().map(|table| table.path.clone()).filter(|path| foliar_archive::is_file(path)).collect()
}

/// A path for people: from the root, if it lies below it.
fn below(root: &Path, path: &Path) -> String {
    place_below(root, path).map_or_else(|| path.display().to_string(), |below| below.display().to_string())
}

fn line(table: &Labels, line: u64) -> String {
    let name = table.path.file_name().unwrap_or(table.path.as_os_str()).to_string_lossy();
    format!("line {line} of {name}")
}

fn nothing_listed(root: &Path, table: &Labels, pictures: &Pictures<'_>) -> ScanError {
    ScanError::NothingListed {
        table: table.path.clone(),
        root: root.to_owned(),
        rows: table.rows.len(),
        row: table.rows.first().map(|row| row.image.clone()).unwrap_or_default(),
        file: pictures.paths.first().map(|path| portable_name(path)),
    }
}

/// Names that mean files in several folders.
fn torn_apart(root: &Path, table: &Labels, torn: &[Vec<usize>], pictures: &Pictures<'_>) -> ScanError {
    let mut folders: Vec<PathBuf> = torn
        .iter()
        .flatten()
        .filter_map(|&file| pictures.paths[file].parent())
        .map(|folder| root.join(folder).components().collect())
        .collect();
    folders.sort();
    folders.dedup();
    if let ([folder], Some(files)) = (folders.as_slice(), torn.first()) {
        let names: Vec<String> =
            files.iter().take(2).map(|&file| portable_name(pictures.paths[file])).collect();
        let name = names.first().and_then(|name| name.rsplit('/').next()).unwrap_or_default();
        return ScanError::Undecided {
            root: table.path.clone(),
            what: format!("{} of its rows name several files, such as {}", torn.len(), names.join(" and ")),
            ways: vec![
                format!("write the names in the table with their ends (`{name}`)"),
                format!("move the files that are not meant out of {}", folder.display()),
            ],
        };
    }
    let shown: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
    let way = |folder: &String| format!("`--labels {} --images {folder}`", table.path.display());
    ScanError::Undecided {
        root: table.path.clone(),
        what: format!("{} of its rows name photos that are in several folders", torn.len()),
        ways: shown.iter().take(NAMED).map(way).collect(),
    }
}

/// `a, b, c and 3 more`.
fn listed(names: &[String]) -> String {
    let mut text = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > NAMED {
        text.push_str(&format!(" and {} more", names.len() - NAMED));
    }
    text
}
