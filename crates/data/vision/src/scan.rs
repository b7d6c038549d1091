//! Finds the photos of a data set and what is wrong with them.
//!
//! Tables of labels that are named say the classes, and so does the one table among photos without class folders. Otherwise there is
//! one folder per class, or folders of parts (`train/ val/ test/`, by any usual name) with one folder per class in each, also
//! inside other folders; what else a tree may mean is an error that names the ways to go on. Folders below a class that are told
//! apart by numbers belong to it. Files that are not photos (hidden files, `Thumbs.db`, notes, tables) are ignored; a
//! photo that cannot be used is a [`Problem`].

mod discover;
mod error;
mod examine;
mod labelled;
mod layout;
mod litter;
mod node;
mod options;
mod part;
mod recognise;
mod row_files;
mod sorter;
mod table_splits;
mod walk;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

pub use self::error::ScanError;
use self::examine::{Finding, examine};
use self::labelled::Sorted;
pub use self::litter::{OUTPUT_MARK, is_litter, is_own};
pub use self::options::{LabelSource, ScanOptions};
use self::sorter::Sorter;
use self::walk::{Tree, walk};
use crate::dataset::{Dataset, Photo, Split};
use crate::digest::Digest;
use crate::format::ExtensionHint;
use crate::limits::Limits;
use crate::name::portable_name;
use crate::problem::{Problem, Reason};

/// The photos under `root` for training: at least two classes, each with a photo that is not set apart for validation or
/// test.
///
/// Headers are read and files are hashed, on the threads of the current `rayon` pool; pixels are not decoded. The result
/// depends on the folder alone. Problems are sorted by path.
///
/// # Errors
/// [`ScanError`] if there are fewer than two classes; it names what was found and the expected layout.
pub fn scan(root: &Path, options: &ScanOptions) -> Result<(Dataset, Vec<Problem>), ScanError> {
    let (dataset, mut problems) = survey(root, options)?;
    let mut trained = vec![0_usize; dataset.classes.len()];
    for photo in dataset.photos.iter().filter(|photo| photo.split.is_none_or(|split| split == Split::Train)) {
        trained[photo.class] += 1;
    }
    if trained.iter().all(|&count| count == 0) {
        return Err(ScanError::NothingToTrainOn { root: root.to_owned() });
    }
    for (class, &count) in dataset.classes.iter().zip(&trained) {
        match count {
            0 => problems.push(Problem::new(class, Reason::ClassNotInTraining)),
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
    let sorter = Sorter::of(root, &tree, options)?;
    let (placed, problems, unwanted) = examine_all(root, &tree, &sorter, &options.limits);
    if placed.is_empty() {
        return Err(nothing_usable(root, &tree, problems));
    }
    let mut problems = problems;
    let used: Vec<&Path> = placed.iter().map(|photo| photo.path.as_path()).collect();
    problems.extend(sorter.problems(root, &tree, &used));
    let layout = sorter.sentence(unwanted);

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
    problems.extend(contradictions(&photos));
    Ok((Dataset { root: root.to_owned(), classes, photos, layout, tables: sorter.origin() }, problems))
}

/// Examines every file in parallel, and counts those of unwanted classes. Files come in the order of the tree, which is sorted.
fn examine_all(
    root: &Path,
    tree: &Tree,
    sorter: &Sorter<'_>,
    limits: &Limits,
) -> (Vec<Placed>, Vec<Problem>, usize) {
    enum Examined {
        Placed(Placed),
        Problem(Problem),
        Unwanted,
    }
    let examined: Vec<Examined> = tree
        .files
        .par_iter()
        .filter_map(|path| match sorter.sort(path) {
            Sorted::Photo(class, split) => match examine(root, path, limits) {
                Finding::Photo(examined) => {
                    Some(Examined::Placed(Placed { path: path.clone(), class, split, examined }))
                }
                Finding::Problem(reason) => Some(Examined::Problem(Problem::new(path, reason))),
                Finding::Unrelated => None,
            },
            Sorted::Problem(reason) => {
                ExtensionHint::of(path).is_picture().then(|| Examined::Problem(Problem::new(path, reason)))
            }
            Sorted::Unwanted if ExtensionHint::of(path).is_picture() => Some(Examined::Unwanted),
            Sorted::Unwanted | Sorted::Ignored => None,
        })
        .collect();
    let mut placed = Vec::new();
    let mut problems = tree.problems.clone();
    let mut unwanted = 0;
    for examined in examined {
        match examined {
            Examined::Placed(photo) => placed.push(photo),
            Examined::Problem(problem) => problems.push(problem),
            Examined::Unwanted => unwanted += 1,
        }
    }
    (placed, problems, unwanted)
}

/// The error of a tree that has no usable photo in a class folder.
fn nothing_usable(root: &Path, tree: &Tree, problems: Vec<Problem>) -> ScanError {
    let root = root.to_owned();
    let pictures: Vec<&PathBuf> =
        tree.files.iter().filter(|path| ExtensionHint::of(path).is_picture()).collect();
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

/// Photos with an identical file in another class.
fn contradictions(photos: &[Photo]) -> Vec<Problem> {
    let mut first: HashMap<Digest, &Photo> = HashMap::new();
    let mut problems = Vec::new();
    for photo in photos {
        let earlier = *first.entry(photo.digest).or_insert(photo);
        if earlier.class != photo.class {
            problems.push(Problem::new(&photo.path, Reason::TwoClasses { other: earlier.path.clone() }));
        }
    }
    problems
}
