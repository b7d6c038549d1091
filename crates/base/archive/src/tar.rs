//! The index of a tar archive: one header after the other, members skipped.

use std::io;
use std::path::PathBuf;

use tar::{EntryType, Header, PaxExtensions};

use crate::links::{Listed, Listing};
use crate::member::{Member, Packing};
use crate::member_name::of_tar;
use crate::problem::ArchiveProblem;
use crate::shard::{Cursor, Shard};

const BLOCK: usize = 512;
/// Bytes of a long name or of extended attributes up to which they are read.
const LARGEST_EXTENSION: u64 = 1 << 20;
/// Where a header of a sparse file, and a block that continues it, say that another block follows.
const IS_EXTENDED: [usize; 2] = [482, 504];

/// Whether these bytes are a header of a tar archive.
pub(crate) fn is_header(block: &[u8]) -> bool {
    let Some(block) = block.get(..BLOCK) else { return false };
    let said = Header::from_byte_slice(block).cksum();
    let sum = |bytes: &[u8]| bytes.iter().map(|&byte| u32::from(byte)).sum::<u32>();
    // The checksum is that of a header with blanks in its place.
    let sum = sum(&block[..148]) + 8 * u32::from(b' ') + sum(&block[156..]);
    said.is_ok_and(|said| said == sum) && block.iter().any(|&byte| byte != 0)
}

/// What the archive lists. What is damaged is skipped and said.
///
/// # Errors
/// What the system says.
pub(crate) fn list(shard: &Shard) -> io::Result<Listing> {
    let mut walk = Walk {
        cursor: Cursor::new(shard.reader()?),
        length: shard.length(),
        at: 0,
        extensions: Extensions::default(),
        listing: Listing::default(),
    };
    walk.run()?;
    Ok(walk.listing)
}

struct Walk {
    cursor: Cursor,
    length: u64,
    at: u64,
    extensions: Extensions,
    listing: Listing,
}

/// What headers say of the member after them.
#[derive(Default)]
struct Extensions {
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
    is_sparse: bool,
}

impl Walk {
    fn run(&mut self) -> io::Result<()> {
        let mut block = [0; BLOCK];
        // Whether the mark of the end was met, and another archive after it.
        let (mut has_ended, mut is_joined) = (false, false);
        loop {
            let read = self.cursor.read_at(self.at, &mut block)?;
            if read < BLOCK {
                if !has_ended {
                    self.note_end();
                }
                return Ok(());
            }
            if block == [0; BLOCK] {
                has_ended = true;
                self.at += BLOCK as u64;
                continue;
            }
            if !is_header(&block) {
                let from = self.at;
                let next = self.next_header()?;
                // What follows the end may be anything.
                if !has_ended || next.is_some() {
                    let to = next.unwrap_or(self.length);
                    let what = format!(
                        "the archive is damaged: {} bytes from byte {from} on cannot be read, and the files in them are lost",
                        to - from
                    );
                    self.listing.problems.push(ArchiveProblem::lost("", what));
                }
                self.extensions = Extensions::default();
                has_ended = true;
                let Some(next) = next else { return Ok(()) };
                self.at = next;
                is_joined = true;
                continue;
            }
            if has_ended && !is_joined {
                is_joined = true;
                let what = "several archives are joined in this file; all are read";
                self.listing.problems.push(ArchiveProblem::note("", what));
            }
            has_ended = false;
            if !self.header(&block)? {
                return Ok(());
            }
        }
    }

    fn note_end(&mut self) {
        let what = "the archive ends without its mark of the end: it may have been cut off, copy it again";
        self.listing.problems.push(ArchiveProblem::note("", what));
    }

    /// The next place at which a header lies, behind the current one.
    fn next_header(&mut self) -> io::Result<Option<u64>> {
        let mut block = [0; BLOCK];
        let mut at = self.at;
        loop {
            at += BLOCK as u64;
            if self.cursor.read_at(at, &mut block)? < BLOCK {
                return Ok(None);
            }
            if &block[257..262] == b"ustar" && is_header(&block) {
                return Ok(Some(at));
            }
        }
    }

    /// Takes a header, and goes to the next one; `false` if the file ends before.
    fn header(&mut self, block: &[u8; BLOCK]) -> io::Result<bool> {
        let header = Header::from_byte_slice(block);
        let kind = header.entry_type();
        let mut start = self.at + BLOCK as u64;
        let is_extension = kind.is_gnu_longname()
            || kind.is_gnu_longlink()
            || kind.is_pax_local_extensions()
            || kind.is_pax_global_extensions();
        let said = if is_extension { None } else { self.extensions.size };
        let size = match kind {
            EntryType::Link
            | EntryType::Symlink
            | EntryType::Directory
            | EntryType::Char
            | EntryType::Block
            | EntryType::Fifo => 0,
            _ => said.unwrap_or_else(|| header.entry_size().unwrap_or(u64::MAX)),
        };
        if kind.is_gnu_sparse() {
            start += self.sparse_blocks(block)?;
        }
        let end = start.checked_add(size).filter(|&end| end <= self.length);
        if is_extension {
            let Some(end) = end else {
                self.torn(PathBuf::new(), start, size);
                return Ok(false);
            };
            self.extension(kind, start, size)?;
            self.at = end.next_multiple_of(BLOCK as u64);
            return Ok(true);
        }
        let extensions = std::mem::take(&mut self.extensions);
        let name = extensions.name.unwrap_or_else(|| header.path_bytes().into_owned());
        let link = extensions.link.or_else(|| header.link_name_bytes().map(|link| link.into_owned()));
        let path = of_tar(&name);
        let Some(end) = end else {
            self.torn(path.unwrap_or_default(), start, size);
            return Ok(false);
        };
        self.at = end.next_multiple_of(BLOCK as u64);
        let path = match path {
            Ok(path) => path,
            Err(what) => {
                if !kind.is_dir() {
                    let shown = PathBuf::from(String::from_utf8_lossy(&name).replace(['/', '\\', '\0'], "_"));
                    self.listing
                        .problems
                        .push(ArchiveProblem::lost(shown, format!("its name in the archive {what}")));
                }
                return Ok(true);
            }
        };
        self.member(kind, path, name.ends_with(b"/"), extensions.is_sparse, link, (start, size));
        Ok(true)
    }

