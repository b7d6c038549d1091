//! Paths in files of text, whatever their bytes: as a string where they are UTF-8, else as the operating system's units.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Form {
    Text(String),
    // Where there is no operating system a path is text.
    #[cfg(any(unix, windows))]
    Units(std::ffi::OsString),
}

/// Writes `path`.
///
/// # Errors
/// The serializer's.
pub fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    #[cfg(any(unix, windows))]
    let units = || Form::Units(path.into());
    #[cfg(not(any(unix, windows)))]
    let units = || Form::Text(path.to_string_lossy().into_owned());
    path.to_str().map_or_else(units, |text| Form::Text(text.to_owned())).serialize(serializer)
}

/// Reads a path.
///
/// # Errors
/// A value that is no path.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
    Ok(match Form::deserialize(deserializer)? {
        Form::Text(text) => text.into(),
        #[cfg(any(unix, windows))]
        Form::Units(units) => units.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Named(#[serde(with = "super")] PathBuf);

    #[test]
    fn text_stays_text() {
        let named = Named("leaves/a b.jpg".into());
        let json = serde_json::to_string(&named).unwrap();
        assert_eq!(json, "\"leaves/a b.jpg\"");
        assert_eq!(serde_json::from_str::<Named>(&json).unwrap(), named);
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_no_text_survive() {
        use std::os::unix::ffi::OsStringExt;
        let named = Named(std::ffi::OsString::from_vec(vec![b'a', 0xff, b'/']).into());
        let json = serde_json::to_string(&named).unwrap();
        assert_eq!(serde_json::from_str::<Named>(&json).unwrap(), named);
    }
}
