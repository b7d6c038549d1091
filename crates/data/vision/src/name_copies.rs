//! Copies by file name: files that a program made of one photo say so in their names.
//!
//! Roboflow writes `STEM_jpg.rf.HASH.jpg`, Augmentor `CLASS_original_STEM.jpg_UUID.jpg`, Keras `STEM_0_1234.jpeg`, and
//! scripts write what was done, `STEM_new30degFlipLR.JPG`, `STEM_aug_3.png`, `STEM_90deg.jpg`. File managers write
//! `STEM - Copy.jpg` and `STEM (1).jpg`. Photos of one class and one stem are copies of one photo where such a mark is certain.
//! Ordinary numbers make no copies: `IMG_0001` and `IMG_0002`, `rust (1)` and `rust (2)`, `IMG_20240501_1234`.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;

use crate::dataset::{Dataset, Photo};

/// Most files that are taken for copies of one photo; more share a stem that names something else.
const MOST: usize = 64;
/// The same where the photo that they were made of is not there.
const MOST_ALONE: usize = 30;
/// Most files of a stem of which `STEM (1)` is a copy.
const MOST_NUMBERED: usize = 10;
/// Least mean distance of the random numbers that Keras appends.
const RANDOM: u64 = 50;
/// Stems that programs and web pages give to any picture.
const ANY: [&str; 12] = [
    "image",
    "images",
    "img",
    "photo",
    "photos",
    "picture",
    "pic",
    "download",
    "unnamed",
    "index",
    "screenshot",
    "file",
];

/// Which photos are copies of one another by their names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameCopies {
    /// For each photo the index of the first photo that was made of the same one; its own if there is no other.
    pub of: Vec<usize>,
    /// For each photo its file name without the extension, and without the mark of a copy if it has copies.
    pub stems: Vec<String>,
    /// Photos whose names have the mark of a copy and do not say of which photo, each set with a stem of one class. They are
    /// not taken for copies.
    pub unsure: Vec<Vec<usize>>,
}

impl NameCopies {
    /// No copies among the photos of a data set.
    #[must_use]
    pub fn none(data: &Dataset) -> Self {
        let stem =
            |photo: &Photo| photo.path.file_stem().and_then(OsStr::to_str).unwrap_or_default().to_owned();
        let stems = data.photos.iter().map(stem).collect();
        Self { of: (0..data.photos.len()).collect(), stems, unsure: Vec::new() }
    }

    /// Finds the copies among the photos of a data set. The result depends on paths and classes alone.
    #[must_use]
    pub fn find(data: &Dataset) -> Self {
        let names: Vec<&str> = data
            .photos
            .iter()
            .map(|photo| photo.path.file_name().and_then(OsStr::to_str).unwrap_or_default())
            .collect();
        let mut copies = Self::none(data);
        let mut families: BTreeMap<(usize, &str), Vec<(usize, Mark)>> = BTreeMap::new();
        for (index, (photo, name)) in data.photos.iter().zip(&names).enumerate() {
            if let Some((stem, mark)) = marked(name) {
                families.entry((photo.class, stem)).or_default().push((index, mark));
            }
        }
        let mut plain: BTreeMap<(usize, &str), Vec<usize>> = BTreeMap::new();
        for (index, (photo, name)) in data.photos.iter().zip(&names).enumerate() {
            let key = (photo.class, split_extension(name).0);
            if families.contains_key(&key) && marked(name).is_none() {
                plain.entry(key).or_default().push(index);
            }
        }
        for (key, family) in families {
            copies.judge(key.1, &family, plain.get(&key).map_or(&[], Vec::as_slice));
        }
        copies
    }

