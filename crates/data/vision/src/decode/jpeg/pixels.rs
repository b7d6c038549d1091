//! Decodes the pixels of a JPEG with `libjpeg-turbo-rs`: the same values, to the last bit, as libjpeg-turbo, with which Pillow,
//! OpenCV, torchvision and browsers decode.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | `d` | 1, 2 or 4: what the sides are divided by |
//! | `s` | the shorter side that is wanted |
//! | margin | how many times `s` the shorter side still is after that: enough for the filter of [`foliar_picture::Resizer`] to decide what is seen |
//!
//! A block of 8 x 8 pixels is stored as 64 frequencies. The transform of the lowest `8/d x 8/d` of them alone is the block
//! with its finer detail cut off and `1/d` as many rows and columns, at a fraction of the arithmetic and memory. The cut is
//! sharper than the usual filter's and lets edges ring, which the rest of the reduction hides if it is large: with a margin
//! of 2 values differ visibly at hard edges, with 7/2 they hardly do.

use libjpeg_turbo_rs::{DecodeLimits, Decoder, JpegError, PixelFormat, ScalingFactor};

use super::frame::Frame;
use crate::problem::Reason;

/// What the sides are divided by if a shorter one of `side` pixels is enough, where the picture is large enough.
pub(super) fn divisor(frame: &Frame, side: u32) -> Option<u16> {
    let shorter = u64::from(frame.width.min(frame.height));
    // A margin of 7/2.
    let leaves_margin = |divisor: u16| 2 * shorter >= 7 * u64::from(side) * u64::from(divisor);
    [4, 2].into_iter().find(|&divisor| frame.components.len() < 4 && leaves_margin(divisor))
}

/// Bytes of memory that [`decode`] works in at most, the result included.
pub(super) fn needs(frame: &Frame, divisor: u16) -> u64 {
    let pixels = u64::from(frame.width) * u64::from(frame.height);
    let components = frame.components.len() as u64;
    // Levels of grey and inks are brought to RGB beside what was decoded.
    let result = if components == 3 { 3 * pixels } else { (components + 3) * pixels };
    // Planes, and the pixels that are made of them.
    let small = (samples(frame) + result).div_ceil(u64::from(divisor * divisor));
    // The coefficients of all blocks, two bytes each.
    small + if frame.sequential { 0 } else { 2 * samples(frame) }
}

/// Samples of all components in whole blocks.
fn samples(frame: &Frame) -> u64 {
    let most = |side: fn(&(u32, u32)) -> u32| {
        frame.components.iter().map(|component| side(&component.sampling)).max().unwrap_or(1)
    };
    let (across, down) = (most(|sampling| sampling.0), most(|sampling| sampling.1));
    let units = u64::from(u32::from(frame.width).div_ceil(8 * across))
        * u64::from(u32::from(frame.height).div_ceil(8 * down));
    let blocks = |(across, down): (u32, u32)| u64::from(across * down);
    64 * units * frame.components.iter().map(|component| blocks(component.sampling)).sum::<u64>()
}

/// RGB pixels as stored, the sides divided by `divisor` and rounded up.
///
/// # Errors
/// [`Reason::Truncated`] if the data ends, or a marker comes, before the last block; [`Reason::Damaged`],
/// [`Reason::Unsupported`].
pub(super) fn decode(bytes: &[u8], frame: &Frame, divisor: u16) -> Result<Vec<u8>, Reason> {
    // Sides and scans were checked with the markers.
    let limits = DecodeLimits {
        max_width: usize::from(u16::MAX),
        max_height: usize::from(u16::MAX),
        max_pixels: u64::MAX,
        max_scans: frame.scans,
        max_memory: None,
    };
    let mut decoder = Decoder::new_with_limits(bytes, limits).map_err(reason)?;
    decoder.set_block_smoothing(true);
    decoder.set_scale(ScalingFactor::try_new(1, u32::from(divisor)).map_err(reason)?);
    decoder.set_output_format(match frame.components.len() {
        1 => PixelFormat::Grayscale,
        3 => PixelFormat::Rgb,
        _ => PixelFormat::Cmyk,
    });
    let pixels = decoder.decode_image().map_err(reason)?.data;
    let sides = [frame.width, frame.height].map(|side| usize::from(side.div_ceil(divisor)));
    if pixels.len() != sides[0] * sides[1] * frame.components.len() {
        return Err(Reason::damaged("pixels are missing"));
    }
    Ok(match frame.components.len() {
        1 => pixels.iter().flat_map(|&grey| [grey; 3]).collect(),
        3 => pixels,
        _ => cmyk_to_rgb(&pixels, frame.adobe.is_some()),
    })
}

fn reason(error: JpegError) -> Reason {
    match error {
        JpegError::UnexpectedEof => Reason::Truncated,
        JpegError::Unsupported(what) => Reason::Unsupported { what },
        JpegError::AllocationFailed { bytes, .. } => Reason::NoMemory { bytes },
        error => Reason::damaged(&error.to_string()),
    }
}

/// Each of red, green and blue is what its ink and black leave of white: `(255 - ink) (255 - black) / 255`, rounded.
fn cmyk_to_rgb(cmyk: &[u8], inverted: bool) -> Vec<u8> {
    let paper = |value: u8| u32::from(if inverted { value } else { 255 - value });
    let mut pixels = Vec::with_capacity(cmyk.len() / 4 * 3);
    for pixel in cmyk.chunks_exact(4) {
        let black = paper(pixel[3]);
        pixels.extend(pixel[..3].iter().map(|&ink| ((paper(ink) * black + 127) / 255) as u8));
    }
    pixels
}
