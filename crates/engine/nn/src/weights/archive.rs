//! Zip archives, as much of them as PyTorch's files need: stored and deflated records, read in place.
//!
//! Layout: PKWARE's APPNOTE 6.3.10, sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.14 to 4.3.16 (its end,
//! also in 64 bits) and 4.5.3 (64-bit extra field). The central directory alone is believed; what it says must lie within
//! the file, no two records may share a byte, and together they may not unpack to more than [`LARGEST_RATIO`] times the
//! file. A stored record is lent, not copied.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read;
use std::ops::Range;

use flate2::Crc;
use flate2::bufread::DeflateDecoder;

use super::error::WeightsError;

/// Trained weights hardly deflate at all, pruned ones to a tenth; whatever claims more is a bomb.
const LARGEST_RATIO: u64 = 16;

const LOCAL: &[u8] = b"PK\x03\x04";
const CENTRAL: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";
const END64: &[u8] = b"PK\x06\x06";
const LOCATOR64: &[u8] = b"PK\x06\x07";

const LOCAL_LEN: usize = 30;
const CENTRAL_LEN: usize = 46;
const END_LEN: usize = 22;
const LOCATOR64_LEN: usize = 20;
/// A field of 32 bits that holds this has its value in the 64-bit extra field.
const ELSEWHERE: u64 = 0xFFFF_FFFF;
/// Identifier of that extra field.
const EXTRA64: u64 = 1;

/// The records of an archive by name.
pub(super) struct Archive<'a> {
    bytes: &'a [u8],
    records: BTreeMap<&'a str, Record>,
}

struct Record {
    deflated: bool,
    /// Where the record's local header begins.
    header: usize,
    /// Where its bytes lie as they are packed.
    packed: Range<usize>,
    /// Number of its bytes once unpacked.
    len: usize,
    crc: u32,
}

/// Whether the bytes begin as an archive does.
pub(super) fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(LOCAL) || bytes.starts_with(END)
}

impl<'a> Archive<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, WeightsError> {
        let directory = find_directory(bytes)?;
        let mut records = BTreeMap::new();
        let mut at = directory.start;
        while at < directory.end {
            let (name, record, next) = read_entry(bytes, at, &directory)?;
            if records.insert(name, record).is_some() {
                return Err(damaged(format!("two records are called `{}`", name.escape_debug())));
            }
            at = next;
        }
        let archive = Self { bytes, records };
        archive.check_overlap()?;
        archive.check_ratio()?;
        Ok(archive)
    }

    /// The names of the records, sorted.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.records.keys().copied()
    }

    /// Bytes of all records together, unpacked.
    pub(super) fn unpacked_len(&self) -> usize {
        self.records.values().map(|record| record.len).sum()
    }

    /// The unpacked bytes of a record, their checksum verified.
    pub(super) fn read(&self, name: &str) -> Result<Cow<'a, [u8]>, WeightsError> {
        let fault = |what: &str| damaged(format!("record `{}` {what}", name.escape_debug()));
        let record = self.records.get(name).ok_or_else(|| fault("is missing"))?;
        let packed = &self.bytes[record.packed.clone()];
        let bytes = if record.deflated {
            let mut unpacked = Vec::with_capacity(record.len);
            DeflateDecoder::new(packed)
                .take(record.len as u64 + 1)
                .read_to_end(&mut unpacked)
                .map_err(|error| fault(&format!("does not unpack: {error}")))?;
            Cow::Owned(unpacked)
        } else {
            Cow::Borrowed(packed)
        };
        if bytes.len() != record.len {
            return Err(fault("is not of the size that the archive states"));
        }
        let mut crc = Crc::new();
        crc.update(&bytes);
        if crc.sum() != record.crc {
            return Err(fault("does not match its checksum"));
        }
        Ok(bytes)
    }

    fn check_overlap(&self) -> Result<(), WeightsError> {
        let mut spans: Vec<_> =
            self.records.iter().map(|(name, r)| (r.header, r.packed.end, *name)).collect();
        spans.sort_unstable();
        match spans.windows(2).find(|pair| pair[0].1 > pair[1].0) {
            Some(pair) => Err(damaged(format!(
                "records `{}` and `{}` overlap",
                pair[0].2.escape_debug(),
                pair[1].2.escape_debug()
            ))),
            None => Ok(()),
        }
    }

    fn check_ratio(&self) -> Result<(), WeightsError> {
        let unpacked: u64 = self.records.values().fold(0, |sum, r| sum.saturating_add(r.len as u64));
        if unpacked / LARGEST_RATIO > self.bytes.len() as u64 {
            return Err(WeightsError::TooMuch {
                what: format!("an archive of {} bytes that unpacks to {unpacked}", self.bytes.len()),
                limit: format!("{LARGEST_RATIO} bytes for each one"),
            });
        }
        Ok(())
    }
}

fn damaged(what: String) -> WeightsError {
    WeightsError::Damaged { part: "zip archive", what }
}

/// A little-endian number of `len` bytes, or an error that says that the archive ends too early.
fn number(bytes: &[u8], at: usize, len: usize) -> Result<u64, WeightsError> {
    let digits = at.checked_add(len).and_then(|end| bytes.get(at..end));
    let digits = digits.ok_or_else(|| damaged("it is cut off".into()))?;
    Ok(digits.iter().rev().fold(0, |sum, &digit| sum << 8 | u64::from(digit)))
}

