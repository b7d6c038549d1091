//! Tables in JSON: a list of objects, one object a line, or names with their labels.

use std::path::Path;

use serde_json::{Map, Value};

use crate::error::LabelError;
use crate::file_index::has_picture_extension;
use crate::table::{Row, Table};

/// One object a line.
///
/// # Errors
/// [`LabelError::Table`] with the line that is no object.
pub(crate) fn lines(path: &Path, text: &str) -> Result<Table, LabelError> {
    let mut objects = Vec::new();
    for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        match serde_json::from_str(text) {
            Ok(Value::Object(object)) => objects.push((line, object)),
            Ok(_) => return Err(LabelError::table(path, format!("line {line} is no JSON object"))),
            Err(error) => return Err(LabelError::table(path, format!("line {line}: {error}"))),
        }
    }
    table(path, &objects)
}

/// A document that holds a list of objects, in an entry of its own or not, or names of photos with their labels.
///
/// # Errors
/// [`LabelError::Table`] for any other document.
pub(crate) fn document(path: &Path, text: &str) -> Result<Table, LabelError> {
    let value: Value =
        serde_json::from_str(text).map_err(|error| LabelError::table(path, error.to_string()))?;
    let lists = |value: &Value| match value {
        Value::Array(list) if list.first().is_some_and(Value::is_object) => Some(list.clone()),
        _ => None,
    };
    let is_map = value.as_object().is_some_and(|object| object.keys().any(|key| has_picture_extension(key)));
    let list = match &value {
        Value::Array(_) => lists(&value),
        Value::Object(object) if is_map => {
            let pair = |(key, value): (&String, &Value)| {
                let pair = [("image", Value::String(key.clone())), ("label", value.clone())];
                Value::Object(pair.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
            };
            Some(object.iter().map(pair).collect())
        }
        Value::Object(object) => {
            let mut found = object.values().filter_map(lists);
            found.next().filter(|_| found.next().is_none())
        }
        _ => None,
    };
    let objects = list.into_iter().flatten();
    let objects: Vec<(u64, Map<String, Value>)> = (1..)
        .zip(objects)
        .filter_map(|(number, value)| match value {
            Value::Object(object) => Some((number, object)),
            _ => None,
        })
        .collect();
    let mut table = table(path, &objects)?;
    table.named &= !is_map;
    Ok(table)
}

fn table(path: &Path, objects: &[(u64, Map<String, Value>)]) -> Result<Table, LabelError> {
    let mut header: Vec<String> = Vec::new();
    for (_, object) in objects {
        for name in object.keys() {
            if !header.contains(name) {
                header.push(name.clone());
            }
        }
    }
    if header.is_empty() {
        let what = "no list of objects with a photo and its label each";
        return Err(LabelError::table(path, what));
    }
    let row = |(line, object): &(u64, Map<String, Value>)| Row {
        line: *line,
        cells: header.iter().map(|name| object.get(name).map_or_else(String::new, cell)).collect(),
    };
    let rows = objects.iter().map(row).collect();
    Ok(Table { path: path.to_owned(), header, rows, named: true })
}

/// A value as a cell; what has no text of its own is empty, and a list is one of labels.
fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Array(list) => {
            let inside: Vec<String> = list.iter().map(cell).filter(|cell| !cell.is_empty()).collect();
            format!("[{}]", inside.join(", "))
        }
        Value::Null | Value::Object(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_rows() {
        let text = "{\"file_name\": \"1.jpg\", \"label\": 3}\n\n{\"label\": [\"a\", \"b\"], \"file_name\": \"2.jpg\", \"more\": {}}\n";
        let table = lines(Path::new("m.jsonl"), text).unwrap();
        assert_eq!(table.header, ["file_name", "label", "more"]);
        assert_eq!(table.rows[1].cells, ["2.jpg", "[a, b]", ""]);
        let table =
            document(Path::new("m.json"), "{\"data\": [{\"image\": \"1.jpg\", \"class\": \"x\"}]}").unwrap();
        assert_eq!(table.rows[0].cells, ["x", "1.jpg"]);
        let table = document(Path::new("m.json"), "{\"1.jpg\": \"x\", \"2.jpg\": \"y\"}").unwrap();
        assert_eq!(table.rows[1].cells, ["2.jpg", "y"]);
        for wrong in ["{\"0\": \"rust\"}", "[]", "3", "{", "[1, 2]"] {
            assert!(document(Path::new("m.json"), wrong).is_err(), "{wrong}");
        }
        assert!(lines(Path::new("m.jsonl"), "{}\n[1]\n").unwrap_err().to_string().contains("line 2"));
    }
}
