//! What lies inside folders that may be classes: other classes, parts, the classes again.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use foliar_vision::dataset::Split;

use crate::group::{is_session, says, worded};
use crate::node::Node;
use crate::part::{is_kind, is_mask, normal, part_of, plain_part};
use crate::siblings::is_no_class;

/// A folder with its path below another.
pub(crate) type Below<'a> = (PathBuf, &'a Node);

/// `node` itself, if it is not a folder of photos alone, and all folders in it at any depth but those of masks, upper ones first.
fn all<'a>(node: &'a Node) -> Vec<Below<'a>> {
    let mut found: Vec<Below<'a>> = vec![(PathBuf::new(), node)];
    let mut next = 0;
    while let Some((path, node)) = found.get(next).cloned() {
        let folders = node.named().filter(|(name, ..)| !is_mask(name));
        found.extend(folders.map(|(_, key, below)| (path.join(key), below)));
        next += 1;
    }
    found
}

/// `key/path`; joined with an empty path it would end in a slash.
fn key_and(key: &OsStr, path: &Path) -> PathBuf {
    Path::new(key).components().chain(path.components()).collect()
}

/// The uppermost folder at or below `node` whose folders are told apart by words, as crops hold diseases.
pub(crate) fn classes_inside(node: &Node) -> Option<Below<'_>> {
    all(node).into_iter().find(|(_, below)| worded(below))
}

/// The folder that `node` is wrapped around: through folders that hold a single folder and no photos.
pub(crate) fn through(node: &Node) -> Below<'_> {
    let (mut path, mut here) = (PathBuf::new(), node);
    while let Some((key, below)) = here.folders.iter().next().filter(|_| here.folders.len() == 1) {
        if here.pictures > 0 || !below.has_folders() {
            break;
        }
        path.push(key);
        here = below;
    }
    (path, here)
}

/// Where in a folder of `node`, at any depth, folders are named like those of `node`, and how many: a second copy.
pub(crate) fn copy_inside(node: &Node) -> Option<(PathBuf, usize)> {
    let tops: BTreeSet<String> = node.named().map(|(name, ..)| normal(&name)).collect();
    node.named().find_map(|(_, key, top)| {
        all(top).into_iter().find_map(|(path, below)| {
            let inside: BTreeSet<String> = below.named().map(|(name, ..)| normal(&name)).collect();
            let again = inside.intersection(&tops).count();
            (again >= 2 && 2 * again >= inside.len()).then(|| (key_and(key, &path), again))
        })
    })
}

/// Folders inside a folder of `node` that are named like another, with the name of that.
pub(crate) fn others_inside(node: &Node) -> Vec<(PathBuf, String)> {
    let tops: BTreeMap<String, String> =
        node.named().filter(|(name, ..)| says(name)).map(|(name, ..)| (normal(&name), name)).collect();
    let mut found = Vec::new();
    for (name, key, top) in node.named() {
        for (path, below) in all(top) {
            for (inner, inner_key, _) in below.named() {
                let other = tops.get(&normal(&inner)).filter(|other| **other != name);
                found.extend(other.map(|other| (key_and(key, &path).join(inner_key), other.clone())));
            }
        }
    }
    found
}

/// Folders inside a folder of `node` that are named like the part for validation or test, perhaps of that class: `rust/val`, `rust/rust_test`.
pub(crate) fn parts_in_classes(node: &Node) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for (class, key, top) in node.named() {
        let of_class = |name: &str| {
            let part = part_of(name).filter(|part| matches!(part.split, Split::Validation | Split::Test));
            part.is_some_and(|part| part.rest.is_empty() || normal(&part.rest) == normal(&class))
        };
        for (path, below) in all(top) {
            let parts = below.named().filter(|(name, ..)| of_class(name));
            found.extend(parts.map(|(_, inner, _)| key_and(key, &path).join(inner)));
        }
    }
    found
}

/// Folders of masks among the folders of `node`, and in those beside photos or other folders.
pub(crate) fn masks(node: &Node) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for (path, below) in all(node) {
        let folders = below.named().filter(|(name, ..)| is_mask(name));
        let inside: Vec<(PathBuf, usize)> =
            folders.map(|(_, key, mask)| (path.join(key), mask.total)).collect();
        let masked: usize = inside.iter().map(|(_, total)| total).sum();
        if path.as_os_str().is_empty() || below.total > masked {
            found.extend(inside.into_iter().map(|(path, _)| path));
        }
    }
    found
}

