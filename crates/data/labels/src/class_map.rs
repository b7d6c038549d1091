//! `--classes`: names for classes, classes in the place of others, and classes alone that are wanted.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::column_names::plain;
use crate::error::LabelError;
use crate::name_list::{NameList, numbered, undecided};
use crate::separator::{records, separator};
use crate::text;

/// Stands for every class that is not named.
const REST: &str = "*";

/// What becomes of classes. Classes that are not named stay as they are, or are left out where the file is a list of those
/// that are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassMap {
    path: PathBuf,
    /// The class that takes the place of each; `None` where it is left out.
    entries: BTreeMap<String, Option<String>>,
    rest: Rest,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rest {
    Kept,
    /// The file lists the classes that are wanted.
    Unwanted,
    /// `*` says so: another class takes their place, or they are left out.
    Named(Option<String>),
}

/// What becomes of the labels of a photo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mapped {
    /// It is of this class.
    Class(String),
    /// It is left out.
    LeftOut,
    /// It still has several labels.
    Several,
}

impl ClassMap {
    /// Reads a table of two columns, `from` and `to`, where an empty `to` leaves a class out and `*` as `from` stands for all
    /// classes that are not named; a list of the classes that are wanted, one a line; or a JSON object from numbers or names to
    /// names (or from names to numbers, as programs write it), or a JSON list. A first line `from,to` or `class` is a header.
    ///
    /// # Errors
    /// [`LabelError::Read`], and [`LabelError::Table`] for anything else and for rows that contradict each other.
    pub fn read(path: &Path) -> Result<Self, LabelError> {
        let text = text::read(path)?;
        let wrong = |what: String| LabelError::table(path, what);
        let (pairs, rest) = match text.trim_start().starts_with(['{', '[']) {
            true => of_json(&text).map_err(wrong)?,
            false => of_rows(&text).map_err(wrong)?,
        };
        let mut map = Self { path: path.to_owned(), entries: BTreeMap::new(), rest };
        for (from, to) in pairs {
            if from == REST {
                map.rest = Rest::Named(to);
                continue;
            }
            let earlier = map.entries.insert(from.clone(), to.clone());
            if let Some(earlier) = earlier.filter(|earlier| *earlier != to) {
                let word = |to: &Option<String>| to.clone().unwrap_or_else(|| "nothing".to_owned());
                let what = format!("`{from}` becomes both `{}` and `{}`", word(&earlier), word(&to));
                return Err(wrong(what));
            }
        }
        match map.entries.is_empty() {
            true => {
                Err(wrong("it names no class; write `from,to` in each line, or one class a line".to_owned()))
            }
            false => Ok(map),
        }
    }

    /// The map of a file of names for numbers, such as `classes.txt` with a name a line or `data.yaml`, where all `labels` are
    /// numbers; `None` where they are not, or one has no name there.
    ///
    /// # Errors
    /// [`LabelError::Undecided`] where the names may begin at 0 or at 1.
    pub fn of_numbers(path: &Path, labels: &BTreeSet<String>) -> Result<Option<Self>, LabelError> {
        let codes: BTreeSet<&str> = labels.iter().map(String::as_str).collect();
        let numbers = codes.iter().all(|code| code.bytes().all(|byte| byte.is_ascii_digit()));
        let Some(list) = NameList::read(path).filter(|_| numbers) else { return Ok(None) };
        let names = list.of_codes(&codes).map_err(|what| undecided(path, what))?;
        let entry = |(code, name)| (code, Some(name));
        Ok(names.map(|names| Self {
            path: path.to_owned(),
            entries: names.into_iter().filter(|(code, _)| labels.contains(code)).map(entry).collect(),
            rest: Rest::Kept,
        }))
    }

    /// Which class takes the place of which: `0 is rust, 1 is scab`, ten at most.
    #[must_use]
    pub fn pairs(&self) -> String {
        let pairs = self.entries.iter().filter_map(|(from, to)| Some((from.as_str(), to.as_deref()?)));
        crate::names::pairs(pairs)
    }

