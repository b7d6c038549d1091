//! From a file's bytes to upright 8-bit RGB pixels.
//!
//! Checks are made in the order of their cost: size on disk, format, declared dimensions, completeness of the file, and
//! finally the pixels. Transparent pictures are drawn over white; of an animation the first frame is used; colour profiles are
//! ignored, as in the usual training libraries.

mod general;
mod jpeg;
mod orientation;
mod whole;

use std::fs::File;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::format::{Format, sniff_foreign, sniff_unsupported};
use crate::limits::Limits;
use crate::problem::Reason;
use crate::resize::{Resizer, reduce};
use crate::rgb::Rgb;

/// What a picture's header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The format of the content.
    pub format: Format,
    /// Pixels in a row once upright.
    pub width: u32,
    /// Rows once upright.
    pub height: u32,
}

/// Reads a whole file of at most [`Limits::bytes`].
///
/// # Errors
/// [`Reason::TooLarge`], [`Reason::Empty`], [`Reason::NotAFile`], [`Reason::BrokenLink`] or [`Reason::Unreadable`].
pub fn read_file(path: &Path, limits: &Limits) -> Result<Vec<u8>, Reason> {
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    if !metadata.is_file() {
        return Err(Reason::NotAFile);
    }
    limits.check_bytes(metadata.len())?;
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    // The file may grow between the two calls; one byte beyond the limit is enough to see it.
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    file.take(limits.bytes.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(path, &error))?;
    limits.check_bytes(bytes.len() as u64)?;
    if bytes.is_empty() {
        return Err(Reason::Empty);
    }
    Ok(bytes)
}

fn unreadable(path: &Path, error: &io::Error) -> Reason {
    if error.kind() == io::ErrorKind::NotFound && path.is_symlink() {
        Reason::BrokenLink
    } else {
        Reason::Unreadable { detail: error.to_string() }
    }
}

/// Checks all that can be checked without decoding, in memory that does not grow with the declared size.
///
/// # Errors
/// Any [`Reason`] about the content of a file.
pub fn inspect(bytes: &[u8], limits: &Limits) -> Result<Header, Reason> {
    guarded(|| {
        let format = recognise(bytes)?;
        let (width, height, orientation) = match format {
            Format::Jpeg => {
                let frame = jpeg::inspect(bytes, limits)?;
                (u32::from(frame.width), u32::from(frame.height), frame.orientation)
            }
            _ => general::inspect(bytes, format, limits)?,
        };
        let (width, height) =
            if orientation::turns_sides(orientation) { (height, width) } else { (width, height) };
        Ok(Header { format, width, height })
    })
}

/// Decodes a picture.
///
/// # Errors
/// Any [`Reason`] about the content of a file.
pub fn decode_bytes(bytes: &[u8], limits: &Limits) -> Result<Rgb, Reason> {
    guarded(|| {
        let format = recognise(bytes)?;
        match format {
            Format::Jpeg => jpeg::decode(bytes, limits),
            _ => {
                general::inspect(bytes, format, limits)?;
                general::decode(bytes, format, limits)
            }
        }
    })
}

/// Decodes a picture and reduces it until its shorter side is at most `side` pixels, as [`reduce`] does: the first step of
/// preprocessing. A JPEG that is far larger is decoded at a half or a quarter of its sides to begin with, which
/// takes a fraction of the time and of the memory; values differ from those of [`decode_bytes`] and [`reduce`] by little.
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
    let scaled = guarded(|| match recognise(bytes)? {
        Format::Jpeg => Ok(jpeg::decode_scaled(bytes, &jpeg::inspect(bytes, limits)?, side, resizer)),
        _ => Ok(None),
    });
    match scaled {
        Ok(Some(picture)) => Ok(picture),
        _ => Ok(reduce(&decode_bytes(bytes, limits)?, side, resizer).into_owned()),
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
    const ALL: [Format; 6] =
        [Format::Jpeg, Format::Png, Format::WebP, Format::Bmp, Format::Gif, Format::Tiff];
    if ALL.iter().any(|format| format.may_begin(bytes)) {
        return Err(Reason::Truncated);
    }
    Err(Reason::NotAPicture { found: sniff_foreign(bytes) })
}

/// A decoder that panics on unusual data has found a damaged file; it must not end a run of many hours.
fn guarded<T>(work: impl FnOnce() -> Result<T, Reason>) -> Result<T, Reason> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(Reason::Damaged { detail: "the decoder failed".to_owned() }))
}
