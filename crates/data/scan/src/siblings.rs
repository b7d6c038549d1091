//! Folders beside one another whose names say that they are no classes, or several folders of one class.

use std::collections::BTreeMap;

use crate::marked::marked;
use crate::part::{Bare, bare, is_kind, is_mask, is_output, is_version, normal};

/// Names of one class: `rust` and `rust_aug`, `rust_train` and `rust_test`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Family {
    /// At least two.
    pub(crate) names: Vec<String>,
    /// The one that is named after the class alone, or else the one of the photos as they were taken, or else the first.
    pub(crate) plain: String,
    /// Whether a name has the word for a part of a data set.
    pub(crate) parts: bool,
    /// How many more such sets of names there are.
    pub(crate) more: usize,
}

impl Family {
    fn of(members: &[&(&String, Bare)]) -> Self {
        let unmarked = members.iter().find(|(_, bare)| !bare.is_marked());
        let plain =
            unmarked.or_else(|| members.iter().find(|(_, bare)| bare.original)).unwrap_or(&members[0]);
        Self {
            names: members.iter().map(|(name, _)| (*name).clone()).collect(),
            plain: plain.0.clone(),
            parts: members.iter().any(|(_, bare)| bare.part),
            more: 0,
        }
    }

    /// One of the names that is not `plain`.
    pub(crate) fn other(&self) -> &str {
        self.names.iter().rfind(|name| **name != self.plain).map_or("", String::as_str)
    }
}

/// Whether `name` says what somebody did with photos, or nothing: `New folder (2)`, `rejected`, `unseen`.
fn is_collection(name: &str) -> bool {
    const COLLECTIONS: [&str; 32] = [
        // Albums of phones.
        "camera",
        "cameraroll",
        "dcim",
        "whatsappimages",
        "telegram",
        "bluetooth",
        "download",
        "downloads",
        "pictures",
        "photosfrom",
        "recents",
        "favorites",
        "newfolder",
        "neuerordner",
        "nouveaudossier",
        "nuevacarpeta",
        "novapasta",
        "untitledfolder",
        "rejected",
        "rejects",
        "duplicates",
        "todo",
        "tosort",
        "tocheck",
        "misc",
        "trash",
        "seen",
        "unseen",
        "unused",
        "labeled",
        "labelled",
        "singleprediction",
    ];
    let name = normal(name);
    COLLECTIONS.contains(&name.trim_end_matches(|letter: char| letter.is_ascii_digit()))
}

/// Whether a name says that a folder is no class: its kind of files, the version of its photos, what wrote it, what it was sorted for.
pub(crate) fn is_no_class(name: &str) -> bool {
    is_kind(name) || is_version(name) || is_output(name) || is_collection(name)
}

/// Whether no name says what is seen: kinds of files, versions of photos, outputs of programs.
pub(crate) fn are_no_classes(names: &[String]) -> bool {
    !names.is_empty() && names.iter().all(|name| is_no_class(name))
}

/// The names that say no class, beside others that may; masks, which are left out, are not among them.
pub(crate) fn no_classes(names: &[String]) -> Vec<&String> {
    names.iter().filter(|name| is_no_class(name)).filter(|name| !is_mask(name)).collect()
}

/// The first names that differ in the word for a version or a part alone. A number in brackets marks a copy only beside the name
/// without it, and a colour only beside a name that has such a word too: `leaf spot` and `gray leaf spot` are two diseases.
pub(crate) fn family(names: &[String]) -> Option<Family> {
    let bare: Vec<(&String, Bare)> = names.iter().map(|name| (name, bare(name))).collect();
    let mut classes: BTreeMap<&str, Vec<&(&String, Bare)>> = BTreeMap::new();
    for member in bare.iter().filter(|(_, bare)| !bare.coloured.is_empty()) {
        classes.entry(&member.1.coloured).or_default().push(member);
    }
    let mut whole = classes.values().filter(|members| {
        let copies =
            members.iter().any(|(_, bare)| bare.numbered) && members.iter().any(|(_, bare)| !bare.numbered);
        members.len() > 1 && (copies || members.iter().any(|(_, bare)| bare.version || bare.part))
    });
    if let Some(members) = whole.next() {
        return Some(Family { more: whole.count(), ..Family::of(members) });
    }
    let marked = marked(names);
    if let Some((plain, name)) = marked.first() {
        let names = vec![plain.clone(), name.clone()];
        return Some(Family { names, plain: plain.clone(), parts: false, more: marked.len() - 1 });
    }
    let mut colours: BTreeMap<&str, Vec<&(&String, Bare)>> = BTreeMap::new();
    for member in bare.iter().filter(|(_, bare)| !bare.class.is_empty() && (bare.colour || bare.version)) {
        colours.entry(&member.1.class).or_default().push(member);
    }
    let mut members = colours.values().filter(|members| members.len() > 1);
    let first = members.next()?;
    Some(Family { more: members.count(), ..Family::of(first) })
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
            ("rust|rust_test", "rust|rust_test", true),
            ("leaf spot|gray leaf spot|leaf spot aug", "leaf spot|leaf spot aug", false),
            ("spot gray|spot color", "spot gray|spot color", false),
            ("healthy|healthy (1)|healthy (2)", "healthy|healthy (1)|healthy (2)", false),
            ("rust|rust_gray|scab|scab_gray", "rust|rust_gray", false),
            ("Rust|Rust 256x256|scab", "Rust|Rust 256x256", false),
            ("gray_healthy|healthy|scab", "healthy|gray_healthy", false),
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
            "gray leaf spot|leaf spot",
            "gray spot|spot",
            "grey mould|mould",
            "gray_mold|healthy",
            "gray leaf|leaf",
            "color blind|blind",
            "Severity (0)|Severity (1)|Severity (2)",
            "stage_1|stage_2|stage_3",
            "healthy|healthy_2",
            "covid_test|flu_test",
            "part_a|part_b",
        ] {
            assert_eq!(of(names), None, "{names}");
        }
    }

    #[test]
    fn versions_are_those_of_the_name_without_a_mark() {
        for (names, plain, other) in [
            ("copy of healthy|healthy|rust", "healthy", "copy of healthy"),
            ("healthy|rust|rust_aug", "rust", "rust_aug"),
            ("Rust|Rust (1)", "Rust", "Rust (1)"),
            ("RustAugmented|RustOriginal", "RustOriginal", "RustAugmented"),
            ("aug rust|flipped rust", "aug rust", "flipped rust"),
            ("rust_bw|rust|scab", "rust", "rust_bw"),
        ] {
            let names: Vec<String> = names.split('|').map(str::to_owned).collect();
            let family = family(&names).unwrap();
            assert_eq!((family.plain.as_str(), family.other()), (plain, other), "{names:?}");
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