    /// Takes the members of a family for copies if that is certain.
    fn judge(&mut self, stem: &str, family: &[(usize, Mark)], plain: &[usize]) {
        let members: BTreeSet<usize> =
            family.iter().map(|(index, _)| *index).chain(plain.iter().copied()).collect();
        if members.len() < 2 {
            return;
        }
        let identifies = !plain.is_empty() || stem.bytes().any(|byte| byte.is_ascii_digit());
        let few = members.len() <= MOST;
        let any = ANY.contains(&stem.trim_end_matches(['_', '-', ' ']).to_lowercase().as_str());
        let sure = |mark: &Mark| match mark {
            Mark::Roboflow => few && !any,
            Mark::Augmentor => few && identifies,
            Mark::Said => identifies && members.len() <= if plain.is_empty() { MOST_ALONE } else { MOST },
            Mark::Described => few && !plain.is_empty(),
            Mark::Numbered => {
                let digit = stem.bytes().any(|byte| byte.is_ascii_digit());
                !plain.is_empty() && digit && members.len() <= MOST_NUMBERED
            }
            Mark::Random(_) => few && identifies,
        };
        let numbers: Vec<u64> = family.iter().filter_map(|(_, mark)| mark.random()).collect();
        if !numbers.is_empty() && (numbers.len() < family.len() || !are_random(&numbers, !plain.is_empty())) {
            return;
        }
        if family.iter().all(|(_, mark)| sure(mark)) {
            let first = members.first().copied().unwrap_or_default();
            for member in members {
                self.of[member] = first;
                stem.clone_into(&mut self.stems[member]);
            }
        } else if family.iter().any(|(_, mark)| !matches!(mark, Mark::Numbered)) {
            self.unsure.push(members.into_iter().collect());
        }
    }

    /// Photos of each photo that has copies, at the index of the first; 0 at all other indices.
    #[must_use]
    pub fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![0; self.of.len()];
        self.of.iter().for_each(|&first| sizes[first] += 1);
        sizes.iter_mut().for_each(|size| *size *= usize::from(*size > 1));
        sizes
    }
}

/// The mark that a program leaves in the name of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    /// `.rf.` and a hash.
    Roboflow,
    /// `original` before, a UUID after.
    Augmentor,
    /// A word that says what was done: `90deg`, `flip`, `aug`, `copy`.
    Said,
    /// A word that may as well say how a photo was taken, of what, or when: `dark`, `crop`, `2023_aug`.
    Described,
    /// A number in parentheses.
    Numbered,
    /// The random number of Keras.
    Random(u64),
}

impl Mark {
    fn random(&self) -> Option<u64> {
        if let Self::Random(number) = self { Some(*number) } else { None }
    }
}

/// The name without the extension of a picture, and the extension.
fn split_extension(name: &str) -> (&str, &str) {
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && (2..=5).contains(&extension.len()) => {
            (stem, extension)
        }
        _ => (name, ""),
    }
}

/// The stem of a marked name, without all of its marks, and the least certain mark; `None` without a mark.
fn marked(name: &str) -> Option<(&str, Mark)> {
    let (whole, extension) = split_extension(name);
    let mut stem = whole;
    let mut mark = None;
    while let Some((rest, found)) = roboflow(stem)
        .or_else(|| augmentor(stem))
        .or_else(|| said_after(stem))
        .or_else(|| said_before(stem))
        .or_else(|| numbered(stem))
        .filter(|(rest, _)| rest.bytes().any(|byte| byte.is_ascii_alphanumeric()) || !rest.is_ascii())
    {
        // A number alone is less certain than a word, and so is one that may mean something else.
        if !matches!(mark, Some(Mark::Numbered | Mark::Described)) {
            mark = Some(found);
        }
        stem = rest;
    }
    match mark {
        // Keras is told to begin names with `aug`.
        Some(Mark::Said) if stem.len() < whole.len() && whole.ends_with(stem) => {
            keras(stem, extension).or(Some((stem, Mark::Said)))
        }
        Some(mark) => Some((stem, mark)),
        None => keras(whole, extension),
    }
}

