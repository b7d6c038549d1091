//! Files beside a table that give the names of classes for which the table has numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::LabelError;
use crate::file_index::has_picture_extension;
use crate::list::list;
use crate::table::{Table, plain};
use crate::text;

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
/// [`LabelError::Undecided`] if two files name them differently.
pub fn names_beside(
    folder: &Path,
    codes: &BTreeSet<&str>,
    tables: &[&Path],
) -> Result<Option<Names>, LabelError> {
    let numbers =
        !codes.is_empty() && codes.iter().all(|code| code.bytes().all(|byte| byte.is_ascii_digit()));
    let Some(entries) = std::fs::read_dir(folder).ok().filter(|_| numbers) else { return Ok(None) };
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    let tables: Vec<PathBuf> = tables.iter().filter_map(|table| real(table)).collect();
    files.retain(|path| real(path).is_none_or(|path| !tables.contains(&path)));
    let mut found: Option<Names> = None;
    for path in files {
        let small = path.metadata().is_ok_and(|data| data.is_file() && data.len() <= LARGEST);
        let Some(names) = small.then(|| names_in(&path)).flatten() else { continue };
        let whole = codes.iter().all(|code| names.contains_key(*code));
        let distinct: BTreeSet<&String> = names.values().collect();
        let photos = names.values().any(|name| has_picture_extension(name));
        if !whole || photos || distinct.len() < names.len() {
            continue;
        }
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
    Ok(found)
}

/// The names by number in a file, if it is one of names.
fn names_in(path: &Path) -> Option<BTreeMap<String, String>> {
    let extension = path.extension().and_then(OsStr::to_str)?.to_ascii_lowercase();
    let stem = path.file_stem().and_then(OsStr::to_str)?.to_lowercase();
    match extension.as_str() {
        "json" => numbered(&serde_json::from_str(&text::read(path).ok()?).ok()?),
        "txt" | "names" if LISTS.contains(&stem.as_str()) || extension == "names" => {
            let text = text::read(path).ok().filter(|text| list(text).is_none())?;
            Some(by_place(text.lines().map(str::trim).filter(|line| !line.is_empty())))
        }
        "csv" | "tsv" if LISTS.contains(&stem.as_str()) => names_of_table(&Table::read(path).ok()?),
        "yaml" | "yml" => names_of_yaml(&text::read(path).ok()?),
        _ => None,
    }
}

/// Names by number in a table of two columns; `None` where a number stands twice or the names are those of photos.
fn names_of_table(table: &Table) -> Option<BTreeMap<String, String>> {
    let number = |cell: &str| !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit());
    let column = |column: usize| table.cells(column).all(number);
    let (code, name) = match (table.header.len(), column(0)) {
        (2, true) => (0, 1),
        (2, false) if column(1) => (1, 0),
        _ => return None,
    };
    let heading = plain(&table.header[name]);
    if ["image", "img", "photo", "picture", "file", "path"].iter().any(|begin| heading.starts_with(begin)) {
        return None;
    }
    let pairs = table.cells(code).zip(table.cells(name));
    once(pairs.map(|(code, name)| (code.to_owned(), name.to_owned())))
}

/// The pairs by number, if each number stands once.
fn once(pairs: impl Iterator<Item = (String, String)>) -> Option<BTreeMap<String, String>> {
    let mut names = BTreeMap::new();
    for (code, name) in pairs {
        if names.insert(code, name).is_some() {
            return None;
        }
    }
    Some(names)
}

/// Names by number: `{"0": "rust"}`, `{"rust": 0}` or `["rust", ...]`; each number once.
pub(crate) fn numbered(value: &Value) -> Option<BTreeMap<String, String>> {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match value {
        Value::Object(object) if !object.is_empty() => {
            let pairs = object.iter().map(|(key, value)| match value {
                Value::String(name) if number(key) => Some((key.clone(), name.trim().to_owned())),
                Value::Number(code) if !number(key) => Some((code.to_string(), key.clone())),
                _ => None,
            });
            once(pairs.collect::<Option<Vec<_>>>()?.into_iter())
        }
        Value::Array(list) => {
            let names: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
            Some(by_place(names?.into_iter()))
        }
        _ => None,
    }
}

fn by_place<'a>(names: impl Iterator<Item = &'a str>) -> BTreeMap<String, String> {
    names.enumerate().map(|(place, name)| (place.to_string(), name.to_owned())).collect()
}

/// The entry `names` of a `data.yaml`: a list in brackets, a list of lines, or numbered lines.
fn names_of_yaml(text: &str) -> Option<BTreeMap<String, String>> {
    let plain = |name: &str| name.trim().trim_matches(['"', '\'']).to_owned();
    let mut lines = text.lines().skip_while(|line| !line.starts_with("names:"));
    let first = lines.next()?.strip_prefix("names:")?.trim();
    if let Some(inside) = first.strip_prefix('[') {
        let rest: String = lines.take_while(|line| line.starts_with([' ', ']'])).collect();
        let whole = format!("{inside}{rest}");
        let names: Vec<String> = whole.split(']').next()?.split(',').map(plain).collect();
        return Some(by_place(names.iter().map(String::as_str).filter(|name| !name.is_empty())));
    }
    let mut names = BTreeMap::new();
    for line in lines.take_while(|line| line.starts_with([' ', '-'])) {
        let line = line.trim();
        let (code, name) = match (line.strip_prefix('-'), line.split_once(':')) {
            (Some(name), _) => (names.len().to_string(), name),
            (None, Some((code, name))) => (plain(code), name),
            (None, None) => break,
        };
        if names.insert(code, plain(name)).is_some() {
            return None;
        }
    }
    (!names.is_empty()).then_some(names)
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
