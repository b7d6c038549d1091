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
//! The file is mapped into memory, not read; it is replaced as a whole and never changed, so whoever has it mapped keeps
//! what he has. One that is torn, altered, of another network or of another layout reads as absent.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use foliar_files::write_atomically;
use memmap2::Mmap;

/// Begins the file; another layout gets another number.
const MAGIC: &[u8; 8] = b"foliarF1";
/// Bytes before the keys, and what the rows' place is a multiple of.
const HEADER: usize = 64;
/// Bytes of a key and of the digest.
const KEY: usize = 32;

/// Names a row or a network.
pub(crate) type Key = [u8; KEY];

/// A file of features, mapped into memory.
pub(crate) struct FeatureCache {
    map: Mmap,
    count: usize,
    width: usize,
}

impl FeatureCache {
    /// The file at `path`; `None` if it is absent, damaged, or holds other features.
    pub(crate) fn open(path: &Path, network: &Key) -> Option<Self> {
        let map = map(path).ok()?;
        let bytes = &map[..];
        let number = |at: usize| {
            let field = bytes.get(at..at + 8)?.try_into().ok()?;
            usize::try_from(u64::from_le_bytes(field)).ok()
        };
        if bytes.get(..8)? != MAGIC || bytes.get(24..24 + KEY)? != network {
            return None;
        }
        let (count, width) = (number(8)?, number(16)?);
        let body = count.checked_mul(width)?.checked_mul(4)?.checked_add(rows_at(count)?)?;
        let (content, digest) = bytes.split_at_checked(body)?;
        if digest != blake3::hash(content).as_bytes() {
            return None;
        }
        Some(Self { map, count, width })
    }

    /// Values in a row.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Bytes of the whole file.
    pub(crate) fn len(&self) -> usize {
        self.map.len()
    }

    fn keys(&self) -> &[Key] {
        bytemuck::cast_slice(&self.map[HEADER..HEADER + self.count * KEY])
    }

    /// Place of the row of `key`.
    pub(crate) fn find(&self, key: &Key) -> Option<usize> {
        self.keys().binary_search(key).ok()
    }

    /// The row at a place.
    pub(crate) fn row(&self, place: usize) -> &[f32] {
        let begin = rows_at(self.count).unwrap_or(0) + place * self.width * 4;
        bytemuck::cast_slice(&self.map[begin..begin + self.width * 4])
    }

    /// All rows with their keys.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (Key, &[f32])> {
        self.keys().iter().enumerate().map(|(place, key)| (*key, self.row(place)))
    }
}

#[allow(unsafe_code, reason = "mapping a file is unsafe where the file may change under the map")]
fn map(path: &Path) -> io::Result<Mmap> {
    let file = File::open(path)?;
    // SAFETY: nobody changes such a file in place: it is written beside and renamed, and a map keeps the file it was made
    // of. A stranger who truncates the file ends this process, as a stranger may who ends it in any other way.
    unsafe { Mmap::map(&file) }
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
    }
}
