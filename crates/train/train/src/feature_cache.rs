//! A file of features: what a frozen network made of photographs, kept so that it is computed once.
//!
//! | bytes | content |
//! | --- | --- |
//! | 0..8 | `foliarF1` |
//! | 8..16 | n, number of rows, little-endian |
//! | 16..24 | w, values in a row |
//! | 24..56 | key of the network: what computed the features |
//! | 56..64 | zeros |
//! | 64..64 + 32 n | keys of the rows, ascending: which photograph, seen how |
//! | to a multiple of 64 | zeros |
//! | 4 n w | the rows, float32, in the order of their keys |
//! | last 32 | BLAKE3 of everything before |
//!
//! The file is read into memory as a whole before it is checked, so nothing that happens to it later changes a number. One that
//! is torn, altered, no file, of another network or of another layout, or larger than memory, reads as absent.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::path::Path;

use foliar_files::write_atomically;

/// Begins the file; another layout gets another number.
const MAGIC: &[u8; 8] = b"foliarF1";
/// Bytes before the keys, and what the rows' place is a multiple of.
const HEADER: usize = 64;
/// Bytes of a key and of the digest.
const KEY: usize = 32;
/// Bytes of a value.
const VALUE: usize = size_of::<f32>();

/// Names a row or a network.
pub(crate) type Key = [u8; KEY];

/// A file of features, in memory.
pub(crate) struct FeatureCache {
    /// The whole file. Everything in it lies at a multiple of the size of a value.
    words: Vec<f32>,
    count: usize,
    width: usize,
}

impl FeatureCache {
    /// The file at `path`; `None` if it is absent, damaged, or holds other features.
    pub(crate) fn open(path: &Path, network: &Key) -> Option<Self> {
        let words = read(path).ok()?;
        let bytes: &[u8] = bytemuck::cast_slice(&words);
        let number = |at: usize| {
            let field = bytes.get(at..at + 8)?.try_into().ok()?;
            usize::try_from(u64::from_le_bytes(field)).ok()
        };
        if bytes.get(..8)? != MAGIC || bytes.get(24..24 + KEY)? != network {
            return None;
        }
        let (count, width) = (number(8)?, number(16)?);
        let body = count.checked_mul(width)?.checked_mul(VALUE)?.checked_add(rows_at(count)?)?;
        let (content, digest) = bytes.split_at_checked(body)?;
        if digest != blake3::hash(content).as_bytes() {
            return None;
        }
        Some(Self { words, count, width })
    }

    /// Values in a row.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Bytes of the whole file.
    pub(crate) fn len(&self) -> usize {
        size_of_val(&self.words[..])
    }

    fn keys(&self) -> &[Key] {
        let bytes: &[u8] = bytemuck::cast_slice(&self.words);
        bytemuck::cast_slice(&bytes[HEADER..HEADER + self.count * KEY])
    }

    /// Place of the row of `key`.
    pub(crate) fn find(&self, key: &Key) -> Option<usize> {
        self.keys().binary_search(key).ok()
    }

    /// The row at a place.
    pub(crate) fn row(&self, place: usize) -> &[f32] {
        let begin = rows_at(self.count).unwrap_or(0) / VALUE + place * self.width;
        &self.words[begin..begin + self.width]
    }

    /// All rows with their keys.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (Key, &[f32])> {
        self.keys().iter().enumerate().map(|(place, key)| (*key, self.row(place)))
    }
}

/// The bytes of a file whose length is a multiple of [`VALUE`], where they can be read as values too.
fn read(path: &Path) -> io::Result<Vec<f32>> {
    let mut file = foliar_files::open(path)?;
    let length = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX) / VALUE;
    let mut words = Vec::new();
    words.try_reserve_exact(length)?;
    words.resize(length, 0.0);
    file.read_exact(bytemuck::cast_slice_mut(&mut words))?;
    Ok(words)
}

fn rows_at(count: usize) -> Option<usize> {
    count.checked_mul(KEY)?.checked_add(HEADER)?.checked_next_multiple_of(HEADER)
}

/// Writes rows of `width` values each, whole or not at all.
///
/// # Errors
/// What the operating system says.
pub(crate) fn write(
    path: &Path,
    network: &Key,
    width: usize,
    rows: &BTreeMap<Key, &[f32]>,
) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    write_atomically(path, |file| {
        let mut out = Hashing { file, hasher: blake3::Hasher::new() };
        out.put(MAGIC)?;
        out.put(&(rows.len() as u64).to_le_bytes())?;
        out.put(&(width as u64).to_le_bytes())?;
        out.put(network)?;
        out.put(&[0; 8])?;
        rows.keys().try_for_each(|key| out.put(key))?;
        let keys_end = HEADER + rows.len() * KEY;
        out.put(&[0; HEADER][..keys_end.next_multiple_of(HEADER) - keys_end])?;
        rows.values().try_for_each(|row| out.put(bytemuck::cast_slice(row)))?;
        let digest = *out.hasher.finalize().as_bytes();
        out.file.write_all(&digest)
    })
}

struct Hashing<W> {
    file: W,
    hasher: blake3::Hasher,
}

impl<W: Write> Hashing<W> {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        self.file.write_all(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const NETWORK: Key = [7; KEY];

    fn sample(path: &Path) -> BTreeMap<Key, Vec<f32>> {
        let rows: BTreeMap<Key, Vec<f32>> =
            (0..5u8).map(|index| ([index * 3; KEY], vec![f32::from(index), -1.5, 0.25])).collect();
        let borrowed = rows.iter().map(|(key, row)| (*key, &row[..])).collect();
        write(path, &NETWORK, 3, &borrowed).unwrap();
        rows
    }

    #[test]
    fn rows_are_read_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/features");
        let rows = sample(&path);
        let cache = FeatureCache::open(&path, &NETWORK).unwrap();
        assert_eq!(cache.width(), 3);
        for (key, row) in &rows {
            assert_eq!(cache.row(cache.find(key).unwrap()), row);
        }
        assert_eq!(cache.find(&[1; KEY]), None);
        assert_eq!(cache.rows().count(), rows.len());
    }

    #[test]
    fn anything_else_reads_as_absent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("features");
        assert!(FeatureCache::open(&path, &NETWORK).is_none(), "no file");
        sample(&path);
        assert!(FeatureCache::open(&path, &[8; KEY]).is_none(), "another network");
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            assert!(FeatureCache::open(&path, &NETWORK).is_none(), "cut to {length} bytes");
        }
        for byte in 0..whole.len() {
            let mut altered = whole.clone();
            altered[byte] ^= 1;
            fs::write(&path, &altered).unwrap();
            assert!(FeatureCache::open(&path, &NETWORK).is_none(), "byte {byte} altered");
        }
        fs::write(&path, [&whole[..], &[0; 5]].concat()).unwrap();
        assert!(FeatureCache::open(&path, &NETWORK).is_none(), "longer");
    }

    #[cfg(unix)]
    #[test]
    fn what_happens_to_an_open_file_does_not_matter() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("features");
        let rows = sample(&path);
        let cache = FeatureCache::open(&path, &NETWORK).unwrap();
        fs::File::options().write(true).open(&path).unwrap().set_len(70).unwrap();
        assert!(rows.iter().all(|(key, row)| cache.row(cache.find(key).unwrap()) == row));
        fs::remove_file(&path).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        assert!(FeatureCache::open(&path, &NETWORK).is_none(), "a pipe is not waited for");
    }
}
