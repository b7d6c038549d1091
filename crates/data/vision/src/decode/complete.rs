//! Checks whether a file is complete, for formats where that is possible without decoding.
//!
//! Decoders stop at the last pixel they need, or fill missing data with grey; a truncated copy must be found nevertheless.
//! JPEG is checked while its header is read.

use crate::format::Format;
use crate::problem::Reason;

/// Bytes before what a RIFF file holds: `RIFF` and a size.
const RIFF_HEADER: usize = 8;

/// # Errors
/// [`Reason::Truncated`] if the file ends before the format's last part.
pub(super) fn check(bytes: &[u8], format: Format) -> Result<(), Reason> {
    let whole = match format {
        Format::Png => png_reaches_its_end(bytes),
        Format::WebP => riff_holds_its_chunks(bytes),
        Format::Jpeg | Format::Bmp | Format::Gif | Format::Tiff | Format::Heic => true,
    };
    if whole { Ok(()) } else { Err(Reason::Truncated) }
}

/// Steps over the chunks (length, name, data, check sum) up to `IEND`. Data after it is ignored.
fn png_reaches_its_end(bytes: &[u8]) -> bool {
    const SIGNATURE: usize = 8;
    let mut rest = bytes.get(SIGNATURE..).unwrap_or_default();
    while let [l0, l1, l2, l3, n0, n1, n2, n3, after @ ..] = rest {
        if [n0, n1, n2, n3].map(|byte| *byte) == *b"IEND" {
            return true;
        }
        let length = u32::from_be_bytes([*l0, *l1, *l2, *l3]) as usize;
        rest = after.get(length.saturating_add(4)..).unwrap_or_default();
    }
    false
}

/// Steps over the chunks (name, length, data, padded to an even length) of a RIFF file, after the four bytes of its form.
fn riff_holds_its_chunks(bytes: &[u8]) -> bool {
    const FORM: usize = 4;
    let Some(mut chunks) = riff(bytes).and_then(|content| content.get(FORM..)) else { return false };
    while let [_, _, _, _, l0, l1, l2, l3, after @ ..] = chunks {
        let length = u32::from_le_bytes([*l0, *l1, *l2, *l3]) as usize;
        if length > after.len() {
            return false;
        }
        chunks = after.get(length.saturating_add(length % 2)..).unwrap_or_default();
    }
    true
}

/// What a RIFF file holds: as many bytes as its header says, if the file has them.
fn riff(bytes: &[u8]) -> Option<&[u8]> {
    let (header, content) = bytes.split_at_checked(RIFF_HEADER)?;
    let size = header.last_chunk().map(|size| u32::from_le_bytes(*size))?;
    content.get(..size as usize)
}

/// The file without what lies behind the end that it declares, where a decoder would look for more.
pub(super) fn declared(bytes: &[u8], format: Format) -> &[u8] {
    match format {
        Format::WebP => riff(bytes).map_or(bytes, |content| &bytes[..RIFF_HEADER + content.len()]),
        _ => bytes,
    }
}
