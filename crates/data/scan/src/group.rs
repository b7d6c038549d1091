//! Names that tell photos of one class apart: when, where and with what they were taken.

use std::collections::BTreeSet;

use crate::node::Node;
use crate::part::{FILLERS, is_kind, is_number, normal, words};

/// Words for times, places, plants and cameras.
const SESSIONS: [&str; 58] = [
    "day",
    "days",
    "date",
    "week",
    "month",
    "year",
    "season",
    "morning",
    "noon",
    "afternoon",
    "evening",
    "night",
    "session",
    "visit",
    "trip",
    "survey",
    "round",
    "plot",
    "plots",
    "site",
    "field",
    "farm",
    "garden",
    "orchard",
    "greenhouse",
    "location",
    "zone",
    "block",
    "row",
    "bed",
    "rep",
    "replicate",
    "plant",
    "tree",
    "pot",
    "camera",
    "cam",
    "phone",
    "iphone",
    "device",
    "drone",
    "img",
    "dsc",
    "dscn",
    "dcim",
    "canon",
    "nikon",
    "apple",
    "gopro",
    "media",
    "tag",
    "woche",
    "feld",
    "jour",
    "dia",
    "parcela",
    "parcelle",
    "campo",
];

const MONTHS: [&str; 23] = [
    "jan",
    "january",
    "feb",
    "february",
    "mar",
    "march",
    "apr",
    "april",
    "may",
    "jun",
    "june",
    "jul",
    "july",
    "aug",
    "august",
    "sep",
    "september",
    "oct",
    "october",
    "nov",
    "november",
    "dec",
    "december",
];

/// Whether `name` says when, where or with what photos were taken and nothing else: `plot 3`, `2024-05-01`, `Site A`, `100CANON`.
pub(crate) fn is_session(name: &str) -> bool {
    let words = words(name);
    let told = |word: &String| SESSIONS.contains(&word.as_str()) || MONTHS.contains(&word.as_str());
    let counts = |word: &String| is_number(word) || word.chars().count() == 1;
    let year = |word: &String| {
        matches!(word.len(), 4 | 8) && is_number(word) && (word.starts_with("19") || word.starts_with("20"))
    };
    words.iter().all(|word| told(word) || counts(word) || FILLERS.contains(&word.as_str()))
        && words.iter().any(counts)
        && (words.iter().any(told) || words.iter().any(year))
}

/// What `name` says of the photos in normal form, without numbers and what [`is_session`] means: empty for `plant 3`, `healthy`
/// for `1. healthy`.
fn said(name: &str) -> String {
    if is_session(name) {
        return String::new();
    }
    if !name.chars().any(|letter| letter.is_ascii_digit()) {
        return normal(name);
    }
    let says = |word: &&String| {
        let word = word.as_str();
        let of_session = SESSIONS.contains(&word) || MONTHS.contains(&word) || FILLERS.contains(&word);
        !of_session && !is_number(word)
    };
    let words = words(name);
    let rest: Vec<&String> = words.iter().filter(says).collect();
    let code = rest.iter().all(|word| word.chars().count() == 1);
    if code { String::new() } else { rest.into_iter().map(|word| normal(word)).collect() }
}

/// Whether `name` says something of the photos, and is no number, date or place alone.
pub(crate) fn says(name: &str) -> bool {
    !said(name).is_empty()
}

/// Whether a name may be that of a place as well as that of a class: `A`, `North`.
pub(crate) fn is_place(name: &str) -> bool {
    const WINDS: [&str; 12] = [
        "north",
        "south",
        "east",
        "west",
        "northeast",
        "northwest",
        "southeast",
        "southwest",
        "upper",
        "lower",
        "left",
        "right",
    ];
    let name = normal(name);
    name.chars().count() == 1 || WINDS.contains(&name.as_str())
}

/// Whether the folders of `node` are told apart by words, as classes are: `1_healthy` and `2_rust`, but not `plant1` and `plant2`.
pub(crate) fn worded(node: &Node) -> bool {
    let names = node.named().map(|(name, ..)| name).filter(|name| !is_kind(name));
    names.map(|name| said(&name)).filter(|said| !said.is_empty()).collect::<BTreeSet<_>>().len() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_places_and_cameras_are_sessions() {
        for name in [
            "plot1",
            "Day 3",
            "2024-05-01",
            "20240501",
            "01.05.2024",
            "100CANON",
            "Site A",
            "IMG_0001",
            "Farm 2",
            "May 2024",
            "2023",
        ] {
            assert!(is_session(name), "{name}");
        }
        for name in [
            "rust",
            "1",
            "stage_1",
            "Severity (0)",
            "1_healthy",
            "field",
            "class_2",
            "part_a",
            "n01440764",
            "plot",
        ] {
            assert!(!is_session(name), "{name}");
        }
    }

    #[test]
    fn numbers_before_words_say_a_class() {
        let same = |names: &str| names.split(' ').map(said).collect::<BTreeSet<_>>().len() == 1;
        assert!(same("plant1 plant2") && same("Baum1 Baum2") && same("P01 P02 3") && same("2024-05-01 12"));
        assert!(!same("1_healthy 2_rust") && !same("001.X_gull 002.Y_gull") && !same("rust healthy"));
        assert!(says("1. healthy") && says("001.rust") && !says("12") && !says("day1"));
    }
}
