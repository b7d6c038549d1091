//! The index of a zip archive: its directory, which lies at its end.

use std::io;
use std::path::PathBuf;

use rawzip::{CompressionMethod, ErrorKind, RECOMMENDED_BUFFER_SIZE, ZipArchive, ZipFileHeaderRecord};

use crate::links::{Listed, Listing};
use crate::member::{Member, Packing};
use crate::member_name::of_zip;
use crate::problem::ArchiveProblem;
use crate::shard::Shard;

/// Bytes of a path that a link holds.
const LONGEST_LINK: u64 = 4096;
/// Bytes of a local header without its name.
const LOCAL_HEADER: u64 = 30;

/// What the archive lists; the inner error is a sentence for one that has lost its directory.
///
/// # Errors
/// What the system says.
pub(crate) fn list(shard: &Shard) -> io::Result<Result<Listing, String>> {
    let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
    let archive = match ZipArchive::from_file(shard.reader()?, &mut buffer) {
        Ok(archive) => archive,
        Err(error) => {
            return match error.into_kind() {
                ErrorKind::IO(error) => Err(error),
                _ => Ok(Err("the archive has no directory at its end, so that it was cut off: copy it again, or mend it with \
                             `zip -FF ARCHIVE --out whole.zip`"
                    .to_owned())),
            };
        }
    };
    let expected = archive.entries_hint();
    let mut listing = Listing::default();
    let mut spans: Vec<(u64, u64, usize)> = Vec::new();
    let mut entries = archive.entries(&mut buffer);
    let mut read = 0;
    loop {
        match entries.next_entry() {
            Ok(Some(entry)) => {
                read += 1;
                if let Some(span) = take(shard, &entry, &mut listing) {
                    spans.push((span.0, span.1, listing.files.len() - 1));
                }
            }
            Ok(None) => break,
            Err(error) => match error.into_kind() {
                ErrorKind::IO(error) => return Err(error),
                _ => break,
            },
        }
    }
    if read != expected {
        let what =
            format!("the directory of the archive is damaged: {read} of {expected} files can be found");
        listing.problems.push(ArchiveProblem::lost("", what));
    }
    leave_out_overlaps(&mut listing, spans);
    Ok(Ok(listing))
}

/// Puts an entry into the listing; the bytes from which to which it lies at least, if it is a file.
fn take(shard: &Shard, entry: &ZipFileHeaderRecord<'_>, listing: &mut Listing) -> Option<(u64, u64)> {
    let raw = entry.file_path();
    let name: &[u8] = raw.as_bytes();
    let path = match of_zip(name) {
        Ok(path) => path,
        Err(what) => {
            if !entry.is_dir() {
                let shown = PathBuf::from(String::from_utf8_lossy(name).replace(['/', '\\', '\0'], "_"));
                listing.problems.push(ArchiveProblem::lost(shown, format!("its name in the archive {what}")));
            }
            return None;
        }
    };
    if entry.is_dir() || name.ends_with(b"\\") {
        listing.folders.push(path);
        return None;
    }
    let (length, compressed) = (entry.uncompressed_size_hint(), entry.compressed_size_hint());
    let method = entry.compression_method();
    let offset = entry.local_header_offset();
    let end =
        offset.checked_add(LOCAL_HEADER + name.len() as u64).and_then(|end| end.checked_add(compressed));
    let end = end.filter(|&end| end <= shard.length());
    let fault = if entry.flags().is_encrypted() {
        Some("it is encrypted; unpack the archive with its password, and give the folder".to_owned())
    } else if method != CompressionMethod::STORE && method != CompressionMethod::DEFLATE {
        Some(format!(
            "it is compressed as {method:?}, which is not read; pack the archive anew: `zip -0 -r photos.zip photos`"
        ))
    } else if method == CompressionMethod::STORE && length != compressed {
        Some("the archive is damaged here: it says two sizes".to_owned())
    } else if end.is_none() {
        Some("the archive ends before this file; copy it again".to_owned())
    } else {
        None
    };
    let (Some(end), None) = (end, &fault) else {
        listing.problems.push(ArchiveProblem::lost(path, fault.unwrap_or_default()));
        return None;
    };
    let packing =
        Packing::Zip { compressed, deflated: method == CompressionMethod::DEFLATE, checksum: entry.crc32() };
    let member = Member { length, offset, packing };
    let listed = if entry.mode().is_symlink() {
        match member.read(shard, LONGEST_LINK) {
            Ok(target) if (target.len() as u64) < LONGEST_LINK => {
                Listed::SymbolicLink(String::from_utf8_lossy(&target).into_owned().into())
            }
            _ => {
                listing.problems.push(ArchiveProblem::lost(path, "a link that cannot be read"));
                return None;
            }
        }
    } else {
        Listed::File(member)
    };
    listing.files.push((path, listed));
    Some((offset, end))
}

/// Leaves out files that share bytes: a few bytes that are listed a thousand times fill any memory.
fn leave_out_overlaps(listing: &mut Listing, mut spans: Vec<(u64, u64, usize)>) {
    spans.sort_unstable();
    let mut overlapping = vec![false; listing.files.len()];
    // The file that reaches farthest of those before.
    let mut farthest: Option<(u64, usize)> = None;
    for (start, end, file) in spans {
        if let Some((_, other)) = farthest.filter(|&(reach, _)| start < reach) {
            overlapping[file] = true;
            overlapping[other] = true;
        }
        if farthest.is_none_or(|(reach, _)| end > reach) {
            farthest = Some((end, file));
        }
    }
    let mut overlapping = overlapping.into_iter();
    let problems = &mut listing.problems;
    listing.files.retain(|(path, _)| {
        let is_lost = overlapping.next().unwrap_or(false);
        if is_lost {
            problems.push(ArchiveProblem::lost(path, "it shares bytes of the archive with another file"));
        }
        !is_lost
    });
}