/// `STEM_jpg.rf.0123456789abcdef0123456789abcdef`.
fn roboflow(stem: &str) -> Option<(&str, Mark)> {
    let (before, hash) = stem.rsplit_once(".rf.")?;
    let is_hash = hash.len() >= 16 && hash.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let bare = before
        .rsplit_once(['_', '.'])
        .filter(|(_, end)| {
            ["jpg", "jpeg", "png", "bmp", "webp", "tif", "tiff"].contains(&end.to_ascii_lowercase().as_str())
        })
        .map_or(before, |(bare, _)| bare);
    is_hash.then_some((bare, Mark::Roboflow))
}

/// `rust_original_STEM.jpg_0a1b2c3d-0123-4567-89ab-0123456789ab`.
fn augmentor(stem: &str) -> Option<(&str, Mark)> {
    let (before, uuid) = stem.rsplit_once('_')?;
    let lengths: Vec<usize> = uuid.split('-').map(str::len).collect();
    let is_uuid =
        lengths == [8, 4, 4, 4, 12] && uuid.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
    let (_, original) = before.split_once("_original_").filter(|_| is_uuid)?;
    Some((split_extension(original).0, Mark::Augmentor))
}

/// `STEM_new30degFlipLR`, `STEM_aug_3`, `STEM rotated 90`, `STEM - Copy`: a word that says what was done, and numbers.
fn said_after(stem: &str) -> Option<(&str, Mark)> {
    let mut rest = stem.strip_suffix(')').map_or(stem, |inner| {
        // `STEM - Copy (2)`.
        inner
            .rsplit_once('(')
            .filter(|(_, number)| is_number(number))
            .map_or(stem, |(before, _)| before.trim_end())
    });
    let mut numbers = 0;
    let mut has_year = false;
    loop {
        let (before, word) = rest.rsplit_once(is_separator)?;
        let before = before.trim_end_matches(is_separator);
        if is_number(word) && numbers < 2 {
            numbers += 1;
            has_year |= is_year(word);
            rest = before;
        } else if says_which_way(word) && numbers == 0 {
            rest = before;
        } else if says_what_was_done(word) {
            let last = before.rsplit(is_separator).next().unwrap_or(before);
            let is_month = word.eq_ignore_ascii_case("aug") && (has_year || is_year(last));
            let mark = if is_month || may_describe(word) { Mark::Described } else { Mark::Said };
            // `horizontal_flip`.
            let bare = before.strip_suffix(last).filter(|_| says_which_way(last));
            return Some((bare.map_or(before, |bare| bare.trim_end_matches(is_separator)), mark));
        } else {
            return None;
        }
    }
}

/// Whether a number may be that of a year.
fn is_year(word: &str) -> bool {
    word.len() == 4 && (word.starts_with("19") || word.starts_with("20")) && is_number(word)
}

/// Whether a word that says what was done may as well describe what a photo shows or how it was taken.
fn may_describe(word: &str) -> bool {
    const WORDS: [&str; 13] = [
        "gray", "grey", "dark", "darker", "bright", "brighter", "sharp", "scale", "scaled", "noise", "blur",
        "crop", "shift",
    ];
    WORDS.contains(&word.to_lowercase().trim_end_matches(|letter: char| letter.is_ascii_digit()))
}

/// Whether a word says in which direction something was done: `flip_h`, `flip_horizontal`.
fn says_which_way(word: &str) -> bool {
    const WORDS: [&str; 14] = [
        "h",
        "v",
        "hv",
        "lr",
        "ud",
        "x",
        "y",
        "left",
        "right",
        "horizontal",
        "vertical",
        "horizontally",
        "vertically",
        "both",
    ];
    WORDS.contains(&word.to_lowercase().as_str())
}

