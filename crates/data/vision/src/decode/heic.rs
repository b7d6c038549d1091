//! Decodes HEIC, the format of iPhones, with `heic-decoder`.

mod container;
mod error;
mod grid;
mod mend;
mod tiles;

use heic_decoder::{ColorInfo, DecodedImage};
use image::metadata::Orientation;

use self::container::is_cut;
use self::error::reason;
use self::grid::Grid;
use self::mend::mended;
use super::colour::{Channels, Colours};
use super::guard::on_one_thread;
use super::raster::Raster;
use super::room::Room;
use crate::limits::Limits;
use crate::problem::Reason;

/// Most pixels that are decoded, of which each takes far more time than one of another format. Phones take photos of 48 million.
const MOST_PIXELS: u64 = 50_000_000;

/// Transfer functions of ITU-T H.273 for pictures that are brighter than a screen.
const HIGH_DYNAMIC_RANGE: [u16; 2] = [16, 18];

/// Pixels in a row and rows once upright, and what is odd about the file, though it is read.
///
/// # Errors
/// As [`super::inspect`].
pub(super) fn inspect(bytes: &[u8], limits: &Limits) -> Result<(u32, u32, Vec<Reason>), Reason> {
    let bytes = &*mended(bytes);
    let size = Size::of(bytes, limits)?;
    let metadata = heic_decoder::read_metadata(bytes).map_err(reason)?;
    let mut remarks: Vec<Reason> =
        Colours::of_profile(metadata.icc_profile.as_deref(), Channels::Rgb).remark().into_iter().collect();
    if metadata.color_info.is_some_and(|info| HIGH_DYNAMIC_RANGE.contains(&info.transfer_characteristics)) {
        remarks.push(Reason::HighDynamicRange);
    }
    Ok((size.width, size.height, remarks))
}

/// The picture, turned upright by its container, or at a fraction of its sides if it would not fit into memory and a shorter side of
/// `side` pixels is enough.
///
/// # Errors
/// As [`super::decode_bytes`].
pub(super) fn decode(bytes: &[u8], side: Option<u32>, limits: &Limits) -> Result<Raster, Reason> {
    let bytes = &*mended(bytes);
    let size = Size::of(bytes, limits)?;
    if size.needs > limits.memory
        && let Some(divisor) = side.and_then(|side| size.divisor(side))
        && let Some(grid) = Grid::of(bytes)
    {
        let room = Room::new(limits.memory.saturating_sub(bytes.len() as u64), limits)?;
        let metadata = heic_decoder::read_metadata(bytes).map_err(reason)?;
        return Ok(Raster {
            pixels: on_one_thread(|| tiles::decode(bytes, &grid, size.stored, divisor, limits))?,
            width: size.stored.0,
            height: size.stored.1,
            divisor,
            orientation: grid.orientation,
            colours: colours(metadata.icc_profile.as_deref(), metadata.color_info),
            room,
        });
    }
    let room = Room::new(size.needs, limits)?;
    let (width, height) = (size.width, size.height);
    on_one_thread(|| {
        let image = heic_decoder::decode(bytes).map_err(reason)?;
        if (image.width, image.height) != (width as usize, height as usize) {
            return Err(Reason::damaged("its parts have other sizes than it says"));
        }
        Ok((rgb(&image)?, image.metadata.icc_profile, image.color_info))
    })
    .map(|(pixels, profile, info)| Raster {
        pixels,
        width,
        height,
        divisor: 1,
        orientation: Orientation::NoTransforms,
        colours: colours(profile.as_deref(), info),
        room,
    })
}

/// How large a picture is.
struct Size {
    /// Once upright.
    width: u32,
    height: u32,
    /// As stored.
    stored: (u32, u32),
    has_alpha: bool,
    /// Bytes of memory to decode it at once.
    needs: u64,
}

impl Size {
    fn of(bytes: &[u8], limits: &Limits) -> Result<Self, Reason> {
        if is_cut(bytes) {
            return Err(Reason::Truncated);
        }
        let info = heic_decoder::probe(bytes).map_err(reason)?;
        let side = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let (width, height) = (side(info.width), side(info.height));
        let stored = (side(info.coded_width), side(info.coded_height));
        limits.check_dimensions(width, height)?;
        limits.check_dimensions(stored.0, stored.1)?;
        let most = Limits { pixels: limits.pixels.min(MOST_PIXELS), ..*limits };
        most.check_dimensions(width, height)?;
        // Of four bytes each.
        let samples_of_four_pixels = match info.chroma_format_idc {
            0 => 4,
            1 => 6,
            2 => 8,
            _ => 12,
        };
        let pixels = u64::from(stored.0) * u64::from(stored.1);
        let has_alpha = info.alpha_bit_depth.is_some();
        // Tiles and the picture that is put together from them, or that and the same turned; then RGB.
        let per_pixel = 2 * samples_of_four_pixels + 3 + if has_alpha { 8 } else { 0 };
        Ok(Self { width, height, stored, has_alpha, needs: bytes.len() as u64 + per_pixel * pixels })
    }

    /// What to divide the sides by, if they are large enough: a margin of 7/2 is left, as for JPEG.
    fn divisor(&self, side: u32) -> Option<u32> {
        let shorter = u64::from(self.width.min(self.height));
        let divisor = u32::try_from(2 * shorter / (7 * u64::from(side))).ok()?;
        (divisor > 1 && !self.has_alpha).then_some(divisor.min(64))
    }
}

/// The profile counts more than the numbers beside it.
fn colours(profile: Option<&[u8]>, info: Option<ColorInfo>) -> Colours {
    match (profile, info) {
        (Some(profile), _) => Colours::of_profile(Some(profile), Channels::Rgb),
        (None, Some(info)) => Colours::of_code_points(info.color_primaries, info.transfer_characteristics),
        (None, None) => Colours::Srgb,
    }
}

/// RGB pixels; transparent ones show white.
fn rgb(image: &DecodedImage) -> Result<Vec<u8>, Reason> {
    if image.alpha.is_none() {
        return Ok(image.to_rgb8().map_err(reason)?.data);
    }
    let image = image.to_rgba8().map_err(reason)?;
    let over_white = |pixel: &[u8]| {
        let alpha = u32::from(pixel[3]);
        let white = 255 * (255 - alpha);
        [0, 1, 2].map(|channel| {
            let colour = u32::from(pixel[channel]) * if image.premultiplied { 255 } else { alpha };
            ((colour + white + 127) / 255).min(255) as u8
        })
    };
    Ok(image.data.chunks_exact(4).flat_map(over_white).collect())
}