fn expect(bytes: &[u8], at: usize, signature: &[u8]) -> Result<(), WeightsError> {
    match bytes.get(at..) {
        Some(rest) if rest.starts_with(signature) => Ok(()),
        _ => Err(damaged(format!("there is no header at byte {at}, where one should be"))),
    }
}

/// A range of so many bytes, if the file has them before `end`.
fn range(start: u64, len: u64, end: usize) -> Option<Range<usize>> {
    let stop = start.checked_add(len).filter(|&stop| stop <= end as u64)?;
    Some(usize::try_from(start).ok()?..usize::try_from(stop).ok()?)
}

/// Where the central directory lies.
fn find_directory(bytes: &[u8]) -> Result<Range<usize>, WeightsError> {
    let cut = || damaged("its directory is missing; the file is cut off".into());
    let last = bytes.len().checked_sub(END_LEN).ok_or_else(cut)?;
    let first = last.saturating_sub(usize::from(u16::MAX));
    let ends_file = |&at: &usize| {
        bytes[at..].starts_with(END)
            && number(bytes, at + 20, 2).is_ok_and(|comment| at + END_LEN + comment as usize == bytes.len())
    };
    let end = (first..=last).rev().find(ends_file).ok_or_else(cut)?;
    let (len, start) = match end.checked_sub(LOCATOR64_LEN) {
        Some(locator) if bytes[locator..].starts_with(LOCATOR64) => {
            let at = usize::try_from(number(bytes, locator + 8, 8)?).map_err(|_| cut())?;
            expect(bytes, at, END64)?;
            (number(bytes, at + 40, 8)?, number(bytes, at + 48, 8)?)
        }
        _ => (number(bytes, end + 12, 4)?, number(bytes, end + 16, 4)?),
    };
    range(start, len, end).ok_or_else(|| damaged("its directory does not lie within the file".into()))
}

/// The entry at `at`: its name, its record, and where the next entry begins.
fn read_entry<'a>(
    bytes: &'a [u8],
    at: usize,
    directory: &Range<usize>,
) -> Result<(&'a str, Record, usize), WeightsError> {
    let bytes_of_directory = &bytes[..directory.end];
    let field = |offset: usize, len: usize| number(bytes_of_directory, at + offset, len);
    expect(bytes_of_directory, at, CENTRAL)?;
    let (name_len, extra_len, comment_len) = (field(28, 2)?, field(30, 2)?, field(32, 2)?);
    let out_of_file = || damaged("its directory is cut off".into());
    let name = range((at + CENTRAL_LEN) as u64, name_len, directory.end).ok_or_else(out_of_file)?;
    let extra = range(name.end as u64, extra_len, directory.end).ok_or_else(out_of_file)?;
    let next = range(extra.end as u64, comment_len, directory.end).ok_or_else(out_of_file)?.end;
    let name =
        std::str::from_utf8(&bytes[name]).map_err(|_| damaged("the name of a record is not UTF-8".into()))?;
    let fault = |what: &str| damaged(format!("record `{}` {what}", name.escape_debug()));

    let mut wide = Wide::find(&bytes[extra]);
    let len = wide.widen(field(24, 4)?)?;
    let packed_len = wide.widen(field(20, 4)?)?;
    let header = wide.widen(field(42, 4)?)?;
    let header = range(header, LOCAL_LEN as u64, directory.start)
        .ok_or_else(|| fault("does not begin within the file"))?
        .start;
    if field(8, 2)? & 1 != 0 {
        return Err(fault("is encrypted"));
    }
    let deflated = match field(10, 2)? {
        0 => false,
        8 => true,
        _ => return Err(fault("is neither stored nor deflated")),
    };
    expect(bytes, header, LOCAL)?;
    let skipped = number(bytes, header + 26, 2)? + number(bytes, header + 28, 2)?;
    let packed = range((header + LOCAL_LEN) as u64 + skipped, packed_len, directory.start)
        .ok_or_else(|| fault("does not end within the file"))?;
    if !deflated && len != packed_len {
        return Err(fault("is stored with two sizes"));
    }
    let len = usize::try_from(len).map_err(|_| fault("is too large"))?;
    let crc = field(16, 4)? as u32;
    Ok((name, Record { deflated, header, packed, len, crc }, next))
}

/// The numbers of a 64-bit extra field that have not been used yet.
struct Wide<'a>(&'a [u8]);

impl<'a> Wide<'a> {
    fn find(mut extra: &'a [u8]) -> Self {
        while let (Ok(id), Ok(len)) = (number(extra, 0, 2), number(extra, 2, 2)) {
            let Some(body) = extra.get(4..4 + len as usize) else { break };
            if id == EXTRA64 {
                return Self(body);
            }
            extra = &extra[4 + body.len()..];
        }
        Self(&[])
    }

    /// `short`, or the next number of the field if `short` says so.
    fn widen(&mut self, short: u64) -> Result<u64, WeightsError> {
        if short != ELSEWHERE {
            return Ok(short);
        }
        let long = number(self.0, 0, 8)?;
        self.0 = &self.0[8..];
        Ok(long)
    }
}
