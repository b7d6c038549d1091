//! From a file's bytes to upright 8-bit sRGB pixels.
//!
//! Checks are made in the order of their cost: size on disk, format, declared dimensions, memory, completeness of the file, and
//! finally the pixels. Transparent pictures are drawn over white; of an animation the first frame is used, of several pictures in a
//! file the first or the one that is named as the main one; colours are brought to sRGB as their profile says.

mod boxes;
mod colour;
mod complete;
mod general;
mod guard;
mod heic;
mod jpeg;
mod orientation;
mod png;
mod raster;
mod room;
mod samples;
mod tiff;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use foliar_archive::{Archive, Entry};
use foliar_picture::{Resizer, Rgb};

use self::guard::guarded;
use self::raster::Raster;
use crate::format::{Format, sniff_foreign, sniff_unsupported};
use crate::limits::Limits;
use crate::problem::Reason;

/// Part of the key of everything that is computed from pixels and kept for later runs: it changes with each change of foliar or of
/// a decoder that gives the pixels of some file other values.
pub const PIXELS: &str = "pixels 2: JPEG as libjpeg-turbo";

/// What a picture's header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The format of the content.
    pub format: Format,
    /// Pixels in a row once upright.
    pub width: u32,
    /// Rows once upright.
    pub height: u32,
    /// What a reader should know of the file, though it can be decoded: reasons that do not [exclude](Reason::excludes) it.
    pub remarks: Vec<Reason>,
}

/// Reads a whole file of at most [`Limits::bytes`], from the disk or from an archive.
///
/// # Errors
/// [`Reason::TooLarge`], [`Reason::Empty`], [`Reason::NotAFile`], [`Reason::BrokenLink`], [`Reason::NoMemory`] or
/// [`Reason::Unreadable`].
pub fn read_file(path: &Path, limits: &Limits) -> Result<Vec<u8>, Reason> {
    let bytes = match foliar_archive::find(path).map_err(|error| unreadable(path, &error.into()))? {
        Some((archive, inside)) => read_member(&archive, &inside, limits)?,
        None => read_disk(path, limits)?,
    };
    if bytes.is_empty() {
        return Err(Reason::Empty);
    }
    Ok(bytes)
}

fn read_member(archive: &Archive, inside: &Path, limits: &Limits) -> Result<Vec<u8>, Reason> {
    match archive.entry(inside) {
        // Before anything is decompressed.
        Some(Entry::File(length)) => limits.check_bytes(length)?,
        Some(Entry::Folder) => return Err(Reason::NotAFile),
        None => {}
    }
    archive.read(inside, u64::MAX).map_err(|error| unreadable(inside, &error))
}

fn read_disk(path: &Path, limits: &Limits) -> Result<Vec<u8>, Reason> {
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    if !metadata.is_file() {
        return Err(Reason::NotAFile);
    }
    limits.check_bytes(metadata.len())?;
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    // The file may grow between the two calls; one byte beyond the limit is enough to see it.
    let mut bytes = Vec::new();
    bytes
        .try_reserve_exact(usize::try_from(metadata.len()).unwrap_or(usize::MAX))
        .map_err(|_| Reason::NoMemory { bytes: metadata.len() })?;
    file.take(limits.bytes.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(path, &error))?;
    limits.check_bytes(bytes.len() as u64)?;
    Ok(bytes)
}

fn unreadable(path: &Path, error: &io::Error) -> Reason {
    if error.kind() == io::ErrorKind::NotFound && path.is_symlink() {
        Reason::BrokenLink
    } else {
        Reason::Unreadable { detail: error.to_string() }
    }
}

/// Checks all that can be checked without decoding, in memory that does not grow with the declared size. Pixels are looked at
/// only where nothing else tells what is to be said: in a JPEG without an end marker, and where values have more than 8 bits.
///
/// # Errors
/// Any [`Reason`] about the content of a file.
pub fn inspect(bytes: &[u8], limits: &Limits) -> Result<Header, Reason> {
    guarded(|| {
        let format = recognise(bytes)?;
        let (width, height, orientation, remarks) = match format {
            Format::Jpeg => {
                let jpeg::Inspected { width, height, orientation, remarks } = jpeg::inspect(bytes, limits)?;
                (width, height, orientation, remarks)
            }
            Format::Heic => {
                let (width, height, remarks) = heic::inspect(bytes, limits)?;
                return Ok(Header { format, width, height, remarks });
            }
            _ => {
                let general::Inspected { width, height, orientation, remarks } =
                    general::inspect(bytes, format, limits)?;
                (width, height, orientation, remarks)
            }
        };
        let (width, height) =
            if orientation::turns_sides(orientation) { (height, width) } else { (width, height) };
        Ok(Header { format, width, height, remarks })
    })
}

/// Decodes a picture.
///
/// # Errors
/// Any [`Reason`] about the content of a file; [`Reason::TooMuchMemory`] for one that only [`decode_reduced`] can decode.
pub fn decode_bytes(bytes: &[u8], limits: &Limits) -> Result<Rgb, Reason> {
    guarded(|| raster(bytes, None, limits)?.whole())
}

/// Decodes a picture and reduces it until its shorter side is at most `side` pixels, as [`reduce`](foliar_picture::reduce) does: the
/// first step of preprocessing. A JPEG that is far larger is decoded at a half or a quarter of its sides to begin with, which
/// takes a fraction of the time and of the memory; a PNG, TIFF or HEIC that would not fit into memory is reduced while it is read;
/// values differ from those of [`decode_bytes`] and a reduction by little.
///
/// # Errors
/// Any [`Reason`] about the content of a file.
///
/// # Panics
/// If `side` is zero.
pub fn decode_reduced(
    bytes: &[u8],
    side: u32,
    limits: &Limits,
    resizer: &mut Resizer,
) -> Result<Rgb, Reason> {
    assert!(side > 0, "a picture has pixels");
    guarded(|| raster(bytes, Some(side), limits)?.reduced(side, resizer))
}

fn raster(bytes: &[u8], side: Option<u32>, limits: &Limits) -> Result<Raster, Reason> {
    match recognise(bytes)? {
        Format::Jpeg => jpeg::decode(bytes, side, limits),
        Format::Heic => heic::decode(bytes, side, limits),
        format => general::decode(bytes, format, side, limits),
    }
}

/// Reads and decodes a picture, by its content; its name does not matter.
///
/// # Errors
/// Any [`Reason`] about a single file.
pub fn decode_file(path: &Path, limits: &Limits) -> Result<Rgb, Reason> {
    decode_bytes(&read_file(path, limits)?, limits)
}

fn recognise(bytes: &[u8]) -> Result<Format, Reason> {
    if bytes.is_empty() {
        return Err(Reason::Empty);
    }
    if let Some(format) = Format::sniff(bytes) {
        return Ok(format);
    }
    if let Some(what) = sniff_unsupported(bytes) {
        return Err(Reason::Unsupported { what: what.to_owned() });
    }
    if Format::ALL.iter().any(|format| format.may_begin(bytes)) {
        return Err(Reason::Truncated);
    }
    Err(Reason::NotAPicture { found: sniff_foreign(bytes) })
}
