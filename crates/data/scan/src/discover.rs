//! Tables of labels that lie among the photos.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use foliar_files::{Printable as _, printable, quoted};
use foliar_labels::{ColumnChoice, Known, LabelError, Labels, has_picture_extension};
use foliar_vision::dataset::Split;

use crate::labelled::{Pictures, place_below, read_labels};
use crate::node::is_answers;
use crate::part::{is_kind, plain_part};
use crate::row_files::{RowFile, row_files};
use crate::table_splits::table_part;
use crate::walk::Tree;

/// Bytes up to which a file is looked at unasked.
const LARGEST: u64 = 64 << 20;
/// Files of one kind in a folder up to which they may be tables; more are notes on single photos.
const OF_A_KIND: usize = 20;

/// Values of a column that a sentence lists.
const VALUES: usize = 3;

/// The tables that label the photos of a tree.
pub(crate) enum Discovered {
    /// None.
    Nothing,
    /// These, and no others: one, or one for each part.
    Obvious(Vec<Labels>),
    /// Several that say different things; paths below the root.
    Several(Vec<PathBuf>),
    /// One for each part, and photos that more than one of them lists; paths below the root.
    Overlapping(Vec<PathBuf>, Overlap),
    /// One that is to be asked about.
    Unclear(LabelError),
}

/// Photos that the tables of several parts list.
pub(crate) struct Overlap {
    /// In more than one table.
    pub(crate) twice: usize,
    /// In any.
    pub(crate) listed: usize,
}

/// A table with the photos that it lists.
pub(crate) struct Candidate {
    pub(crate) place: PathBuf,
    pub(crate) labels: Labels,
    /// Labels by picture.
    pub(crate) says: BTreeMap<usize, Vec<String>>,
    /// Pictures between which its rows do not decide.
    torn: BTreeSet<usize>,
}

impl Candidate {
    fn says_the_same(&self, other: &Self) -> bool {
        let parts = (table_part(&self.place), table_part(&other.place));
        let of_two_parts = matches!(parts, (Some(one), Some(another)) if one != another);
        !of_two_parts && self.says == other.says && self.torn == other.torn
    }
}

/// Looks through the tables among the photos: those that label at least half of them, or have most of their rows there.
pub(crate) fn discover(root: &Path, tree: &Tree, choice: &ColumnChoice) -> Discovered {
    let pictures = Pictures::of(tree);
    let (mut candidates, mut unclear, mut parts) = (Vec::new(), None, None);
    for place in tables(root, tree) {
        match read_labels(&root.join(&place), choice, &pictures) {
            Ok(labels) if !labels.is_output() && !lists_parts(&labels) => {
                candidates.extend(candidate(root, place, labels, &pictures));
            }
            Ok(_) => {}
            Err(error @ LabelError::Undecided { .. }) => unclear = unclear.or(Some(error)),
            Err(_) => parts = parts.or_else(|| parts_alone(&root.join(&place), &pictures)),
        }
    }
    leave_out_tests(&mut candidates);
    let strange: Vec<Candidate> = candidates.extract_if(.., |candidate| !is_known(candidate)).collect();
    let unclear = unclear.or_else(|| strange.first().map(|candidate| unknown_column(root, candidate)));
    let unclear = unclear.or(parts);
    // A table that says the same again, in another form; one of another part says more than its rows do.
    let mut distinct: Vec<Candidate> = Vec::new();
    for candidate in candidates {
        if !distinct.iter().any(|other| other.says_the_same(&candidate)) {
            distinct.push(candidate);
        }
    }
    match (distinct.len(), unclear) {
        (0, None) => Discovered::Nothing,
        (0, Some(error)) => Discovered::Unclear(error),
        (1, _) => Discovered::Obvious(distinct.into_iter().map(|one| one.labels).collect()),
        _ if are_parts(&distinct) => {
            Discovered::Obvious(distinct.into_iter().map(|one| one.labels).collect())
        }
        _ if let Some(overlap) = overlap(&distinct) => {
            Discovered::Overlapping(distinct.into_iter().map(|one| one.place).collect(), overlap)
        }
        _ => Discovered::Several(distinct.into_iter().map(|one| one.place).collect()),
    }
}

/// Whether something says that what stands behind its photos are classes: the name of the column, or of the list.
fn is_known(candidate: &Candidate) -> bool {
    const WORDS: [&str; 9] =
        ["label", "class", "categor", "list", "annot", "truth", "target", "data", "split"];
    let stem =
        candidate.place.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
    match candidate.labels.known {
        Known::Told => true,
        Known::List => WORDS.iter().any(|word| stem.contains(word)) || table_part(Path::new(&stem)).is_some(),
        Known::No => false,
    }
}

