//! Where in a path an archive ends and its members begin.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Whether a file is called like an archive that can be read in place.
pub(crate) fn is_called_archive(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    // A hidden file `.tar` has no other name.
    name.len() > 4
        && name
            .split_last_chunk::<4>()
            .is_some_and(|(_, end)| end.eq_ignore_ascii_case(b".tar") || end.eq_ignore_ascii_case(b".zip"))
}

/// The ways to take `path` for an archive and a path inside it, the shortest archive first.
pub(crate) fn splits(path: &Path) -> impl Iterator<Item = (PathBuf, PathBuf)> {
    let parts: Vec<_> = path.components().collect();
    let ends: Vec<usize> = (0..parts.len()).filter(|&at| is_called_archive(parts[at].as_os_str())).collect();
    ends.into_iter().map(move |at| (parts[..=at].iter().collect(), parts[at + 1..].iter().collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_are_found_by_their_ends() {
        let shown = |path: &str| -> Vec<(String, String)> {
            let text = |path: PathBuf| path.to_str().unwrap().to_owned();
            splits(Path::new(path)).map(|(archive, inside)| (text(archive), text(inside))).collect()
        };
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(shown("/data/photos.tar/rust/1.jpg"), [pair("/data/photos.tar", "rust/1.jpg")]);
        assert_eq!(shown("a.ZIP/"), [pair("a.ZIP", "")]);
        assert_eq!(shown("x.tar/y.zip/1.jpg"), [pair("x.tar", "y.zip/1.jpg"), pair("x.tar/y.zip", "1.jpg")]);
        assert_eq!(shown("photos/rust/1.jpg"), []);
        assert_eq!(shown("photos/.tar/guitar"), []);
    }
}
