//! What kind of archive a file is, by its first bytes.

use std::io;
use std::path::Path;

use foliar_files::{Printable as _, quoted};

/// Bytes that tell.
const TELLING: u64 = 512;

/// A kind of archive that can be read in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Tar,
    Zip,
}

impl Format {
    /// The kind of the file at `path`, by its content; the error is a sentence for one that cannot be read in place.
    pub(crate) fn of(path: &Path) -> io::Result<Result<Self, String>> {
        let start = first_bytes(path)?;
        if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
            return Ok(Ok(Self::Zip));
        }
        if crate::tar::is_header(&start) {
            return Ok(Ok(Self::Tar));
        }
        let is_zero = start.len() == TELLING as usize && start.iter().all(|&byte| byte == 0);
        if is_zero {
            // A tar archive of nothing.
            return Ok(Ok(Self::Tar));
        }
        let what = foreign(path, &start).unwrap_or_else(|| {
            let what = if start.is_empty() { "the file is empty" } else { "this is no tar or zip archive" };
            format!("{what}; copy it again")
        });
        Ok(Err(what))
    }
}

/// What to say of a file that is given in the place of a folder of photos and is an archive of a kind that cannot be read in place, or is not
/// called like one; `None` for other files.
#[must_use]
pub fn refusal(path: &Path) -> Option<String> {
    let start = first_bytes(path).ok()?;
    if start.starts_with(b"PK\x03\x04") || crate::tar::is_header(&start) {
        let end = if start.starts_with(b"PK") { "zip" } else { "tar" };
        let renamed = path.with_extension(end);
        return Some(format!(
            "this is a {end} archive, and is read as one if it is called so: mv {} {}",
            shown(path),
            shown(&renamed)
        ));
    }
    foreign(path, &start)
}

fn first_bytes(path: &Path) -> io::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut start = Vec::new();
    foliar_files::open(path)?.take(TELLING).read_to_end(&mut start)?;
    Ok(start)
}

fn foreign(path: &Path, start: &[u8]) -> Option<String> {
    let file = shown(path);
    let compressed = |how: &str, program: &str| {
        format!(
            "this is compressed with {how}, and cannot be read from the middle; `{program} {file}` makes a tar archive of it, which is \
             read as it is (photos are compressed already)"
        )
    };
    let unpack = |what: &str, command: &str| {
        format!("{what} is not read; unpack it with `{command}`, and give the folder")
    };
    match start {
        [0x1F, 0x8B, ..] => Some(compressed("gzip", "gunzip")),
        [0x28, 0xB5, 0x2F, 0xFD, ..] => Some(compressed("zstd", "zstd -d --rm")),
        [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => Some(compressed("xz", "unxz")),
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => Some(compressed("bzip2", "bunzip2")),
        [b'R', b'a', b'r', b'!', 0x1A, 7, ..] => Some(unpack("a RAR archive", &format!("unrar x {file}"))),
        [b'7', b'z', 0xBC, 0xAF, 0x27, 0x1C, ..] => Some(unpack("a 7z archive", &format!("7z x {file}"))),
        [b'P', b'A', b'R', b'1', ..] => Some(format!(
            "this is a Parquet file; `foliar import parquet {file} --out photos` makes a folder of its photos"
        )),
        _ => None,
    }
}

fn shown(path: &Path) -> String {
    quoted(&path.shown().to_string())
}
