#![doc = include_str!("../README.md")]
//!
//! # What a tree means
//!
//! Tables of labels that are named say the classes, and so does the one table among photos without class folders. Otherwise there is
//! one folder per class, or folders of parts (`train/ val/ test/`, by any usual name) with one folder per class in each, also
//! inside other folders; what else a tree may mean is an error that names the ways to go on. Folders below a class that are told
//! apart by numbers, dates or places belong to it; those that are told apart by words may be classes, which is asked. Files that are not photos (hidden files, `Thumbs.db`, notes, tables) are ignored; a
//! photo that cannot be used is a [`Problem`].

mod alike;
mod companion;
mod discover;
mod error;
mod examine;
mod group;
mod image_column;
mod labelled;
mod labels_in_training;
mod layout;
mod left_out;
mod litter;
mod marked;
mod nested;
mod node;
mod options;
mod part;
mod photoless;
mod recognise;
pub mod review;
mod row_files;
mod same_class;
mod shape;
mod siblings;
mod sorter;
mod table_splits;
mod unused_parts;
mod walk;
mod ways;
mod wording;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use foliar_vision::dataset::{Dataset, Photo, Split};
use foliar_vision::digest::Digest;
use foliar_vision::limits::Limits;
use foliar_vision::portable_name;
use foliar_vision::problem::{Problem, Reason};
use rayon::prelude::*;

use foliar_files::{Printable as _, quoted};
use foliar_labels::names_beside;
pub use foliar_labels::{ClassMap, ColumnChoice, LabelError};

pub use self::companion::masks;
pub use self::error::{AlikeClasses, ScanError};
use self::examine::examine;
use self::labelled::Sorted;
pub use self::left_out::leave_out;
pub use self::litter::{OUTPUT_MARK, is_litter, is_own};
pub use self::options::{ClassesFrom, LabelSource, ScanOptions};
pub use self::review::{Review, ReviewError};
use self::same_class::same_class;
use self::sorter::Sorter;
use self::unused_parts::unused_parts;
use self::walk::{Tree, walk};

/// The photos under `root` for training: at least two classes, each with a photo that is not set apart for validation or
/// test.
///
/// Headers are read and files are hashed, on the threads of the current `rayon` pool; pixels are not decoded. The result
/// depends on the folder alone. Problems are sorted by path.
///
/// # Errors
/// [`ScanError`] if there are fewer than two classes; it names what was found and the expected layout.
pub fn scan(root: &Path, options: &ScanOptions) -> Result<(Dataset, Vec<Problem>), ScanError> {
    let (mut dataset, mut problems) = survey(root, options)?;
    if dataset.label_sets.is_some() {
        return labels_in_training::checked(dataset, problems);
    }
    let trained = alike::trained(&dataset);
    if trained.iter().all(|&count| count == 0) {
        return Err(ScanError::NothingToTrainOn { root: root.to_owned() });
    }
    let misspelt: Vec<AlikeClasses> = alike::alike(&dataset)
        .iter()
        .flat_map(|classes| classes[1..].iter().map(|&class| (class, classes[0])))
        .filter(|&(class, like)| trained[class] == 0 && trained[like] > 0)
        .map(|(class, like)| alike::pair(&dataset, class, &dataset.classes[like]))
        .collect();
    if !misspelt.is_empty() {
        return Err(ScanError::ClassesAlike { root: root.to_owned(), pairs: misspelt });
    }
    // Who says where the classes are has seen them.
    if dataset.tables.is_none() && options.classes_from.is_none() && options.classes.is_none() {
        alike::beside(&dataset, &trained)?;
    }
    if let Some(same) = same_class(&dataset) {
        return Err(same);
    }
    let mut unknown: BTreeSet<usize> = BTreeSet::new();
    let mut said: Vec<String> = dataset.layout.iter().cloned().collect();
    for split in [Split::Validation, Split::Test] {
        let there: BTreeSet<usize> = dataset
            .photos
            .iter()
            .filter(|photo| photo.split == Some(split))
            .map(|photo| photo.class)
            .collect();
        // One folder is likely to hold the photos of a test whose classes nobody has told.
        if let [class] = there.iter().copied().collect::<Vec<_>>()[..]
            && trained[class] == 0
        {
            let photos = dataset.photos.iter().filter(|photo| photo.split == Some(split)).count();
            said.push(format!(
                "the photos for {split} are not used: all {photos} are in {}, which is no class for training",
                dataset.classes[class]
            ));
            unknown.insert(class);
            continue;
        }
        if !there.is_empty() && there.iter().all(|&class| trained[class] == 0) {
            let named = |keep: &dyn Fn(usize) -> bool| {
                let all = dataset.classes.iter().enumerate();
                all.filter(|(class, _)| keep(*class)).map(|(_, name)| name.clone()).collect()
            };
            let classes = named(&|class| there.contains(&class));
            let trained = named(&|class| trained[class] > 0);
            return Err(ScanError::OtherClasses { root: root.to_owned(), split, classes, trained });
        }
    }
    dataset.layout = (!said.is_empty()).then(|| said.join("; "));
    let all = dataset.class_counts();
    for (place, (class, &count)) in dataset.classes.iter().zip(&trained).enumerate() {
        match count {
            0 if unknown.contains(&place) => {}
            0 => problems.push(Problem::new(class, Reason::ClassNotInTraining { photographs: all[place] })),
            1 => problems.push(Problem::new(class, Reason::ClassWithOnePhotograph)),
            _ => {}
        }
    }
    let classes: Vec<usize> = dataset.photos.iter().map(|photo| photo.class).collect();
    let (dataset, _) = dataset.retain(|index| trained[classes[index]] > 0);
    problems.sort_by(|a, b| a.path.cmp(&b.path));
    if dataset.classes.len() < 2 {
        return Err(ScanError::one_class(&dataset, problems));
    }
    Ok((dataset, problems))
}

