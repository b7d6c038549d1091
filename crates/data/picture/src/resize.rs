//! Resampling with antialiasing.
//!
//! One filter everywhere: the triangle ("bilinear") filter, whose support grows with the reduction, so that every source
//! pixel counts when a picture shrinks and neighbours blend linearly when it grows. It is what the usual training
//! libraries call antialiased bilinear.

use std::borrow::Cow;

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions};

use crate::rgb::Rgb;

/// A rectangle of a picture, in pixels from its upper left corner, with fractions.
///
/// All four numbers are multiples of 1/256, so sums of them are exact and a window that fits does so to the last bit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// Distance of the left edge from that of the picture.
    pub left: f64,
    /// Distance of the upper edge from that of the picture.
    pub top: f64,
    /// Columns, at least 1/256.
    pub width: f64,
    /// Rows, at least 1/256.
    pub height: f64,
}

impl Window {
    /// The window nearest to the given rectangle that lies inside a picture of `bounds` (width, height) and measures at
    /// least 1/256 of a pixel.
    #[must_use]
    pub fn within(bounds: (u32, u32), left: f64, top: f64, width: f64, height: f64) -> Self {
        let (left, width) = fit(f64::from(bounds.0), left, width);
        let (top, height) = fit(f64::from(bounds.1), top, height);
        Self { left, top, width, height }
    }

    /// All of a picture of `bounds` (width, height).
    #[must_use]
    pub fn whole(bounds: (u32, u32)) -> Self {
        Self { left: 0.0, top: 0.0, width: f64::from(bounds.0), height: f64::from(bounds.1) }
    }
}

/// Start and extent along one axis, on the grid of 1/256 and inside `0..=bound`.
fn fit(bound: f64, start: f64, extent: f64) -> (f64, f64) {
    let grid = |value: f64| (value * 256.0).round() / 256.0;
    let extent = grid(extent).clamp(1.0 / 256.0, bound);
    (grid(start).clamp(0.0, bound - extent), extent)
}

/// Resamples pictures; keeps its work space between calls.
#[derive(Debug, Default)]
pub struct Resizer(fast_image_resize::Resizer);

impl Resizer {
    /// Resamples `window` of `photo` into `out`, a picture of `width x height` pixels (`height x width x 3` bytes).
    ///
    /// # Panics
    /// If `out` is not of that length, a side is zero, or `window` does not lie inside `photo`.
    pub fn resize(&mut self, photo: &Rgb, window: Window, width: u32, height: u32, out: &mut [u8]) {
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear)).crop(
            window.left,
            window.top,
            window.width,
            window.height,
        );
        // Views with a pixel type: a view of any pixel would compile the filters for all thirteen types.
        let source = TypedImageRef::<U8x3>::from_buffer(photo.width, photo.height, &photo.pixels);
        let target = TypedImage::<U8x3>::from_buffer(width, height, out);
        let resized = match (source, target) {
            (Ok(source), Ok(mut target)) => self.0.resize_typed(&source, &mut target, &options).is_ok(),
            _ => false,
        };
        assert!(resized, "{window:?} of {} x {} into {width} x {height}", photo.width, photo.height);
    }
}

/// The picture reduced so that its shorter side is at most `side`; unchanged if it already is.
///
/// # Panics
/// If `side` is zero.
#[must_use]
pub fn reduce<'a>(photo: &'a Rgb, side: u32, resizer: &mut Resizer) -> Cow<'a, Rgb> {
    let (width, height) = reduced_dimensions((photo.width, photo.height), side);
    if (width, height) == (photo.width, photo.height) {
        return Cow::Borrowed(photo);
    }
    let mut pixels = vec![0; width as usize * height as usize * 3];
    resizer.resize(photo, Window::whole((photo.width, photo.height)), width, height, &mut pixels);
    Cow::Owned(Rgb::new(width, height, pixels))
}

/// Width and height of a picture of `bounds` after [`reduce`]; the longer side is rounded to whole pixels.
///
/// # Panics
/// If `side` is zero.
#[must_use]
pub fn reduced_dimensions(bounds: (u32, u32), side: u32) -> (u32, u32) {
    assert!(side > 0, "a picture has pixels");
    let (width, height) = bounds;
    let shorter = width.min(height);
    if shorter <= side {
        return bounds;
    }
    let scale = |length: u32| {
        let scaled = (u64::from(length) * u64::from(side) + u64::from(shorter) / 2) / u64::from(shorter);
        u32::try_from(scaled).unwrap_or(u32::MAX)
    };
    (scale(width), scale(height))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkerboard(side: u32) -> Rgb {
        let pixels = (0..side * side)
            .flat_map(|i| [if (i / side + i % side).is_multiple_of(2) { 0 } else { 255 }; 3])
            .collect();
        Rgb::new(side, side, pixels)
    }

    #[test]
    fn reduction_averages() {
        let board = checkerboard(64);
        let small = reduce(&board, 8, &mut Resizer::default());
        assert!(small.pixels.iter().all(|&value| (124..=131).contains(&value)), "{:?}", &small.pixels[..8]);
    }

    #[test]
    fn a_small_picture_is_left_alone() {
        let board = checkerboard(8);
        assert!(matches!(reduce(&board, 8, &mut Resizer::default()), Cow::Borrowed(_)));
    }

    #[test]
    fn the_shorter_side_meets_the_bound() {
        assert_eq!(reduced_dimensions((4000, 3000), 192), (256, 192));
        assert_eq!(reduced_dimensions((3000, 4001), 192), (192, 256));
        assert_eq!(reduced_dimensions((100, 3000), 192), (100, 3000));
    }

    #[test]
    fn windows_are_brought_inside() {
        let window = Window::within((10, 20), -3.0, 19.7, 4.0, 5.0);
        assert_eq!((window.left, window.top), (0.0, 15.0));
        let window = Window::within((10, 20), 2.0, 2.0, 40.0, 0.0);
        assert_eq!((window.left, window.width, window.height), (0.0, 10.0, 1.0 / 256.0));
    }
}
