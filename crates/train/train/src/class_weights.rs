//! How much each class counts in the loss.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use foliar_files::{Printable as _, row_line};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

/// Most classes that an error names.
const NAMED: usize = 10;

/// How much each class counts in the loss.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClassWeights {
    /// Every photograph counts the same.
    None,
    /// Every class counts the same: weights are photographs / (classes x photographs of the class).
    Balanced,
    /// As a table says.
    Table(WeightTable),
}

/// Weights of classes that a person has chosen. They stand in the recipe, so that a run that goes on does not need the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightTable {
    /// The file that they were read from.
    #[serde(with = "foliar_files::any_path")]
    pub file: PathBuf,
    /// The weight of each class, in the order of the file.
    pub rows: Vec<ClassWeight>,
}

/// The weight of one class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassWeight {
    /// The class.
    pub class: String,
    /// How much a photograph of it counts, above 0. Only ratios matter: losses are divided by the sum of their weights.
    pub weight: f64,
    /// Line of the file, from 1; in JSON the number of the entry.
    pub row: u64,
}

/// Why weights of classes cannot be used.
#[derive(Debug, Error)]
pub enum ClassWeightsError {
    /// The file cannot be read.
    #[error("{}: {source}. --class-weights takes `none`, `balanced`, or a file", file.shown())]
    Io {
        /// The file.
        file: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// It is no table of weights.
    #[error("{}: {what}", file.shown())]
    Form {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A weight that is none.
    #[error("{}, row {row}: the weight of class `{class}` is `{given}`; it must be a number above 0", file.shown())]
    Weight {
        /// The file.
        file: PathBuf,
        /// Line, or number of the entry, from 1.
        row: u64,
        /// The class.
        class: String,
        /// What stands there.
        given: String,
    },
    /// A class that has two weights.
    #[error("{}, row {row}: class `{class}` has a weight in row {first} already", file.shown())]
    Twice {
        /// The file.
        file: PathBuf,
        /// Line, or number of the entry, from 1.
        row: u64,
        /// The class.
        class: String,
        /// The row that it stands in already.
        first: u64,
    },
    /// A class that the photographs do not have.
    #[error("{}, row {row}: there are no photos of class `{class}`; there are {classes}", file.shown())]
    Unknown {
        /// The file.
        file: PathBuf,
        /// Line, or number of the entry, from 1.
        row: u64,
        /// The class.
        class: String,
        /// Classes of the photographs.
        classes: String,
    },
    /// Classes of the photographs without a weight.
    #[error("{}: no row has a weight for {classes}", file.shown())]
    Missing {
        /// The file.
        file: PathBuf,
        /// The classes.
        classes: String,
    },
}

/// Whether a class can count so much, in single precision, as it is used.
pub(crate) fn is_weight(weight: f64) -> bool {
    let single = weight as f32;
    single > 0.0 && single.is_finite()
}

impl ClassWeights {
    /// Whether every photograph counts the same.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }

    /// Makes sure that a table has weights for `classes` and for no others.
    ///
    /// # Errors
    /// [`ClassWeightsError::Unknown`] or [`ClassWeightsError::Missing`].
    pub fn check(&self, classes: &[String]) -> Result<(), ClassWeightsError> {
        match self {
            Self::Table(table) => table.of(classes).map(|_| ()),
            Self::None | Self::Balanced => Ok(()),
        }
    }
}

impl WeightTable {
    /// Reads a table with the columns `class` and `weight`, separated by commas, semicolons or tabs; or a JSON object of weights by
    /// class.
    ///
    /// # Errors
    /// A file that cannot be read or is no such table, a weight that is no number above 0, a class that stands there twice.
    pub fn read(file: &Path) -> Result<Self, ClassWeightsError> {
        let source = |source| ClassWeightsError::Io { file: file.to_owned(), source };
        let text = foliar_files::read_to_string(file).map_err(source)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let entries = if text.trim_start().starts_with('{') { of_json(text) } else { of_table(text) };
        let form = |what: String| ClassWeightsError::Form { file: file.to_owned(), what };
        let entries = entries.map_err(form)?;
        if entries.is_empty() {
            return Err(form("it holds no weight of a class".to_owned()));
        }
        let mut seen: BTreeMap<String, u64> = BTreeMap::new();
        let mut rows = Vec::with_capacity(entries.len());
        for Entry { class, given, row } in entries {
            let weight = given.parse().unwrap_or(f64::NAN);
            if !is_weight(weight) {
                return Err(ClassWeightsError::Weight { file: file.to_owned(), row, class, given });
            }
            if let Some(first) = seen.insert(class.clone(), row) {
                return Err(ClassWeightsError::Twice { file: file.to_owned(), row, class, first });
            }
            rows.push(ClassWeight { class, weight, row });
        }
        Ok(Self { file: std::fs::canonicalize(file).unwrap_or_else(|_| file.to_owned()), rows })
    }

    /// The weights of `classes`, in their order.
    ///
    /// # Errors
    /// A class of the table that is none of these, or one of these that has no weight.
    pub fn of(&self, classes: &[String]) -> Result<Vec<f32>, ClassWeightsError> {
        let file = || self.file.clone();
        let named = |classes: &mut dyn Iterator<Item = &String>| {
            let classes: Vec<String> = classes.map(|class| format!("`{class}`")).collect();
            let more = classes.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            classes[..classes.len().min(NAMED)].join(", ") + &more
        };
        if let Some(ClassWeight { class, row, .. }) =
            self.rows.iter().find(|row| !classes.contains(&row.class))
        {
            let classes = named(&mut classes.iter());
            return Err(ClassWeightsError::Unknown {
                file: file(),
                row: *row,
                class: class.clone(),
                classes,
            });
        }
        let weight =
            |class: &String| self.rows.iter().find(|row| row.class == *class).map(|row| row.weight as f32);
        let weights: Vec<f32> = classes.iter().filter_map(weight).collect();
        if weights.len() < classes.len() {
            let classes = named(&mut classes.iter().filter(|class| weight(class).is_none()));
            return Err(ClassWeightsError::Missing { file: file(), classes });
        }
        Ok(weights)
    }
}

/// A class and its weight, as they stand in a file.
struct Entry {
    class: String,
    given: String,
    row: u64,
}

fn of_table(text: &str) -> Result<Vec<Entry>, String> {
    let header = text.lines().next().unwrap_or_default();
    let delimiter = header.bytes().find(|byte| matches!(byte, b',' | b';' | b'\t')).unwrap_or(b',');
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).trim(csv::Trim::All).from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|error| error.to_string())?.clone();
    let column = |name: &str| {
        let place = headers.iter().position(|header| header.eq_ignore_ascii_case(name));
        place.ok_or_else(|| {
            format!(
                "its first row has no column `{name}`; a table of weights has the columns class and weight"
            )
        })
    };
    let (class, weight) = (column("class")?, column("weight")?);
    let mut entries = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let cell = |place: usize| record.get(place).unwrap_or_default().to_owned();
        let start = record.position();
        let row = start.map_or(0, |start| row_line(text.as_bytes(), start.byte(), start.line()));
        entries.push(Entry { class: cell(class), given: cell(weight), row });
    }
    Ok(entries)
}

