//! Decodes every format but JPEG, with the `image` crate.

use std::error::Error;
use std::io::{self, Cursor};

use image::error::ImageError;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};

use super::{orientation, whole};
use crate::format::Format;
use crate::limits::Limits;
use crate::problem::Reason;
use crate::rgb::Rgb;

/// Most memory that a decoder may allocate before the dimensions are checked: profiles, palettes, one row.
const HEADER_MEMORY: u64 = 64 << 20;

/// A decoder works in at most this many bytes per declared pixel, in addition to [`HEADER_MEMORY`]: four channels of 32
/// bits, twice.
const BYTES_PER_PIXEL: u64 = 32;

/// Width, height as stored, and orientation of a complete file.
pub(super) fn inspect(
    bytes: &[u8],
    format: Format,
    limits: &Limits,
) -> Result<(u32, u32, Orientation), Reason> {
    if let Some((width, height)) = png_dimensions(bytes, format) {
        limits.check_dimensions(width, height)?;
    }
    let mut decoder = open(bytes, format)?;
    let (width, height) = decoder.dimensions();
    limits.check_dimensions(width, height)?;
    // The decoders take memory for the parts that a file names before they see that they are not there.
    whole::check(bytes, format)?;
    Ok((width, height, orientation_of(&mut decoder)))
}

/// Decodes a file that [`inspect`] has looked at.
///
/// # Errors
/// As [`super::decode_bytes`].
pub(super) fn decode(bytes: &[u8], format: Format, limits: &Limits) -> Result<Rgb, Reason> {
    let mut decoder = open(bytes, format)?;
    let (width, height) = decoder.dimensions();
    limits.check_dimensions(width, height)?;
    let turn = orientation_of(&mut decoder);
    let mut memory = image::Limits::no_limits();
    memory.max_alloc = Some(HEADER_MEMORY + BYTES_PER_PIXEL * u64::from(width) * u64::from(height));
    decoder.set_limits(memory).map_err(reason)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(reason)?;
    picture.apply_orientation(turn);
    Ok(over_white(picture))
}

/// The PNG decoder refuses very large dimensions before it returns them; they are at a fixed position.
fn png_dimensions(bytes: &[u8], format: Format) -> Option<(u32, u32)> {
    let number = |start: usize| bytes.get(start..)?.first_chunk().map(|digits| u32::from_be_bytes(*digits));
    if format == Format::Png { Some((number(16)?, number(20)?)) } else { None }
}

fn open(bytes: &[u8], format: Format) -> Result<impl ImageDecoder, Reason> {
    let mut reader = ImageReader::with_format(
        Cursor::new(whole::declared(bytes, format)),
        match format {
            Format::Jpeg => ImageFormat::Jpeg,
            Format::Png => ImageFormat::Png,
            Format::WebP => ImageFormat::WebP,
            Format::Bmp => ImageFormat::Bmp,
            Format::Gif => ImageFormat::Gif,
            Format::Tiff => ImageFormat::Tiff,
        },
    );
    let mut memory = image::Limits::no_limits();
    memory.max_alloc = Some(HEADER_MEMORY);
    reader.limits(memory);
    reader.into_decoder().map_err(reason)
}

/// Upright if the format has no orientation or it cannot be read: a wrong tag does not make a broken picture.
fn orientation_of(decoder: &mut impl ImageDecoder) -> Orientation {
    match decoder.exif_metadata() {
        Ok(Some(exif)) => orientation::of_exif(&exif),
        _ => decoder.orientation().unwrap_or(Orientation::NoTransforms),
    }
}

/// 8-bit RGB; transparent pixels show white.
fn over_white(picture: DynamicImage) -> Rgb {
    let (width, height) = (picture.width(), picture.height());
    let pixels = match picture {
        DynamicImage::ImageRgb8(picture) => picture.into_raw(),
        DynamicImage::ImageLuma8(picture) => picture.iter().flat_map(|&grey| [grey; 3]).collect(),
        DynamicImage::ImageLumaA16(_) | DynamicImage::ImageRgba16(_) | DynamicImage::ImageRgba32F(_) => {
            composite(picture.into_rgba16().into_raw(), 65_535, |value| ((value + 128) / 257) as u8)
        }
        picture if picture.color().has_alpha() => {
            composite(picture.into_rgba8().into_raw(), 255, |value| value as u8)
        }
        picture => picture.into_rgb8().into_raw(),
    };
    Rgb::new(width, height, pixels)
}

/// `(colour alpha + white (1 - alpha))`, rounded, in the depth of the file, then brought to 8 bits.
fn composite<T: Copy + Into<u64>>(rgba: Vec<T>, white: u64, to_byte: impl Fn(u64) -> u8) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(rgba.len() / 4 * 3);
    for pixel in rgba.chunks_exact(4) {
        let alpha: u64 = pixel[3].into();
        for &channel in &pixel[..3] {
            let sum = channel.into() * alpha + white * (white - alpha);
            pixels.push(to_byte((sum + white / 2) / white));
        }
    }
    pixels
}

fn reason(error: ImageError) -> Reason {
    if ends_early(&error) {
        return Reason::Truncated;
    }
    match error {
        ImageError::Unsupported(error) => {
            Reason::Unsupported { what: format!("this variant of {}", error.format_hint()) }
        }
        ImageError::Limits(_) => Reason::damaged("it needs more memory than its dimensions explain"),
        error => Reason::damaged(&error.to_string()),
    }
}

/// Whether the cause of the error is the end of the file. The GIF decoder says so in its message only.
fn ends_early(error: &ImageError) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        let io = match error.downcast_ref::<ImageError>() {
            Some(ImageError::IoError(io)) => Some(io),
            _ => error.downcast_ref::<io::Error>(),
        };
        let in_words = || error.to_string().to_lowercase().contains("unexpected end");
        if io.is_some_and(|io| io.kind() == io::ErrorKind::UnexpectedEof) || in_words() {
            return true;
        }
        cause = error.source();
    }
    false
}
