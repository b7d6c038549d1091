//! The list of photographs that many tasks share.
//!
//! A table of comma-separated values with the columns `path` and `bytes`, one row a photograph, in the order of the answers. Paths lie
//! below the folder in which the program is started, unless they are absolute.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use foliar_files::{Printable as _, cell, printable};
use foliar_vision::{Digest, counted};

use crate::commands::inputs::Input;
use crate::commands::place::Place;
use crate::output::io_error;

/// The columns.
const HEADER: [&str; 2] = ["path", "bytes"];

/// A photograph of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    path: PathBuf,
    /// What the file had when the list was made; `None` where the cell is empty.
    bytes: Option<u64>,
}

/// A list of photographs.
#[derive(Debug)]
pub(super) struct Manifest {
    entries: Vec<Entry>,
    digest: Digest,
}

/// A list that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum ManifestError {
    #[error("{}: {source}", path.shown())]
    Read { path: PathBuf, source: io::Error },
    #[error("{}, line {line}: {what}", path.shown())]
    Row { path: PathBuf, line: u64, what: String },
    #[error("{}: it lists no photos; `foliar predict BUNDLE PHOTOS --manifest FILE --make-manifest` makes a list", path.shown())]
    Empty { path: PathBuf },
}

impl Manifest {
    /// Reads the list at `path`.
    ///
    /// # Errors
    /// A file that cannot be read, or its first row that is wrong: the line, and what to do.
    pub(super) fn read(path: &Path) -> Result<Self, ManifestError> {
        let failed = |source| ManifestError::Read { path: path.to_owned(), source };
        let bytes =
            Place::of(path).map_err(io::Error::other).and_then(|place| place.read()).map_err(failed)?;
        let wrong = |(line, what)| ManifestError::Row { path: path.to_owned(), line, what };
        let entries = entries(&bytes).map_err(wrong)?;
        if entries.is_empty() {
            return Err(ManifestError::Empty { path: path.to_owned() });
        }
        // Of what the list says, whatever its quotes and ends of lines.
        let mut said = Vec::new();
        write(&entries, &mut said).map_err(failed)?;
        Ok(Self { entries, digest: Digest::of(&said) })
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Of paths, sizes and their order.
    pub(super) fn digest(&self) -> Digest {
        self.digest
    }

    /// The rows of this range, which lies within the list.
    pub(super) fn inputs(&self, rows: std::ops::Range<usize>) -> Vec<Input> {
        let input = |Entry { path, bytes }: &Entry| match bytes {
            Some(bytes) => Input::Listed { file: path.clone(), bytes: *bytes },
            None => Input::File(path.clone()),
        };
        self.entries[rows].iter().map(input).collect()
    }
}

/// The rows of a list, or the line of the first one that is wrong and what is wrong with it.
fn entries(bytes: &[u8]) -> Result<Vec<Entry>, (u64, String)> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut record = csv::ByteRecord::new();
    let mut entries: Vec<Entry> = Vec::new();
    let mut columns = None;
    loop {
        let more = reader.read_byte_record(&mut record).map_err(|error| (1, error.to_string()))?;
        if !more {
            break;
        }
        let line = record.position().map_or(1, csv::Position::line);
        match columns {
            None => columns = Some(header(&record).map_err(|what| (line, what))?),
            Some(columns) => entries.push(entry(&record, columns).map_err(|what| (line, what))?),
        }
    }
    match second(&entries) {
        // Header and rows have a line each, but for names with line breaks.
        Some(row) => {
            let path = entries[row].path.shown();
            Err((row as u64 + 2, format!("{path} is listed a second time; take one of the two rows out")))
        }
        None => Ok(entries),
    }
}

/// The first row whose path is that of a row before it.
fn second(entries: &[Entry]) -> Option<usize> {
    let mut seen = HashSet::with_capacity(entries.len());
    entries.iter().position(|entry| !seen.insert(entry.path.as_os_str()))
}

