//! Paths in files of text, whatever their bytes: as a string where they are UTF-8, else as the operating system's units.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Form {
    Text(String),
    Units(OsString),
}

/// Writes `path`.
///
/// # Errors
/// The serializer's.
pub fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    let form = path.to_str().map_or_else(|| Form::Units(path.into()), |text| Form::Text(text.to_owned()));
    form.serialize(serializer)
}

/// Reads a path.
///
/// # Errors
/// A value that is no path.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    Ok(match Form::deserialize(deserializer)? {
        Form::Text(text) => text.into(),
        Form::Units(units) => units.into(),
    })
}
