//! The folders of a tree that hold photos, each with what is in it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use foliar_vision::portable_component;

use crate::walk::Tree;

/// Files of a kind in a folder up to which each may hold the labels of many photos.
const OF_A_KIND: usize = 5;

/// A folder with pictures in it or below it.
#[derive(Default)]
pub(crate) struct Node {
    /// Pictures in the folder itself.
    pub(crate) pictures: usize,
    /// Pictures in it and below.
    pub(crate) total: usize,
    /// Tables in the folder itself that may hold labels.
    pub(crate) tables: Vec<String>,
    /// Folders in it that hold pictures, in it or below.
    pub(crate) folders: BTreeMap<OsString, Node>,
}

impl Node {
    /// The tree of the files of `tree`.
    pub(crate) fn of(tree: &Tree) -> Self {
        let mut root = Self::default();
        for file in &tree.files {
            if tree.is_picture(file) {
                let node = root.descend(file, |node| node.total += 1);
                node.pictures += 1;
            } else if is_table(file) {
                let name = file.file_name().map(portable_component).unwrap_or_default();
                root.descend(file, |_| {}).tables.push(name);
            }
        }
        root.prune();
        root
    }

    fn descend(&mut self, file: &Path, passed: impl Fn(&mut Self)) -> &mut Self {
        let mut node = self;
        passed(node);
        for folder in file.parent().into_iter().flat_map(Path::iter) {
            node = node.folders.entry(folder.to_owned()).or_default();
            passed(node);
        }
        node
    }

    /// Removes folders without pictures; their tables count for the folder above.
    fn prune(&mut self) {
        for node in self.folders.values_mut() {
            node.prune();
        }
        let empty: Vec<OsString> =
            self.folders.iter().filter(|(_, node)| node.total == 0).map(|(name, _)| name.clone()).collect();
        for name in empty {
            let node = self.folders.remove(&name).unwrap_or_default();
            let above = portable_component(&name);
            self.tables.extend(node.tables.into_iter().map(|table| format!("{above}/{table}")));
        }
    }

    /// The folder at `path` below this one.
    pub(crate) fn at(&self, path: &Path) -> Option<&Self> {
        path.iter().try_fold(self, |node, name| node.folders.get(name))
    }

    /// The folders with their names as text.
    pub(crate) fn named(&self) -> impl Iterator<Item = (String, &OsStr, &Self)> {
        self.folders.iter().map(|(name, node)| (portable_component(name), name.as_os_str(), node))
    }

    /// Whether it has folders with pictures and none of its own.
    pub(crate) fn is_above(&self) -> bool {
        self.pictures == 0 && !self.folders.is_empty()
    }

    /// Whether it has folders with pictures.
    pub(crate) fn has_folders(&self) -> bool {
        !self.folders.is_empty()
    }

    /// Tables in it and below. Of many files of a kind in a folder, which are notes on single photos, the folder is named.
    pub(crate) fn all_tables(&self) -> Vec<String> {
        let mut kinds: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
        for path in self.paths_of_tables() {
            let (folder, name) = path.rsplit_once('/').unwrap_or((".", &path));
            let kind = name.rsplit_once('.').map_or("", |(_, kind)| kind).to_lowercase();
            kinds.entry((folder.to_owned(), kind)).or_default().push(path);
        }
        let (notes, tables): (Vec<_>, Vec<_>) =
            kinds.into_iter().partition(|(_, paths)| paths.len() > OF_A_KIND);
        // A single text is read where it is a list of labels.
        let tables = tables.into_iter().filter(|((_, kind), _)| kind != "txt").flat_map(|(_, paths)| paths);
        let notes = notes.into_iter().map(|((folder, kind), paths)| {
            format!("{folder}/ ({} .{kind} files, which are not read)", paths.len())
        });
        tables.chain(notes).collect()
    }

    fn paths_of_tables(&self) -> Vec<String> {
        let below = self.named().flat_map(|(name, _, node)| {
            node.paths_of_tables().into_iter().map(move |table| format!("{name}/{table}")).collect::<Vec<_>>()
        });
        self.tables.iter().cloned().chain(below).collect()
    }
}

fn is_table(file: &Path) -> bool {
    let extension = file.extension().and_then(OsStr::to_str).unwrap_or_default().to_ascii_lowercase();
    !is_answers(file)
        && matches!(extension.as_str(), "csv" | "tsv" | "json" | "jsonl" | "parquet" | "xml" | "xlsx" | "txt")
}

/// Whether a file is called like answers of a classifier, which are no labels: `predictions.csv`, `sample_submission.csv`.
pub(crate) fn is_answers(file: &Path) -> bool {
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
    ["submission", "prediction"].iter().any(|word| stem.contains(word))
}
