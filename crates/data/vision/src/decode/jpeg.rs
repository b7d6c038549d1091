//! Decodes JPEG: the markers are read here, the pixels are decoded by `zune-jpeg`.
//!
//! The `image` crate uses the same decoder in its tolerant mode, which fills missing data with grey and treats every CMYK
//! file as inverted. So the markers are read first: they give dimensions, orientation and colour transform, and whether the
//! end-of-image marker is there.
//!
//! Picture data that was overwritten in place, or cut short and closed with an end marker, decodes to some picture. JPEG has
//! no checksum, so only an impossible code reveals it.
//!
//! Source: ITU-T T.81 (1992), annex B for the markers; Adobe Technical Note 5116 for the `APP14` segment.

mod scaled;

use image::DynamicImage;
use image::RgbImage;
use image::metadata::Orientation;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

pub(super) use self::scaled::decode as decode_scaled;
use super::{damaged, exif_orientation};
use crate::limits::Limits;
use crate::problem::Reason;
use crate::rgb::Rgb;

/// The content of the markers.
pub(super) struct Frame {
    /// Pixels in a row as stored.
    pub(super) width: u16,
    /// Rows as stored.
    pub(super) height: u16,
    /// How to turn it upright.
    pub(super) orientation: Orientation,
    components: u8,
    /// The colour transform of the `APP14` segment, if that is there. Adobe's programs store CMYK inverted: 255 means no
    /// ink.
    adobe: Option<u8>,
    /// One pass over the picture from top to bottom.
    sequential: bool,
    /// Components are named R, G and B.
    named_rgb: bool,
}

/// Reads the markers to the end of the image. Data after it (cameras append previews and videos) is ignored.
///
/// # Errors
/// [`Reason::Truncated`] if the end is not there, [`Reason::TooManyPixels`], [`Reason::Unsupported`],
/// [`Reason::Damaged`].
pub(super) fn inspect(bytes: &[u8], limits: &Limits) -> Result<Frame, Reason> {
    let mut frame = None;
    let mut orientation = None;
    let mut adobe = None;
    let mut scanned = false;
    let mut position = 2;
    loop {
        let (marker, after) = next_marker(bytes, position).ok_or(Reason::Truncated)?;
        match marker {
            0x01 | 0xD0..=0xD8 => {
                position = after;
                continue;
            }
            0xD9 => break,
            _ => {}
        }
        let (segment, end) = segment(bytes, after)?;
        position = end;
        match marker {
            0xC4 | 0xC8 | 0xCC => {}
            0xC0..=0xCF if frame.is_none() => frame = Some(start_of_frame(marker, segment, limits)?),
            0xE1 if segment.starts_with(b"Exif\0\0") && orientation.is_none() => {
                orientation = Some(exif_orientation(segment));
            }
            0xEE if segment.starts_with(b"Adobe") => adobe = Some(segment.get(11).copied().unwrap_or(0)),
            0xDA => {
                scanned = true;
                position = end_of_scan(bytes, end);
            }
            _ => {}
        }
    }
    match frame {
        Some(frame) if scanned => {
            Ok(Frame { orientation: orientation.unwrap_or(Orientation::NoTransforms), adobe, ..frame })
        }
        _ => Err(damaged("it has headers but no picture")),
    }
}

/// The next marker at or after `position`, and the position behind it.
fn next_marker(bytes: &[u8], position: usize) -> Option<(u8, usize)> {
    let mut position = position;
    loop {
        position += memchr::memchr(0xFF, bytes.get(position..)?)?;
        position += bytes.get(position..)?.iter().position(|&byte| byte != 0xFF)?;
        match *bytes.get(position)? {
            0 => position += 1,
            marker => return Some((marker, position + 1)),
        }
    }
}

/// The content of the segment whose length stands at `start`, and where it ends.
fn segment(bytes: &[u8], start: usize) -> Result<(&[u8], usize), Reason> {
    let &[high, low] = bytes.get(start..).and_then(<[u8]>::first_chunk).ok_or(Reason::Truncated)?;
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length < 2 {
        return Err(damaged("a segment is shorter than its own length"));
    }
    let content = bytes.get(start + 2..start + length).ok_or(Reason::Truncated)?;
    Ok((content, start + length))
}