    /// What becomes of a photo of these labels, each as the table has it and, where numbers have names, by its name. The whole
    /// of several labels is looked up first, in any order, then each alone.
    #[must_use]
    pub fn apply(&self, labels: &[String], name: impl Fn(&str) -> String) -> Mapped {
        let find = |label: &str| self.entries.get(label).or_else(|| self.entries.get(&name(label)));
        let mapped = |to: Option<&String>| to.map_or(Mapped::LeftOut, |to| Mapped::Class(to.clone()));
        if let [label] = labels {
            return match (find(label), &self.rest) {
                (Some(to), _) | (None, Rest::Named(to)) => mapped(to.as_ref()),
                (None, Rest::Kept) => Mapped::Class(name(label)),
                (None, Rest::Unwanted) => Mapped::LeftOut,
            };
        }
        let whole = in_order(&labels.join(" "));
        if let Some((_, to)) = self.entries.iter().find(|(from, _)| in_order(from) == whole) {
            return mapped(to.as_ref());
        }
        let found: Vec<Option<&Option<String>>> = labels.iter().map(|label| find(label)).collect();
        if let (Rest::Named(to), true) = (&self.rest, found.contains(&None)) {
            return mapped(to.as_ref());
        }
        let kept: BTreeSet<String> = found
            .into_iter()
            .zip(labels)
            .filter_map(|(found, label)| match found {
                Some(to) => to.clone(),
                None => (self.rest == Rest::Kept).then(|| name(label)),
            })
            .collect();
        match (kept.len(), &self.rest) {
            (0 | 1, _) => mapped(kept.first()),
            (_, Rest::Named(to)) => mapped(to.as_ref()),
            _ => Mapped::Several,
        }
    }

    /// The classes that it names, and that are not among these labels.
    #[must_use]
    pub fn unmatched(&self, labels: &BTreeSet<String>) -> Vec<&str> {
        let labels: BTreeSet<String> = labels.iter().map(|label| in_order(label)).collect();
        self.entries.keys().filter(|from| !labels.contains(&in_order(from))).map(String::as_str).collect()
    }

    /// Whether it names any of these labels.
    #[must_use]
    pub fn names_any(&self, labels: &BTreeSet<String>) -> bool {
        self.unmatched(labels).len() < self.entries.len()
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name that stands for `class` the other way round, if one does alone: the number in a map from numbers to names.
    #[must_use]
    pub fn reversed(&self, class: &str) -> Option<&str> {
        let mut from =
            self.entries.iter().filter(|(_, to)| to.as_deref() == Some(class)).map(|(from, _)| from.as_str());
        from.next().filter(|_| from.next().is_none())
    }
}

/// The words of several labels in the order of the alphabet.
fn in_order(labels: &str) -> String {
    let mut words: Vec<&str> =
        labels.split([' ', ',', ';', '|', '+']).map(str::trim).filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    words.join(" ")
}

type Pairs = (Vec<(String, Option<String>)>, Rest);

fn of_json(text: &str) -> Result<Pairs, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if let Value::Array(list) = &value {
        let name = |value: &Value| value.as_str().map(|name| (name.to_owned(), Some(name.to_owned())));
        let names: Option<Vec<_>> = list.iter().map(name).collect();
        return Ok((names.ok_or("the list must hold names of classes alone")?, Rest::Unwanted));
    }
    if let Some(names) = numbered(&value) {
        return Ok((names.into_iter().map(|(code, name)| (code, Some(name))).collect(), Rest::Kept));
    }
    let object = value.as_object().ok_or("the document must be an object or a list")?;
    let pair = |(from, to): (&String, &Value)| match to {
        Value::String(to) => Some((from.clone(), Some(to.trim().to_owned()).filter(|to| !to.is_empty()))),
        Value::Null => Some((from.clone(), None)),
        _ => None,
    };
    let pairs: Option<Vec<_>> = object.iter().map(pair).collect();
    Ok((pairs.ok_or("every entry must be a name or null")?, Rest::Kept))
}

