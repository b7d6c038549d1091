//! Understands the folders of a data set, or says what cannot be decided: nothing is taken for a class on a guess.
//!
//! The whole tree is looked at before any folder is a class. In this order:
//!
//! 1. a single folder around everything is passed through;
//! 2. folders that are named like parts (`train`, `Validation Set`, `beans_test`) and hold folders are parts;
//! 3. folds of the same classes are taken together;
//! 4. parts further down, versions of the same photos, a second copy of the classes, folders that say a kind of file, and
//!    folders of folders (crops of diseases) are errors that name the ways to go on.
//!
//! A photo in a folder of folders that are told apart by numbers (plants, days) belongs to the class above them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use foliar_files::{Printable as _, quoted};
use foliar_vision::counted;
use foliar_vision::dataset::Split;

use crate::error::ScanError;
use crate::layout::{Layout, Section};
use crate::node::Node;
use crate::part::{is_fold, is_group, is_kind, is_mask, normal, part_of, plain_part};
use crate::siblings::{are_no_classes, family, no_classes};

/// Names that a sentence lists before it counts.
const NAMED: usize = 4;
/// What is wrong with folders such as `images` and `masks`.
const KIND: &str = "say what kind of files they hold, not what is seen";

/// The layout of the tree below `root`. With `classes_from`, folders so many levels below the root, or below its parts, are
/// the classes, and nothing else is looked at.
///
/// # Errors
/// [`ScanError::Undecided`] with the ways to go on.
pub(crate) fn recognise(root: &Path, node: &Node, classes_from: Option<usize>) -> Result<Layout, ScanError> {
    let recogniser = Recogniser { root, top: node };
    if let Some(depth) = classes_from {
        let mut layout = Layout { depth: depth.max(1), ..Layout::plain() };
        if let Some(parts) = parts(node) {
            layout.sections = parts;
        }
        return Ok(layout);
    }
    let mut base = PathBuf::new();
    let mut here = node;
    while let Some((name, below)) = wrapper(here) {
        base.push(name);
        here = below;
    }
    // `VOC/JPEGImages`: what is inside says that the folder is no class.
    if let Some((name, only)) = here.folders.iter().next().filter(|_| here.folders.len() == 1) {
        let names: Vec<String> = only.named().map(|(name, ..)| name).collect();
        let is_part = plain_part(&name.to_string_lossy()).is_some();
        if here.pictures == 0 && only.is_above() && are_no_classes(&names) && !is_part {
            base.push(name);
            here = only;
        }
    }
    let mut layout = recogniser.below(&base, here)?;
    if !base.as_os_str().is_empty() && layout.understood.is_none() {
        layout.understood = Some(format!("the classes are the folders in {}", shown(&base)));
    }
    Ok(layout)
}

/// The only folder of a folder, if the data set begins inside it.
fn wrapper(node: &Node) -> Option<(&std::ffi::OsStr, &Node)> {
    let (name, only) =
        node.folders.iter().next().filter(|_| node.folders.len() == 1 && node.pictures == 0)?;
    let text = name.to_string_lossy();
    let sessions = only.named().all(|(name, ..)| is_group(&name) && part_of(&name).is_none());
    let inside = only.is_above() && (only.folders.len() == 1 || !sessions);
    let deeper =
        only.folders.len() > 1 || wrapper(only).is_some() || only.named().all(|(_, _, node)| node.is_above());
    (inside && deeper && plain_part(&text).is_none()).then_some((name.as_os_str(), only))
}

/// The folders of `node` as parts of a data set: all are named like parts, and hold folders of pictures.
fn parts(node: &Node) -> Option<Vec<Section>> {
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
    Some(sections.collect())
}

struct Recogniser<'a> {
    root: &'a Path,
    top: &'a Node,
}

