//! Names of classes that a file gives to numbers: with the number of each, or in their order.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::Path;

use serde_json::Value;

use crate::column_names::{NUMBERS, plain};
use crate::error::LabelError;
use crate::list::list;
use crate::table::Table;
use crate::text;

/// Names of classes with numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NameList {
    /// The file says the number of each.
    Numbered(BTreeMap<String, String>),
    /// They stand in the order of the numbers; the file does not say which is the first.
    InOrder(Vec<String>),
}

impl NameList {
    /// The names in a file, by the kind that it is called after; `None` if it is no file of names.
    pub(crate) fn read(path: &Path) -> Option<Self> {
        let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default().to_ascii_lowercase();
        match extension.as_str() {
            "json" => of_json(&serde_json::from_str(&text::read(path).ok()?).ok()?),
            "csv" | "tsv" => of_table(&Table::read(path).ok()?).map(Self::Numbered),
            "yaml" | "yml" => of_yaml(&text::read(path).ok()?),
            _ => text::read(path).ok().filter(|text| list(text).is_none()).map(|text| Self::of_lines(&text)),
        }
    }

    /// The names in lines: `1 rust`, `1: rust`, `1. rust`, `001.rust`, `rust 1`, or without numbers.
    pub(crate) fn of_lines(text: &str) -> Self {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let lines: Vec<&str> = lines.collect();
        // `id name`
        let heading = lines.first().and_then(|line| line.split([' ', '\t', ',', ';', ':']).next()).map(plain);
        let is_heading = |word: &String| word == "id" || word == "index" || NUMBERS.contains(&word.as_str());
        let below = &lines[usize::from(heading.is_some_and(|word| is_heading(&word)))..];
        let pairs = |number: fn(&str) -> Option<(String, String)>| {
            // A number may stand without a name.
            let named = below.iter().filter(|line| !is_number(line));
            let pairs = named.map(|line| number(line)).collect::<Option<Vec<_>>>()?;
            let names: BTreeSet<&String> = pairs.iter().map(|(_, name)| name).collect();
            let distinct = names.len() == pairs.len() && !pairs.is_empty();
            once(pairs.clone().into_iter()).filter(|_| distinct)
        };
        match pairs(number_before).or_else(|| pairs(number_behind)) {
            Some(names) => Self::Numbered(names),
            None => {
                const HEADINGS: [&str; 9] = [
                    "class",
                    "classes",
                    "classname",
                    "label",
                    "labels",
                    "labelname",
                    "category",
                    "name",
                    "names",
                ];
                let heading = lines.first().is_some_and(|line| HEADINGS.contains(&plain(line).as_str()));
                Self::InOrder(lines[usize::from(heading)..].iter().map(|line| (*line).to_owned()).collect())
            }
        }
    }

    /// The names of the classes `codes`; `None` where one has none. Names in order begin at 0 where a class does, and at 1 where
    /// the last class has the number of the last name.
    ///
    /// # Errors
    /// What is not known, where the names in order may begin at 0 or at 1.
    pub(crate) fn of_codes(
        &self,
        codes: &BTreeSet<&str>,
    ) -> Result<Option<BTreeMap<String, String>>, String> {
        let names = match self {
            Self::Numbered(names) => return Ok(spelt(names.clone(), codes)),
            Self::InOrder(names) => names,
        };
        let numbers: Option<BTreeSet<usize>> = codes.iter().map(|code| code.parse().ok()).collect();
        let Some((Some(&least), Some(&most))) = numbers.as_ref().map(|set| (set.first(), set.last())) else {
            return Ok(None);
        };
        let first = match (least, most) {
            (0, most) if most < names.len() => 0,
            (0, _) => return Ok(None),
            (_, most) if most == names.len() => 1,
            (_, most) if most > names.len() => return Ok(None),
            _ => {
                return Err(format!(
                    "its {} names have no numbers, and the classes are {least} to {most}: {least} may be `{}` or `{}`",
                    names.len(),
                    names[least - 1],
                    names[least]
                ));
            }
        };
        Ok(spelt((first..).zip(names).map(|(code, name)| (code.to_string(), name.clone())).collect(), codes))
    }