fn of_json(text: &str) -> Result<Vec<Entry>, String> {
    let Entries(entries) = serde_json::from_str(text)
        .map_err(|error| format!("it is no JSON object of weights by class: {error}"))?;
    let entries = entries.into_iter().zip(1..).map(|((class, value), row)| {
        let class = class.trim().to_owned();
        let given = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Entry { class, given, row }
    });
    Ok(entries.collect())
}

/// The entries of a JSON object in their order, those with equal names too.
struct Entries(Vec<(String, serde_json::Value)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Entries;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of weights by class")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<WeightTable, ClassWeightsError> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("weights.csv");
        std::fs::write(&file, text).expect("a file");
        WeightTable::read(&file)
    }

    fn classes() -> Vec<String> {
        ["blight", "healthy", "rust"].map(str::to_owned).to_vec()
    }

    #[test]
    fn tables_and_objects_say_the_same() {
        for text in [
            "class,weight\nrust,2.5\nblight,1\nhealthy,0.25\n",
            "\u{feff}Weight;note;Class\n2.5;rare;rust\n1;;blight\n0.25;;healthy\n",
            "class\tweight\nrust\t2.5\nblight\t1\n\nhealthy\t 0.25 \n",
            "{\"rust\": 2.5, \"blight\": 1, \"healthy\": 0.25}",
        ] {
            let weights = read(text).and_then(|table| table.of(&classes())).expect(text);
            assert_eq!(weights, [1.0, 0.25, 2.5], "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_file_row_and_class() {
        for (text, said) in [
            ("class,weight\nrust,1\nblight,-2\nhealthy,1\n", &["row 3", "`blight`", "`-2`"][..]),
            ("class,weight\nrust,0\n", &["row 2", "`rust`", "`0`", "above 0"]),
            ("class,weight\nrust,NaN\n", &["row 2", "`rust`", "`NaN`"]),
            ("class,weight\nrust,inf\n", &["row 2", "`rust`"]),
            ("class,weight\nrust,1e-60\n", &["row 2", "`rust`"]),
            ("class,weight\nrust,\n", &["row 2", "`rust`", "``"]),
            ("class,weight\nrust,much\n", &["`much`"]),
            ("class,weight\nrust,1\nrust,2\n", &["row 3", "`rust`", "row 2"]),
            ("class,weight\n\nrust,1\n\n\nblight,-2\n", &["row 6", "`blight`"]),
            ("class,weight\r\nrust,1\r\n\r\nblight,-2\r\n", &["row 4", "`blight`"]),
            ("{\"rust\": 1, \" rust\": 2}", &["row 2", "`rust`", "row 1"]),
            ("{\"rust\": 1, \"rust\": 2}", &["row 2", "`rust`", "row 1"]),
            ("{\"rust\": 1, \"blight\": null}", &["row 2", "`blight`", "`null`"]),
            ("{\"rust\": ", &["JSON"]),
            ("class,weight\n", &["no weight"]),
            ("name,weight\nrust,1\n", &["column `class`"]),
            ("class,weight\nrust,1\nblight\n", &["weights.csv"]),
            ("class,weight\nrust,1\nblight,1\n", &["`healthy`", "no row"]),
            (
                "class,weight\nrust,1\nmildew,1\nblight,1\nhealthy,1\n",
                &["row 3", "`mildew`", "`blight`, `healthy`"],
            ),
        ] {
            let error = read(text).and_then(|table| table.of(&classes())).expect_err(text).to_string();
            assert!(error.contains("weights.csv"), "{error}");
            assert!(said.iter().all(|word| error.contains(word)), "{text:?}: {error}");
        }
        let error = WeightTable::read(Path::new("balnced")).expect_err("no such file").to_string();
        assert!(error.contains("balnced") && error.contains("`balanced`"), "{error}");
    }
}