fn of_rows(text: &str) -> Result<Pairs, String> {
    const FROM: [&str; 12] = [
        "from", "old", "class", "label", "code", "number", "id", "source", "name", "classes", "oldname",
        "original",
    ];
    const TO: [&str; 10] =
        ["to", "new", "name", "class", "label", "target", "newname", "classname", "mergedinto", "as"];
    let mut rows: Vec<csv::StringRecord> = records(text, separator(text)).collect();
    let cells = |row: &csv::StringRecord| {
        row.iter().zip(1..).filter(|(cell, _)| !cell.is_empty()).map(|(_, place)| place).last().unwrap_or(0)
    };
    let width = rows.iter().map(csv::StringRecord::len).max().unwrap_or(0);
    if let Some(row) = rows.iter().find(|row| cells(row) > 2) {
        let line = row.position().map_or(0, csv::Position::line);
        return Err(format!("line {line} has {} cells; write `from,to`, or one class a line", cells(row)));
    }
    let is = |row: &csv::StringRecord, column: usize, names: &[&str]| {
        row.get(column).is_some_and(|cell| names.contains(&plain(cell).as_str()))
    };
    let header = rows.first().is_some_and(|first| is(first, 0, &FROM) && (width < 2 || is(first, 1, &TO)));
    if header {
        rows.remove(0);
    }
    if width < 2 {
        let names = rows.iter().filter_map(|row| row.get(0)).map(str::to_owned);
        return Ok((names.map(|name| (name.clone(), Some(name))).collect(), Rest::Unwanted));
    }
    let pair = |row: &csv::StringRecord| {
        let line = row.position().map_or(0, csv::Position::line);
        match (row.get(0).filter(|from| !from.is_empty()), row.get(1)) {
            (Some(from), Some(to)) => Ok((from.to_owned(), Some(to.to_owned()).filter(|to| !to.is_empty()))),
            (Some(from), None) => {
                Err(format!("line {line} has one cell; write `{from},` to leave the class out"))
            }
            (None, _) => Err(format!("line {line} does not say which class it means")),
        }
    };
    Ok((rows.iter().map(pair).collect::<Result<_, _>>()?, Rest::Kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ClassMap, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("classes");
        std::fs::write(&path, text).unwrap();
        ClassMap::read(&path).map_err(|error| error.to_string())
    }

    fn applied(text: &str, labels: &str) -> String {
        let labels: Vec<String> = labels.split('+').map(str::to_owned).collect();
        match read(text)
            .unwrap()
            .apply(&labels, |label| if label == "7" { "seven".to_owned() } else { label.to_owned() })
        {
            Mapped::Class(class) => class,
            Mapped::LeftOut => "-".to_owned(),
            Mapped::Several => "several".to_owned(),
        }
    }

    #[test]
    fn classes_are_renamed_merged_and_left_out() {
        let map = "from;to\r\nrust;disease\r\nscab;disease\r\nsoil;\r\nrust scab;both\r\n";
        for (labels, expected) in [
            ("rust", "disease"),
            ("soil", "-"),
            ("healthy", "healthy"),
            ("rust+scab", "both"),
            ("scab+soil", "disease"),
            ("rust+healthy", "several"),
            ("scab+rust", "both"),
            ("7", "seven"),
        ] {
            assert_eq!(applied(map, labels), expected, "{labels}");
        }
        assert_eq!(applied("rust,a\n*,other\n", "healthy"), "other");
        assert_eq!(applied("rust,a\n*,other\n", "healthy+scab"), "other");
        assert_eq!(applied("rust,a\n*,\n", "healthy"), "-");
        assert_eq!(applied("rust,a\nscab,b\n*,\n", "rust+scab"), "-");
        assert_eq!(applied("rust,a\n*,\n", "rust+soil"), "-");
        assert_eq!(applied("rust\nscab\n", "rust+scab"), "several");
        assert_eq!(applied("rust\nseven\n", "scab"), "-");
        assert_eq!(applied("class\nrust\nseven\n", "7"), "seven");
        assert_eq!(applied("rust\n", "rust+scab"), "rust");
        assert_eq!(applied("{\"0\": \"rust\", \"7\": \"x\"}", "7"), "x");
        assert_eq!(applied("{\"rust\": 0, \"x\": 7}", "7"), "x");
        assert_eq!(applied("{\"rust\": null, \"scab\": \"s\"}", "rust"), "-");
        assert_eq!(applied("[\"rust\"]", "scab"), "-");
    }

    #[test]
    fn what_is_no_map_is_refused() {
        for (text, expected) in [
            ("", "names no class"),
            ("from,to\n", "names no class"),
            ("a,b\na,c\n", "both `b` and `c`"),
            ("a,b,c\n", "3 cells"),
            ("a,b\nc\n", "line 2"),
            ("{\"a\": [1]}", "name or null"),
            ("{", "classes"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn a_map_is_read_backwards() {
        let map = read("{\"0\": \"rust\", \"1\": \"scab\"}").unwrap();
        assert_eq!((map.reversed("scab"), map.reversed("x")), (Some("1"), None));
        assert_eq!(read("a,x\nb,x\n").unwrap().reversed("x"), None);
        assert_eq!(map.unmatched(&["0".to_owned()].into()), ["1"]);
    }
}
