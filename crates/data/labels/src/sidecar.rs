//! Labels in a file beside each photo, as data sets for WebDataset have them: `7.jpg` with `7.cls`, `7.json` or `7.txt`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::labels::{Known, LabelRow, Labels};
use crate::text::decode;

/// Bytes up to which a file beside a photo is read.
const LARGEST: u64 = 64 << 10;
/// Characters of a label; more are a sentence on the photo.
const LONGEST: usize = 80;
/// Entries of a JSON file that may hold the label, those with names before those with numbers.
const ENTRIES: [&str; 12] = [
    "class_name",
    "label_name",
    "category_name",
    "class",
    "label",
    "labels",
    "category",
    "disease",
    "target",
    "cls",
    "class_id",
    "label_id",
];
/// Photos of which one must have a label, of ten.
const OF_TEN: usize = 9;

/// What a photo is said to show: nothing, or labels.
type Said = Option<Vec<String>>;
/// The labels in each entry of one photo's object, and whether they are names.
type Entries<'a> = BTreeMap<&'a str, (Vec<String>, bool)>;

/// The labels of `photos`, paths below `root`, from files beside them, if at least nine of ten have one; `is_there` tells which paths
/// below `root` are files. With `cls_alone` only files `.cls` count, which are nothing else but labels.
#[must_use]
pub fn labels_beside(
    root: &Path,
    photos: &[&Path],
    is_there: &dyn Fn(&Path) -> bool,
    cls_alone: bool,
) -> Option<Labels> {
    let enough = |count: usize| count > 0 && 10 * count >= OF_TEN * photos.len();
    let kinds: &[&str] = if cls_alone { &["cls"] } else { &["cls", "json", "txt"] };
    for &kind in kinds {
        let beside: Vec<Option<PathBuf>> = photos
            .iter()
            .map(|photo| Some(photo.with_extension(kind)).filter(|path| is_there(path)))
            .collect();
        if !enough(beside.iter().flatten().count()) {
            continue;
        }
        let texts: Vec<Option<String>> = beside.iter().map(|path| text(&root.join(path.as_ref()?))).collect();
        let (said, form) = match kind {
            "json" => match entry_of_all(&texts, &enough) {
                Some((entry, said)) => (said, format!("`{entry}`")),
                None => continue,
            },
            _ => (texts.iter().map(|text| line(text.as_deref()?)).collect(), "the text".to_owned()),
        };
        let given: Vec<&Vec<String>> = said.iter().flatten().collect();
        let distinct: BTreeSet<&Vec<String>> = given.iter().copied().collect();
        // A text that is another one for each photo describes it.
        if !enough(given.len()) || (kind != "cls" && 2 * distinct.len() > given.len()) {
            continue;
        }
        return Some(labels(root, photos, said, kind, form));
    }
    None
}

fn labels(root: &Path, photos: &[&Path], said: Vec<Said>, kind: &str, form: String) -> Labels {
    let rows = (1..).zip(photos).zip(said).map(|((line, photo), labels)| LabelRow {
        line,
        image: photo.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/"),
        labels: labels.unwrap_or_default(),
        says_none: false,
        split: None,
        group: None,
    });
    Labels {
        path: root.join(format!("*.{kind}")),
        rows: rows.collect(),
        form,
        split_column: None,
        group_column: None,
        unused_columns: Vec::new(),
        header: Vec::new(),
        by_folder: false,
        known: Known::Told,
        image_column: None,
        image_rivals: Vec::new(),
    }
}

fn text(path: &Path) -> Option<String> {
    let length = foliar_archive::length(path).ok()?;
    let bytes = (length <= LARGEST).then(|| foliar_archive::read(path).ok()).flatten()?;
    Some(decode(&bytes))
}

/// A text of one short line.
fn line(text: &str) -> Said {
    let text = text.trim();
    let is_short = !text.is_empty() && text.chars().count() <= LONGEST && !text.contains(char::is_control);
    is_short.then(|| vec![text.to_owned()])
}

/// The first entry that holds a label in enough of the files, one with names before one with numbers.
fn entry_of_all(
    texts: &[Option<String>],
    enough: &dyn Fn(usize) -> bool,
) -> Option<(&'static str, Vec<Said>)> {
    let parsed: Vec<Option<Entries<'_>>> =
        texts.iter().map(|text| Some(entries(&serde_json::from_str(text.as_deref()?).ok()?))).collect();
    let has = |entry: &str, named: bool| {
        let of =
            |entries: &&Entries<'_>| entries.get(entry).is_some_and(|(_, are_names)| *are_names || !named);
        enough(parsed.iter().flatten().filter(of).count())
    };
    let first = |named: bool| ENTRIES.into_iter().find(|entry| has(entry, named));
    let entry = first(true).or_else(|| first(false))?;
    let said = parsed.iter().map(|entries| Some(entries.as_ref()?.get(entry)?.0.clone()));
    Some((entry, said.collect()))
}

