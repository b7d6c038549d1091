//! Checks whether a file is complete, for formats where that is possible without decoding.
//!
//! Decoders stop at the last pixel they need, or fill missing data with grey; a truncated copy must be found nevertheless.
//! JPEG is checked while its header is read.

use crate::format::Format;
use crate::problem::Reason;

/// # Errors
/// [`Reason::Truncated`] if the file ends before the format's last part.
pub(super) fn check(bytes: &[u8], format: Format) -> Result<(), Reason> {
    let whole = match format {
        Format::Png => png_reaches_its_end(bytes),
        Format::WebP => riff_holds_its_size(bytes),
        Format::Jpeg | Format::Bmp | Format::Gif | Format::Tiff => true,
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

/// The size in a RIFF header counts what follows it.
fn riff_holds_its_size(bytes: &[u8]) -> bool {
    let Some(&[s0, s1, s2, s3]) = bytes.get(4..8) else {
        return false;
    };
    bytes.len() as u64 >= u64::from(u32::from_le_bytes([s0, s1, s2, s3])) + 8
}
