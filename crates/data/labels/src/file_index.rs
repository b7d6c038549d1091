//! Which file a name in a table means.
//!
//! Tables name photos by their path, by the end of it, without the extension, with backslashes, or with folders of the machine
//! that the table was made on. A name means the files whose path ends in it.

use std::collections::HashMap;
use std::path::{Component, Path};

use unicode_normalization::UnicodeNormalization as _;

/// Extensions of pictures, in lower case.
const EXTENSIONS: [&str; 21] = [
    "jpg", "jpeg", "jpe", "jfif", "png", "webp", "bmp", "dib", "gif", "tif", "tiff", "heic", "heif", "avif",
    "jxl", "jp2", "ppm", "pgm", "mpo", "tga", "dng",
];

/// Whether a name ends like that of a picture: `leaf.JPG`.
#[must_use]
pub fn has_picture_extension(name: &str) -> bool {
    bare(name).len() < name.len()
}

/// A name without the extension of a picture.
fn bare(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, extension))
            if !stem.is_empty() && EXTENSIONS.contains(&extension.to_ascii_lowercase().as_str()) =>
        {
            stem
        }
        _ => name,
    }
}

/// A path in a table with slashes, without `./` and the like: `.\rust\1.jpg` is `rust/1.jpg`.
#[must_use]
pub fn plain_path(name: &str) -> String {
    let slashes = name.replace('\\', "/");
    let parts = slashes.split('/').map(str::trim).filter(|part| !matches!(*part, "" | "." | ".."));
    parts.collect::<Vec<_>>().join("/")
}

/// How a name means files.
#[derive(Clone, Copy)]
enum How {
    /// As it is, or without an extension.
    Named,
    /// With another extension of a picture.
    AnyExtension,
    /// With zeros before it, or without.
    Number,
}

/// A name that is a number, without zeros before it.
fn number(name: &str) -> Option<&str> {
    let is_number = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| name.trim_start_matches('0'))
}

