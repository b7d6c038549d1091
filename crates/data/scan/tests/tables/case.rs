//! What a folder with photos and tables is expected to be.

use std::collections::BTreeMap;
use std::path::Path;

use foliar_scan::{ClassMap, ColumnChoice, LabelSource, ScanError, ScanOptions, scan};
use foliar_vision::{Dataset, Problem, Task};

use crate::common::png;

/// A folder with photos and tables, and what becomes of it.
pub(crate) struct Case {
    /// Folders with the photos in them, as `images/1-8.png test/9.png`.
    pub(crate) photos: &'static str,
    /// Other files.
    pub(crate) files: &'static [(&'static str, &'static str)],
    /// What is given besides the folder: `--labels`, `--classes`, `--image-column` and `--label-column` with their values.
    pub(crate) options: &'static str,
    pub(crate) expected: Expected,
}

pub(crate) enum Expected {
    /// Classes with their counts, photos for training (or without a part), validation and test, codes of problems with their
    /// counts, and words of the sentence.
    Read(&'static str, [usize; 3], &'static str, &'static [&'static str]),
    /// An error that holds all of these words.
    Refused(&'static [&'static str]),
}

pub(crate) const NONE: &[(&str, &str)] = &[];
pub(crate) const EIGHT: &str = "images/1-8.png";
pub(crate) const FOUND: &[&str] = &["found in the folder"];

/// `image_id,label` of eight photos, four of each class.
pub(crate) const PLAIN: &str =
    "image_id,label\n1.png,a\n2.png,a\n3.png,a\n4.png,a\n5.png,b\n6.png,b\n7.png,b\n8.png,b\n";

/// Words of the question whether a column holds classes.
pub(crate) const ASKED: &[&str] =
    &["nothing says that these are the classes", "--labels", "one folder per class"];

/// A table of eight photos with one other column, in which two values take turns.
pub(crate) fn column_of(name: &str, even: &str, odd: &str) -> &'static str {
    let row = |number: usize| format!("{number}.png,{}\n", if number.is_multiple_of(2) { even } else { odd });
    Box::leak(format!("filename,{name}\n{}", (1..=8).map(row).collect::<String>()).into_boxed_str())
}

pub(crate) fn leaked(files: Vec<(&'static str, &'static str)>) -> &'static [(&'static str, &'static str)] {
    Box::leak(files.into_boxed_slice())
}

pub(crate) const FROM_ONE: &str =
    "image,label\n1.png,1\n2.png,1\n3.png,1\n4.png,1\n5.png,2\n6.png,2\n7.png,2\n8.png,2\n";

pub(crate) const SPLIT: &str = "path,split\nrust/1.png,train\nrust/2.png,train\nrust/3.png,train\nrust/4.png,test\nscab/5.png,train\nscab/6.png,train\nscab/7.png,train\nscab/8.png,test\n";

pub(crate) const CODES: &str =
    "image,label\n1.png,0\n2.png,0\n3.png,0\n4.png,0\n5.png,1\n6.png,1\n7.png,1\n8.png,1\n";

pub(crate) fn case(
    photos: &'static str,
    files: &'static [(&'static str, &'static str)],
    options: &'static str,
    expected: Expected,
) -> Case {
    Case { photos, files, options, expected }
}

pub(crate) fn plant(root: &Path, case: &Case) {
    let mut value = 0;
    for photos in case.photos.split(if case.photos.contains("a b/") { '\0' } else { ' ' }) {
        let (folder, name) = photos.rsplit_once('/').unwrap_or(("", photos));
        let (numbers, _) = name.split_once('.').unwrap();
        let (first, last) = numbers.split_once('-').unwrap_or((numbers, numbers));
        std::fs::create_dir_all(root.join(folder)).unwrap();
        let width = if first.starts_with('0') { first.len() } else { 1 };
        for number in first.parse::<u32>().unwrap()..=last.parse().unwrap() {
            std::fs::write(root.join(folder).join(format!("{number:0width$}.png")), png(value)).unwrap();
            value += 1;
        }
    }
    for (name, text) in case.files {
        std::fs::write(root.join(name), text).unwrap();
    }
}

pub(crate) fn scanned(root: &Path, options: &str) -> Result<(Dataset, Vec<Problem>), ScanError> {
    let mut scan_options = ScanOptions::default();
    let LabelSource { tables, columns: ColumnChoice { image, label }, task } = &mut scan_options.labels;
    let words: Vec<&str> = options.split_whitespace().collect();
    for pair in words.chunks(2) {
        match pair {
            ["--labels", name] => tables.push(root.join(name)),
            ["--multi-label", "yes"] => *task = Task::MultiLabel,
            ["--image-column", name] => *image = Some((*name).to_owned()),
            ["--label-column", name] => *label = Some((*name).to_owned()),
            ["--classes", name] => scan_options.classes = Some(ClassMap::read(&root.join(name))?),
            other => panic!("{other:?}"),
        }
    }
    scan(root, &scan_options)
}

pub(crate) fn counted<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    words.for_each(|word| *counts.entry(word).or_default() += 1);
    counts.iter().map(|(word, count)| format!("{word}:{count}")).collect::<Vec<_>>().join(" ")
}
