//! Decodes PNG, WebP, BMP, GIF and TIFF, with the `image` crate. A PNG or TIFF that would not fit into memory is read row by row or
//! strip by strip and reduced on the way.

use std::error::Error;
use std::io::{self, Cursor};
use std::ops::ControlFlow;

use image::error::ImageError;
use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder, ImageFormat, ImageReader};

use super::boxes::Boxes;
use super::colour::{Channels, Colours};
use super::raster::{Raster, turning_needs};
use super::room::Room;
use super::samples::{Layout, Samples};
use super::{complete, orientation, png, tiff};
use crate::format::Format;
use crate::limits::Limits;
use crate::problem::Reason;

/// Most memory that a decoder may allocate before the dimensions are checked: profiles, palettes, one row.
const HEADER_MEMORY: u64 = 64 << 20;

/// Most bytes of pixels, in the depth of the file, that are unpacked for one photo: it is what takes the time.
const MOST_UNPACKED: u64 = 800_000_000;
/// The same for samples of more than 8 bits, which may be looked at before.
const MOST_UNPACKED_DEEP: u64 = 600_000_000;
/// Most samples that are looked at for what is odd about their values.
const MOST_LOOKED_AT: usize = 100_000_000;

/// Where a PNG says whether its rows come in order.
const INTERLACING: usize = 28;

/// What stands before the pixels of a complete file.
pub(super) struct Inspected {
    /// Pixels in a row as stored.
    pub(super) width: u32,
    /// Rows as stored.
    pub(super) height: u32,
    /// How to turn it upright.
    pub(super) orientation: Orientation,
    /// What is odd about the file, though it is read.
    pub(super) remarks: Vec<Reason>,
}

/// # Errors
/// As [`super::inspect`].
pub(super) fn inspect(bytes: &[u8], format: Format, limits: &Limits) -> Result<Inspected, Reason> {
    let header = Header::read(bytes, format, limits)?;
    let needs = bytes.len() as u64 + header.needs(format);
    if needs > limits.memory && !header.may_be_reduced(bytes, format) {
        return Err(Reason::TooMuchMemory { bytes: needs, limit: limits.memory });
    }
    let mut remarks: Vec<Reason> = header.colours.remark().into_iter().collect();
    if header.may_waste_range {
        let _room = Room::new(needs.min(limits.memory), limits)?;
        remarks.extend(range_remark(bytes, format, limits));
    }
    Ok(Inspected { width: header.width, height: header.height, orientation: header.orientation, remarks })
}

/// The picture, at a fraction of its sides if it would not fit into memory and a shorter side of `side` pixels is enough.
///
/// # Errors
/// As [`super::decode_bytes`].
pub(super) fn decode(
    bytes: &[u8],
    format: Format,
    side: Option<u32>,
    limits: &Limits,
) -> Result<Raster, Reason> {
    let header = Header::read(bytes, format, limits)?;
    let needs = bytes.len() as u64 + header.needs(format);
    let (pixels, divisor, room) = match side.and_then(|side| header.divisor(side)) {
        Some(divisor) if needs > limits.memory => {
            let room = Room::new(limits.memory.saturating_sub(bytes.len() as u64), limits)?;
            (reduced(bytes, format, &header, divisor, limits)?, divisor, room)
        }
        _ => {
            let room = Room::new(needs, limits)?;
            (whole(bytes, format, needs)?, 1, room)
        }
    };
    let Header { width, height, orientation, colours, .. } = header;
    Ok(Raster { pixels, width, height, divisor, orientation, colours, room })
}

/// What a decoder says before it decodes.
struct Header {
    width: u32,
    height: u32,
    orientation: Orientation,
    colours: Colours,
    /// Of all pixels, in the depth in which they are decoded.
    unpacked: u64,
    is_rgb8: bool,
    /// Samples have more than 8 bits.
    is_deep: bool,
    /// Samples have more than 8 bits, or are grey: few of their bits may be in use.
    may_waste_range: bool,
}