/// A name from a web address: `a%20leaf.jpg?raw=1` is `a leaf.jpg`.
fn without_escapes(name: &str) -> String {
    let path = name.split('?').next().unwrap_or(name);
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let code = digits.filter(|_| first == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(code.unwrap_or(first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The files below a folder, to be found by the ends of their paths.
#[derive(Clone, Debug)]
pub struct FileIndex {
    /// Folders and name of each file.
    files: Vec<Vec<String>>,
    /// Files by their name in lower case, with and without the extension of a picture.
    by_name: HashMap<String, Vec<usize>>,
    /// Files whose names are numbers, by these without zeros before them.
    by_number: HashMap<String, Vec<usize>>,
}

impl FileIndex {
    /// An index of paths relative to one folder.
    pub fn new<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Self {
        let mut index = Self { files: Vec::new(), by_name: HashMap::new(), by_number: HashMap::new() };
        for path in paths {
            let parts: Vec<String> = path
                .components()
                .filter(|part| matches!(part, Component::Normal(_)))
                .map(|part| part.as_os_str().to_string_lossy().nfc().collect())
                .collect();
            let place = index.files.len();
            if let Some(name) = parts.last() {
                let name = name.to_lowercase();
                let stem = bare(&name);
                if let Some(number) = number(stem) {
                    index.by_number.entry(number.to_owned()).or_default().push(place);
                }
                if stem.len() < name.len() {
                    index.by_name.entry(stem.to_owned()).or_default().push(place);
                }
                index.by_name.entry(name).or_default().push(place);
            }
            index.files.push(parts);
        }
        index
    }

    /// For each name the files that it may mean, by their place in the index: those whose path ends in the name without so many
    /// of its first folders as have to be left out for most of the names. Names that begin at the root of a system are looked
    /// at apart from the others. A name without the extension of a picture means files with any, and so do all names where
    /// none is found otherwise; then numbers mean files with zeros before them. Names as in web addresses are tried as they are
    /// meant, too: `a%20leaf.jpg?raw=1`.
    #[must_use]
    pub fn matched(&self, names: &[&str]) -> Vec<Vec<usize>> {
        let mut found = self.matched_apart(names);
        let is_address = |place: &usize| found[*place].is_empty() && names[*place].contains(['%', '?']);
        let places: Vec<usize> = (0..names.len()).filter(is_address).collect();
        let meant: Vec<String> = places.iter().map(|&place| without_escapes(names[place])).collect();
        let meant: Vec<&str> = meant.iter().map(String::as_str).collect();
        for (place, files) in places.into_iter().zip(self.matched_apart(&meant)) {
            found[place] = files;
        }
        found
    }

    fn matched_apart(&self, names: &[&str]) -> Vec<Vec<usize>> {
        let is_absolute = |name: &&str| {
            name.starts_with(['/', '\\']) || matches!(name.as_bytes(), [_, b':', b'/' | b'\\', ..])
        };
        let mut found = vec![Vec::new(); names.len()];
        for absolute in [false, true] {
            let of_kind = |place: &usize| is_absolute(&names[*place]) == absolute;
            let places: Vec<usize> = (0..names.len()).filter(of_kind).collect();
            let kind: Vec<&str> = places.iter().map(|&place| names[place]).collect();
            for (place, files) in places.into_iter().zip(self.matched_alike(&kind)) {
                found[place] = files;
            }
        }
        found
    }

    fn matched_alike(&self, names: &[&str]) -> Vec<Vec<usize>> {
        let split =
            |name: &&str| plain_path(name).nfc().collect::<String>().split('/').map(str::to_owned).collect();
        let names: Vec<Vec<String>> = names.iter().map(split).collect();
        let deepest = names.iter().map(Vec::len).max().unwrap_or(0);
        for how in [How::Named, How::AnyExtension, How::Number] {
            let found: Vec<Vec<Vec<usize>>> = (0..deepest)
                .map(|left_out| names.iter().map(|name| self.find(name, left_out, how)).collect())
                .collect();
            let count = |found: &Vec<Vec<usize>>| found.iter().filter(|files| !files.is_empty()).count();
            let most = found.iter().map(count).max().unwrap_or(0);
            // Leaving out more folders finds more, but no longer what is meant.
            if let Some(found) = found.into_iter().find(|found| most > 0 && 2 * count(found) >= most) {
                return found;
            }
        }
        vec![Vec::new(); names.len()]
    }

    /// The files whose path ends in the parts of `name` from `left_out` on; those that do so letter by letter, if any do.
    fn find(&self, name: &[String], left_out: usize, how: How) -> Vec<usize> {
        let Some((last, folders)) = name.get(left_out.min(name.len() - 1)..).and_then(<[String]>::split_last)
        else {
            return Vec::new();
        };
        let lower = last.to_lowercase();
        let (key, index) = match how {
            How::Named => (lower.as_str(), &self.by_name),
            How::AnyExtension => (bare(&lower), &self.by_name),
            // Data frames write whole numbers as `12.0` where a cell is empty.
            How::Number => match number(bare(&lower)).or_else(|| number(lower.strip_suffix(".0")?)) {
                Some(number) => (number, &self.by_number),
                None => return Vec::new(),
            },
        };
        let ends = |file: &usize, same: &dyn Fn(&str, &str) -> bool| {
            let above = &self.files[*file][..self.files[*file].len() - 1];
            let from = above.len().checked_sub(folders.len());
            from.is_some_and(|from| above[from..].iter().zip(folders).all(|(a, b)| same(a, b)))
        };
        let loosely = |a: &str, b: &str| a == b || a.to_lowercase() == b.to_lowercase();
        let files: Vec<usize> =
            index.get(key).into_iter().flatten().copied().filter(|file| ends(file, &loosely)).collect();
        let exactly = |file: &usize| {
            let own = self.files[*file].last().map_or("", String::as_str);
            ends(file, &|a, b| a == b) && (own == last || bare(own) == bare(last))
        };
        let exact: Vec<usize> = files.iter().copied().filter(exactly).collect();
        if exact.is_empty() { files } else { exact }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[&str], names: &[&str]) -> Vec<Vec<usize>> {
        FileIndex::new(files.iter().map(Path::new)).matched(names)
    }

    #[test]
    fn names_mean_the_files_whose_path_ends_in_them() {
        let files = ["images/a/1.jpg", "images/b/1.jpg", "images/b/Two.JPG", "labels/two.txt"];
        assert_eq!(
            found(&files, &["a/1.jpg", "b\\1.jpg", "./images/b/two.jpg"]),
            [vec![0], vec![1], vec![2]]
        );
        assert_eq!(found(&files, &["1", "two", "3"]), [vec![0, 1], vec![2], vec![]]);
        assert_eq!(
            found(&files, &["/home/me/photos/a/1.jpg", "/home/me/photos/b/1.jpg"]),
            [vec![0], vec![1]]
        );
        assert_eq!(found(&files, &["C:\\data\\a\\1.jpg", "C:\\data\\c\\1.jpg"]), [vec![0], vec![]]);
        assert_eq!(found(&files, &["Two.png"]), [vec![2]]);
        assert_eq!(found(&["a.jpg", "A.jpg"], &["a.jpg", "A.jpg"]), [vec![0], vec![1]]);
        assert_eq!(found(&files, &["", "nothing"]), [vec![], Vec::<usize>::new()]);
        assert_eq!(found(&["a/001.jpg", "a/010.jpg"], &["1", "10", "2"]), [vec![0], vec![1], vec![]]);
        assert_eq!(found(&["a/1.jpg", "a/10.jpg"], &["10.0", "1.0"]), [vec![1], vec![0]]);
        assert_eq!(found(&["a/1.jpg", "a/01.jpg"], &["1", "01"]), [vec![0], vec![1]]);
        assert_eq!(
            found(&["a b/1 c.jpg", "2%.jpg"], &["a%20b/1%20c.jpg?raw=1", "2%.jpg"]),
            [vec![0], vec![1]]
        );
        assert_eq!(found(&["Ro\u{308}st.jpg"], &["R\u{f6}st.jpg"]), [vec![0]]);
        assert!(found(&[], &[]).is_empty());
    }

    #[test]
    fn a_missing_photo_is_not_found_in_another_folder() {
        let files = ["train/1.jpg", "train/2.jpg", "test/3.jpg"];
        assert_eq!(found(&files, &["train/1.jpg", "train/2.jpg", "train/3.jpg"]), [vec![0], vec![1], vec![]]);
    }
}
