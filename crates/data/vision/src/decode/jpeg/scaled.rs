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
//! Unusual pictures, and those with which this decoder fails, are left to the other decoder.

use jpeg_decoder::{Decoder, PixelFormat};

use super::frame::Frame;
use crate::decode::orientation::upright;
use crate::resize::{Resizer, Window, reduced_dimensions};
use crate::rgb::Rgb;

/// The picture with its shorter side reduced to `side` pixels, or `None` if it is not large enough, of an unusual kind, or
/// this decoder fails.
pub(crate) fn decode(bytes: &[u8], frame: &Frame, side: u32, resizer: &mut Resizer) -> Option<Rgb> {
    let divisor = divisor(frame, side)?;
    let small = decode_at(bytes, frame, divisor)?;
    // Sides that are no multiples of the divisor end in a part of a pixel.
    let part = |length: u16| f64::from(length) / f64::from(divisor);
    let bounds = (small.width, small.height);
    let window = Window::within(bounds, 0.0, 0.0, part(frame.width), part(frame.height));
    let (width, height) = reduced_dimensions((u32::from(frame.width), u32::from(frame.height)), side);
    let mut pixels = vec![0; width as usize * height as usize * 3];
    resizer.resize(&small, window, width, height, &mut pixels);
    upright(width, height, pixels, frame.orientation).ok()
}

/// What the sides are divided by, if the picture is of the usual kind and large enough.
fn divisor(frame: &Frame, side: u32) -> Option<u16> {
    let usual = match frame.components {
        1 => true,
        3 => !frame.named_rgb && matches!(frame.adobe, None | Some(1)),
        _ => false,
    };
    let shorter = u64::from(frame.width.min(frame.height));
    // A margin of 7/2.
    let leaves_margin = |divisor: u16| 2 * shorter >= 7 * u64::from(side) * u64::from(divisor);
    [4, 2].into_iter().find(|&divisor| usual && frame.sequential && leaves_margin(divisor))
}

fn decode_at(bytes: &[u8], frame: &Frame, divisor: u16) -> Option<Rgb> {
    let mut decoder = Decoder::new(bytes);
    decoder.read_info().ok()?;
    let sides = (frame.width.div_ceil(divisor), frame.height.div_ceil(divisor));
    if decoder.scale(sides.0, sides.1).ok()? != sides {
        return None;
    }
    let pixels = decoder.decode().ok()?;
    let pixels = match decoder.info()?.pixel_format {
        PixelFormat::RGB24 => pixels,
        PixelFormat::L8 => pixels.iter().flat_map(|&grey| [grey; 3]).collect(),
        PixelFormat::L16 | PixelFormat::CMYK32 => return None,
    };
    let (width, height) = (u32::from(sides.0), u32::from(sides.1));
    (pixels.len() as u64 == u64::from(width) * u64::from(height) * 3).then(|| Rgb::new(width, height, pixels))
}
