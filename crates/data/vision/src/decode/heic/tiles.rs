//! Decodes a picture that would not fit into memory tile by tile, and reduces it on the way.

use heic_decoder::RgbOptions;

use super::error::reason;
use super::grid::Grid;
use crate::decode::boxes::Boxes;
use crate::limits::Limits;
use crate::problem::Reason;

/// Bytes of memory for a pixel of a tile: samples of four bytes, a copy without padding, and RGB.
const PER_PIXEL: u64 = 27;

/// RGB pixels as stored, of `1/divisor` of the sides; `size` is that of the whole, as stored.
///
/// # Errors
/// [`Reason::TooMuchMemory`] if a tile alone needs too much, or what is wrong with the file.
pub(super) fn decode(
    bytes: &[u8],
    grid: &Grid,
    size: (u32, u32),
    divisor: u32,
    limits: &Limits,
) -> Result<Vec<u8>, Reason> {
    let taken = 2 * bytes.len() as u64 + Boxes::needs(size.0, size.1, divisor);
    limits.check_memory(taken)?;
    let colour = heic_decoder::read_metadata(bytes).map_err(reason)?.color_info;
    let mut file = bytes.to_vec();
    let mut boxes = Boxes::new(size.0, size.1, divisor);
    // The first tile says how many stand side by side.
    let mut tile_size = None;
    for (number, &tile) in (0..).zip(&grid.tiles) {
        grid.choose(tile, &mut file);
        let info = heic_decoder::probe(&file).map_err(reason)?;
        let side = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let (width, height) = *tile_size.get_or_insert((side(info.width), side(info.height)));
        if (side(info.width), side(info.height)) != (width, height) {
            return Err(Reason::damaged("its tiles have different sizes"));
        }
        limits.check_memory(taken + PER_PIXEL * info.coded_width as u64 * info.coded_height as u64)?;
        let across = size.0.div_ceil(width);
        let (x, y) = (number % across * width, (number / across).saturating_mul(height));
        let image = heic_decoder::decode(&file).map_err(reason)?;
        let options = RgbOptions { color: colour, ..RgbOptions::default() };
        let rgb = image.to_rgb8_with_options(&options).map_err(reason)?;
        (0..)
            .zip(rgb.data.chunks_exact(3 * rgb.width))
            .for_each(|(row, pixels)| boxes.add(x, y + row, pixels));
    }
    let rows = tile_size.map(|(width, height)| (size.0.div_ceil(width), size.1.div_ceil(height)));
    if rows.is_none_or(|(across, down)| u64::from(across) * u64::from(down) != grid.tiles.len() as u64) {
        return Err(Reason::damaged("it has too few tiles for its size, or too many"));
    }
    Ok(boxes.means())
}
