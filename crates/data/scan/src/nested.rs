//! What lies inside folders that may be classes: other classes, parts, the classes again.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use foliar_vision::dataset::Split;

use crate::group::{says, worded};
use crate::node::Node;
use crate::part::{is_mask, normal, plain_part};

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
    let tops: Vec<(String, String)> = node
        .named()
        .map(|(name, ..)| (normal(&name), name))
        .filter(|(normal, name)| says(name) && !normal.is_empty())
        .collect();
    let mut found = Vec::new();
    for (name, key, top) in node.named() {
        for (path, below) in all(top) {
            for (inner, inner_key, _) in below.named().filter(|(inner, ..)| normal(inner) != normal(&name)) {
                let other = tops.iter().find(|(other, _)| *other == normal(&inner));
                found.extend(other.map(|(_, other)| (key_and(key, &path).join(inner_key), other.clone())));
            }
        }
    }
    found
}

/// Folders inside a folder of `node` that are named like the part for validation or test.
pub(crate) fn parts_in_classes(node: &Node) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for (_, key, top) in node.named() {
        for (path, below) in all(top) {
            let parts = below.named().filter(|(name, ..)| {
                plain_part(name).is_some_and(|split| matches!(split, Split::Validation | Split::Test))
            });
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