/// A table that may be of anything: photographers, cameras, licences.
fn unknown_column(root: &Path, candidate: &Candidate) -> LabelError {
    let labels = &candidate.labels;
    let mut values: Vec<String> =
        labels.names().into_iter().map(|name| format!("`{}`", printable(name))).collect();
    let more = if values.len() > VALUES { " and others" } else { "" };
    values.truncate(VALUES);
    let ways = ways(root, std::slice::from_ref(&candidate.place));
    LabelError::Undecided {
        path: candidate.labels.path.clone(),
        what: format!(
            "{} ({}{more}) may be anything, and nothing says that these are the classes",
            labels.form,
            values.join(", ")
        ),
        ways: ways
            .into_iter()
            .map(|way| format!("{way} if they are"))
            .chain(["one folder per class".to_owned()])
            .collect(),
    }
}

/// That a table says the parts of these pictures, and no classes.
fn parts_alone(path: &Path, pictures: &Pictures<'_>) -> Option<LabelError> {
    let (column, rows) = Labels::parts(path)?;
    let names: Vec<&str> = rows.iter().map(|(photo, _)| photo.as_str()).collect();
    let found = pictures.index.matched(&names).iter().filter(|files| !files.is_empty()).count();
    (2 * found >= pictures.paths.len().max(1)).then(|| LabelError::Undecided {
        path: path.to_owned(),
        what: format!(
            "its column `{column}` says the parts of the data set, and no column is known to hold the classes"
        ),
        ways: vec!["`--label-column NAME`".to_owned(), "one folder per class".to_owned()],
    })
}

/// Whether it is a list of photos in folders that are parts of a data set, or kinds of files, and no classes.
fn lists_parts(labels: &Labels) -> bool {
    labels.by_folder && labels.names().iter().all(|name| plain_part(name).is_some() || is_kind(name))
}

/// A table among folders that look like classes and which sorts the photos otherwise: `class_of` is the class of each file by
/// its folders.
pub(crate) fn contradicting(
    root: &Path,
    tree: &Tree,
    class_of: &dyn Fn(&Path) -> Option<String>,
) -> Option<PathBuf> {
    let pictures = Pictures::of(tree);
    let classes: Vec<Option<String>> = pictures.paths.iter().map(|path| class_of(path)).collect();
    let all = classes.iter().flatten().count();
    let found = tables(root, tree).into_iter().filter_map(|place| {
        let labels = read_labels(&root.join(&place), &ColumnChoice::default(), &pictures).ok()?;
        let labels = Some(labels).filter(|labels| !labels.is_output() && !labels.by_folder)?;
        candidate(root, place, labels, &pictures)
    });
    let otherwise = |candidate: &Candidate| {
        let mut counts: BTreeMap<&str, BTreeMap<&[String], usize>> = BTreeMap::new();
        let mut listed = 0;
        for (&file, labels) in &candidate.says {
            let Some(class) = &classes[file] else { continue };
            *counts.entry(class).or_default().entry(labels).or_default() += 1;
            listed += 1;
        }
        let most = counts.values().filter_map(|labels| labels.iter().max_by_key(|(_, count)| **count));
        let most: Vec<(&&[String], &usize)> = most.collect();
        let agreed: usize = most.iter().map(|(_, count)| **count).sum();
        let distinct: BTreeSet<&&[String]> = most.iter().map(|(labels, _)| *labels).collect();
        let torn = candidate.torn.iter().filter_map(|&file| classes[file].as_ref());
        let torn: Vec<&String> = torn.collect();
        let across = torn.iter().any(|class| *class != torn[0]);
        5 * (listed + torn.len()) >= 4 * all && (across || 5 * agreed < 4 * listed || distinct.len() < 2)
    };
    let mut found = found.filter(otherwise);
    found.next().map(|candidate| candidate.place)
}

/// Files that may be tables of labels, by their names.
pub(crate) fn tables(root: &Path, tree: &Tree) -> Vec<PathBuf> {
    named(root, tree, false)
}

/// The same, with lists of classes and descriptions of data sets.
pub(crate) fn tables_and_lists(root: &Path, tree: &Tree) -> Vec<PathBuf> {
    named(root, tree, true)
}