/// The photos under `root` for evaluation: as [`scan`], but one class is enough, and a class does not need training photos.
///
/// # Errors
/// [`ScanError`] if there is no usable photo in a class folder.
pub fn scan_for_evaluation(root: &Path, options: &ScanOptions) -> Result<(Dataset, Vec<Problem>), ScanError> {
    let (dataset, mut problems) = survey(root, options)?;
    problems.sort_by(|a, b| a.path.cmp(&b.path));
    Ok((dataset, problems))
}

/// A usable photo with its class and split.
struct Placed {
    path: PathBuf,
    class: String,
    split: Option<Split>,
    examined: examine::Examined,
}

/// What both kinds of scan have in common; problems are not sorted.
fn survey(root: &Path, options: &ScanOptions) -> Result<(Dataset, Vec<Problem>), ScanError> {
    let tree = walk(root)?;
    let numbered;
    let (sorter, names) = match Sorter::of(root, &tree, options) {
        Err(error @ ScanError::NoSuchClass { .. }) => {
            numbered = names_of_numbers(root, &tree, options)?.ok_or(error)?;
            let names = numbered.classes.as_ref().map(ClassMap::pairs);
            (Sorter::of(root, &tree, &numbered)?, names)
        }
        sorter => (sorter?, None),
    };
    let (placed, problems, unwanted) = examine_all(root, &tree, &sorter, &options.limits);
    if placed.is_empty() {
        return Err(nothing_usable(root, &tree, problems));
    }
    let mut problems = problems;
    let used: Vec<&Path> = placed.iter().map(|photo| photo.path.as_path()).collect();
    problems.extend(sorter.problems(root, &tree, &used));
    let layout = sorter.sentence(root, &tree, unwanted).into_iter().chain(names).collect::<Vec<_>>();
    let by_folders = sorter.origin().is_none() && placed.iter().all(|photo| photo.split.is_none());
    let parts = by_folders.then(|| unused_parts(root, &tree)).flatten();
    let named = (sorter.origin().is_none() && options.classes.is_none())
        .then(|| unused_names(root, &placed))
        .flatten();
    let layout: Vec<String> = layout.into_iter().chain(parts).chain(named).collect();
    let layout = (!layout.is_empty()).then(|| layout.join("; "));

    let names: BTreeSet<&str> = placed.iter().map(|photo| photo.class.as_str()).collect();
    let classes: Vec<String> = names.iter().map(ToString::to_string).collect();
    let number: BTreeMap<&str, usize> =
        names.iter().enumerate().map(|(index, name)| (*name, index)).collect();
    let photos: Vec<Photo> = placed
        .iter()
        .map(|Placed { path, class, split, examined }| Photo {
            path: path.clone(),
            class: number[class.as_str()],
            split: *split,
            digest: examined.digest,
            bytes: examined.bytes,
            width: examined.width,
            height: examined.height,
        })
        .collect();
    let label_sets = sorter.label_sets(&classes);
    let tables = sorter.origin();
    let dataset = Dataset { root: root.to_owned(), classes, photos, layout, tables, label_sets };
    if let Some(sets) = &dataset.label_sets {
        labels_in_training::refuse(&dataset.root, sets, options)?;
        problems.extend(contradictions(&dataset));
        return Ok((dataset, problems));
    }
    let dataset = if options.match_names { alike::matched(dataset) } else { dataset };
    let mut dataset = match &options.review {
        Some(review) => review.apply(dataset, &mut problems)?,
        None => dataset,
    };
    let said: Vec<String> =
        dataset.layout.take().into_iter().chain(alike::numbered(&dataset.classes)).collect();
    dataset.layout = (!said.is_empty()).then(|| said.join("; "));
    for classes in alike::alike(&dataset) {
        for &class in &classes[1..] {
            let found = alike::pair(&dataset, class, &dataset.classes[classes[0]]);
            let reason = Reason::ClassesAlike { other: found.like, photographs: found.photographs };
            problems.push(Problem::new(found.folder, reason));
        }
    }
    problems.extend(contradictions(&dataset));
    Ok((dataset, problems))
}