impl Header {
    fn read(bytes: &[u8], format: Format, limits: &Limits) -> Result<Self, Reason> {
        if let Some((width, height)) = png_dimensions(bytes, format) {
            limits.check_dimensions(width, height)?;
        }
        let mut decoder = open(bytes, format)?;
        let (width, height) = decoder.dimensions();
        limits.check_dimensions(width, height)?;
        // The decoders take memory for the parts that a file names before they see that they are not there.
        complete::check(bytes, format)?;
        let orientation = orientation_of(&mut decoder);
        let colour = decoder.color_type();
        let is_deep = u16::from(colour.channel_count()) * 8 < colour.bits_per_pixel();
        let channels = if colour.has_color() { Channels::Rgb } else { Channels::Grey };
        // A profile that cannot be read is no reason to refuse the pixels.
        let profile = decoder.icc_profile().unwrap_or_default();
        Ok(Self {
            width,
            height,
            orientation,
            colours: Colours::of_profile(profile.as_deref(), channels),
            unpacked: decoder.total_bytes(),
            is_rgb8: colour == ColorType::Rgb8,
            is_deep,
            may_waste_range: is_deep || !colour.has_color(),
        })
    }

    /// Bytes of memory to decode all pixels and to turn them.
    fn needs(&self, format: Format) -> u64 {
        let pixels = u64::from(self.width) * u64::from(self.height);
        let decoder = match format {
            // It unpacks into memory of its own first.
            Format::Tiff => 2 * self.unpacked,
            // Planes of luma and chroma, or pixels with opacity.
            Format::WebP => self.unpacked + 4 * pixels,
            // The frame beside the screen.
            Format::Gif => self.unpacked + 4 * pixels,
            _ => self.unpacked,
        };
        let turned = 3 * pixels + turning_needs(pixels, self.orientation);
        if self.is_rgb8 { decoder.max(turned) } else { (decoder + 3 * pixels).max(turned) }
    }

    /// Whether it can be reduced while it is read: row by row, strip by strip, in a few seconds.
    fn may_be_reduced(&self, bytes: &[u8], format: Format) -> bool {
        let in_order = match format {
            Format::Png => bytes.get(INTERLACING) == Some(&0),
            Format::Tiff => true,
            _ => false,
        };
        let most = if self.is_deep { MOST_UNPACKED_DEEP } else { MOST_UNPACKED };
        in_order && self.unpacked <= most
    }

    /// What to divide the sides by, if they are large enough: a margin of 7/2 is left, as for JPEG.
    fn divisor(&self, side: u32) -> Option<u32> {
        const MOST: u64 = 64;
        let shorter = u64::from(self.width.min(self.height));
        let divisor = (2 * shorter / (7 * u64::from(side))).min(MOST);
        u32::try_from(divisor).ok().filter(|&divisor| divisor > 1)
    }
}

fn whole(bytes: &[u8], format: Format, needs: u64) -> Result<Vec<u8>, Reason> {
    let mut decoder = open(bytes, format)?;
    let mut memory = image::Limits::no_limits();
    memory.max_alloc = Some(HEADER_MEMORY + needs);
    decoder.set_limits(memory).map_err(|error| reason(error, bytes, format))?;
    let picture = DynamicImage::from_decoder(decoder).map_err(|error| reason(error, bytes, format))?;
    Ok(over_white(picture))
}

/// The picture at a fraction of its sides, of a format that can be read in parts.
fn reduced(
    bytes: &[u8],
    format: Format,
    header: &Header,
    divisor: u32,
    limits: &Limits,
) -> Result<Vec<u8>, Reason> {
    let Header { width, height, .. } = *header;
    let needs = bytes.len() as u64 + header.needs(format);
    let too_much = Reason::TooMuchMemory { bytes: needs, limit: limits.memory };
    let taken = bytes.len() as u64 + Boxes::needs(width, height, divisor);
    let Some(left) = limits.memory.checked_sub(taken).filter(|_| header.may_be_reduced(bytes, format)) else {
        return Err(too_much);
    };
    let mut boxes = Boxes::new(width, height, divisor);
    let mut rgb = Vec::new();
    let mut add = |x: u32, y: u32, samples: Samples<'_>, layout: Layout| {
        rgb.clear();
        samples.rgb(layout, &mut rgb);
        boxes.add(x, y, &rgb);
        ControlFlow::Continue(())
    };
    match format {
        Format::Png => {
            png::Rows::open(bytes, left)?.read(&mut |y, samples, layout| add(0, y, samples, layout))?;
        }
        Format::Tiff => tiff::Chunks::open(bytes, left)?.read(bytes, &mut add)?,
        _ => return Err(too_much),
    }
    Ok(boxes.means())
}

