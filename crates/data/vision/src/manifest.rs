//! The contents of a data set, so that a later run can say what has changed.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// Class names, and the digest of every photo by its portable name relative to the root.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Names of the classes, sorted.
    pub classes: Vec<String>,
    /// Digest of the file of each photo.
    pub entries: BTreeMap<String, Digest>,
    /// Index of the class of each photo where tables say it; empty where folders do.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, usize>,
}

/// One difference between a data set and an earlier state of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// A new class.
    ClassAdded(String),
    /// A removed class.
    ClassRemoved(String),
    /// A new photo.
    PhotographAdded(String),
    /// A removed photo.
    PhotographRemoved(String),
    /// A photo whose file has changed.
    PhotographChanged(String),
    /// A photo that a table now says to be of another class.
    LabelChanged(String),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClassAdded(name) => write!(f, "class added: {name}"),
            Self::ClassRemoved(name) => write!(f, "class removed: {name}"),
            Self::PhotographAdded(name) => write!(f, "photo added: {name}"),
            Self::PhotographRemoved(name) => write!(f, "photo removed: {name}"),
            Self::PhotographChanged(name) => write!(f, "photo changed: {name}"),
            Self::LabelChanged(name) => write!(f, "class of the photo changed: {name}"),
        }
    }
}

impl Manifest {
    /// 64 hexadecimal digits, equal if and only if the manifests are equal.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        // Lengths come before contents, so that no two manifests spell the same bytes.
        hasher.update(&(self.classes.len() as u64).to_le_bytes());
        for class in &self.classes {
            hasher.update(&(class.len() as u64).to_le_bytes());
            hasher.update(class.as_bytes());
        }
        for (name, digest) in &self.entries {
            hasher.update(&(name.len() as u64).to_le_bytes());
            hasher.update(name.as_bytes());
            hasher.update(&digest.0);
        }
        for (name, class) in &self.labels {
            hasher.update(&(name.len() as u64).to_le_bytes());
            hasher.update(name.as_bytes());
            hasher.update(&(*class as u64).to_le_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }

    /// The changes from `earlier` to `self`: classes first, then photos by kind of change and name. Empty if and only if the
    /// two are equal.
    #[must_use]
    pub fn difference(&self, earlier: &Self) -> Vec<Difference> {
        let mut differences = Vec::new();
        for class in self.classes.iter().filter(|class| !earlier.classes.contains(class)) {
            differences.push(Difference::ClassAdded(class.clone()));
        }
        for class in earlier.classes.iter().filter(|class| !self.classes.contains(class)) {
            differences.push(Difference::ClassRemoved(class.clone()));
        }
        for (name, digest) in &self.entries {
            match earlier.entries.get(name) {
                None => differences.push(Difference::PhotographAdded(name.clone())),
                Some(before) if before != digest => {
                    differences.push(Difference::PhotographChanged(name.clone()))
                }
                Some(_) => {}
            }
        }
        // A class added or removed moves the numbers of the others.
        let class = |manifest: &Self, name: &str| {
            manifest.labels.get(name).and_then(|&class| manifest.classes.get(class).cloned())
        };
        for name in self.labels.keys().filter(|name| earlier.entries.contains_key(*name)) {
            if class(self, name) != class(earlier, name) {
                differences.push(Difference::LabelChanged(name.clone()));
            }
        }
        for name in earlier.entries.keys().filter(|name| !self.entries.contains_key(*name)) {
            differences.push(Difference::PhotographRemoved(name.clone()));
        }
        differences.sort();
        differences
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(classes: &[&str], entries: &[(&str, &str)]) -> Manifest {
        Manifest {
            classes: classes.iter().map(ToString::to_string).collect(),
            entries: entries
                .iter()
                .map(|(name, bytes)| (name.to_string(), Digest::of(bytes.as_bytes())))
                .collect(),
            labels: BTreeMap::new(),
        }
    }

    #[test]
    fn every_kind_of_change_is_named() {
        let before = manifest(&["a", "b"], &[("a/1", "x"), ("a/2", "y"), ("b/1", "z")]);
        let after = manifest(&["a", "c"], &[("a/1", "X"), ("a/2", "y"), ("c/1", "w")]);
        let text: Vec<String> = after.difference(&before).iter().map(ToString::to_string).collect();
        assert_eq!(
            text,
            [
                "class added: c",
                "class removed: b",
                "photo added: c/1",
                "photo removed: b/1",
                "photo changed: a/1",
            ]
        );
        assert!(before.difference(&before).is_empty());
    }

    #[test]
    fn fingerprint_sees_names_and_contents() {
        let base = manifest(&["a"], &[("a/1", "x")]);
        assert_eq!(base.fingerprint(), base.clone().fingerprint());
        for other in [
            manifest(&["b"], &[("a/1", "x")]),
            manifest(&["a"], &[("a/2", "x")]),
            manifest(&["a"], &[("a/1", "y")]),
        ] {
            assert_ne!(base.fingerprint(), other.fingerprint());
        }
    }

    #[test]
    fn survives_json() {
        let base = manifest(&["a"], &[("a/1", "x")]);
        let text = serde_json::to_string(&base).unwrap();
        assert_eq!(serde_json::from_str::<Manifest>(&text).unwrap(), base);
    }
}