/// Whether the folders of `node` may be two classes, or parts with classes in them.
pub(crate) fn may_hold_classes(node: &Node) -> bool {
    let classes = |(name, _, below): &(String, &OsStr, &Node)| {
        !is_no_class(name) && (below.has_folders() || plain_part(name).is_none())
    };
    node.named().filter(classes).count() > 1
}

/// The first name of folders of photos that lie in several folders of `node`, or below them, and that tells classes apart.
pub(crate) fn repeated(node: &Node) -> Option<String> {
    let mut first: BTreeMap<String, usize> = BTreeMap::new();
    for (top, (name, _, below)) in node.named().enumerate() {
        for (_, here) in all(below).into_iter().filter(|_| !is_mask(&name)) {
            let last = here.named().filter(|(name, _, folder)| !folder.has_folders() && says(name));
            for (name, ..) in last.filter(|(name, ..)| !is_no_class(name) && plain_part(name).is_none()) {
                if *first.entry(name.clone()).or_insert(top) != top {
                    return Some(name);
                }
            }
        }
    }
    None
}

/// Whether all folders of `node` but masks hold folders of the same names, several of them.
pub(crate) fn is_repeated_in_all(node: &Node) -> bool {
    let folders = node.named().filter(|(name, ..)| !is_mask(name));
    let sets: BTreeSet<BTreeSet<String>> =
        folders.map(|(_, _, below)| below.named().map(|(name, ..)| normal(&name)).collect()).collect();
    sets.len() == 1 && sets.iter().all(|set| set.len() > 1)
}

/// The first folder of `node` that holds folders which belong to it, though their names do not say when or where photos were taken or
/// what kind of files they are: they may mean plants, or classes.
pub(crate) fn doubtful(node: &Node) -> Option<(String, Vec<String>)> {
    node.named().find_map(|(class, _, below)| {
        let told = |name: &String| is_kind(name) || is_session(name) || normal(name) == normal(&class);
        let inner: Vec<String> = below.named().map(|(name, ..)| name).filter(|name| !told(name)).collect();
        (!inner.is_empty()).then_some((class, inner))
    })
}

/// Folders that hold the same folders, each perhaps wrapped in others.
pub(crate) struct Alike {
    /// How many folders all of them hold.
    pub(crate) common: usize,
    /// The first folder that holds them, at or below the first of the alike.
    pub(crate) first: PathBuf,
    /// How many levels down they lie, where that is the same for all.
    pub(crate) depth: Option<usize>,
    /// Whether they may be classes.
    pub(crate) classes: bool,
}

/// The folders of `node`, if they hold the same folders.
pub(crate) fn same_folders(node: &Node) -> Option<Alike> {
    let inner: Vec<Below<'_>> = node.folders.values().map(through).collect();
    let has_digit = |name: &str| name.chars().any(|letter| letter.is_ascii_digit());
    let differs =
        |below: &Node| worded(below) || below.named().filter(|(name, ..)| !has_digit(name)).count() > 1;
    let names = |below: &Node| -> BTreeSet<String> {
        let names = below.named().map(|(name, ..)| name);
        names.filter(|name| says(name) && !is_mask(name)).map(|name| normal(&name)).collect()
    };
    let all: Option<Vec<BTreeSet<String>>> = inner
        .iter()
        .map(|(_, below)| (below.folders.len() > 1 && differs(below)).then(|| names(below)))
        .collect();
    let all = all?;
    let (first, rest) = all.split_first().filter(|(first, rest)| !rest.is_empty() && first.len() > 1)?;
    let alike = |other: &BTreeSet<String>| {
        let common = first.intersection(other).count();
        2 * common > first.len().max(other.len())
    };
    if !rest.iter().all(alike) {
        return None;
    }
    let common =
        rest.iter().fold(first.clone(), |common, other| common.intersection(other).cloned().collect()).len();
    let depths: BTreeSet<usize> = inner.iter().map(|(path, _)| path.iter().count() + 2).collect();
    let (key, (path, below)) = node.folders.keys().zip(&inner).next()?;
    Some(Alike {
        common,
        first: key_and(key, path),
        depth: depths.first().copied().filter(|_| depths.len() == 1),
        classes: may_hold_classes(below),
    })
}