/// What is odd about the values of a grey picture, or one of more than 8 bits: they are looked at until one
/// is bright, or too many have been. Pixels that cannot be read are a matter of decoding.
fn range_remark(bytes: &[u8], format: Format, limits: &Limits) -> Option<Reason> {
    /// Twelve bits of sixteen, and four of eight.
    const SIXTEENTH: f32 = 4095.5 / 65_535.0;
    let (mut largest, mut looked_at) = (0.0_f32, 0);
    let mut are_floats = false;
    let mut look = |samples: Samples<'_>, layout: Layout| {
        largest = largest.max(samples.largest(layout));
        are_floats |= matches!(samples, Samples::Floats(_));
        looked_at += samples.len();
        let known = !are_floats && largest >= SIXTEENTH;
        if known || looked_at > MOST_LOOKED_AT { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    match format {
        Format::Png => png::Rows::open(bytes, limits.memory)
            .ok()
            .filter(png::Rows::may_waste_range)?
            .read(&mut |_, samples, layout| look(samples, layout))
            .ok()?,
        Format::Tiff => tiff::Chunks::open(bytes, limits.memory.saturating_sub(bytes.len() as u64))
            .ok()
            .filter(tiff::Chunks::may_waste_range)?
            .read(bytes, &mut |_, _, samples, layout| look(samples, layout))
            .ok()?,
        _ => return None,
    }
    if are_floats {
        (largest > 1.0).then(|| Reason::BeyondWhite { largest: largest.to_string() })
    } else {
        (largest < SIXTEENTH).then_some(Reason::UnusedRange)
    }
}

/// The PNG decoder refuses very large dimensions before it returns them; they are at a fixed position.
fn png_dimensions(bytes: &[u8], format: Format) -> Option<(u32, u32)> {
    let number = |start: usize| bytes.get(start..)?.first_chunk().map(|digits| u32::from_be_bytes(*digits));
    if format == Format::Png { Some((number(16)?, number(20)?)) } else { None }
}

fn open(bytes: &[u8], format: Format) -> Result<impl ImageDecoder, Reason> {
    let mut reader = ImageReader::with_format(
        Cursor::new(complete::declared(bytes, format)),
        match format {
            Format::Png => ImageFormat::Png,
            Format::WebP => ImageFormat::WebP,
            Format::Bmp => ImageFormat::Bmp,
            Format::Gif => ImageFormat::Gif,
            Format::Tiff => ImageFormat::Tiff,
            Format::Jpeg | Format::Heic => return Err(Reason::damaged("it has a decoder of its own")),
        },
    );
    let mut memory = image::Limits::no_limits();
    memory.max_alloc = Some(HEADER_MEMORY);
    reader.limits(memory);
    reader.into_decoder().map_err(|error| reason(error, bytes, format))
}

/// Upright if the format has no orientation or it cannot be read: a wrong tag does not make a broken picture.
fn orientation_of(decoder: &mut impl ImageDecoder) -> Orientation {
    match decoder.exif_metadata() {
        Ok(Some(exif)) => orientation::of_exif(&exif),
        _ => decoder.orientation().unwrap_or(Orientation::NoTransforms),
    }
}

/// 8-bit RGB; transparent pixels show white.
fn over_white(picture: DynamicImage) -> Vec<u8> {
    match picture {
        DynamicImage::ImageRgb8(picture) => picture.into_raw(),
        DynamicImage::ImageLuma8(picture) => picture.iter().flat_map(|&grey| [grey; 3]).collect(),
        DynamicImage::ImageLumaA16(_) | DynamicImage::ImageRgba16(_) | DynamicImage::ImageRgba32F(_) => {
            composite(picture.into_rgba16().into_raw(), 65_535, |value| ((value + 128) / 257) as u8)
        }
        picture if picture.color().has_alpha() => {
            composite(picture.into_rgba8().into_raw(), 255, |value| value as u8)
        }
        picture => picture.into_rgb8().into_raw(),
    }
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

fn reason(error: ImageError, bytes: &[u8], format: Format) -> Reason {
    if ends_early(&error) {
        return Reason::Truncated;
    }
    match error {
        ImageError::Unsupported(_) if format == Format::Tiff => {
            Reason::Unsupported { what: tiff::variant(bytes) }
        }
        ImageError::Unsupported(_) => Reason::Unsupported { what: format!("this variant of {format}") },
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
