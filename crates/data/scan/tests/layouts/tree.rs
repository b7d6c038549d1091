//! Folders of drawn photos, and what they are expected to be.

use foliar_vision::{Dataset, Split};

use crate::common::png;

/// What is expected of a tree.
pub(crate) enum Expected {
    /// These classes, with so many photos for training (or without a part), validation and test.
    Read(&'static str, [usize; 3]),
    /// An error that holds all of these words.
    Refused(&'static [&'static str]),
}

/// A tree: folders, each with a number of photos, as `train/{rust healthy}*3 masks*2`. A name with a dot is one file.
pub(crate) fn plant(root: &std::path::Path, tree: &str) {
    let mut value = 0_u32;
    for (folder, count) in expand(tree) {
        let path = root.join(folder.replace('^', "."));
        if folder.rsplit('/').next().unwrap().contains('.') {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let bytes = if folder.ends_with(".png") { png(value) } else { b"a,b\n1,2\n".to_vec() };
            std::fs::write(path, bytes).unwrap();
            value += 1;
            continue;
        }
        std::fs::create_dir_all(&path).unwrap();
        for index in 0..count {
            std::fs::write(path.join(format!("{index}.png")), png(value)).unwrap();
            value += 1;
        }
    }
}

/// `a/{b c}*2` as (`a/b`, 2), (`a/c`, 2). Names that hold blanks write them as `~`, and folders that hold dots as `^`.
fn expand(tree: &str) -> Vec<(String, usize)> {
    let mut out = Vec::new();
    let mut depth = 0;
    let items = tree.split(|letter: char| {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        letter == ' ' && depth == 0
    });
    for item in items.filter(|item| !item.is_empty()) {
        let (pattern, count) = item.rsplit_once('*').unwrap_or((item, "2"));
        for path in alternatives(pattern) {
            out.push((path.replace('~', " "), count.parse().unwrap()));
        }
    }
    out
}

fn alternatives(pattern: &str) -> Vec<String> {
    let Some(open) = pattern.find('{') else { return vec![pattern.to_owned()] };
    let mut depth = 0;
    let close = pattern[open..]
        .char_indices()
        .find(|&(_, letter)| {
            depth += i32::from(letter == '{') - i32::from(letter == '}');
            letter == '}' && depth == 0
        })
        .map(|(at, _)| open + at)
        .unwrap();
    let (before, inside, after) = (&pattern[..open], &pattern[open + 1..close], &pattern[close + 1..]);
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, letter) in inside.char_indices() {
        depth += i32::from(letter == '{') - i32::from(letter == '}');
        if letter == ' ' && depth == 0 {
            parts.push(&inside[start..at]);
            start = at + 1;
        }
    }
    parts.push(&inside[start..]);
    let ends = alternatives(after);
    parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .flat_map(alternatives)
        .flat_map(|part| ends.iter().map(move |end| format!("{before}{part}{end}")).collect::<Vec<_>>())
        .collect()
}

pub(crate) fn counts(dataset: &Dataset) -> [usize; 3] {
    let count = |wanted: Split| {
        let is = |split: &Split| *split == wanted;
        dataset.photos.iter().filter(|photo| is(&photo.split.unwrap_or(Split::Train))).count()
    };
    [Split::Train, Split::Validation, Split::Test].map(count)
}
