//! How folders lie in one another: around a data set, as its parts, as its folds, as parts of each class.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use foliar_vision::dataset::Split;
use foliar_vision::portable_component;

use crate::group::worded;
use crate::layout::Section;
use crate::node::Node;
use crate::part::{Part, are_several_parts, is_fold, part_beside, part_of, plain_part};
use crate::siblings::is_no_class;

/// The only folder of a folder, if the data set begins inside it.
pub(crate) fn wrapper(node: &Node) -> Option<(&std::ffi::OsStr, &Node)> {
    let (name, only) =
        node.folders.iter().next().filter(|_| node.folders.len() == 1 && node.pictures == 0)?;
    let text = name.to_string_lossy();
    let numbered = |name: &str| name.chars().any(|letter| letter.is_ascii_digit()) && part_of(name).is_none();
    let sessions = only.named().all(|(name, ..)| numbered(&name)) && !worded(only);
    let inside = only.is_above() && (only.folders.len() == 1 || !sessions);
    let deeper =
        only.folders.len() > 1 || wrapper(only).is_some() || only.named().all(|(_, _, node)| node.is_above());
    (inside && deeper && plain_part(&text).is_none()).then_some((name.as_os_str(), only))
}

/// What says the part of a folder of `node` by its name: with words that have other meanings too where there are several parts.
pub(crate) fn part_reader(node: &Node) -> fn(&str) -> Option<Part> {
    let names: Vec<String> = node.named().map(|(name, ..)| name).collect();
    if are_several_parts(names.iter().map(String::as_str)) { part_beside } else { part_of }
}

/// The folders of `node` as parts of a data set: all are named like parts, and hold folders of pictures.
pub(crate) fn parts(node: &Node) -> Option<Vec<Section>> {
    let part_of = part_reader(node);
    let rests: Option<BTreeSet<String>> =
        node.named().map(|(name, ..)| part_of(&name).map(|part| part.rest)).collect();
    let alike = rests.is_some_and(|rests| rests.len() == 1 && (node.folders.len() > 1 || rests.contains("")));
    let above = node.folders.values().any(Node::has_folders);
    if !alike || !above {
        return None;
    }
    let sections = node.named().filter(|(_, _, below)| below.has_folders()).map(|(name, key, below)| {
        let mut folder = PathBuf::from(key);
        // Archives hold `test/test/...`.
        let mut below = below;
        while let Some((inner, only)) = below.folders.iter().next().filter(|(inner, only)| {
            below.folders.len() == 1 && only.is_above() && part_of(&inner.to_string_lossy()).is_some()
        }) {
            folder.push(inner);
            below = only;
        }
        Section { folder, split: part_of(&name).map(|part| part.split) }
    });
    Some(unwrapped(node, sections.collect()))
}

/// The sections below the single folder that each of them is wrapped around, if each is: `train/Leaf/rust`, `test/Leaf/rust`.
fn unwrapped(node: &Node, mut sections: Vec<Section>) -> Vec<Section> {
    loop {
        let inner: Option<Vec<Section>> = sections
            .iter()
            .map(|Section { folder, split }| {
                let (name, _) = wrapper(node.at(folder)?)?;
                Some(Section { folder: folder.join(name), split: *split })
            })
            .collect();
        match inner {
            Some(inner) if is_one_wrapper(&inner) => sections = inner,
            _ => return sections,
        }
    }
}

/// Whether the folders of all sections have one name, or names that say no class: `train/rust` and `test/scab` are two classes.
fn is_one_wrapper(sections: &[Section]) -> bool {
    let names: BTreeSet<String> =
        sections.iter().filter_map(|section| section.folder.file_name()).map(portable_component).collect();
    names.len() == 1 || (!names.is_empty() && names.iter().all(|name| is_no_class(name)))
}

/// The folders of `node` as folds or batches that hold folders of pictures.
pub(crate) fn folds(base: &Path, node: &Node) -> Option<Vec<Section>> {
    let all =
        node.folders.len() > 1 && node.named().all(|(name, _, below)| is_fold(&name) && below.is_above());
    let section = |name| Section { folder: PathBuf::from(name), split: None };
    all.then(|| unwrapped(node, node.folders.keys().map(section).collect())).map(|mut sections| {
        for section in &mut sections {
            section.folder = base.join(&section.folder);
        }
        sections
    })
}

/// The parts that are the folders of every class, if they are.
pub(crate) fn parts_inside(node: &Node) -> Option<Vec<String>> {
    let mut parts = BTreeSet::new();
    let plain = |name: &str| part_beside(name).filter(|part| part.rest.is_empty()).map(|part| part.split);
    for (_, _, class) in node.named() {
        for (name, _, below) in class.named() {
            plain(&name).filter(|_| !below.has_folders())?;
            parts.insert(name);
        }
    }
    let splits: BTreeSet<Option<Split>> = parts.iter().map(|name| plain(name)).collect();
    let above = node.folders.len() > 1 && node.folders.values().all(Node::is_above);
    (above && splits.len() > 1).then(|| parts.into_iter().collect())
}

/// Folders up to three levels below `node` that hold parts, if any does.
pub(crate) fn deeper_parts(base: &Path, node: &Node) -> Option<Vec<PathBuf>> {
    let mut found = Vec::new();
    for (_, key, below) in node.named() {
        let path = base.join(key);
        let trains = below.named().any(|(name, _, node)| {
            plain_part(&name) == Some(Split::Train) && (node.is_above() || below.folders.len() > 1)
        });
        if trains {
            found.push(path);
        } else if path.components().count() < 4 {
            found.extend(deeper_parts(&path, below).into_iter().flatten());
        }
    }
    (!found.is_empty()).then_some(found)
}

/// A class whose folders are the parts, and what stands in none of such folders.
pub(crate) struct SomeParts {
    pub(crate) class: String,
    pub(crate) parts: Vec<String>,
    /// Classes without parts, folders beside parts, photos beside parts.
    pub(crate) odd: Vec<String>,
}

/// Folders of which some hold the parts of a data set and nothing else, as classes do whose photos are split, and others do not.
pub(crate) fn parts_inside_some(node: &Node) -> Option<SomeParts> {
    let is_flat_part = |(name, _, below): &(String, &std::ffi::OsStr, &Node)| {
        plain_part(name).is_some() && !below.has_folders()
    };
    let of = |class: &Node| -> Vec<String> {
        let found: Vec<String> = class.named().filter(is_flat_part).map(|(name, ..)| name).collect();
        let splits: BTreeSet<Option<Split>> = found.iter().map(|name| plain_part(name)).collect();
        if splits.len() > 1 { found } else { Vec::new() }
    };
    let (class, parts) =
        node.named().map(|(name, _, below)| (name, of(below))).find(|(_, parts)| !parts.is_empty())?;
    let mut odd: Vec<String> = Vec::new();
    for (name, _, below) in node.named() {
        let flat = below.named().filter(is_flat_part).count();
        if flat == 0 {
            odd.push(name);
            continue;
        }
        let others = below.named().filter(|folder| !is_flat_part(folder));
        odd.extend(others.map(|(inner, ..)| format!("{name}/{inner}")));
        if below.pictures > 0 {
            odd.push(format!("the photos in {name} itself"));
        }
    }
    if node.folders.len() < 2 || odd.is_empty() {
        return None;
    }
    Some(SomeParts { class, parts, odd })
}