/// `aug_3_STEM`, `rotated_STEM`, `Copy of STEM`.
fn said_before(stem: &str) -> Option<(&str, Mark)> {
    for words in ["copy of ", "kopie von ", "copie de ", "copia de "] {
        if stem.get(..words.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(words)) {
            return Some((&stem[words.len()..], Mark::Said));
        }
    }
    let (word, rest) = stem.split_once(is_separator).filter(|(word, _)| says_what_was_done(word))?;
    let after_number =
        rest.split_once(is_separator).filter(|(number, rest)| is_number(number) && !rest.is_empty());
    let rest = match after_number {
        // `crop_3_12` may be the third of 12 or the twelfth of 3.
        Some((_, after)) if after.bytes().any(|byte| byte.is_ascii_alphabetic()) => after,
        Some(_) => return None,
        None => rest,
    };
    // A description, as in `gray leaf spot`, is no mark; `crop` before a name says what became of it.
    let describes = may_describe(word) && !word.eq_ignore_ascii_case("crop");
    (!describes).then_some((rest, Mark::Said))
}

/// `STEM (1)`.
fn numbered(stem: &str) -> Option<(&str, Mark)> {
    let (before, number) = stem.strip_suffix(')')?.rsplit_once('(')?;
    is_number(number).then_some((before.trim_end_matches([' ', '_']), Mark::Numbered))
}

/// `STEM_0_1234` as Keras saves augmented pictures, where 0 is the place in a batch of one. Where the stem says that it is
/// augmented, the place may be any.
fn keras<'a>(stem: &'a str, extension: &str) -> Option<(&'a str, Mark)> {
    if !["jpeg", "png", "jpg"].contains(&extension) {
        return None;
    }
    let (before, random) = stem.rsplit_once('_')?;
    let (prefix, place) = before.rsplit_once('_')?;
    let plain = |number: &str| is_number(number) && (number == "0" || !number.starts_with('0'));
    if !plain(place) || !plain(random) || random.len() > 7 || place.len() > 5 || prefix.is_empty() {
        return None;
    }
    let number = Mark::Random(random.parse().ok()?);
    match place {
        "0" => Some((prefix, number)),
        _ if prefix.to_lowercase().contains("aug") => Some((before, number)),
        _ => None,
    }
}

/// Whether numbers are drawn at random and not counted: they are far apart. Two numbers prove nothing without the photo.
fn are_random(numbers: &[u64], has_plain: bool) -> bool {
    let (Some(least), Some(most)) = (numbers.iter().min(), numbers.iter().max()) else { return false };
    let gaps = numbers.len().saturating_sub(1) as u64;
    (numbers.len() > 1 || has_plain) && *most >= 100 && most - least >= RANDOM * gaps
}