    /// The names alone.
    pub(crate) fn names(&self) -> Vec<&String> {
        match self {
            Self::Numbered(names) => names.values().collect(),
            Self::InOrder(names) => names.iter().collect(),
        }
    }
}

/// What to write where [`NameList::of_codes`] does not know.
pub(crate) fn undecided(path: &Path, what: String) -> LabelError {
    let ways = ["write the number before each name, `1 rust`", "`--classes FILE` with lines `number,name`"];
    LabelError::Undecided { path: path.to_owned(), what, ways: ways.map(str::to_owned).to_vec() }
}

/// `1 rust` as (`1`, `rust`); a number that is grown together with the name stays a part of it: `001.rust`.
fn number_before(line: &str) -> Option<(String, String)> {
    let inside = line.trim_start_matches(['[', '(']);
    let rest = inside.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let number = whole(&inside[..inside.len() - rest.len()])?;
    let name = rest.trim_start_matches(['.', '-']);
    let apart = |text: &str| text.starts_with([' ', '\t', ':', ',', ';', ')', ']', '=', '|']);
    match apart(rest) || (apart(name) && !name.is_empty()) {
        true => named(number, name),
        false if rest.starts_with(['.', '-', '_']) => named(number, line),
        false => None,
    }
}

/// `rust 1` as (`1`, `rust`).
fn number_behind(line: &str) -> Option<(String, String)> {
    let rest = line.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let number = whole(&line[rest.len()..])?;
    let apart = rest.ends_with([' ', '\t', ':', ',', ';', '=', '|']);
    apart.then(|| named(number, rest)).flatten()
}

fn named(number: String, name: &str) -> Option<(String, String)> {
    let marks = |letter: char| letter.is_whitespace() || ":,;)]=|\"'".contains(letter);
    let name = name.trim_start_matches(marks).trim_start_matches("- ").trim_end_matches(marks);
    (!name.is_empty()).then(|| (number, name.to_owned()))
}

/// A number as other tables write it: `001` is `1`.
fn whole(digits: &str) -> Option<String> {
    digits.parse::<u32>().ok().map(|number| number.to_string())
}