    fn member(
        &mut self,
        kind: EntryType,
        path: PathBuf,
        is_folder: bool,
        is_sparse: bool,
        link: Option<Vec<u8>>,
        (offset, length): (u64, u64),
    ) {
        let lost = |path: &PathBuf, what: &str| ArchiveProblem::lost(path, what);
        let link = link.unwrap_or_default();
        match kind {
            _ if is_sparse || kind.is_gnu_sparse() => {
                let what =
                    "it is packed with gaps (tar --sparse), which is not read; pack the archive without";
                self.listing.problems.push(lost(&path, what));
            }
            EntryType::Link => match of_tar(&link) {
                Ok(target) => self.listing.files.push((path, Listed::HardLink(target))),
                Err(_) => self.listing.problems.push(lost(&path, "a link that leads out of the archive")),
            },
            EntryType::Symlink => {
                let target = PathBuf::from(String::from_utf8_lossy(&link).into_owned());
                self.listing.files.push((path, Listed::SymbolicLink(target)));
            }
            _ if kind.is_dir() || is_folder || kind.as_byte() == b'D' => self.listing.folders.push(path),
            EntryType::Char | EntryType::Block | EntryType::Fifo => {}
            _ if kind.as_byte() == b'M' => {
                self.listing.problems.push(lost(&path, "it begins in another volume of the archive"));
            }
            // Labels of volumes, and what single vendors write.
            _ if kind.as_byte().is_ascii_uppercase() => {}
            _ if path.as_os_str().is_empty() => {}
            _ => {
                let member = Member { length, offset, packing: Packing::Plain };
                self.listing.files.push((path, Listed::File(member)));
            }
        }
    }

    fn torn(&mut self, path: PathBuf, start: u64, size: u64) {
        let there = self.length.saturating_sub(start);
        let what = format!(
            "the archive ends in the middle of this file, of which {there} of {size} bytes are there; what may follow is lost: copy it again"
        );
        self.listing.problems.push(ArchiveProblem::lost(path, what));
    }

    /// Reads what a header says of the next member.
    fn extension(&mut self, kind: EntryType, start: u64, size: u64) -> io::Result<()> {
        if kind.is_pax_global_extensions() {
            return Ok(());
        }
        if size > LARGEST_EXTENSION {
            let what = format!("a name of {size} bytes is not read");
            self.listing.problems.push(ArchiveProblem::lost("", what));
            // So that no other name is taken for it.
            self.extensions.name = Some(Vec::new());
            return Ok(());
        }
        let mut bytes = vec![0; usize::try_from(size).unwrap_or(0)];
        let read = self.cursor.read_at(start, &mut bytes)?;
        bytes.truncate(read);
        let to_zero = |bytes: &[u8]| bytes.split(|&byte| byte == 0).next().unwrap_or_default().to_vec();
        if kind.is_gnu_longname() {
            self.extensions.name = Some(to_zero(&bytes));
        } else if kind.is_gnu_longlink() {
            self.extensions.link = Some(to_zero(&bytes));
        } else {
            self.attributes(&bytes);
        }
        Ok(())
    }

    fn attributes(&mut self, bytes: &[u8]) {
        for attribute in PaxExtensions::new(bytes).flatten() {
            let value = attribute.value_bytes().to_vec();
            match attribute.key_bytes() {
                b"path" => self.extensions.name = Some(value),
                b"linkpath" => self.extensions.link = Some(value),
                b"size" => {
                    let number = std::str::from_utf8(&value).ok().and_then(|text| text.parse().ok());
                    self.extensions.size = Some(number.unwrap_or(u64::MAX));
                }
                b"GNU.sparse.name" => {
                    self.extensions.name = Some(value);
                    self.extensions.is_sparse = true;
                }
                key if key.starts_with(b"GNU.sparse.") => self.extensions.is_sparse = true,
                _ => {}
            }
        }
    }

    /// Bytes of the blocks behind the header of a sparse file that continue it.
    fn sparse_blocks(&mut self, header: &[u8; BLOCK]) -> io::Result<u64> {
        let mut is_extended = header[IS_EXTENDED[0]] != 0;
        let mut bytes = 0;
        let mut block = [0; BLOCK];
        while is_extended {
            bytes += BLOCK as u64;
            if self.cursor.read_at(self.at + bytes, &mut block)? < BLOCK {
                break;
            }
            is_extended = block[IS_EXTENDED[1]] != 0;
        }
        Ok(bytes)
    }
}