/// The number of columns.
fn header(record: &csv::ByteRecord) -> Result<usize, String> {
    let names: Vec<&[u8]> = record.iter().collect();
    match names.as_slice() {
        [b"path"] => Ok(1),
        [b"path", b"bytes"] => Ok(2),
        _ => {
            let found = String::from_utf8_lossy(&names.join(&b","[..])).into_owned();
            let found: String = found.chars().take(80).collect();
            let found = printable(&found);
            Err(format!(
                "a manifest begins with the line `path,bytes`, or `path` alone, and not with `{found}`; add it"
            ))
        }
    }
}

fn entry(record: &csv::ByteRecord, columns: usize) -> Result<Entry, String> {
    if record.len() != columns {
        return Err(format!(
            "the row has {}, and the first line has {columns}; put quotes around a path that has a comma",
            counted(record.len(), "cell", "cells")
        ));
    }
    let path = path(&record[0])?;
    if path.as_os_str().is_empty() {
        return Err("the path is empty; write it, or take the row out".to_owned());
    }
    let bytes = match record.get(1).unwrap_or_default() {
        [] => None,
        text => Some(std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).ok_or_else(|| {
            let text = String::from_utf8_lossy(text);
            format!("the size is `{}`; it must be a number of bytes, or empty", printable(&text))
        })?),
    };
    Ok(Entry { path, bytes })
}

/// The path of a cell, of any bytes where the operating system allows them.
fn path(cell: &[u8]) -> Result<PathBuf, String> {
    match std::str::from_utf8(cell) {
        Ok(text) if text.contains('\0') => Err("the path has a zero byte, which no file has".to_owned()),
        Ok(text) => Ok(cell::original(text).into()),
        #[cfg(unix)]
        Err(_) => {
            use std::os::unix::ffi::OsStrExt as _;
            Ok(std::ffi::OsStr::from_bytes(cell).into())
        }
        #[cfg(not(unix))]
        Err(_) => Err("the path is no UTF-8; save the list as UTF-8".to_owned()),
    }
}

/// Writes a list.
fn write(entries: &[Entry], out: &mut dyn Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(HEADER).map_err(io_error)?;
    for Entry { path, bytes } in entries {
        let bytes = bytes.map_or_else(String::new, |bytes| bytes.to_string());
        csv.write_record([&*cell_of(path), bytes.as_bytes()]).map_err(io_error)?;
    }
    csv.flush()
}

/// The cell of a path.
fn cell_of(path: &Path) -> Cow<'_, [u8]> {
    match path.to_str().map(cell::defused) {
        Some(Cow::Borrowed(text)) => Cow::Borrowed(text.as_bytes()),
        Some(Cow::Owned(text)) => Cow::Owned(text.into_bytes()),
        None => Cow::Borrowed(path.as_os_str().as_encoded_bytes()),
    }
}

/// What became of a new list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) photos: usize,
    pub(super) bytes: u64,
    /// Inputs that mean no file, which are left out.
    pub(super) left_out: usize,
    /// The list was there, and says the same.
    pub(super) was_there: bool,
}

