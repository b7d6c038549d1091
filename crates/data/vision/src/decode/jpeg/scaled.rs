//! Decodes large JPEGs at a half or a quarter of their sides, with `jpeg-decoder`.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | `d` | 2 or 4: what the sides are divided by |
//! | `s` | the shorter side that is wanted |
//! | margin | how many times `s` the shorter side still is after that: enough for the filter of [`crate::resize`] to decide what is seen |
//!
//! A block of 8 x 8 pixels is stored as 64 frequencies. The transform of the lowest `8/d x 8/d` of them alone is the block
//! with its finer detail cut off and `1/d` as many rows and columns, at a fraction of the arithmetic and memory. The cut is
//! sharper than the usual filter's and lets edges ring, which the rest of the reduction hides if it is large: with a margin
//! of 2 values differ visibly at hard edges, with 7/2 they hardly do. An eighth would be the mean of each block, which
//! the decoder rounds up.
//!
//! Unusual pictures, and those with which this decoder fails, are left to the other decoder. A progressive picture is decoded here
//! only where the other decoder would need too much memory.

use jpeg_decoder::{Decoder, PixelFormat};

use super::frame::Frame;
use super::whole::samples;
use crate::problem::Reason;

/// What the sides are divided by, if the picture is of the usual kind and large enough.
pub(super) fn divisor(frame: &Frame, side: u32) -> Option<u16> {
    let usual = match frame.components.len() {
        1 => true,
        3 => !frame.named_rgb && matches!(frame.adobe, None | Some(1)),
        _ => false,
    };
    let shorter = u64::from(frame.width.min(frame.height));
    // A margin of 7/2.
    let leaves_margin = |divisor: u16| 2 * shorter >= 7 * u64::from(side) * u64::from(divisor);
    [4, 2].into_iter().find(|&divisor| usual && leaves_margin(divisor))
}

/// Bytes of memory that [`decode`] works in at most, the result included.
pub(super) fn needs(frame: &Frame, divisor: u16) -> u64 {
    let pixels = u64::from(frame.width) * u64::from(frame.height);
    // Planes, the picture that is made of them, and levels of grey before they are brought to RGB.
    let small = (samples(frame) + 4 * pixels).div_ceil(u64::from(divisor * divisor));
    // Coefficients of two bytes each: of a row of units, or of all, and a copy of those of components that have not come to an end.
    let row = 2 * 32 * 4 * u64::from(frame.width);
    small + if frame.sequential { row } else { 4 * samples(frame) }
}

/// RGB pixels as stored, at a fraction of the sides.
///
/// # Errors
/// This decoder fails; the other may not.
pub(super) fn decode(bytes: &[u8], frame: &Frame, divisor: u16) -> Result<Vec<u8>, Reason> {
    let failed = |error: jpeg_decoder::Error| Reason::damaged(&error.to_string());
    let mut decoder = Decoder::new(bytes);
    decoder.read_info().map_err(failed)?;
    let sides = (frame.width.div_ceil(divisor), frame.height.div_ceil(divisor));
    if decoder.scale(sides.0, sides.1).map_err(failed)? != sides {
        return Err(Reason::damaged("it cannot be reduced"));
    }
    let pixels = decoder.decode().map_err(failed)?;
    let pixels = match decoder.info().map(|info| info.pixel_format) {
        Some(PixelFormat::RGB24) => pixels,
        Some(PixelFormat::L8) => pixels.iter().flat_map(|&grey| [grey; 3]).collect(),
        _ => return Err(Reason::damaged("it has unusual colours")),
    };
    let count = u64::from(sides.0) * u64::from(sides.1);
    if pixels.len() as u64 == count * 3 { Ok(pixels) } else { Err(Reason::damaged("pixels are missing")) }
}
