//! Decodes JPEG: the markers are read here, the pixels are decoded by `zune-jpeg`.
//!
//! The `image` crate uses the same decoder in its tolerant mode, which fills missing data with grey and treats every CMYK
//! file as inverted. So the markers are read first: they give dimensions, orientation and colour transform, and whether the
//! end-of-image marker is there.
//!
//! Picture data that was overwritten in place, or cut short and closed with an end marker, decodes to some picture. JPEG has
//! no checksum, so only an impossible code reveals it.

mod frame;
mod scaled;

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

pub(super) use self::frame::inspect;
pub(super) use self::scaled::decode as decode_scaled;
use crate::decode::orientation::upright;
use crate::limits::Limits;
use crate::problem::Reason;
use crate::rgb::Rgb;

/// # Errors
/// As [`super::decode_bytes`].
pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Rgb, Reason> {
    let frame = inspect(bytes, limits)?;
    let options = DecoderOptions::default()
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .set_strict_mode(false);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|error| Reason::damaged(&format!("{error:?}")))?;
    let stored = match frame.components {
        1 => ColorSpace::Luma,
        4 if decoder.input_colorspace() != Some(ColorSpace::YCCK) => ColorSpace::CMYK,
        _ => ColorSpace::RGB,
    };
    // Tolerant of odd headers only: missing picture data is an error, not grey.
    decoder.set_options(options.jpeg_set_out_colorspace(stored).set_strict_mode(true));
    let pixels = decoder.decode().map_err(|error| Reason::damaged(&format!("{error:?}")))?;
    let pixels = match stored {
        ColorSpace::Luma => pixels.iter().flat_map(|&grey| [grey; 3]).collect(),
        ColorSpace::CMYK => cmyk_to_rgb(&pixels, frame.adobe.is_some()),
        _ => pixels,
    };
    let (width, height) = (u32::from(frame.width), u32::from(frame.height));
    upright(width, height, pixels, frame.orientation)
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