/// The options with the names that `--classes` gives to classes that are numbers, where it is a file of names for these.
fn names_of_numbers(
    root: &Path,
    tree: &Tree,
    options: &ScanOptions,
) -> Result<Option<ScanOptions>, ScanError> {
    let Some(map) = &options.classes else { return Ok(None) };
    let mut options = ScanOptions { classes: None, ..options.clone() };
    let sorter = Sorter::of(root, tree, &options)?;
    let class = |path: &PathBuf| match sorter.sort(path) {
        Sorted::Photo(class, _) => Some(class),
        _ => None,
    };
    let labels = tree.files.iter().filter(|path| tree.is_picture(path)).filter_map(class).collect();
    let named = ClassMap::of_numbers(map.path(), &labels)?;
    drop(sorter);
    options.classes = named;
    Ok(options.classes.is_some().then_some(options))
}

/// That a file names the classes, where these are folders that are called by numbers.
fn unused_names(root: &Path, placed: &[Placed]) -> Option<String> {
    let codes: BTreeSet<&str> = placed.iter().map(|photo| photo.class.as_str()).collect();
    let names = names_beside(root, &codes, &[]).ok()??;
    let file = quoted(&names.path.shown().to_string());
    let pairs = names.pairs(&codes);
    Some(format!("the classes are numbers, for which `--classes {file}` gives names: {pairs}"))
}

/// Examines every file in parallel, and counts those of unwanted classes. Files come in the order of the tree, which is sorted.
fn examine_all(
    root: &Path,
    tree: &Tree,
    sorter: &Sorter<'_>,
    limits: &Limits,
) -> (Vec<Placed>, Vec<Problem>, usize) {
    enum Outcome {
        Placed(Placed),
        Problem(Problem),
        Unwanted,
    }
    let outcomes: Vec<Outcome> = tree
        .files
        .par_iter()
        .filter(|path| tree.is_picture(path))
        .filter_map(|path| match sorter.sort(path) {
            Sorted::Photo(class, split) => Some(match examine(root, path, limits) {
                Ok(examined) => Outcome::Placed(Placed { path: path.clone(), class, split, examined }),
                Err(reason) => Outcome::Problem(Problem::new(path, reason)),
            }),
            Sorted::Problem(reason) => Some(Outcome::Problem(Problem::new(path, reason))),
            Sorted::Unwanted => Some(Outcome::Unwanted),
            Sorted::Ignored => None,
        })
        .collect();
    let mut placed = Vec::new();
    let mut problems = tree.problems.clone();
    let mut unwanted = 0;
    for outcome in outcomes {
        match outcome {
            Outcome::Placed(mut photo) => {
                let remarks = photo.examined.remarks.drain(..);
                problems.extend(remarks.map(|remark| Problem::new(&photo.path, remark)));
                placed.push(photo);
            }
            Outcome::Problem(problem) => problems.push(problem),
            Outcome::Unwanted => unwanted += 1,
        }
    }
    (placed, problems, unwanted)
}

/// The error of a tree that has no usable photo in a class folder.
fn nothing_usable(root: &Path, tree: &Tree, problems: Vec<Problem>) -> ScanError {
    let root = root.to_owned();
    let pictures: Vec<&PathBuf> = tree.files.iter().filter(|path| tree.is_picture(path)).collect();
    let loose: Vec<&&PathBuf> = pictures.iter().filter(|path| path.components().count() == 1).collect();
    match (loose.first(), pictures.len()) {
        (Some(example), count) if count == loose.len() => {
            ScanError::Loose { root, count, example: portable_name(example) }
        }
        _ if problems.is_empty() || pictures.is_empty() => {
            let (folders, files) = (tree.folders.len(), tree.files.len());
            ScanError::NoPhotographs { root, folders, files, problems }
        }
        _ => ScanError::AllBroken { root, problems },
    }
}

/// Photos with an identical file in another class; one problem for a class that is nearly all in another.
fn contradictions(dataset: &Dataset) -> Vec<Problem> {
    const NEARLY_ALL: f64 = 0.9;
    const LEAST: usize = 3;
    let mut first: HashMap<Digest, &Photo> = HashMap::new();
    let mut pairs: BTreeMap<(usize, usize), Vec<(&Photo, &Photo)>> = BTreeMap::new();
    for photo in &dataset.photos {
        let earlier = *first.entry(photo.digest).or_insert(photo);
        if earlier.class != photo.class {
            pairs.entry((photo.class, earlier.class)).or_default().push((photo, earlier));
        }
    }
    let counts = dataset.class_counts();
    let mut problems = Vec::new();
    for ((class, other), pairs) in pairs {
        let photographs = counts[class];
        if pairs.len() >= LEAST && pairs.len() as f64 >= NEARLY_ALL * photographs as f64 {
            let other = dataset.classes[other].clone();
            let reason = Reason::SecondCopy { other, copies: pairs.len(), photographs };
            problems.push(Problem::new(&dataset.classes[class], reason));
        } else {
            problems.extend(pairs.into_iter().map(|(photo, earlier)| {
                Problem::new(&photo.path, Reason::TwoClasses { other: earlier.path.clone() })
            }));
        }
    }
    problems
}
