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

use foliar_files::Printable as _;
use foliar_vision::dataset::Split;
use foliar_vision::{counted, portable_component};

use crate::error::ScanError;
use crate::group::{is_place, is_session};
use crate::layout::{Layout, Section};
use crate::nested::{
    self, Alike, Below, classes_inside, copy_inside, is_repeated_in_all, others_inside, repeated,
    same_folders, through,
};
use crate::node::Node;
use crate::options::ClassesFrom;
use crate::part::{is_fold, is_kind, is_mask, is_version, plain_part, speaks_of_masks};
use crate::shape::{
    SomeParts, deeper_parts, folds, part_reader, parts, parts_inside, parts_inside_some, wrapper,
};
use crate::siblings::{are_no_classes, family, no_classes};
use crate::ways::{Level, Ways};
use crate::wording::{KIND, are_parts, listed, not_used, shown};

/// The layout of the tree below `root`. With `classes_from`, those folders below the root, or below its parts or folds, are the
/// classes, and nothing else is looked at.
///
/// # Errors
/// [`ScanError::Undecided`] with the ways to go on.
pub(crate) fn recognise(
    root: &Path,
    node: &Node,
    classes_from: Option<ClassesFrom>,
) -> Result<Layout, ScanError> {
    let recogniser = Recogniser { ways: Ways { root, top: node } };
    if let Some(classes_from) = classes_from {
        return Ok(asked(node, classes_from));
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
    layout.left_out.sort();
    if !base.as_os_str().is_empty() && layout.understood.is_none() {
        layout.understood = Some(format!("the classes are the folders in {}", shown(&base)));
    }
    Ok(layout)
}

type LeftOut = Vec<(PathBuf, &'static str)>;

struct Recogniser<'a> {
    ways: Ways<'a>,
}

/// The layout that was asked for.
fn asked(node: &Node, classes_from: ClassesFrom) -> Layout {
    let sections = parts(node).or_else(|| folds(Path::new(""), node));
    let parted = sections.is_some();
    let mut layout = Layout { classes_from, ..Layout::plain() };
    layout.sections = sections.unwrap_or(layout.sections);
    if classes_from == ClassesFrom::Last {
        layout.left_out = masks(Path::new(""), node);
        layout.left_out.sort();
        let (wrappers, here) = through(node);
        let above: Vec<String> =
            here.named().filter(|(_, _, below)| below.has_folders()).map(|(name, ..)| name).collect();
        let mut said = vec!["folders of one name are one class".to_owned()];
        if !parted && above.len() > 1 {
            let skipped = "[^/]+/".repeat(wrappers.iter().count());
            said.push(format!(
                "they lie in {} (`--group-by '^{skipped}([^/]+)/'` keeps the photos of each of these in one split)",
                listed(&above)
            ));
        }
        said.extend(not_used(&layout.left_out));
        layout.understood = Some(said.join("; "));
    }
    layout
}

impl Recogniser<'_> {
    fn below(&self, base: &Path, node: &Node) -> Result<Layout, ScanError> {
        let names: Vec<String> = node.named().map(|(name, ..)| name).collect();
        if let Some(sections) = parts(node) {
            return self.parted(base, node, sections);
        }
        let part_of = part_reader(node);
        let is_part = |name: &String| part_of(name).is_some_and(|part| part.rest.is_empty());
        if names.iter().any(is_part) {
            return Err(self.half_parted(base, node, &names));
        }
        let halves = |name: &String| part_of(name).is_some_and(|part| part.rest.chars().count() == 1);
        if names.len() > 1 && names.iter().all(halves) && !node.folders.values().any(Node::has_folders) {
            return Err(self.ways.labels_elsewhere(base, node, &names, are_parts(names.len())));
        }
        if let Some(parts) = parts_inside(node) {
            let level = Level { at: base, whole: None };
            if are_no_classes(&names) {
                return Err(self.ways.no_classes(Level::of(base), node, &names, KIND));
            }
            self.siblings(level, node, &names)?;
            let left_out = masks(base, node);
            self.two_are_left(level, node, &names)?;
            let section = Section { folder: base.to_owned(), split: None };
            let mut said = vec![format!("the folders {} in each class are the parts", listed(&parts))];
            said.extend(not_used(&left_out));
            let understood = Some(said.join("; "));
            return Ok(Layout {
                sections: vec![section],
                parts_inside: true,
                left_out,
                understood,
                ..Layout::plain()
            });
        }
        if let Some(error) = self.parts_inside_some(base, node) {
            return Err(error);
        }
        if let Some(inner) = deeper_parts(base, node) {
            return Err(self.ways.parts_below(&inner));
        }
        if let Some(sections) = folds(base, node) {
            return self.folded(base, node, sections);
        }
        self.versions(base, node, &names)?;
        let left_out = self.classes_below(Level::of(base), node)?;
        self.two_are_left(Level::of(base), node, &names)?;
        let section = Section { folder: base.to_owned(), split: None };
        let said: Vec<String> = not_used(&left_out).into_iter().chain(belonging(node)).collect();
        let understood = (!said.is_empty()).then(|| said.join("; "));
        Ok(Layout { sections: vec![section], left_out, understood, ..Layout::plain() })
    }

    /// All folders are folds or batches of one data set.
    fn folded(&self, base: &Path, node: &Node, sections: Vec<Section>) -> Result<Layout, ScanError> {
        let level = Level::of(base);
        let mut left_out = Vec::new();
        let mut sets: Vec<BTreeSet<String>> = Vec::new();
        for section in &sections {
            let Some(below) = section.folder.strip_prefix(base).ok().and_then(|path| node.at(path)) else {
                continue;
            };
            left_out.extend(self.classes_below(Level { at: &section.folder, ..level }, below)?);
            sets.push(below.named().map(|(name, ..)| name).collect());
        }
        let all: Vec<String> = sets.iter().flatten().cloned().collect::<BTreeSet<_>>().into_iter().collect();
        self.siblings(level, node, &all)?;
        self.two_are_left(level, node, &all)?;
        let in_each = |name: &&String| sets.iter().all(|set| set.contains(*name));
        let names: Vec<String> = node.named().map(|(name, ..)| name).collect();
        let some: Vec<&String> = all.iter().filter(|name| !is_mask(name) && !in_each(name)).collect();
        let mut said = vec![match some.as_slice() {
            [] => format!("{} hold the same classes and are taken together", listed(&names)),
            some => format!(
                "{} are taken together, though not each of them holds {}",
                listed(&names),
                listed(some)
            ),
        }];
        said.extend(not_used(&left_out));
        Ok(Layout { sections, left_out, understood: Some(said.join("; ")), ..Layout::plain() })
    }

    /// All folders are parts.
    fn parted(&self, base: &Path, node: &Node, mut sections: Vec<Section>) -> Result<Layout, ScanError> {
        let used: BTreeSet<PathBuf> =
            sections.iter().filter_map(|section| section.folder.iter().next().map(PathBuf::from)).collect();
        let part_of = part_reader(node);
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
            let what = if names.len() == 1 {
                "holds photos and no class folders"
            } else {
                "hold photos and no class folders"
            };
            return Err(self.ways.labels_elsewhere(base, node, &names, what));
        }
        let plainly = node.named().all(|(name, ..)| Split::of_word(&name).is_some());
        let wrapped = sections.iter().any(|section| section.folder.iter().count() > 1);
        let level = Level::of(base);
        let mut left_out: LeftOut =
            flat.iter().map(|(name, _)| (base.join(name), "it has no class folders")).collect();
        let (mut masks, mut unnamed, mut grouped) = (Vec::new(), Vec::new(), None);
        let mut training: BTreeSet<String> = BTreeSet::new();
        // What is wrong with training comes first.
        sections.sort_by_key(|section| section.split != Some(Split::Train));
        for section in &mut sections {
            let below = node.at(&section.folder);
            section.folder = base.join(&section.folder);
            let Some(below) = below else { continue };
            let names: Vec<String> = below.named().map(|(name, ..)| name).collect();
            if section.split == Some(Split::Train) {
                training.extend(names.iter().cloned());
            } else if trained && are_no_classes(&names) {
                unnamed.push((section.folder.clone(), below.total, names));
                continue;
            }
            masks.extend(self.classes_below(Level { at: &section.folder, ..level }, below)?);
            if section.split == Some(Split::Train) {
                grouped = grouped.or_else(|| belonging(below));
            }
        }
        self.two_are_left(level, node, &training.into_iter().collect::<Vec<_>>())?;
        sections.retain(|section| unnamed.iter().all(|(folder, ..)| *folder != section.folder));
        sections.sort_by(|a, b| a.folder.cmp(&b.folder));
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
        for (name, below) in &flat {
            said.push(format!(
                "{name} is not used: its {} in no class folder",
                counted(below.total, "photo is", "photos are")
            ));
        }
        for (folder, total, names) in unnamed {
            said.push(format!(
                "{} is not used: its {} in no class folder but in {}",
                shown(&folder),
                counted(total, "photo is", "photos are"),
                listed(&names)
            ));
            left_out.push((folder, "it has no class folders"));
        }
        said.extend(not_used(&masks));
        said.extend(grouped);
        left_out.extend(masks);
        let understood = (!said.is_empty()).then(|| said.join("; "));
        Ok(Layout { sections, left_out, understood, ..Layout::plain() })
    }

    /// The folders of a level are classes, but for those of masks, which are left out.
    fn classes_below(&self, level: Level<'_>, node: &Node) -> Result<LeftOut, ScanError> {
        let names: Vec<String> = node.named().map(|(name, ..)| name).collect();
        if are_no_classes(&names) {
            return Err(self.ways.no_classes(level, node, &names, KIND));
        }
        self.second_copy(level, node)?;
        let flat = !node.folders.values().any(Node::has_folders);
        if names.len() > 1 && flat && names.iter().all(|name| is_fold(name)) {
            let what = "are folds or batches and hold no class folders";
            return Err(self.ways.no_classes(level, node, &names, what));
        }
        let parts: Vec<&String> = names.iter().filter(|name| plain_part(name).is_some()).collect();
        if names.len() > 1 && !parts.is_empty() {
            let what = format!("{} is named like a part of a data set, inside another", listed(&parts));
            let out = format!("move {} out of the folder", listed(&parts));
            return Err(self.ways.undecided(
                level.at,
                what,
                vec![out, self.ways.way_of_all(level, "it is a class")],
            ));
        }
        self.siblings(level, node, &names)?;
        self.parts_in_classes(level, node)?;
        self.folders_of_folders(level, node)?;
        self.strays(level, node)?;
        let sessions = names.iter().filter(|name| !is_mask(name));
        let places = is_repeated_in_all(node);
        if names.len() > 1 && sessions.clone().all(|name| is_session(name) || (places && is_place(name))) {
            return Err(self.ways.sessions(level, node, &names));
        }
        Ok(masks(level.at, node))
    }

    /// Masks are left out where two classes are left without them and none is named after them: else `mask` is one, beside
    /// `no_mask`.
    fn two_are_left(&self, level: Level<'_>, node: &Node, names: &[String]) -> Result<(), ScanError> {
        let (masks, others): (Vec<String>, Vec<String>) =
            names.iter().cloned().partition(|name| is_mask(name));
        let beside = others.iter().find(|name| speaks_of_masks(name));
        if masks.is_empty() || (others.len() > 1 && beside.is_none()) {
            return Ok(());
        }
        let (is, stand, them) = match masks.len() {
            1 => ("is named like a folder", "stands", "it"),
            _ => ("are named like folders", "stand", "them"),
        };
        let why = match beside {
            Some(other) => format!("{stand} beside {other}"),
            None => format!("without {them} there are no two classes"),
        };
        let way = self.ways.way_of_all(level, "each folder is a class");
        let what = format!("{is} of masks, which are not photos, and {why} ({way})");
        Err(self.ways.labels_elsewhere(level.at, node, &masks, &what))
    }

    /// Parts beside folders that are none.
    fn half_parted(&self, base: &Path, node: &Node, names: &[String]) -> ScanError {
        let part_of = part_reader(node);
        let plain_part =
            |name: &String| part_of(name).filter(|part| part.rest.is_empty()).map(|part| part.split);
        let (parts, others): (Vec<String>, Vec<String>) =
            names.iter().cloned().partition(|name| plain_part(name).is_some());
        let flat =
            node.named().filter(|(name, ..)| parts.contains(name)).all(|(_, _, node)| !node.is_above());
        if others.is_empty() || (flat && others.iter().all(|name| is_kind(name))) {
            return self.ways.labels_elsewhere(base, node, &parts, are_parts(parts.len()));
        }
        let train = parts.iter().find(|name| plain_part(name) == Some(Split::Train));
        if let (Some(train), false) = (train, flat) {
            let hold_folders =
                node.named().any(|(name, _, node)| others.contains(&name) && node.has_folders());
            let root = self.ways.folder(base);
            return ScanError::Mixed { root, train: train.clone(), others, hold_folders };
        }
        if let Some(inner) = deeper_parts(base, node) {
            return self.ways.parts_below(&inner);
        }
        self.ways.undecided(
            base,
            format!(
                "{} is named like a part of a data set and stands beside {}",
                listed(&parts),
                listed(&others)
            ),
            vec![
                format!("move {} out of the folder", listed(&parts)),
                format!("`{} --classes-from 1` if it is a class", self.ways.path(base)),
            ],
        )
    }

    /// The same folders under each folder.
    fn versions(&self, base: &Path, node: &Node, names: &[String]) -> Result<(), ScanError> {
        let Some(Alike { common, first, depth, classes }) = same_folders(node) else { return Ok(()) };
        let first_name = names.first().map_or("", String::as_str);
        let mut ways = vec![format!("`{} --classes-from 1` if they are the classes", self.ways.path(base))];
        if classes {
            ways.insert(0, format!("`{}` to use one of them", self.ways.path(&base.join(&first))));
        }
        if let Some(depth) = depth {
            ways.push(format!(
                "`{} --classes-from {depth}` if the classes are {first_name} and so on together with the folders in them",
                self.ways.path(base)
            ));
        }
        let inner = repeated(node).filter(|_| classes && !names.iter().all(|name| is_version(name)));
        ways.extend(inner.map(|inner| self.ways.way_of_last(base, &inner)));
        let what = format!(
            "{} hold the same {common} folders each, so they are versions or parts of one data set, or crops of diseases",
            listed(names)
        );
        Err(self.ways.undecided(base, what, ways))
    }

    /// A folder that holds the others again.
    fn second_copy(&self, level: Level<'_>, node: &Node) -> Result<(), ScanError> {
        let Some((path, again)) = copy_inside(node) else { return Ok(()) };
        let name = path.shown();
        let what = format!(
            "{name} holds {again} folders that are named like those beside it: a second copy, it seems"
        );
        let top = path.iter().next().map(portable_component).unwrap_or_default();
        let mut ways = vec![format!("move {top} out of the folder to use the others")];
        // Below a part it would be a folder of that part alone.
        if level.whole == Some(level.at) {
            ways.insert(0, format!("`{}` to use the inner ones", self.ways.path(&level.at.join(&path))));
        }
        Err(self.ways.undecided(level.at, what, ways))
    }

    /// Folders in classes that are named like a part of the data set.
    fn parts_in_classes(&self, level: Level<'_>, node: &Node) -> Result<(), ScanError> {
        let path_of = |path: &PathBuf| path.shown().to_string();
        let parts: Vec<String> = nested::parts_in_classes(node).iter().map(path_of).collect();
        if !parts.is_empty() {
            let (is, what) = if parts.len() == 1 { ("is", "a part") } else { ("are", "parts") };
            let what = format!("{} {is} named like {what} of a data set, inside a class", listed(&parts));
            return Err(self.ways.undecided(
                level.at,
                what,
                vec![
                    "move all photos into train/CLASS/, and those of such folders into val/CLASS/ or test/CLASS/".to_owned(),
                    self.ways.way_of_all(level, "those photos are like the others of their class"),
                ],
            ));
        }
        Ok(())
    }

    /// Folders in classes that are named like another class.
    fn strays(&self, level: Level<'_>, node: &Node) -> Result<(), ScanError> {
        let others = others_inside(node);
        let Some((first, other)) = others.first() else { return Ok(()) };
        let paths: Vec<String> = others.iter().map(|(path, _)| path.shown().to_string()).collect();
        let class = first.iter().next().map(portable_component).unwrap_or_default();
        let what = match paths.len() {
            1 => format!("{} is named like {other} and lies in {class}", paths[0]),
            _ => format!("{} are named like other classes than the ones they lie in", listed(&paths)),
        };
        let ways = vec![
            format!("move {} into {other}, or out of the folder", paths[0]),
            self.ways.way_of_all(level, &format!("its photos show {class}")),
        ];
        Err(self.ways.undecided(level.at, what, ways))
    }

    /// Names that say no class beside some that do, and several folders of one class.
    fn siblings(&self, level: Level<'_>, node: &Node, names: &[String]) -> Result<(), ScanError> {
        let odd = no_classes(names);
        if let Some(first) = odd.first() {
            let others: Vec<&String> = names.iter().filter(|name| !odd.contains(name)).collect();
            let masks: Vec<&String> = names.iter().filter(|name| is_mask(name)).collect();
            let one = odd.len() == 1;
            let mut meant = if one { "it is a class" } else { "they are classes" }.to_owned();
            if !masks.is_empty() && level.whole.is_some() {
                meant = format!(
                    "{meant}, and so {} {}",
                    if masks.len() == 1 { "is" } else { "are" },
                    listed(&masks)
                );
            }
            let what = format!(
                "{} {} say by name what the photos show, beside {}",
                listed(&odd),
                if one { "does not" } else { "do not" },
                listed(&others)
            );
            let out = format!("move {} out of the folder", if one { first.as_str() } else { "them" });
            let ways = self.ways.ways_into(level, node, &odd).into_iter();
            let ways = ways.chain([out, self.ways.way_of_all(level, &meant)]).collect();
            return Err(self.ways.undecided(level.at, what, ways));
        }
        let Some(family) = family(names) else { return Ok(()) };
        let mut ways = vec![self.ways.way_of_all(level, "each is a class")];
        ways.push(match (family.parts, level.whole) {
            (true, _) => "move them into train/, val/ and test/ folders above the classes".to_owned(),
            (false, None) => "move them into one folder to take them for one class".to_owned(),
            (false, Some(whole)) => format!(
                "`{} --classes-from 1 --classes FILE`, a table with a header `from,to` and a line such as `{other},{}`, to take them for one class, or `{other},` to leave that one out",
                self.ways.path(whole), family.plain, other = family.other()
            ),
        });
        let what = if family.parts { "parts" } else { "versions" };
        let more = match family.more {
            0 => String::new(),
            1 => ", and so is one more set of names".to_owned(),
            more => format!(", and so are {more} more sets of names"),
        };
        let what = format!("{} are named like {what} of one class{more}", listed(&family.names));
        Err(self.ways.undecided(level.at, what, ways))
    }

    /// Classes that hold folders which are told apart by words, as crops hold diseases, at any depth.
    fn folders_of_folders(&self, level: Level<'_>, node: &Node) -> Result<(), ScanError> {
        let holding: Vec<(String, Below<'_>)> = node
            .named()
            .filter(|(name, ..)| !is_mask(name))
            .filter_map(|(name, _, below)| classes_inside(below).map(|inside| (name, inside)))
            .collect();
        let Some((first, (path, inside))) = holding.first() else { return Ok(()) };
        let names: Vec<String> = holding.iter().map(|(name, _)| name.clone()).collect();
        let inner: Vec<String> = inside.named().map(|(name, ..)| name).collect();
        let whole = self.ways.path(level.whole.unwrap_or(level.at));
        let wrapped: PathBuf = Path::new(first).components().chain(path.components()).collect();
        let joined = wrapped.iter().map(portable_component).chain(inner.first().cloned()).collect::<Vec<_>>();
        let mut ways =
            vec![format!("`{whole} --classes-from {}` if \"{}\" is one", joined.len(), joined.join(" "))];
        if node.folders.len() > 1 || level.whole != Some(level.at) {
            ways.insert(0, format!("`{whole} --classes-from 1` if {first} is a class"));
        }
        // Below a part it would be a folder of that part alone.
        if level.whole == Some(level.at) {
            ways.push(format!("`{}` to use that folder alone", self.ways.path(&level.at.join(&wrapped))));
        }
        if let Some(inner) = repeated(node) {
            ways.push(self.ways.way_of_last(level.whole.unwrap_or(level.at), &inner));
        }
        let hold = if holding.len() == 1 { "holds" } else { "hold" };
        let what = format!("{} {hold} folders in turn ({})", listed(&names), listed(&inner));
        Err(self.ways.undecided(level.at, what, ways))
    }

    /// Folders of which some hold the parts of a data set and nothing else, as classes do whose photos are split: what stands in
    /// the way of that.
    fn parts_inside_some(&self, base: &Path, node: &Node) -> Option<ScanError> {
        let SomeParts { class, parts, odd } = parts_inside_some(node)?;
        let is = if odd.len() == 1 { "is" } else { "are" };
        Some(self.ways.undecided(
            base,
            format!(
                "the folders {} in {class} are parts of a data set, and {} {is} in none",
                listed(&parts),
                listed(&odd)
            ),
            vec![
                format!("move {} out of the folder", listed(&odd)),
                format!("sort the photos in it into such folders ({})", listed(&parts)),
                format!(
                    "`{} --classes-from 1` to take each folder for one class, without parts",
                    self.ways.path(base)
                ),
            ],
        ))
    }
}

/// The folders of masks among the folders of `node`, which lies at `base`, and in them beside photos.
fn masks(base: &Path, node: &Node) -> LeftOut {
    let inside = nested::masks(node).into_iter().map(|path| base.join(path));
    inside.map(|folder| (folder, "masks are not photos")).collect()
}

/// That folders in classes belong to them, where their names leave a doubt.
fn belonging(node: &Node) -> Option<String> {
    let (class, inner) = nested::doubtful(node)?;
    Some(match inner.as_slice() {
        [one] => format!("the photos in {class}/{one} belong to {class}: folders in classes are no classes"),
        _ => format!(
            "the folders in {class} ({}) belong to {class}: folders in classes are no classes",
            listed(&inner)
        ),
    })
}
