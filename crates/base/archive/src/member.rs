//! A file in an archive: where its bytes lie, and how.

use std::io::{self, Read};

use flate2::read::DeflateDecoder;

use crate::shard::Shard;

/// Bytes of one compressed byte at most, which the format allows.
const MOST_INFLATED: u64 = 1032;
/// Bytes of a local header of a zip archive before its name.
const LOCAL_HEADER: usize = 30;

/// Where the bytes of a file lie in a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// Bytes of the file.
    pub(crate) length: u64,
    /// Where its bytes, or its local header, begin.
    pub(crate) offset: u64,
    pub(crate) packing: Packing,
}

/// How the bytes of a member are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    /// As they are, at the offset.
    Plain,
    /// Behind a local header of a zip archive, with a checksum.
    Zip { compressed: u64, deflated: bool, checksum: u32 },
}

impl Member {
    /// At most `most` of the first bytes. Where all are asked for, the checksum is looked at.
    ///
    /// # Errors
    /// A shard that has changed or ends too early, memory that cannot be had, and bytes that are damaged.
    pub(crate) fn read(&self, shard: &Shard, most: u64) -> io::Result<Vec<u8>> {
        let wanted = self.length.min(most);
        let (compressed, deflated, checksum) = match self.packing {
            Packing::Plain => return shard.read_at(self.offset, wanted),
            Packing::Zip { compressed, deflated, checksum } => (compressed, deflated, checksum),
        };
        let header = shard.read_at(self.offset, LOCAL_HEADER as u64)?;
        let start = self.offset
            + local_header(&header).ok_or_else(|| damaged("no file begins where its directory says"))?;
        let bytes = if deflated {
            self.inflated(shard, start, compressed, wanted)?
        } else {
            shard.read_at(start, wanted)?
        };
        if wanted == self.length && crc32fast::hash(&bytes) != checksum {
            return Err(damaged("its checksum is wrong"));
        }
        Ok(bytes)
    }

    fn inflated(&self, shard: &Shard, start: u64, compressed: u64, wanted: u64) -> io::Result<Vec<u8>> {
        if self.length > compressed.saturating_mul(MOST_INFLATED) {
            return Err(damaged("it cannot be as large as the archive says"));
        }
        let packed = shard.read_at(start, compressed)?;
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(usize::try_from(wanted).unwrap_or(usize::MAX))?;
        let whole = wanted == self.length;
        // One byte more tells that there are too many.
        DeflateDecoder::new(packed.as_slice())
            .take(wanted.saturating_add(u64::from(whole)))
            .read_to_end(&mut bytes)
            .map_err(|_| damaged("it cannot be decompressed"))?;
        if bytes.len() as u64 != wanted {
            return Err(damaged("it is not as large as the archive says"));
        }
        Ok(bytes)
    }
}

/// Bytes of a local header with the name and the fields behind it.
fn local_header(bytes: &[u8]) -> Option<u64> {
    let number = |at: usize| Some(u64::from(u16::from_le_bytes([*bytes.get(at)?, *bytes.get(at + 1)?])));
    let is_there = bytes.starts_with(b"PK\x03\x04");
    is_there.then_some(())?;
    Some(LOCAL_HEADER as u64 + number(26)? + number(28)?)
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the archive is damaged here: {what}"))
}
