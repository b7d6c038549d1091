//! A file with the answers to some rows of a manifest.
//!
//! ```text
//! {"foliar":"slice 1","slice":3,"first":30000,"rows":10000,"head":"path,...","job":{...}}   what it is
//! path,class,...                                                                          the rows, as `foliar predict` prints them
//! ...
//! {"failures":12,"digest":"1f2e..."}                                                      BLAKE3 of all that is before, and of the number
//! ```
//!
//! It is written beside its place and renamed, so that a file of this name is whole; the digest finds what was damaged later.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use foliar_files::{Printable as _, write_atomically};
use foliar_vision::Digest;
use serde::{Deserialize, Serialize};

use super::job::Job;

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

/// A whole slice on the disk.
#[derive(Debug)]
pub(super) struct Slice {
    pub(super) path: PathBuf,
    pub(super) head: Head,
    /// Rows with an error.
    pub(super) failures: usize,
    /// Where the rows lie in the file, with their head.
    body: std::ops::Range<u64>,
}

/// The file of slice `number` in `folder`.
pub(super) fn path(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("slice-{number:05}.{EXTENSION}"))
}

/// Whether `path` is named as slices are.
pub(super) fn is_named_so(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == EXTENSION)
        && path.file_name().is_some_and(|name| !foliar_files::is_partial(name))
}

/// Writes the slice whole, or not at all; `rows` writes the table and tells how many of its rows have an error.
///
/// # Errors
/// That of `rows`, or the operating system's.
pub(super) fn write(
    path: &Path,
    head: &Head,
    rows: impl FnOnce(&mut dyn Write) -> anyhow::Result<usize>,
) -> anyhow::Result<usize> {
    let mut ended = Ok(0);
    let written = write_atomically(path, |file| {
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
    out: &'a mut BufWriter<File>,
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
    /// Reads what the slice at `path` is, and all of it once to see that it is whole.
    ///
    /// # Errors
    /// A file that cannot be read, is no slice, or is damaged.
    pub(super) fn open(path: &Path) -> Result<Self, SliceError> {
        let failed = |source| SliceError::Read { path: path.to_owned(), source };
        let damaged = || SliceError::Damaged { path: path.to_owned() };
        let mut file = BufReader::with_capacity(1 << 16, foliar_files::open(path).map_err(failed)?);
        let len = file.get_ref().metadata().map_err(failed)?.len();
        let first = first_line(&mut file).map_err(failed)?;
        let head: Head = serde_json::from_slice(&first)
            .ok()
            .filter(|head: &Head| head.foliar == KIND)
            .ok_or_else(|| SliceError::Foreign { path: path.to_owned() })?;
        let start = first.len() as u64;
        let last = last_line(&mut file, len).map_err(failed)?;
        let end = len - last.len() as u64;
        let tail: Tail = serde_json::from_slice(&last).map_err(|_| damaged())?;
        if start > end || digest_of(&mut file, end, tail.failures).map_err(failed)? != tail.digest {
            return Err(damaged());
        }
        let slice = Self { path: path.to_owned(), head, failures: tail.failures, body: start..end };
        let mut above = Vec::new();
        slice.copy(0..slice.head.head.len() as u64, &mut above).map_err(failed)?;
        if above != slice.head.head.as_bytes() { Err(damaged()) } else { Ok(slice) }
    }

    /// Copies the rows to `out`, without what stands above them.
    pub(super) fn copy_rows(&self, out: &mut dyn Write) -> io::Result<()> {
        self.copy(self.head.head.len() as u64..self.body.end - self.body.start, out)
    }

    /// The rows as they are read, without what stands above them.
    #[cfg(feature = "parquet")]
    pub(super) fn rows(&self) -> io::Result<impl Read + 'static> {
        let mut file = foliar_files::open(&self.path)?;
        let start = self.body.start + self.head.head.len() as u64;
        file.seek(SeekFrom::Start(start))?;
        Ok(BufReader::new(file.take(self.body.end - start)))
    }

    fn copy(&self, range: std::ops::Range<u64>, out: &mut dyn Write) -> io::Result<()> {
        let mut file = foliar_files::open(&self.path)?;
        file.seek(SeekFrom::Start(self.body.start + range.start))?;
        io::copy(&mut file.take(range.end.saturating_sub(range.start)), out).map(|_| ())
    }
}

/// The first line with its end.
fn first_line(file: &mut BufReader<File>) -> io::Result<Vec<u8>> {
    use std::io::BufRead as _;
    let mut line = Vec::new();
    file.take(LONGEST_LINE as u64).read_until(b'\n', &mut line)?;
    Ok(line)
}

/// The last line with its end, of a file of `len` bytes.
fn last_line(file: &mut BufReader<File>, len: u64) -> io::Result<Vec<u8>> {
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
fn digest_of(file: &mut BufReader<File>, end: u64, failures: usize) -> io::Result<Digest> {
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
        let path = path(folder, 3);
        let all = format!("{above}{rows}");
        let failures = write(&path, &head(above), |out| {
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
            assert!(path.ends_with("slice-00003.rows") && is_named_so(&path));
            let slice = Slice::open(&path).unwrap();
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
        for place in 0..whole.len() - 1 {
            let mut bytes = whole.clone();
            bytes[place] ^= 1;
            std::fs::write(&path, bytes).unwrap();
            assert!(Slice::open(&path).is_err(), "byte {place}");
            std::fs::write(&path, &whole[..place]).unwrap();
            assert!(Slice::open(&path).is_err(), "{place} bytes");
        }
        std::fs::write(&path, &whole).unwrap();
        assert!(Slice::open(&path).is_ok());
    }

    #[test]
    fn a_slice_that_fails_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = path(folder.path(), 0);
        let failed = write(&path, &head(""), |out| {
            out.write_all(b"half of ")?;
            anyhow::bail!("the network is broken")
        });
        assert_eq!(failed.unwrap_err().to_string(), "the network is broken");
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }
}