fn named(root: &Path, tree: &Tree, lists: bool) -> Vec<PathBuf> {
    let mut kinds: BTreeMap<(Option<&Path>, String), Vec<&PathBuf>> = BTreeMap::new();
    for path in &tree.files {
        let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default().to_ascii_lowercase();
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
        // Lists that number photos say nothing alone.
        let is_part = path.file_name().is_some_and(|name| name == "train_test_split.txt");
        let is_list = || {
            table_part(Path::new(&stem)).is_some()
                || ["labels", "list", "annotations", "metadata", "dataset", "data", "image_class_labels"]
                    .contains(&stem.as_str())
        };
        let classes = ["classes", "class_names", "labels", "names"].contains(&stem.as_str());
        // `leaf.jpg.json` is a note on a photo; a photo is a photo, whatever its name says.
        if (extension == "json" && has_picture_extension(&stem)) || tree.is_picture(path) {
            continue;
        }
        let may_be = match extension.as_str() {
            "txt" if lists && classes => true,
            "yaml" | "yml" => lists && ["data", "dataset"].contains(&stem.as_str()),
            "csv" | "tsv" | "json" | "jsonl" | "ndjson" => !is_answers(path),
            "txt" => is_list() && !is_part,
            _ => false,
        };
        if may_be {
            kinds.entry((path.parent(), extension)).or_default().push(path);
        }
    }
    let few = kinds.into_values().filter(|paths| paths.len() <= OF_A_KIND).flatten();
    let small =
        |path: &&PathBuf| foliar_archive::length(&root.join(path)).is_ok_and(|length| length <= LARGEST);
    let mut found: Vec<PathBuf> = few.filter(small).cloned().collect();
    found.sort();
    found
}

/// The table with what it says, if most of it is about these pictures or it is about half of them.
pub(crate) fn candidate(
    root: &Path,
    place: PathBuf,
    labels: Labels,
    pictures: &Pictures<'_>,
) -> Option<Candidate> {
    let below = place_below(root, &labels.path);
    let files = row_files(&labels, below.as_deref(), &pictures.paths, &pictures.index);
    let (mut says, mut torn) = (BTreeMap::new(), BTreeSet::new());
    let mut matched = 0;
    for (row, file) in labels.rows.iter().zip(files) {
        match file {
            RowFile::One(file) => {
                says.entry(file).or_insert_with(|| row.labels.clone());
                matched += 1;
            }
            RowFile::Several(files) => {
                torn.extend(files);
                matched += 1;
            }
            RowFile::None => {}
        }
    }
    let enough = matched > 0 && (2 * matched >= labels.rows.len() || 2 * matched >= pictures.paths.len());
    enough.then_some(Candidate { place, labels, says, torn })
}

/// Tables for a test with nothing but a placeholder in the place of the classes.
fn leave_out_tests(candidates: &mut Vec<Candidate>) {
    let is_test = |candidate: &Candidate| table_part(&candidate.place) == Some(Split::Test);
    let others: BTreeSet<String> = candidates
        .iter()
        .filter(|candidate| !is_test(candidate))
        .flat_map(|candidate| candidate.labels.names().into_iter().map(str::to_owned))
        .collect();
    candidates.retain(|candidate| {
        let names = candidate.labels.names();
        !is_test(candidate) || (names.len() > 1 && names.iter().all(|name| others.contains(*name)))
    });
}

/// Whether each table is that of another part, and none lists a photo of another.
pub(crate) fn are_parts(candidates: &[Candidate]) -> bool {
    let parts: BTreeSet<Option<Split>> =
        candidates.iter().map(|candidate| table_part(&candidate.place)).collect();
    let listed: BTreeSet<usize> =
        candidates.iter().flat_map(|candidate| candidate.says.keys().copied()).collect();
    let counted: usize = candidates.iter().map(|candidate| candidate.says.len()).sum();
    parts.len() == candidates.len() && !parts.contains(&None) && listed.len() == counted
}

/// The photos that the tables of several parts, one each, list for more than one.
fn overlap(candidates: &[Candidate]) -> Option<Overlap> {
    let parts: BTreeSet<Option<Split>> =
        candidates.iter().map(|candidate| table_part(&candidate.place)).collect();
    let mut listed: BTreeMap<usize, usize> = BTreeMap::new();
    let files = candidates.iter().flat_map(|candidate| candidate.says.keys());
    files.for_each(|&file| *listed.entry(file).or_default() += 1);
    let twice = listed.values().filter(|&&tables| tables > 1).count();
    (parts.len() == candidates.len() && !parts.contains(&None) && twice > 0)
        .then_some(Overlap { twice, listed: listed.len() })
}

/// The commands that choose between tables.
pub(crate) fn ways(root: &Path, places: &[PathBuf]) -> Vec<String> {
    let way = |place: &PathBuf| {
        let [root, table] = [root, &root.join(place)].map(|path| quoted(&path.shown().to_string()));
        format!("`{root} --labels {table}`")
    };
    places.iter().map(way).collect()
}