/// Where the entropy-coded data that begins at `start` ends: at a marker that is neither a stuffed byte nor a restart.
fn end_of_scan(bytes: &[u8], start: usize) -> usize {
    let mut position = start;
    while let Some(step) = bytes.get(position..).and_then(|rest| memchr::memchr(0xFF, rest)) {
        position += step;
        match bytes.get(position + 1) {
            Some(0 | 0xD0..=0xD7) => position += 2,
            Some(0xFF) => position += 1,
            _ => return position,
        }
    }
    bytes.len()
}

/// A frame that is Huffman-coded, of 8 bits and not lossless, upright and not Adobe's until other segments tell.
fn start_of_frame(marker: u8, segment: &[u8], limits: &Limits) -> Result<Frame, Reason> {
    let Some(&[precision, h0, h1, w0, w1, components]) = segment.first_chunk() else {
        return Err(damaged("the frame header is too short"));
    };
    let (width, height) = (u16::from_be_bytes([w0, w1]), u16::from_be_bytes([h0, h1]));
    limits.check_dimensions(u32::from(width), u32::from(height))?;
    let unsupported = |what: &str| Err(Reason::Unsupported { what: what.to_owned() });
    match (marker, precision, components) {
        (0xC3, ..) => unsupported("lossless JPEG"),
        (0xC5..=0xC7 | 0xCD..=0xCF, ..) => unsupported("hierarchical JPEG"),
        (0xC9..=0xCB, ..) => unsupported("arithmetic-coded JPEG"),
        (_, precision, _) if precision != 8 => unsupported("JPEG of more than 8 bits"),
        (_, _, 1 | 3 | 4) => Ok(Frame {
            width,
            height,
            orientation: Orientation::NoTransforms,
            components,
            adobe: None,
            sequential: matches!(marker, 0xC0 | 0xC1),
            // Three bytes for each component, of which the first is its name.
            named_rgb: [6, 9, 12].map(|place| segment.get(place)) == [Some(&b'R'), Some(&b'G'), Some(&b'B')],
        }),
        _ => unsupported("JPEG of an unusual number of components"),
    }
}

/// # Errors
/// As [`super::decode_bytes`].
pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Rgb, Reason> {
    let frame = inspect(bytes, limits)?;
    let options = DecoderOptions::default()
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .set_strict_mode(false);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|error| damaged(&format!("{error:?}")))?;
    let stored = match frame.components {
        1 => ColorSpace::Luma,
        4 if decoder.input_colorspace() != Some(ColorSpace::YCCK) => ColorSpace::CMYK,
        _ => ColorSpace::RGB,
    };
    // Tolerant of odd headers only: missing picture data is an error, not grey.
    decoder.set_options(options.jpeg_set_out_colorspace(stored).set_strict_mode(true));
    let pixels = decoder.decode().map_err(|error| damaged(&format!("{error:?}")))?;
    let pixels = match stored {
        ColorSpace::Luma => pixels.iter().flat_map(|&grey| [grey; 3]).collect(),
        ColorSpace::CMYK => cmyk_to_rgb(&pixels, frame.adobe.is_some()),
        _ => pixels,
    };
    let (width, height) = (u32::from(frame.width), u32::from(frame.height));
    upright(width, height, pixels, frame.orientation)
}

/// The picture of stored pixels, turned as `orientation` says.
fn upright(width: u32, height: u32, pixels: Vec<u8>, orientation: Orientation) -> Result<Rgb, Reason> {
    let picture = RgbImage::from_raw(width, height, pixels).ok_or_else(|| damaged("pixels are missing"))?;
    let mut picture = DynamicImage::ImageRgb8(picture);
    picture.apply_orientation(orientation);
    let (width, height) = (picture.width(), picture.height());
    Ok(Rgb::new(width, height, picture.into_rgb8().into_raw()))
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
