//! Files beside a table that give the names of classes for which the table has numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::error::LabelError;
use crate::file_index::has_picture_extension;
use crate::name_list::{NameList, undecided};

/// Bytes up to which a file may be one of names.
const LARGEST: u64 = 1 << 20;
/// Names of lists with a name a line, without extension.
const LISTS: [&str; 7] =
    ["classes", "class_names", "classnames", "names", "labels", "label_names", "categories"];

/// Names of numbered classes, and where they are from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// The file.
    pub path: PathBuf,
    /// The name of each number.
    pub names: BTreeMap<String, String>,
}

/// The names of the classes `codes`, all of which are numbers, from the one file in `folder` that has a name for each of them;
/// `None` if there is none or if they are no numbers. The files `tables` are those that say the codes, and name none.
///
/// # Errors
/// [`LabelError::Undecided`] if two files name them differently, or the only one has names without numbers that may begin at 0
/// or at 1.
pub fn names_beside(
    folder: &Path,
    codes: &BTreeSet<&str>,
    tables: &[&Path],
) -> Result<Option<Names>, LabelError> {
    let numbers =
        !codes.is_empty() && codes.iter().all(|code| code.bytes().all(|byte| byte.is_ascii_digit()));
    let Some(mut files) = foliar_archive::entries(folder).ok().filter(|_| numbers) else { return Ok(None) };
    let real = |path: &Path| foliar_archive::canonical(path).ok();
    let tables: Vec<PathBuf> = tables.iter().filter_map(|table| real(table)).collect();
    files.retain(|path| real(path).is_none_or(|path| !tables.contains(&path)));
    let mut found: Option<Names> = None;
    let mut unknown = None;
    for path in files {
        let small = foliar_archive::length(&path).is_ok_and(|length| length <= LARGEST);
        let Some(list) = small.then(|| names_in(&path)).flatten() else { continue };
        let all = list.names();
        let distinct: BTreeSet<&String> = all.iter().copied().collect();
        if distinct.len() < all.len() || all.iter().any(|name| has_picture_extension(name)) {
            continue;
        }
        let names = match list.of_codes(codes) {
            Ok(Some(names)) => names,
            Ok(None) => continue,
            Err(what) => {
                unknown = unknown.or(Some(undecided(&path, what)));
                continue;
            }
        };
        let differs = |found: &Names| codes.iter().any(|code| found.names.get(*code) != names.get(*code));
        match &found {
            Some(first) if differs(first) => {
                let what = format!("it names the classes differently from {}", first.path.display());
                let ways =
                    [&first.path, &path].map(|path| format!("`--classes {}`", path.display())).to_vec();
                return Err(LabelError::Undecided { path, what, ways });
            }
            Some(_) => {}
            None => found = Some(Names { path, names }),
        }
    }
    match (found, unknown) {
        (None, Some(error)) => Err(error),
        (found, _) => Ok(found),
    }
}

/// `0 is rust, 1 is scab`, in the order of the numbers, ten at most.
pub(crate) fn pairs<'a>(names: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    const NAMED: usize = 10;
    let mut names: Vec<(&str, &str)> = names.collect();
    names.sort_by_key(|(code, _)| (code.len(), *code));
    let mut shown: Vec<String> =
        names.iter().take(NAMED).map(|(code, name)| format!("{code} is {name}")).collect();
    if names.len() > NAMED {
        shown.push(format!("{} more", names.len() - NAMED));
    }
    shown.join(", ")
}

impl Names {
    /// Which of these classes got which name: `0 is rust, 1 is scab`, ten at most.
    #[must_use]
    pub fn pairs(&self, codes: &BTreeSet<&str>) -> String {
        pairs(codes.iter().filter_map(|code| Some((*code, self.names.get(*code)?.as_str()))))
    }
}

/// Whether a file is a list of names of classes, by what it is called and holds.
pub(crate) fn is_of_names(path: &Path) -> bool {
    let is_list =
        path.extension().is_some_and(|kind| ["txt", "names", "yaml", "yml"].iter().any(|list| kind == *list));
    is_list && names_in(path).is_some_and(|list| list.names().len() > 1)
}

