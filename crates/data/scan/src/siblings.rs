//! Folders beside one another whose names say that they are no classes, or several folders of one class.

use std::collections::BTreeMap;

use crate::part::{bare, is_kind, is_mask, is_output, is_version};

/// Names of one class: `rust` and `rust_aug`, `rust_train` and `rust_test`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Family {
    /// At least two.
    pub(crate) names: Vec<String>,
    /// Whether the names tell parts of a data set apart.
    pub(crate) parts: bool,
}

/// Whether no name says what is seen: kinds of files, versions of photos, outputs of programs.
pub(crate) fn are_no_classes(names: &[String]) -> bool {
    !names.is_empty() && names.iter().all(|name| is_kind(name) || is_version(name) || is_output(name))
}

/// The names that say no class, beside others that may; masks, which are left out, are not among them.
pub(crate) fn no_classes(names: &[String]) -> Vec<&String> {
    let odd = |name: &&String| is_kind(name) || is_version(name) || is_output(name);
    names.iter().filter(odd).filter(|name| !is_mask(name)).collect()
}

/// The first names that differ in the word for a version or a part alone.
pub(crate) fn family(names: &[String]) -> Option<Family> {
    let mut families: BTreeMap<String, Vec<(&String, bool, bool)>> = BTreeMap::new();
    for name in names {
        let bare = bare(name);
        if !bare.class.is_empty() {
            families.entry(bare.class).or_default().push((name, bare.version, bare.part));
        }
    }
    let marked = |members: &&Vec<(&String, bool, bool)>| {
        members.len() > 1 && members.iter().any(|(_, version, part)| *version || *part)
    };
    let members = families.values().find(marked)?;
    Some(Family {
        names: members.iter().map(|(name, ..)| (*name).clone()).collect(),
        parts: members.iter().all(|(.., part)| *part),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &str) -> Option<(Vec<String>, bool)> {
        let names: Vec<String> = names.split('|').map(str::to_owned).collect();
        family(&names).map(|family| (family.names, family.parts))
    }

    #[test]
    fn names_of_one_class_are_found() {
        for (names, found, parts) in [
            ("healthy|rust|rust_aug", "rust|rust_aug", false),
            ("rust_train|healthy_train|rust_test|healthy_test", "healthy_train|healthy_test", true),
            ("train rust|test rust", "train rust|test rust", true),
            ("Rust|Rust (1)|healthy", "Rust|Rust (1)", false),
            ("Rust|Rust - Copy", "Rust|Rust - Copy", false),
            ("Copy of rust|rust", "Copy of rust|rust", false),
            ("rust_color|rust_grayscale", "rust_color|rust_grayscale", false),
            ("RustOriginal|RustAugmented", "RustOriginal|RustAugmented", false),
        ] {
            let found: Vec<String> = found.split('|').map(str::to_owned).collect();
            assert_eq!(of(names), Some((found, parts)), "{names}");
        }
        for names in [
            "rust|healthy",
            "leaf 1|leaf 2",
            "red color|green color",
            "rust|Rust",
            "train|test",
            "Tomato___Late_blight|Tomato___Early_blight",
            "0|1|2",
            "spot (2)|spot_3",
            "latest|contest",
        ] {
            assert_eq!(of(names), None, "{names}");
        }
    }

    #[test]
    fn what_is_no_class_is_known() {
        let of = |names: &str| names.split('|').map(str::to_owned).collect::<Vec<_>>();
        assert!(are_no_classes(&of("color|grayscale|segmented")) && are_no_classes(&of("images|runs")));
        assert!(!are_no_classes(&of("images|rust")) && !are_no_classes(&[]));
        assert_eq!(
            no_classes(&of("rust|runs2|images|masks|unlabelled|all")),
            ["runs2", "images", "unlabelled", "all"]
        );
        assert!(no_classes(&of("rust|all_spots|unknown|other|background|runs_of_mites")).is_empty());
    }
}