/// The names with those of `codes` that are written with other zeros, `00001`; `None` where a code has no name, or two have the
/// same.
fn spelt(mut names: BTreeMap<String, String>, codes: &BTreeSet<&str>) -> Option<BTreeMap<String, String>> {
    let mut used = BTreeSet::new();
    for code in codes {
        let number = if names.contains_key(*code) { (*code).to_owned() } else { whole(code)? };
        let name = names.get(&number)?.clone();
        if !used.insert(number) {
            return None;
        }
        names.insert((*code).to_owned(), name);
    }
    Some(names)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Names by number in a table of two columns, with or without names of columns; `None` where a number stands twice or the names
/// are those of photos.
fn of_table(table: &Table) -> Option<BTreeMap<String, String>> {
    let column = |column: usize| table.cells(column).all(is_number);
    let (code, name) = match (table.header.len(), column(0)) {
        (2, true) => (0, 1),
        (2, false) if column(1) => (1, 0),
        _ => return None,
    };
    let heading = plain(&table.header[name]);
    if ["image", "img", "photo", "picture", "file", "path"].iter().any(|begin| heading.starts_with(begin)) {
        return None;
    }
    let first = Some((table.header[code].as_str(), table.header[name].as_str()));
    let first = first.filter(|(code, _)| is_number(code));
    let pairs = first.into_iter().chain(table.cells(code).zip(table.cells(name)));
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

fn of_json(value: &Value) -> Option<NameList> {
    match value {
        Value::Array(list) => {
            let names: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
            Some(NameList::InOrder(names?.into_iter().map(|name| name.trim().to_owned()).collect()))
        }
        _ => numbered(value).map(NameList::Numbered),
    }
}

/// Names by number: `{"0": "rust"}` or `{"rust": 0}`; each number once.
pub(crate) fn numbered(value: &Value) -> Option<BTreeMap<String, String>> {
    let object = value.as_object().filter(|object| !object.is_empty())?;
    let pairs = object.iter().map(|(key, value)| match value {
        Value::String(name) if is_number(key) => Some((key.clone(), name.trim().to_owned())),
        Value::Number(code) if !is_number(key) => Some((code.to_string(), key.clone())),
        _ => None,
    });
    once(pairs.collect::<Option<Vec<_>>>()?.into_iter())
}

/// The entry `names` of a `data.yaml`: a list in brackets, a list of lines, or numbered lines.
fn of_yaml(text: &str) -> Option<NameList> {
    let plain = |name: &str| name.trim().trim_matches(['"', '\'']).to_owned();
    let mut lines = text.lines().skip_while(|line| !line.starts_with("names:"));
    let first = lines.next()?.strip_prefix("names:")?.trim();
    if let Some(inside) = first.strip_prefix('[') {
        let rest: String = lines.take_while(|line| line.starts_with([' ', ']'])).collect();
        let whole = format!("{inside}{rest}");
        let names = whole.split(']').next()?.split(',').map(plain);
        return Some(NameList::InOrder(names.filter(|name| !name.is_empty()).collect()));
    }
    let (mut numbered, mut in_order) = (Vec::new(), Vec::new());
    for line in lines.take_while(|line| line.starts_with([' ', '-'])) {
        let line = line.trim();
        match (line.strip_prefix('-'), line.split_once(':')) {
            (Some(name), _) => in_order.push(plain(name)),
            (None, Some((code, name))) => numbered.push((plain(code), plain(name))),
            (None, None) => break,
        }
    }
    match (numbered.is_empty(), in_order.is_empty()) {
        (true, false) => Some(NameList::InOrder(in_order)),
        (false, true) => once(numbered.into_iter()).map(NameList::Numbered),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_before_and_behind_names_are_their_numbers() {
        for text in [
            "1 rust\n2 leaf scab\n",
            "1: rust\n2: leaf scab\n",
            "1,rust\n2,leaf scab\n",
            "1. rust\n2. leaf scab\n",
            "1) rust\n2) leaf scab\n",
            "[1] rust\n[2] leaf scab\n",
            "# of 2024\n1 rust\n2 leaf scab\n3\n",
            "1 - rust\n2 - leaf scab\n",
            "01\trust\n02\tleaf scab\n",
            "id name\n1 rust\n2 leaf scab\n",
            "rust 1\nleaf scab 2\n",
            "rust: 1\nleaf scab: 2\n",
        ] {
            let names =
                [("1", "rust"), ("2", "leaf scab")].map(|(code, name)| (code.to_owned(), name.to_owned()));
            assert_eq!(NameList::of_lines(text), NameList::Numbered(names.into()), "{text}");
        }
        let of_cub = NameList::of_lines("1 001.rust\n2 002.scab\n");
        assert_eq!(of_cub.of_codes(&["2"].into()).unwrap().unwrap()["2"], "002.scab");
        assert_eq!(
            NameList::of_lines("001.rust\n002.scab\n").of_codes(&["2"].into()).unwrap().unwrap()["2"],
            "002.scab"
        );
        for text in ["rust\n2 spots\n", "grade 1\ngrade 2\n", "2 spots\n2 dots\n", "rust\nscab\n"] {
            assert!(
                matches!(NameList::of_lines(text), NameList::InOrder(names) if names.len() == 2),
                "{text}"
            );
        }
    }

    #[test]
    fn names_in_order_begin_where_the_classes_do() {
        let names = NameList::of_lines("a\nb\nc\n");
        let named = |codes: &[&str]| {
            let found = names.of_codes(&codes.iter().copied().collect());
            found.map(|found| {
                found.map(|names| codes.iter().map(|code| names[*code].clone()).collect::<String>())
            })
        };
        assert_eq!(named(&["0", "1"]), Ok(Some("ab".to_owned())));
        assert_eq!(NameList::of_lines("Class name\na\nb\nc\n"), names);
        assert_eq!(named(&["0", "2"]), Ok(Some("ac".to_owned())));
        assert_eq!(named(&["000", "002"]), Ok(Some("ac".to_owned())));
        assert_eq!(named(&["0", "1", "01"]), Ok(None));
        assert_eq!(named(&["1", "3"]), Ok(Some("ac".to_owned())));
        assert_eq!((named(&["0", "3"]), named(&["4"]), named(&["x"])), (Ok(None), Ok(None), Ok(None)));
        assert!(named(&["1", "2"]).unwrap_err().contains("1 may be `a` or `b`"));
    }
}
