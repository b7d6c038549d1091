//! The files of all shards of an archive, as one folder.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::links::{Listing, resolved};
use crate::member::Member;
use crate::problem::ArchiveProblem;

/// Files and folders by their paths, and what is wrong with them.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    /// The shard of each file and its place there.
    pub(crate) files: BTreeMap<PathBuf, (usize, Member)>,
    pub(crate) folders: BTreeSet<PathBuf>,
    pub(crate) problems: Vec<ArchiveProblem>,
    /// Files that got another name, and the first of them.
    renamed: Option<(usize, PathBuf)>,
}

impl Contents {
    /// Adds what a shard lists. Files whose key is in an earlier shard get the name of their shard: `7.jpg` of `leaf-001.tar` becomes
    /// `7-leaf-001.jpg`, and so does `7.cls` beside it.
    pub(crate) fn add(&mut self, number: usize, shard: &Path, is_one_of_many: bool, listing: Listing) {
        let (members, folders, problems) = resolved(listing);
        let name = shard.file_name().map(PathBuf::from).unwrap_or_default();
        self.problems.extend(problems.into_iter().map(|problem| match is_one_of_many {
            true => ArchiveProblem { path: name.join(&problem.path), ..problem },
            false => problem,
        }));
        let stem = shard.file_stem().unwrap_or_default();
        let keys: BTreeSet<PathBuf> =
            members.keys().filter(|path| self.files.contains_key(*path)).map(|path| key(path).0).collect();
        // Files of one key keep one key.
        let mut ends: BTreeMap<PathBuf, Vec<OsString>> = BTreeMap::new();
        for (key, end) in members.keys().map(|path| key(path)).filter(|(key, _)| keys.contains(key)) {
            ends.entry(key).or_default().push(end);
        }
        let is_free = |path: &PathBuf| !self.files.contains_key(path) && !members.contains_key(path);
        let names: BTreeMap<PathBuf, PathBuf> = ends
            .into_iter()
            .flat_map(|(key, ends)| {
                let all = |copy| ends.iter().map(|end| told_apart(&key, stem, copy, end)).collect::<Vec<_>>();
                let free =
                    (1..=self.files.len() + members.len() + 1).map(all).find(|all| all.iter().all(is_free));
                let old = ends.iter().map(|end| joined(&key, end)).collect::<Vec<_>>();
                old.into_iter().zip(free.unwrap_or_default()).collect::<Vec<_>>()
            })
            .collect();
        if let Some(first) = names.keys().next() {
            self.renamed.get_or_insert_with(|| (0, first.clone())).0 += names.len();
        }
        let added: Vec<_> = members
            .into_iter()
            .map(|(path, member)| (names.get(&path).cloned().unwrap_or(path), (number, member)))
            .collect();
        self.files.extend(added);
        self.folders.extend(folders);
    }

    /// Completes the folders, and leaves out files that are called like one.
    pub(crate) fn finish(&mut self) {
        let above = self.files.keys().chain(&self.folders).flat_map(|path| path.ancestors().skip(1));
        let above: BTreeSet<PathBuf> = above.map(Path::to_owned).collect();
        self.folders.extend(above);
        self.folders.remove(Path::new(""));
        let both: Vec<PathBuf> =
            self.folders.iter().filter(|path| self.files.contains_key(*path)).cloned().collect();
        for path in both {
            self.files.remove(&path);
            self.problems.push(ArchiveProblem::lost(path, "a folder of the archive has the same name"));
        }
        if let Some((count, first)) = self.renamed.take() {
            let what = format!(
                "{count} files have names that are in an earlier archive too, such as {}; theirs are read with the name of their archive",
                first.display()
            );
            self.problems.push(ArchiveProblem::note("", what));
        }
        self.problems.sort_by(|a, b| a.path.cmp(&b.path));
    }
}

/// What files of one sample share: the path up to the first dot of the name; and the rest.
fn key(path: &Path) -> (PathBuf, OsString) {
    let name = path.file_name().unwrap_or_default();
    let bytes = name.as_encoded_bytes();
    let dot = bytes.iter().skip(1).position(|&byte| byte == b'.').map_or(bytes.len(), |at| at + 1);
    let text = name.to_string_lossy();
    // A name that is no text has no key of its own.
    match (text.get(..dot), text.get(dot..)) {
        (Some(stem), Some(end)) => (path.with_file_name(stem), end.into()),
        _ => (path.to_owned(), OsString::new()),
    }
}

fn joined(key: &Path, end: &OsStr) -> PathBuf {
    let mut name = key.file_name().unwrap_or_default().to_owned();
    name.push(end);
    key.with_file_name(name)
}

fn told_apart(key: &Path, shard: &OsStr, copy: usize, end: &OsStr) -> PathBuf {
    let mut name = key.file_name().unwrap_or_default().to_owned();
    name.push("-");
    name.push(shard);
    if copy > 1 {
        name.push(format!("-{copy}"));
    }
    name.push(end);
    key.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::links::Listed;
    use crate::member::Packing;

    #[test]
    fn keys_of_several_shards_are_told_apart() {
        let listing = |names: &[&str]| Listing {
            files: names
                .iter()
                .map(|name| {
                    (
                        PathBuf::from(name),
                        Listed::File(Member { length: 1, offset: 0, packing: Packing::Plain }),
                    )
                })
                .collect(),
            ..Listing::default()
        };
        let mut contents = Contents::default();
        contents.add(0, Path::new("s/x-0.tar"), true, listing(&["1.jpg", "1.cls", "a/7.seg.png", "a"]));
        contents.add(1, Path::new("s/x-1.tar"), true, listing(&["1.png", "1.cls", "2.jpg", "a/7.seg.png"]));
        contents.add(2, Path::new("t/x-1.tar"), true, listing(&["1.cls", "1.gif"]));
        contents.finish();
        let names: Vec<&str> = contents.files.keys().map(|path| path.to_str().unwrap()).collect();
        assert_eq!(
            names,
            [
                "1-x-1-2.cls",
                "1-x-1-2.gif",
                "1-x-1.cls",
                "1-x-1.png",
                "1.cls",
                "1.jpg",
                "2.jpg",
                "a/7-x-1.seg.png",
                "a/7.seg.png"
            ]
        );
        assert_eq!(contents.problems.len(), 2, "{:?}", contents.problems);
        assert_eq!(contents.folders, BTreeSet::from([PathBuf::from("a")]));
    }
}