/// Writes the list of `inputs` to `path`, by path, each file once. A list that is there stays, and must say the same.
///
/// # Errors
/// No photo; another list at `path`; what the operating system says.
pub(super) fn make(path: &Path, inputs: &[Input]) -> anyhow::Result<Made> {
    let mut left_out = 0;
    let mut entries = Vec::with_capacity(inputs.len());
    for input in inputs {
        let found = match input {
            Input::File(file) => Some((file, foliar_archive::length(file))),
            Input::Listed { file, bytes } => Some((file, Ok(*bytes))),
            Input::Missing { .. } => None,
        };
        match (found, input) {
            (Some((file, Ok(bytes))), _) => entries.push(Entry { path: file.clone(), bytes: Some(bytes) }),
            (Some((file, Err(error))), _) => {
                say!("{}: {error}; it is left out", file.shown());
                left_out += 1;
            }
            (None, Input::Missing { argument, reason }) => {
                say!("{argument}: {reason}; it is left out");
                left_out += 1;
            }
            (None, _) => {}
        }
    }
    entries.sort_by(|one, other| one.path.as_os_str().cmp(other.path.as_os_str()));
    entries.dedup();
    if entries.is_empty() {
        anyhow::bail!("there is no photo to list");
    }
    let place = Place::of(path)?;
    let was_there = place.exists().with_context(|| format!("{} cannot be read", path.shown()))?;
    if was_there {
        let mut said = Vec::new();
        write(&entries, &mut said)?;
        if Manifest::read(path).map(|manifest| manifest.digest).ok() != Some(Digest::of(&said)) {
            anyhow::bail!(
                "{} is there already and lists other photos; tasks may be using it: give another name, or delete it and the answers made \
                 with it",
                path.shown()
            );
        }
    } else {
        place.write(|file| write(&entries, file))?;
    }
    let bytes = entries.iter().filter_map(|entry| entry.bytes).sum();
    Ok(Made { photos: entries.len(), bytes, left_out, was_there })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let entry = |path: &str, bytes| Entry { path: path.into(), bytes };
        let list = [
            entry("a/1.jpg", Some(12)),
            entry("a, \"b\".jpg", Some(0)),
            entry("=1+1.jpg", None),
            entry("two\nlines.jpg", Some(3)),
        ];
        let mut bytes = Vec::new();
        write(&list, &mut bytes).unwrap();
        assert_eq!(entries(&bytes).unwrap(), list);
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with("path,bytes\na/1.jpg,12\n") && text.contains("'=1+1.jpg,\n"), "{text}");
    }

    #[test]
    fn lists_of_other_programs_are_read() {
        let expected =
            [Entry { path: "a.jpg".into(), bytes: None }, Entry { path: "b.jpg".into(), bytes: None }];
        for text in [
            "path\na.jpg\nb.jpg",
            "\u{feff}path,bytes\r\na.jpg,\r\nb.jpg,\r\n",
            "path\n\n\"a.jpg\"\n\nb.jpg\n",
        ] {
            assert_eq!(entries(text.as_bytes()).unwrap(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_wrong_row_is_named() {
        for (text, line, expected) in [
            ("a.jpg,1\nb.jpg,2\n", 1, "path,bytes"),
            ("path,bytes\na.jpg,1\nb.jpg\n", 3, "1 cell"),
            ("path,bytes\na, b.jpg,1\n", 2, "3 cells"),
            ("path,bytes\na.jpg,-1\n", 2, "number of bytes"),
            ("path,bytes\na.jpg,12 kB\n", 2, "number of bytes"),
            ("path,bytes\n,1\n", 2, "empty"),
            ("path,bytes\na.jpg,1\nb.jpg,1\na.jpg,1\n", 4, "second time"),
            ("path,bytes\n\"a.jpg,1\nb.jpg,1\n", 2, "1 cell"),
            ("path\na\0b.jpg\n", 2, "zero byte"),
        ] {
            let (found, what) = entries(text.as_bytes()).unwrap_err();
            assert!(found == line && what.contains(expected), "{text:?}: line {found}, {what}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn names_of_any_bytes_are_kept() {
        use std::os::unix::ffi::OsStrExt as _;
        let list = [Entry { path: std::ffi::OsStr::from_bytes(b"leaf\xff.jpg").into(), bytes: Some(1) }];
        let mut bytes = Vec::new();
        write(&list, &mut bytes).unwrap();
        assert_eq!(entries(&bytes).unwrap(), list);
    }

    #[test]
    fn the_digest_is_of_what_the_list_says() {
        let folder = tempfile::tempdir().unwrap();
        let digest = |text: &str| {
            let path = folder.path().join("list.csv");
            std::fs::write(&path, text).unwrap();
            Manifest::read(&path).unwrap().digest()
        };
        let one = digest("path,bytes\na.jpg,1\nb.jpg,2\n");
        assert_eq!(one, digest("path,bytes\r\n\"a.jpg\",1\r\nb.jpg,2"));
        for other in
            ["path,bytes\nb.jpg,2\na.jpg,1\n", "path,bytes\na.jpg,1\nb.jpg,3\n", "path,bytes\na.jpg,1\n"]
        {
            assert_ne!(one, digest(other));
        }
    }
}
