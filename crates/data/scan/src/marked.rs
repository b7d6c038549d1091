//! Names that are those of others with a word for what was done to the photos: `rust_gray` and `256_rust` beside `rust`.

use std::collections::BTreeMap;

use crate::part::{VERSIONS, is_number, normal, words};

/// Words for what was done to photos that may be classes where they stand alone, or belong to the name of one: they count only at an
/// end of a name, and only beside the name without them.
const MARKS: &[&str] = &[
    "bw",
    "monochrome",
    "rgb",
    "hsv",
    "seg",
    "segmentation",
    "mask",
    "masks",
    "crop",
    "crops",
    "resize",
    "flip",
    "hflip",
    "vflip",
    "rotate",
    "rotation",
    "mirror",
    "blur",
    "blurred",
    "noise",
    "noisy",
    "denoised",
    "edges",
    "canny",
    "sobel",
    "clahe",
    "equalized",
    "equalised",
    "normalized",
    "normalised",
    "sharpened",
    "thermal",
    "clean",
    "cleaned",
    "orig",
];
/// Sides of resized photos.
const SIDES: [&str; 12] = ["64", "96", "128", "160", "192", "224", "256", "299", "300", "384", "512", "1024"];
/// Before these words a colour is that of a disease or an animal, and not of the photos: `gray mold`.
const COLOURED: &[&str] = &[
    "spot", "spots", "mold", "mould", "molds", "moulds", "leaf", "leaves", "blight", "rot", "blotch",
    "speck", "mildew", "smut", "streak", "wilt", "blind", "weevil", "moth", "worm", "aphid", "beetle", "bug",
    "fly",
];
const COLOURS: [&str; 4] = ["color", "colour", "gray", "grey"];

/// Names with a mark, each behind the name that it has without: (`rust`, `rust_gray`).
pub(crate) fn marked(names: &[String]) -> Vec<(String, String)> {
    let plain: BTreeMap<String, &String> = names.iter().rev().map(|name| (normal(name), name)).collect();
    let pair = |name: &String| {
        let found = stems(name).into_iter().find_map(|stem| plain.get(&stem))?;
        (*found != name).then(|| ((*found).clone(), name.clone()))
    };
    names.iter().filter_map(pair).collect()
}

/// What is left of a name in normal form without one or several marks at its ends, the longest first.
fn stems(name: &str) -> Vec<String> {
    let all = words(name);
    let mut rest = all.as_slice();
    let mut stems = Vec::new();
    while let Some(shorter) = without_last(rest).or_else(|| without_first(rest)) {
        rest = shorter;
        if rest.iter().any(|word| word.chars().any(char::is_alphabetic)) {
            stems.push(rest.iter().map(|word| normal(word)).collect());
        }
    }
    stems
}

fn is_mark(word: &str) -> bool {
    MARKS.contains(&word) || VERSIONS.contains(&word)
}

fn without_last(words: &[String]) -> Option<&[String]> {
    let side = |word: &String| SIDES.contains(&word.as_str());
    match words {
        [rest @ .., width, by, height] if by == "x" && side(width) && side(height) => Some(rest),
        [rest @ .., side_word, unit] if unit == "px" && side(side_word) => Some(rest),
        [rest @ .., last] if is_mark(last) || side(last) => Some(rest),
        [rest @ .., mark, number] if (is_mark(mark) || mark == "rot") && is_number(number) => Some(rest),
        _ => None,
    }
}

fn without_first(words: &[String]) -> Option<&[String]> {
    let side = |word: &String| SIDES.contains(&word.as_str());
    match words {
        [width, by, height, rest @ ..] if by == "x" && side(width) && side(height) => Some(rest),
        [first, rest @ ..] if COLOURS.contains(&first.as_str()) => {
            let of_disease = rest.last().is_some_and(|last| COLOURED.contains(&last.as_str()));
            (!of_disease).then_some(rest)
        }
        [first, rest @ ..] if is_mark(first) || side(first) => Some(rest),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &str) -> String {
        let names: Vec<String> = names.split('|').map(str::to_owned).collect();
        let pairs = marked(&names).into_iter().map(|(plain, name)| format!("{plain}<{name}"));
        pairs.collect::<Vec<_>>().join("|")
    }

    #[test]
    fn names_with_a_mark_stand_beside_those_without() {
        for mark in [
            "gray",
            "grey",
            "grayscale",
            "bw",
            "color",
            "colour",
            "rgb",
            "segmented",
            "seg",
            "mask",
            "masked",
            "crop",
            "cropped",
            "resized",
            "flipped",
            "rotated",
            "mirrored",
            "blurred",
            "noise",
            "edges",
            "enhanced",
            "hsv",
            "clahe",
            "thermal",
            "original",
            "clean",
            "raw",
            "224",
            "256x256",
            "rot90",
            "aug_2",
            "224px",
        ] {
            for name in [format!("rust_{mark}"), format!("rust {mark}"), format!("{mark}_rust")] {
                if name == "aug_2_rust" || name == "224px_rust" || name == "rot90_rust" {
                    continue;
                }
                assert_eq!(of(&format!("healthy|rust|{name}")), format!("rust<{name}"));
                assert_eq!(of(&format!("healthy|scab|{name}")), "");
            }
        }
        assert_eq!(of("rust|rust_gray|scab|scab_gray|healthy"), "rust<rust_gray|scab<scab_gray");
        assert_eq!(of("Rust|RustGray|rust_gray_224"), "Rust<RustGray|RustGray<rust_gray_224");
    }

    #[test]
    fn diseases_and_classes_with_such_words_are_none() {
        for names in [
            "leaf_mask_disease|leaf_disease",
            "leaf_mask_disease|healthy",
            "gray leaf spot|leaf spot",
            "grey mould|mould",
            "gray spot|spot|gray mold|mold",
            "gray weevil|weevil",
            "color blind|blind",
            "clean|dirty",
            "clean_leaf|dirty_leaf",
            "mask|no_mask",
            "64|128|256",
            "noise|blur|edges",
            "class 7|class",
            "stem|stem_rot",
        ] {
            assert_eq!(of(names), "", "{names}");
        }
    }
}
