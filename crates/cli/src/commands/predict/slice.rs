//! A file with the answers to some rows of a manifest.
//!
//! ```text
//! {"foliar":"slice 1","slice":3,"first":30000,"rows":10000,"head":"path,...","job":{...}}   what it is
//! path,class,...                                                                          the rows, as `foliar predict` prints them
//! ...
//! {"failures":12,"digest":"1f2e..."}                                                      BLAKE3 of all that is before, and of the number
//! ```
//!
//! It is written beside its place and renamed, or put into an object store at once, so that a file of this name is whole; the digest finds what was damaged later.

use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use foliar_files::Printable as _;
use foliar_vision::Digest;
use serde::{Deserialize, Serialize};

use super::job::Job;
use crate::commands::place::{Place, ReadSeek};

/// How the file says what it is, and in which version.
const KIND: &str = "slice 1";
/// Ends the names of slices.
const EXTENSION: &str = "rows";
/// Most bytes of a first or last line: names of many classes, and the paths of the commands.
const LONGEST_LINE: usize = 64 << 20;

/// What a slice is of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    foliar: String,
    /// Its number, from 0.
    pub(super) slice: usize,
    /// The row of the manifest with which it begins, from 0.
    pub(super) first: usize,
    /// Rows of the manifest in it.
    pub(super) rows: usize,
    /// What stands once above all rows; empty for lines of JSON.
    pub(super) head: String,
    /// What all slices have in common.
    pub(super) job: Job,
}

impl Head {
    pub(super) fn new(slice: usize, first: usize, rows: usize, head: String, job: Job) -> Self {
        Self { foliar: KIND.to_owned(), slice, first, rows, head, job }
    }
}

/// What is known of a slice once it is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tail {
    failures: usize,
    digest: Digest,
}

/// A whole slice.
#[derive(Debug)]
pub(super) struct Slice {
    place: Place,
    pub(super) head: Head,
    /// Rows with an error.
    pub(super) failures: usize,
    /// Where the rows lie in the file, with their head.
    body: std::ops::Range<u64>,
}

/// The name of the file of slice `number`.
pub(super) fn name(number: usize) -> String {
    format!("slice-{number:05}.{EXTENSION}")
}

/// Whether a file is named as slices are.
pub(super) fn is_named_so(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == EXTENSION)
        && !foliar_files::is_partial(name.as_ref())
}

/// Writes the slice whole, or not at all; `rows` writes the table and tells how many of its rows have an error.
///
/// # Errors
/// That of `rows`, or the operating system's.
pub(super) fn write(
    place: &Place,
    head: &Head,
    rows: impl FnOnce(&mut dyn Write) -> anyhow::Result<usize>,
) -> anyhow::Result<usize> {
    let mut ended = Ok(0);
    let written = place.write(|file| {
        let mut out = Hashed { out: file, hasher: blake3::Hasher::new() };
        serde_json::to_writer(&mut out, head)?;
        writeln!(out)?;
        ended = rows(&mut out);
        let failures = *ended.as_ref().map_err(|_| io::Error::other("the rows could not be made"))?;
        let digest = Digest(*out.hasher.update(failures.to_string().as_bytes()).finalize().as_bytes());
        serde_json::to_writer(&mut *out.out, &Tail { failures, digest })?;
        writeln!(out.out)
    });
    let failures = ended?;
    written?;
    Ok(failures)
}

/// Writes, and hashes what is written.
struct Hashed<'a> {
    out: &'a mut dyn Write,
    hasher: blake3::Hasher,
}

impl Write for Hashed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Why a file is no slice.
#[derive(Debug, thiserror::Error)]
pub(super) enum SliceError {
    #[error("{}: {source}", path.shown())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} is no slice of answers, or one of another version of foliar; move it away", path.shown())]
    Foreign { path: PathBuf },
    #[error("{} is damaged", path.shown())]
    Damaged { path: PathBuf },
}

impl Slice {
    /// Reads what the slice at `place` is, and all of it once to see that it is whole.
    ///
    /// # Errors
    /// A file that cannot be read, is no slice, or is damaged.
    pub(super) fn open(place: &Place) -> Result<Self, SliceError> {
        let failed = |source| SliceError::Read { path: place.path(), source };
        let damaged = || SliceError::Damaged { path: place.path() };
        let mut file = BufReader::with_capacity(1 << 16, place.open().map_err(failed)?);
        let len = file.seek(SeekFrom::End(0)).map_err(failed)?;
        file.rewind().map_err(failed)?;
        let first = first_line(&mut file).map_err(failed)?;
        let head: Head = serde_json::from_slice(&first)
            .ok()
            .filter(|head: &Head| head.foliar == KIND)
            .ok_or_else(|| SliceError::Foreign { path: place.path() })?;
        let start = first.len() as u64;
        let last = last_line(&mut file, len).map_err(failed)?;
        let end = len - last.len() as u64;
        let tail: Tail = serde_json::from_slice(&last).map_err(|_| damaged())?;
        if start > end || digest_of(&mut file, end, tail.failures).map_err(failed)? != tail.digest {
            return Err(damaged());
        }
        let mut above = Vec::new();
        file.seek(SeekFrom::Start(start)).map_err(failed)?;
        file.take(head.head.len() as u64).read_to_end(&mut above).map_err(failed)?;
        if above != head.head.as_bytes() {
            return Err(damaged());
        }
        Ok(Self { place: place.clone(), head, failures: tail.failures, body: start..end })
    }