/// The labels in each entry of an object, and whether they are names.
fn entries(value: &Value) -> Entries<'static> {
    let scalar = |value: &Value| match value {
        Value::String(text) => line(text).map(|labels| (labels, text.parse::<f64>().is_err())),
        Value::Number(number) if number.is_u64() => Some((vec![number.to_string()], false)),
        _ => None,
    };
    let list = |values: &Vec<Value>| {
        let all: Option<Vec<(Vec<String>, bool)>> = values.iter().map(scalar).collect();
        let all = all.filter(|all| !all.is_empty())?;
        let named = all.iter().all(|(_, named)| *named);
        Some((all.into_iter().flat_map(|(labels, _)| labels).collect(), named))
    };
    let found = ENTRIES.into_iter().filter_map(|entry| {
        let value = value.get(entry)?;
        let said = match value {
            Value::Array(values) => list(values),
            value => scalar(value),
        };
        Some((entry, said?))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beside(files: &[(&str, &str)], cls_alone: bool) -> Option<(String, Vec<String>)> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let photos: Vec<&Path> =
            files.iter().map(|(name, _)| Path::new(*name)).filter(|name| name.ends_with_jpg()).collect();
        let is_there = |path: &Path| folder.path().join(path).is_file();
        let labels = labels_beside(folder.path(), &photos, &is_there, cls_alone)?;
        Some((labels.form.clone(), labels.rows.iter().map(LabelRow::cell).collect()))
    }

    trait IsPhoto {
        fn ends_with_jpg(&self) -> bool;
    }

    impl IsPhoto for &Path {
        fn ends_with_jpg(&self) -> bool {
            self.extension().is_some_and(|end| end == "jpg")
        }
    }

    const PHOTOS: [(&str, &str); 4] = [("1.jpg", ""), ("2.jpg", ""), ("a.3.jpg", ""), ("4.jpg", "")];

    fn with(ends: &str, texts: [&str; 4]) -> Option<(String, Vec<String>)> {
        let names = ["1", "2", "a.3", "4"].map(|name| format!("{name}.{ends}"));
        let files: Vec<(&str, &str)> =
            PHOTOS.into_iter().chain(names.iter().map(String::as_str).zip(texts)).collect();
        beside(&files, false)
    }

    #[test]
    fn labels_are_read_from_files_beside_photos() {
        let labels = |found: Option<(String, Vec<String>)>| found.map(|(_, labels)| labels.join(" "));
        assert_eq!(labels(with("cls", ["0", "1\n", " 0 ", "rust"])).unwrap(), "0 1 0 rust");
        assert_eq!(labels(with("txt", ["rust", "scab", "rust", "scab\n"])).unwrap(), "rust scab rust scab");
        let captions = ["a leaf", "two leaves", "rust on a leaf", "a green leaf"];
        assert_eq!(with("txt", captions), None);
        let both = |number: u8, name: &str| format!("{{\"label\": {number}, \"class_name\": \"{name}\"}}");
        let texts = [both(0, "rust"), both(1, "scab"), both(0, "rust"), both(1, "scab")];
        let (form, found) = with("json", [&texts[0], &texts[1], &texts[2], &texts[3]]).unwrap();
        assert_eq!((form.as_str(), found.join(" ").as_str()), ("`class_name`", "rust scab rust scab"));
        let number = ["{\"label\": 3}", "{\"label\": 4}", "{\"label\": 3, \"cls\": \"x\"}", "{\"label\": 4}"];
        assert_eq!(labels(with("json", number)).unwrap(), "3 4 3 4");
        assert_eq!(with("json", ["{", "[]", "{\"width\": 3}", "7"]), None);
        assert_eq!(with("cls", ["", "", "1", "2"]), None);
    }

    #[test]
    fn some_photos_without_are_no_such_data_set() {
        let three = [("1.cls", "0"), ("2.cls", "1"), ("a.3.cls", "1")];
        let files: Vec<(&str, &str)> = PHOTOS.into_iter().chain(three).collect();
        assert_eq!(beside(&files, true), None);
        let texts = ["1", "2", "a.3", "4"].map(|name| format!("{name}.txt"));
        let all: Vec<(&str, &str)> =
            PHOTOS.into_iter().chain(texts.iter().map(|name| (name.as_str(), "rust"))).collect();
        assert_eq!(beside(&all, true), None);
        assert!(beside(&all, false).is_some());
    }
}