fn is_separator(letter: char) -> bool {
    matches!(letter, '_' | '-' | '–' | '—' | ' ' | '.')
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.len() <= 7 && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a word names a change of a picture, with or without a number in it: `new30degFlipLR`, `rot90`, `hflip`.
fn says_what_was_done(word: &str) -> bool {
    const WORDS: [&str; 70] = [
        "aug",
        "augm",
        "augment",
        "augmented",
        "augmentation",
        "flip",
        "flipped",
        "fliplr",
        "fliptb",
        "flipud",
        "fliph",
        "flipv",
        "flipx",
        "flipy",
        "hflip",
        "vflip",
        "hvflip",
        "mirror",
        "mirrored",
        "rot",
        "rotate",
        "rotated",
        "rotation",
        "deg",
        "degrees",
        "bright",
        "brightness",
        "brighter",
        "darker",
        "dark",
        "contrast",
        "noise",
        "noisy",
        "gaussian",
        "blur",
        "blurred",
        "crop",
        "cropped",
        "zoom",
        "zoomed",
        "shear",
        "sheared",
        "shift",
        "shifted",
        "translated",
        "hue",
        "saturation",
        "sharpen",
        "sharpened",
        "gray",
        "grey",
        "grayscale",
        "pixel",
        "copy",
        "kopie",
        "copie",
        "copia",
        "transposed",
        "transformed",
        "horizontalflip",
        "verticalflip",
        "randomflip",
        "randomrotation",
        "randomcrop",
        "randomresizedcrop",
        "colorjitter",
        "jitter",
        "副本",
        "копия",
        "コピー",
    ];
    let lower = word.to_lowercase();
    let lower = lower.strip_prefix("new").unwrap_or(&lower);
    // Runs of letters between numbers, and at most one of them after a number: `30degfliplr` is `deg` and `fliplr`.
    let mut found = false;
    for letters in lower.split(|letter: char| letter.is_ascii_digit()).filter(|letters| !letters.is_empty()) {
        let known = |letters: &str| WORDS.contains(&letters);
        let joined = letters.strip_prefix("deg").is_some_and(|rest| rest.is_empty() || known(rest));
        if !known(letters) && !joined {
            return false;
        }
        found = true;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    fn find(names: &[&str]) -> NameCopies {
        let photo = |(index, name): (usize, &&str)| Photo {
            path: format!("rust/{name}").into(),
            class: 0,
            split: None,
            digest: Digest::of(&index.to_le_bytes()),
            bytes: 1,
            width: 1,
            height: 1,
        };
        let photos = names.iter().enumerate().map(photo).collect();
        NameCopies::find(&Dataset {
            root: "r".into(),
            classes: vec!["rust".into()],
            photos,
            layout: None,
            tables: None,
            label_sets: None,
        })
    }

    const HASHES: [&str; 3] =
        ["0a1b2c3d4e5f60718293a4b5c6d7e8f9", "f9e8d7c6b5a4938271605f4e3d2c1b0a", "Xk3JqPz8Lm2NvR7tYw9B"];

    #[test]
    fn files_that_programs_made_of_one_photo_are_copies() {
        let roboflow = HASHES.map(|hash| format!("IMG_0012_jpg.rf.{hash}.jpg"));
        let roboflow: Vec<&str> = roboflow.iter().map(String::as_str).collect();
        let families: &[&[&str]] = &[
            &roboflow,
            &["leaf_png.rf.0a1b2c3d4e5f60718293a4b5c6d7e8f9.jpg", "leaf.png"],
            &[
                "0a5e9323-dbad___RS_HL 1234.JPG",
                "0a5e9323-dbad___RS_HL 1234_new30degFlipLR.JPG",
                "0a5e9323-dbad___RS_HL 1234_90deg.JPG",
                "0a5e9323-dbad___RS_HL 1234_flipTB.JPG",
                "0a5e9323-dbad___RS_HL 1234_newPixel25.JPG",
            ],
            &["IMG_7_aug_1.png", "IMG_7_aug_2.png", "IMG_7.png"],
            &[
                "7_flip.jpg",
                "7_rot90.jpg",
                "7_rotated_45.jpg",
                "7_hflip.jpg",
                "7_aug3.jpg",
                "7_flip_90deg.jpg",
            ],
            &["aug_3_IMG_7.jpg", "rotated_IMG_7.jpg", "IMG_7_mirror.jpg"],
            &["leaf_0_1234.jpeg", "leaf_0_8790.jpeg", "leaf.jpeg"],
            &["leaf12_0_9034.jpeg", "leaf12_0_771.jpeg", "leaf12_0_4410.jpeg"],
            &["aug_17_9034.png", "aug_17_771.png"],
            &["IMG_0001.jpg", "IMG_0001 (1).jpg", "IMG_0001(2).jpg"],
            &["scab.jpg", "scab - Copy.jpg", "scab - Copy (2).jpg", "scab_copy.jpg", "Copy of scab.jpg"],
            &["IMG_3 - Kopie.jpg", "IMG_3 copy 2.jpg", "IMG_3 - 副本.jpg", "IMG_3 — копия.jpg"],
            &["IMG_5_flip_h.jpg", "IMG_5_flip_v.jpg", "IMG_5_horizontal_flip.jpg", "IMG_5_rotate_-15.jpg"],
            &["IMG_5_HorizontalFlip.jpg", "IMG_5_transformed_0.jpg", "IMG_5_vertical_flip.jpg"],
            &["aug_IMG_6_0_1234.jpeg", "aug_IMG_6_0_9001.jpeg", "aug_IMG_6_0_77.jpeg"],
            &["field7.jpg", "field7_crop_1.jpg", "field7_crop_2.jpg"],
            &[
                "rust_original_IMG_9.JPG_0a1b2c3d-0123-4567-89ab-0123456789ab.JPG",
                "rust_original_IMG_9.JPG_ffffffff-0123-4567-89ab-0123456789ab.JPG",
            ],
        ];
        for family in families {
            let mut names = family.to_vec();
            // What is beside it stays apart.
            names.push("another_77.jpg");
            let found = find(&names);
            assert!(found.of[..family.len()].iter().all(|&first| first == 0), "{family:?}: {found:?}");
            assert_eq!(found.of[family.len()], family.len());
            assert!(found.unsure.is_empty(), "{found:?}");
        }
    }

    #[test]
    fn numbers_alone_make_no_copies() {
        let numbered: Vec<String> = (1..30).map(|number| format!("rust ({number}).jpg")).collect();
        let numbered: Vec<&str> = numbered.iter().map(String::as_str).collect();
        let apart: &[&[&str]] = &[
            &["IMG_0001.jpg", "IMG_0002.jpg", "IMG_0003.jpg"],
            &numbered,
            &["IMG_20240501_1234.jpg", "IMG_20240501_9834.jpg"],
            &["plant_0_1.jpg", "plant_0_2.jpg", "plant_0_3.jpg"],
            &["plant3_0_101.jpg", "plant3_0_102.jpg", "plant3_0_103.jpg"],
            &["leaf_12_0345.jpg", "leaf_12_0912.jpg"],
            &["images.jpg", "images (1).jpg", "images (2).jpg"],
            &["gray_leaf_spot_1.jpg", "gray_leaf_spot_2.jpg"],
            &["1_crop.jpg", "2_crop.jpg", "3_crop.jpg"],
            &["crop_3_12.jpg", "crop_3_13.jpg"],
            &["a.jpg", "b.jpg", "copy.jpg", "flip.jpg", "90deg.jpg", "aug_1.jpg", "aug_2.jpg"],
            &["", ".jpg", "é_.jpg", "__.jpg"],
        ];
        for names in apart {
            let found = find(names);
            assert_eq!(found.of, (0..names.len()).collect::<Vec<_>>(), "{names:?}");
            assert!(found.unsure.is_empty(), "{names:?}: {found:?}");
        }
    }

    #[test]
    fn marks_that_do_not_name_their_photo_are_unsure() {
        let many: Vec<String> = (0..100).map(|number| format!("rust_aug_{number}.jpg")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        for (names, unsure) in [
            (&many[..], 100),
            (&["leaf_aug_1.jpg", "leaf_aug_2.jpg"][..], 2),
            (&["2023_aug_1.jpg", "2023_aug_2.jpg", "2023_aug_3.jpg"][..], 3),
            (&["12_aug_2023_1.jpg", "12_aug_2023_2.jpg"][..], 2),
            (&["field7_crop_1.jpg", "field7_crop_2.jpg"][..], 2),
            (&["leaf1_dark_1.jpg", "leaf1_dark_2.jpg"][..], 2),
            (&["aug_0_1234.jpeg", "aug_0_77.jpeg", "aug_0_9001.jpeg"][..], 3),
            (
                &[
                    "images_jpg.rf.0a1b2c3d4e5f60718293a4b5c6d7e8f9.jpg",
                    "images_jpg.rf.f9e8d7c6b5a4938271605f4e3d2c1b0a.jpg",
                ][..],
                2,
            ),
        ] {
            let found = find(names);
            assert_eq!(found.of, (0..names.len()).collect::<Vec<_>>(), "{names:?}");
            assert_eq!(found.unsure.iter().map(Vec::len).sum::<usize>(), unsure, "{names:?}: {found:?}");
        }
    }
}