impl Recogniser<'_> {
    fn below(&self, base: &Path, node: &Node) -> Result<Layout, ScanError> {
        let names: Vec<String> = node.named().map(|(name, ..)| name).collect();
        if let Some(mut sections) = parts(node) {
            return self.parted(base, node, &mut sections);
        }
        let plain: Vec<&String> = names.iter().filter(|name| plain_part(name).is_some()).collect();
        if !plain.is_empty() {
            return Err(self.half_parted(base, node, &names));
        }
        if let Some(parts) = parts_inside(node) {
            if are_no_classes(&names) {
                return Err(self.no_classes(base, node, &names, KIND));
            }
            let section = Section { folder: base.to_owned(), split: None };
            let understood = Some(format!("the folders {} in each class are the parts", listed(&parts)));
            return Ok(Layout { sections: vec![section], parts_inside: true, understood, ..Layout::plain() });
        }
        if let Some(inner) = deeper_parts(base, node) {
            return Err(self.parts_below(&inner));
        }
        if names.len() > 1
            && names.iter().all(|name| is_fold(name))
            && !node.folders.values().any(Node::has_folders)
        {
            return Err(self.no_classes(
                base,
                node,
                &names,
                "are folds or batches and hold no class folders",
            ));
        }
        if names.len() > 1
            && names.iter().all(|name| is_fold(name))
            && node.folders.values().all(Node::is_above)
        {
            let sections =
                node.folders.keys().map(|name| Section { folder: base.join(name), split: None }).collect();
            let understood = Some(format!("{} hold the same classes and are taken together", listed(&names)));
            return Ok(Layout { sections, understood, ..Layout::plain() });
        }
        self.versions(base, node, &names)?;
        if are_no_classes(&names) {
            return Err(self.no_classes(base, node, &names, KIND));
        }
        self.second_copy(base, node)?;
        self.siblings(base, &names)?;
        let masks: Vec<&String> = names.iter().filter(|name| is_mask(name)).collect();
        let left_out = masks.iter().map(|name| (base.join(name), "masks are not photos")).collect();
        self.folders_of_folders(base, node)?;
        let section = Section { folder: base.to_owned(), split: None };
        let understood =
            (!masks.is_empty()).then(|| format!("{} is not used: masks are not photos", listed(&masks)));
        Ok(Layout { sections: vec![section], left_out, understood, ..Layout::plain() })
    }

    /// All folders are parts.
    fn parted(&self, base: &Path, node: &Node, sections: &mut [Section]) -> Result<Layout, ScanError> {
        let used: BTreeSet<PathBuf> =
            sections.iter().filter_map(|section| section.folder.iter().next().map(PathBuf::from)).collect();
        let flat: Vec<(String, &Node)> = node
            .named()
            .filter(|(_, key, _)| !used.contains(Path::new(key)))
            .map(|(name, _, node)| (name, node))
            .collect();
        let trained = sections.iter().any(|section| section.split == Some(Split::Train));
        if flat.iter().any(|(name, _)| part_of(name).is_some_and(|part| part.split == Split::Train))
            && !trained
        {
            let names: Vec<String> = flat.into_iter().map(|(name, _)| name).collect();
            return Err(self.labels_elsewhere(base, node, &names, "hold photos and no class folders"));
        }
        let plainly = node.named().all(|(name, ..)| Split::of_word(&name).is_some());
        let wrapped = sections.iter().any(|section| section.folder.iter().count() > 1);
        for section in sections.iter_mut() {
            section.folder = base.join(&section.folder);
            self.classes_below(
                section,
                node.at(section.folder.strip_prefix(base).unwrap_or(&section.folder)),
            )?;
        }
        let mut said: Vec<String> = Vec::new();
        if !plainly || wrapped || !base.as_os_str().is_empty() {
            let named = |section: &Section| {
                let split = section.split.map_or_else(String::new, |split| format!(" for {split}"));
                format!("{}{split}", shown(&section.folder))
            };
            said.push(format!(
                "the classes are the folders in {}",
                sections.iter().map(named).collect::<Vec<_>>().join(", ")
            ));
        }
        let left_out = flat.iter().map(|(name, _)| (base.join(name), "it has no class folders")).collect();
        for (name, below) in &flat {
            said.push(format!(
                "{name} is not used: its {} in no class folder",
                counted(below.total, "photo is", "photos are")
            ));
        }
        let understood = (!said.is_empty()).then(|| said.join("; "));
        Ok(Layout { sections: sections.to_vec(), left_out, understood, ..Layout::plain() })
    }

    /// The folders of a part are classes, and not kinds of files.
    fn classes_below(&self, section: &Section, node: Option<&Node>) -> Result<(), ScanError> {
        let Some(node) = node else { return Ok(()) };
        let names: Vec<String> = node.named().map(|(name, ..)| name).collect();
        if are_no_classes(&names) {
            return Err(self.no_classes(&section.folder, node, &names, KIND));
        }
        self.siblings(&section.folder, &names)?;
        self.folders_of_folders(&section.folder, node)
    }

    /// Parts beside folders that are none.
    fn half_parted(&self, base: &Path, node: &Node, names: &[String]) -> ScanError {
        let (parts, others): (Vec<String>, Vec<String>) =
            names.iter().cloned().partition(|name| plain_part(name).is_some());
        let flat =
            node.named().filter(|(name, ..)| parts.contains(name)).all(|(_, _, node)| !node.is_above());
        if others.is_empty() || (flat && others.iter().all(|name| is_kind(name))) {
            return self.labels_elsewhere(
                base,
                node,
                &parts,
                "are parts of a data set and hold no class folders",
            );
        }
        let train = parts.iter().find(|name| plain_part(name) == Some(Split::Train));
        if let (Some(train), false) = (train, flat) {
            return ScanError::Mixed { root: self.folder(base), train: train.clone(), others };
        }
        if let Some(inner) = deeper_parts(base, node) {
            return self.parts_below(&inner);
        }
        self.undecided(
            base,
            format!(
                "{} is named like a part of a data set and stands beside {}",
                listed(&parts),
                listed(&others)
            ),
            vec![
                format!("move {} out of the folder", listed(&parts)),
                format!("`{} --classes-from 1` if it is a class", self.path(base)),
            ],
        )
    }

    /// The same folders under each folder.
    fn versions(&self, base: &Path, node: &Node, names: &[String]) -> Result<(), ScanError> {
        let sets: Vec<BTreeSet<String>> = node
            .folders
            .values()
            .filter(|below| below.folders.len() > 1)
            .map(|below| {
                below.named().filter(|(name, ..)| !is_group(name)).map(|(name, ..)| normal(&name)).collect()
            })
            .collect();
        let Some((first, rest)) =
            sets.split_first().filter(|(first, rest)| !rest.is_empty() && first.len() > 1)
        else {
            return Ok(());
        };
        let alike = |other: &BTreeSet<String>| {
            let common = first.intersection(other).count();
            2 * common > first.len().max(other.len())
        };
        if sets.len() < names.len() || !rest.iter().all(alike) {
            return Ok(());
        }
        let first_name = names.first().map_or("", String::as_str);
        let common = rest
            .iter()
            .fold(first.clone(), |common, other| common.intersection(other).cloned().collect())
            .len();
        Err(self.undecided(
            base,
            format!(
                "{} hold the same {common} folders each, so they are versions or parts of one data set, or crops of diseases",
                listed(names)
            ),
            vec![
                format!("`{}` to use one of them", self.path(&base.join(first_name))),
                format!("`{} --classes-from 1` if they are the classes", self.path(base)),
                format!("`{} --classes-from 2` if the classes are {first_name} and so on together with the folders in them", self.path(base)),
            ],
        ))
    }

    /// A folder that holds the others again.
    fn second_copy(&self, base: &Path, node: &Node) -> Result<(), ScanError> {
        let tops: BTreeSet<String> = node.named().map(|(name, ..)| normal(&name)).collect();
        for (name, key, below) in node.named() {
            let inside: BTreeSet<String> = below.named().map(|(name, ..)| normal(&name)).collect();
            let again = inside.intersection(&tops).count();
            if again >= 2 && 2 * again >= inside.len() {
                let what = format!(
                    "{name} holds {again} folders that are named like those beside it: a second copy, it seems"
                );
                return Err(self.undecided(
                    base,
                    what,
                    vec![
                        format!("`{}` to use the inner ones", self.path(&base.join(key))),
                        format!("move {name} out of the folder to use the others"),
                    ],
                ));
            }
        }
        Ok(())
    }

    /// Names that say no class beside some that do, and several folders of one class.
    fn siblings(&self, base: &Path, names: &[String]) -> Result<(), ScanError> {
        let odd = no_classes(names);
        if let Some(first) = odd.first() {
            let others: Vec<&String> = names.iter().filter(|name| !odd.contains(name)).collect();
            let (do_not, they) =
                if odd.len() == 1 { ("does not", "it is a class") } else { ("do not", "they are classes") };
            return Err(self.undecided(
                base,
                format!(
                    "{} {do_not} say by name what the photos show, beside {}",
                    listed(&odd),
                    listed(&others)
                ),
                vec![
                    format!(
                        "move {} out of the folder",
                        if odd.len() == 1 { first.as_str() } else { "them" }
                    ),
                    format!("`{} --classes-from 1` if {they}", self.path(base)),
                ],
            ));
        }
        let Some(family) = family(names) else { return Ok(()) };
        let (first, last) = (&family.names[0], &family.names[family.names.len() - 1]);
        let mut ways = vec![format!("`{} --classes-from 1` if each is a class", self.path(base))];
        ways.insert(0, match family.parts {
            true => "move them into train/, val/ and test/ folders above the classes".to_owned(),
            false => format!(
                "`{} --classes-from 1 --classes FILE`, a table with a header `from,to` and a line such as `{last},{first}`, to take them for one class",
                self.path(base)
            ),
        });
        let what = if family.parts { "parts" } else { "versions" };
        Err(self.undecided(
            base,
            format!("{} are named like {what} of one class", listed(&family.names)),
            ways,
        ))
    }

    /// Classes that hold folders which are told apart by words, as crops hold diseases.
    fn folders_of_folders(&self, base: &Path, node: &Node) -> Result<(), ScanError> {
        let worded = |below: &Node| {
            let words = below.named().filter(|(name, ..)| !is_group(name) && !is_kind(name)).count();
            below.is_above() && words > 1
        };
        let holding: Vec<String> =
            node.named().filter(|(_, _, below)| worded(below)).map(|(name, ..)| name).collect();
        let Some(first) = holding.first() else { return Ok(()) };
        let inner: Vec<String> = node
            .named()
            .find(|(name, ..)| name == first)
            .map(|(_, _, below)| below.named().map(|(name, ..)| name).collect())
            .unwrap_or_default();
        Err(self.undecided(
            base,
            format!(
                "{} {} folders in turn ({})",
                listed(&holding),
                if holding.len() == 1 { "holds" } else { "hold" },
                listed(&inner)
            ),
            vec![
                format!("`{} --classes-from 1` if {first} is a class", self.path(base)),
                format!(
                    "`{} --classes-from 2` if \"{first} {}\" is one",
                    self.path(base),
                    inner.first().map_or("", String::as_str)
                ),
                format!("`{}` to use that folder alone", self.path(&base.join(first))),
            ],
        ))
    }

    fn parts_below(&self, inner: &[PathBuf]) -> ScanError {
        let names: Vec<String> = inner.iter().map(|folder| shown(folder)).collect();
        self.undecided(
            Path::new(""),
            format!(
                "the parts of a data set (train, validation, test) lie further down, in {}",
                listed(&names)
            ),
            inner.iter().take(NAMED).map(|folder| format!("`{}`", self.path(folder))).collect(),
        )
    }

    /// Folders whose names are those of no classes, and how to take them for classes all the same.
    fn no_classes(&self, base: &Path, node: &Node, names: &[String], what: &str) -> ScanError {
        let what = format!("{what} (`{} --classes-from 1` if they are the classes)", self.path(base));
        self.labels_elsewhere(base, node, names, &what)
    }

    fn labels_elsewhere(&self, base: &Path, node: &Node, names: &[String], what: &str) -> ScanError {
        let mut tables = node.all_tables();
        if tables.is_empty() {
            // Notes on single photos lie in a folder of their own beside them.
            tables = self.top.all_tables().into_iter().filter(|table| table.ends_with(')')).collect();
        }
        tables.truncate(NAMED);
        ScanError::LabelsElsewhere {
            root: self.folder(base),
            folders: listed(names),
            what: what.to_owned(),
            tables,
        }
    }

    fn undecided(&self, base: &Path, what: String, ways: Vec<String>) -> ScanError {
        ScanError::Undecided { root: self.folder(base), what, ways }
    }

    fn path(&self, below: &Path) -> String {
        quoted(&self.folder(below).shown().to_string())
    }

    /// `join` with an empty path would end in a slash.
    fn folder(&self, below: &Path) -> PathBuf {
        self.root.join(below).components().collect()
    }
}

/// The parts that are the folders of every class, if they are.
fn parts_inside(node: &Node) -> Option<Vec<String>> {
    let mut parts = BTreeSet::new();
    for (_, _, class) in node.named() {
        for (name, _, below) in class.named() {
            plain_part(&name).filter(|_| !below.has_folders())?;
            parts.insert(name);
        }
    }
    let splits: BTreeSet<Option<Split>> = parts.iter().map(|name| plain_part(name)).collect();
    let above = node.folders.len() > 1 && node.folders.values().all(Node::is_above);
    (above && splits.len() > 1).then(|| parts.into_iter().collect())
}

/// Folders up to three levels below `node` that hold parts, if any does.
fn deeper_parts(base: &Path, node: &Node) -> Option<Vec<PathBuf>> {
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

/// A path for people.
fn shown(path: &Path) -> String {
    format!("{}/", path.shown())
}

/// `a, b, c and 3 more`.
fn listed(names: &[impl AsRef<str>]) -> String {
    let mut text = names.iter().take(NAMED).map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    if names.len() > NAMED {
        text.push_str(&format!(" and {} more", names.len() - NAMED));
    }
    text
}