/// The names in a file, if it is called like one of names.
fn names_in(path: &Path) -> Option<NameList> {
    let extension = path.extension().and_then(OsStr::to_str)?.to_ascii_lowercase();
    let stem = path.file_stem().and_then(OsStr::to_str)?.to_lowercase();
    let is_list = LISTS.contains(&stem.as_str());
    let called = match extension.as_str() {
        "json" | "yaml" | "yml" | "names" => true,
        "txt" | "csv" | "tsv" => is_list,
        _ => false,
    };
    called.then(|| NameList::read(path)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beside(files: &[(&str, &str)], codes: &[&str]) -> Result<Option<String>, String> {
        let folder = tempfile::tempdir().unwrap();
        files.iter().for_each(|(name, text)| std::fs::write(folder.path().join(name), text).unwrap());
        let found = names_beside(folder.path(), &codes.iter().copied().collect(), &[]);
        let words =
            |names: Names| codes.iter().map(|code| names.names[*code].clone()).collect::<Vec<_>>().join(" ");
        found.map(|found| found.map(words)).map_err(|error| error.to_string())
    }

    #[test]
    fn names_are_found_in_every_form() {
        for (name, text) in [
            ("label_num_to_disease_map.json", "{\"0\": \"rust\", \"1\": \"scab\"}"),
            ("class_to_idx.json", "{\"rust\": 0, \"scab\": 1}"),
            ("names.json", "[\"rust\", \"scab\"]"),
            ("classes.txt", "rust\n\nscab\nmore\n"),
            ("classes.csv", "id,name\n0,rust\n1,scab\n"),
            ("classes.csv", "0,rust\n1,scab\n"),
            ("labels.txt", "0 rust\n1 scab\n"),
            ("labels.txt", "1: scab\n0: rust\n"),
            ("class_names.tsv", "name\tnumber\nscab\t1\nrust\t0\n"),
            ("data.yaml", "train: x\nnames: ['rust', scab]\nnc: 2\n"),
            ("data.yaml", "names:\n  0: rust\n  1: scab\nnc: 2\n"),
            ("data.yaml", "names:\n- rust\n- scab\nnc: 2\n"),
        ] {
            assert_eq!(beside(&[(name, text)], &["0", "1"]), Ok(Some("rust scab".to_owned())), "{text}");
        }
        let photos = ("labels.csv", "id,label\n0,rust\n1,rust\n2,scab\n");
        assert_eq!(beside(&[photos], &["0", "1"]), Ok(None));
        // Tables of photos, whatever they are called.
        for (name, text) in [
            ("labels.csv", "image,label\np0.png,0\np1.png,0\np2.png,1\n"),
            ("labels.csv", "image,label\np0,0\np1,1\np2,1\n"),
            ("classes.csv", "image,label\np0.png,0\np1.png,1\n"),
            ("names.tsv", "label\timage\n0\tp0\n1\tp1\n1\tp2\n"),
            ("labels.csv", "image_id,label\np0,0\np1,1\n"),
            ("labels.txt", "p0.png 0\np1.png 1\n"),
            ("labels.json", "{\"p0\": 0, \"p1\": 0, \"p2\": 1}"),
            ("labels.json", "{\"p0.png\": 0, \"p1.png\": 1}"),
            ("data.yaml", "names:\n  0: rust\n  1: scab\n  1: spot\n"),
        ] {
            assert_eq!(beside(&[(name, text)], &["0", "1"]), Ok(None), "{text}");
        }
        let map = ("a.json", "{\"0\": \"rust\", \"1\": \"scab\"}");
        assert_eq!(beside(&[map], &["0", "2"]), Ok(None));
        assert_eq!(beside(&[map], &["rust"]), Ok(None));
        assert_eq!(beside(&[("notes.json", "{\"0\": 7}"), ("b.json", "{")], &["0"]), Ok(None));
        let other = ("b.json", "{\"0\": \"scab\", \"1\": \"rust\"}");
        assert!(beside(&[map, other], &["0", "1"]).unwrap_err().contains("--classes"));
    }

    #[test]
    fn the_table_itself_gives_no_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels.csv");
        std::fs::write(&path, "image,label\np0,0\np1,1\n").unwrap();
        let roundabout = folder.path().join(".").join("labels.csv");
        let codes = BTreeSet::from(["0", "1"]);
        for table in [&path, &roundabout] {
            assert_eq!(names_beside(folder.path(), &codes, &[table]).unwrap(), None);
        }
    }
}
