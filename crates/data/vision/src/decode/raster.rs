//! A decoded picture before it is turned upright, reduced and brought to the colours of a screen.

use std::borrow::Cow;

use foliar_picture::{Resizer, Rgb, Window, reduce, reduced_dimensions};
use image::metadata::Orientation;

use super::colour::Colours;
use super::orientation::{turns_sides, upright};
use super::room::Room;
use crate::problem::Reason;

/// RGB pixels as stored, perhaps at a whole fraction of the sides.
pub(super) struct Raster {
    /// `height / divisor x width / divisor x 3` bytes, sides rounded up.
    pub(super) pixels: Vec<u8>,
    /// Pixels in a row as stored.
    pub(super) width: u32,
    /// Rows as stored.
    pub(super) height: u32,
    /// What the sides were divided by while it was decoded.
    pub(super) divisor: u32,
    /// How to turn it upright.
    pub(super) orientation: Orientation,
    /// What its numbers mean.
    pub(super) colours: Colours,
    /// What it takes in memory until it is turned and reduced.
    pub(super) room: Room,
}

impl Raster {
    /// The whole picture, upright, in sRGB. Only for a divisor of 1.
    pub(super) fn whole(self) -> Result<Rgb, Reason> {
        let mut picture = upright(self.width, self.height, self.pixels, self.orientation)?;
        self.colours.convert(&mut picture.pixels);
        Ok(picture)
    }

    /// The picture upright, in sRGB, with its shorter side at most `side` pixels. Colours are converted last, where fewer
    /// pixels are left.
    pub(super) fn reduced(self, side: u32, resizer: &mut Resizer) -> Result<Rgb, Reason> {
        let Self { pixels, width, height, divisor, orientation, colours, room: _room } = self;
        let mut picture = if divisor == 1 {
            let whole = upright(width, height, pixels, orientation)?;
            match reduce(&whole, side, resizer) {
                Cow::Owned(small) => small,
                Cow::Borrowed(_) => whole,
            }
        } else {
            let sides = (width.div_ceil(divisor), height.div_ceil(divisor));
            if pixels.len() as u64 != u64::from(sides.0) * u64::from(sides.1) * 3 {
                return Err(Reason::damaged("pixels are missing"));
            }
            let small = Rgb::new(sides.0, sides.1, pixels);
            // Sides that are no multiples of the divisor end in a part of a pixel.
            let part = |length: u32| f64::from(length) / f64::from(divisor);
            let window = Window::within(sides, 0.0, 0.0, part(width), part(height));
            let (width, height) = reduced_dimensions((width, height), side);
            let mut pixels = vec![0; width as usize * height as usize * 3];
            resizer.resize(&small, window, width, height, &mut pixels);
            upright(width, height, pixels, orientation)?
        };
        colours.convert(&mut picture.pixels);
        Ok(picture)
    }
}

/// Bytes that are in use at most while `pixels` RGB pixels are turned as `orientation` says.
pub(super) fn turning_needs(pixels: u64, orientation: Orientation) -> u64 {
    if turns_sides(orientation) { 3 * pixels } else { 0 }
}