    /// How its place is written.
    pub(super) fn path(&self) -> PathBuf {
        self.place.path()
    }

    /// Copies the rows to `out`, without what stands above them.
    pub(super) fn copy_rows(&self, out: &mut dyn Write) -> io::Result<()> {
        io::copy(&mut self.rows()?, out).map(|_| ())
    }

    /// The rows as they are read, without what stands above them.
    pub(super) fn rows(&self) -> io::Result<impl Read + 'static> {
        let mut file = self.place.open()?;
        let start = self.body.start + self.head.head.len() as u64;
        file.seek(SeekFrom::Start(start))?;
        Ok(BufReader::new(file.take(self.body.end.saturating_sub(start))))
    }
}

/// The first line with its end.
fn first_line(file: &mut BufReader<Box<dyn ReadSeek>>) -> io::Result<Vec<u8>> {
    use std::io::BufRead as _;
    let mut line = Vec::new();
    file.take(LONGEST_LINE as u64).read_until(b'\n', &mut line)?;
    Ok(line)
}

/// The last line with its end, of a file of `len` bytes.
fn last_line(file: &mut BufReader<Box<dyn ReadSeek>>, len: u64) -> io::Result<Vec<u8>> {
    // The last line is short: two numbers.
    let from = len.saturating_sub(256);
    file.seek(SeekFrom::Start(from))?;
    let mut end = Vec::new();
    file.take(256).read_to_end(&mut end)?;
    let before = end.strip_suffix(b"\n").unwrap_or(&end);
    let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |place| place + 1);
    Ok(end.split_off(start))
}

/// BLAKE3 of the first `end` bytes and of the number of failures.
fn digest_of(file: &mut BufReader<Box<dyn ReadSeek>>, end: u64, failures: usize) -> io::Result<Digest> {
    file.seek(SeekFrom::Start(0))?;
    let mut hasher = blake3::Hasher::new();
    io::copy(&mut file.take(end), &mut hasher)?;
    Ok(Digest(*hasher.update(failures.to_string().as_bytes()).finalize().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(above: &str) -> Head {
        Head::new(3, 30, 2, above.to_owned(), Job::example())
    }

    fn written(folder: &Path, above: &str, rows: &str) -> PathBuf {
        let path = folder.join(name(3));
        let all = format!("{above}{rows}");
        let failures = write(&Place::Disk(path.clone()), &head(above), |out| {
            out.write_all(all.as_bytes())?;
            Ok(1)
        });
        assert_eq!(failures.unwrap(), 1);
        path
    }

    #[test]
    fn rows_come_back_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        for (above, rows) in [
            ("path,class\n", "a.jpg,rust\nb.jpg,\"two\nlines\"\n"),
            ("", "{\"path\":\"a.jpg\"}\n{\"path\":\"b.jpg\"}\n"),
            ("path\n", ""),
            ("", ""),
        ] {
            let path = written(folder.path(), above, rows);
            assert!(
                path.ends_with("slice-00003.rows")
                    && is_named_so(path.file_name().unwrap().to_str().unwrap())
            );
            let slice = Slice::open(&Place::Disk(path)).unwrap();
            assert_eq!((&slice.head, slice.failures), (&head(above), 1));
            let mut out = Vec::new();
            slice.copy_rows(&mut out).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), rows);
        }
    }

    #[test]
    fn any_altered_byte_and_any_cut_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = written(folder.path(), "path,class\n", "a.jpg,rust\nb.jpg,scab\n");
        let whole = std::fs::read(&path).unwrap();
        let place = Place::Disk(path.clone());
        for at in 0..whole.len() - 1 {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            std::fs::write(&path, bytes).unwrap();
            assert!(Slice::open(&place).is_err(), "byte {at}");
            std::fs::write(&path, &whole[..at]).unwrap();
            assert!(Slice::open(&place).is_err(), "{at} bytes");
        }
        std::fs::write(&path, &whole).unwrap();
        assert!(Slice::open(&Place::Disk(path)).is_ok());
    }

    #[test]
    fn a_slice_that_fails_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::Disk(folder.path().join(name(0)));
        let failed = write(&place, &head(""), |out| {
            out.write_all(b"half of ")?;
            anyhow::bail!("the network is broken")
        });
        assert_eq!(failed.unwrap_err().to_string(), "the network is broken");
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }
}
