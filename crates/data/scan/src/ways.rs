//! What is said where folders cannot be decided on: what was found, and the ways to go on.

use std::path::{Path, PathBuf};

use foliar_files::{Printable as _, quoted};

use crate::error::ScanError;
use crate::nested::{may_hold_classes, through};
use crate::node::Node;
use crate::part::is_mask;
use crate::wording::{NAMED, listed, shown};

/// A folder whose folders may be classes.
#[derive(Clone, Copy)]
pub(crate) struct Level<'a> {
    /// The folder, below the root.
    pub(crate) at: &'a Path,
    /// The folder for which `--classes-from 1` takes them all for classes: `at`, or that of the parts; none where that would lose
    /// the parts.
    pub(crate) whole: Option<&'a Path>,
}

impl<'a> Level<'a> {
    pub(crate) fn of(at: &'a Path) -> Self {
        Self { at, whole: Some(at) }
    }
}

/// Finds words for a tree.
pub(crate) struct Ways<'a> {
    /// The folder of the data set.
    pub(crate) root: &'a Path,
    /// What it holds.
    pub(crate) top: &'a Node,
}

impl Ways<'_> {
    /// How to take every folder of a level for a class, where that is `meant`.
    pub(crate) fn way_of_all(&self, level: Level<'_>, meant: &str) -> String {
        match level.whole {
            Some(whole) => format!("`{} --classes-from 1` if {meant}", self.path(whole)),
            None => format!("give them other names if {meant}"),
        }
    }

    pub(crate) fn parts_below(&self, inner: &[PathBuf]) -> ScanError {
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

    /// Folders that are named after times, places or cameras.
    pub(crate) fn sessions(&self, level: Level<'_>, node: &Node, names: &[String]) -> ScanError {
        let what = "say when, where or with what photos were taken, not what is seen";
        let inner = node.named().find_map(|(name, _, below)| {
            let (first, ..) = below.named().next()?;
            Some((name, first))
        });
        let Some((first, inner)) = inner else { return self.no_classes(level, node, names, what) };
        let whole = self.path(level.whole.unwrap_or(level.at));
        let ways = vec![
            self.way_of_all(level, "they are the classes"),
            format!("`{whole} --classes-from 2` if \"{first} {inner}\" is one"),
            self.way_of_last(level.whole.unwrap_or(level.at), &inner),
        ];
        self.undecided(level.at, format!("{} {what}", listed(names)), ways)
    }

    /// Folders whose names are those of no classes, and how to take them or the folders in them for classes all the same.
    pub(crate) fn no_classes(
        &self,
        level: Level<'_>,
        node: &Node,
        names: &[String],
        what: &str,
    ) -> ScanError {
        let mut ways: Vec<String> = self.ways_into(level, node, names).into_iter().collect();
        if names.len() > 1 {
            ways.push(self.way_of_all(level, "they are the classes"));
        }
        let what = match what.strip_prefix("say ").filter(|_| names.len() == 1) {
            Some(rest) => format!("says {}", rest.replace("they hold", "it holds")),
            None => what.to_owned(),
        };
        let what = if ways.is_empty() { what } else { format!("{what} ({})", ways.join(", or ")) };
        self.labels_elsewhere(level.at, node, names, &what)
    }

    /// To use the first of the folders `names` that holds several folders alone; not inside a part, which would be lost.
    pub(crate) fn ways_into(
        &self,
        level: Level<'_>,
        node: &Node,
        names: &[impl AsRef<str>],
    ) -> Option<String> {
        let (name, path) = node
            .named()
            .filter(|(name, ..)| names.iter().any(|odd| odd.as_ref() == name))
            .find_map(|(name, key, below)| {
                let (path, inner) = through(below);
                let path: PathBuf = Path::new(key).components().chain(path.components()).collect();
                may_hold_classes(inner).then_some((name, path))
            })?;
        let way =
            || format!("`{}` if the classes are the folders in {name}", self.path(&level.at.join(path)));
        (level.whole == Some(level.at) && !is_mask(&name)).then(way)
    }

    pub(crate) fn labels_elsewhere(
        &self,
        base: &Path,
        node: &Node,
        names: &[String],
        what: &str,
    ) -> ScanError {
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

    pub(crate) fn undecided(&self, base: &Path, what: String, ways: Vec<String>) -> ScanError {
        ScanError::Undecided { root: self.folder(base), what, ways }
    }

    pub(crate) fn path(&self, below: &Path) -> String {
        quoted(&self.folder(below).shown().to_string())
    }

    /// `join` with an empty path would end in a slash.
    pub(crate) fn folder(&self, below: &Path) -> PathBuf {
        self.root.join(below).components().collect()
    }

    /// How to take folders of one name for a class, such as `inner`, wherever below `base` they lie.
    pub(crate) fn way_of_last(&self, base: &Path, inner: &str) -> String {
        format!(
            "`{} --classes-from last` if {inner} is a class wherever it lies (farms, years or cameras above)",
            self.path(base)
        )
    }
}
