//! Which part of the stored picture is shown, and how it is tilted.
//!
//! Lengths are in pixels. `S` is the side of the output; a window of `w x h` source pixels fills it, so that one source
//! pixel is `S / w` output pixels wide.

use serde::{Deserialize, Serialize};

use super::{Augment, Sample};
use crate::preprocess::{Preprocessing, Workspace};
use crate::random::{Domain, Random};
use crate::resize::Window;
use crate::rgb::Rgb;

/// A random window, as in Szegedy et al., *Going Deeper with Convolutions* (2015), section 6.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RandomCrop {
    /// Probability; otherwise the central crop of evaluation is shown. Default 1.
    pub probability: f64,
    /// Least and greatest share of the picture's area, in `(0, 1]`. Default 0.35 to 1.
    pub scale: [f64; 2],
    /// Least and greatest ratio of width to height, drawn on a logarithmic scale. Default 3/4 to 4/3.
    pub ratio: [f64; 2],
}

impl Default for RandomCrop {
    fn default() -> Self {
        Self { probability: 1.0, scale: [0.35, 1.0], ratio: [3.0 / 4.0, 4.0 / 3.0] }
    }
}

impl RandomCrop {
    /// A window of a picture of `bounds` (width, height), or none if this sample shows the central crop. If ten windows
    /// of the drawn area and ratio do not fit, the largest central one of an allowed ratio is taken.
    fn draw(&self, bounds: (u32, u32), random: &mut Random) -> Option<Window> {
        if !random.chance(self.probability) {
            return None;
        }
        let (width, height) = (f64::from(bounds.0), f64::from(bounds.1));
        for _ in 0..10 {
            let area = width * height * random.between(self.scale[0], self.scale[1]);
            let ratio = random.between(self.ratio[0].ln(), self.ratio[1].ln()).exp();
            let (w, h) = ((area * ratio).sqrt(), (area / ratio).sqrt());
            let (left, top) = (random.between(0.0, width - w), random.between(0.0, height - h));
            if w <= width && h <= height {
                return Some(Window::within(bounds, left, top, w, h));
            }
        }
        let ratio = (width / height).clamp(self.ratio[0], self.ratio[1]);
        let (w, h) = (width.min(height * ratio), height.min(width / ratio));
        Some(Window::within(bounds, (width - w) / 2.0, (height - h) / 2.0, w, h))
    }
}

/// Rotation by a small angle about the middle of the window. What turns into view from beyond the window is shown where
/// the picture has it, and mirrored at the picture's border where it has not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rotation {
    /// Probability. Default 0.5.
    pub probability: f64,
    /// Greatest angle to either side, in degrees, in `[0, 180]`. Default 20.
    pub degrees: f64,
}

impl Default for Rotation {
    fn default() -> Self {
        Self { probability: 0.5, degrees: 20.0 }
    }
}

impl Rotation {
    /// An angle in radians, or none if this sample stays upright.
    fn draw(&self, random: &mut Random) -> Option<f64> {
        let turned = random.chance(self.probability);
        let angle = random.between(-self.degrees, self.degrees).to_radians();
        turned.then_some(angle)
    }
}

/// Resamples the drawn window of `stored`, rotated by the drawn angle, into `workspace.square` (`size x size x 3` bytes).
pub(super) fn resample(
    augment: &Augment,
    preprocessing: &Preprocessing,
    stored: &Rgb,
    sample: Sample,
    workspace: &mut Workspace,
) {
    let bounds = (stored.width, stored.height);
    let window = augment.crop.draw(bounds, &mut sample.random(Domain::Crop));
    let window = window.unwrap_or_else(|| preprocessing.window(stored));
    let side = preprocessing.size;
    workspace.square.resize(preprocessing.len(), 0);
    match augment.rotation.draw(&mut sample.random(Domain::Rotation)) {
        None => workspace.resizer.resize(stored, window, side, side, &mut workspace.square),
        Some(angle) => {
            let canvas = Canvas::around(bounds, window, side, angle);
            workspace.canvas.resize(canvas.width as usize * canvas.height as usize * 3, 0);
            workspace.resizer.resize(
                stored,
                canvas.window,
                canvas.width,
                canvas.height,
                &mut workspace.canvas,
            );
            canvas.rotate(&workspace.canvas, side, angle, &mut workspace.square);
        }
    }
}

/// A window with as much of its surroundings as its rotation shows and the picture has, at the scale of the output.
struct Canvas {
    window: Window,
    width: u32,
    height: u32,
    /// Columns and rows of the canvas before the window begins.
    before: (u32, u32),
}

impl Canvas {
    fn around(bounds: (u32, u32), window: Window, side: u32, angle: f64) -> Self {
        // A square turned by the angle reaches this far beyond its sides.
        let reach = (angle.cos().abs() + angle.sin().abs() - 1.0) / 2.0 * f64::from(side);
        let axis = |start: f64, extent: f64, bound: u32| {
            let scale = f64::from(side) / extent;
            let before = reach.min(start * scale).floor().max(0.0);
            let after = reach.min((f64::from(bound) - start - extent) * scale).floor().max(0.0);
            let length = before + f64::from(side) + after;
            (start - before / scale, length / scale, before as u32, length as u32)
        };
        let (left, width, columns_before, columns) = axis(window.left, window.width, bounds.0);
        let (top, height, rows_before, rows) = axis(window.top, window.height, bounds.1);
        Self {
            window: Window::within(bounds, left, top, width, height),
            width: columns,
            height: rows,
            before: (columns_before, rows_before),
        }
    }

    /// Samples `canvas` bilinearly along the rows of a square of `side`, turned by `angle` about its middle.
    ///
    /// Positions are in fixed point with 16 bits of fraction, of which the weights use 8.
    fn rotate(&self, canvas: &[u8], side: u32, angle: f64, square: &mut [u8]) {
        const ONE: f64 = 65_536.0;
        let fixed = |value: f64| (value * ONE).round() as i64;
        let middle = f64::from(side) / 2.0;
        let (cos, sin) = (angle.cos(), angle.sin());
        let (step_x, step_y) = (fixed(cos), fixed(sin));
        for (y, row) in square.chunks_exact_mut(side as usize * 3).enumerate() {
            // From the centre of the row's first pixel, seen from the middle, to the centres of the canvas's pixels.
            let (dx, dy) = (0.5 - middle, y as f64 + 0.5 - middle);
            let mut u = fixed(cos * dx - sin * dy + middle + f64::from(self.before.0) - 0.5);
            let mut v = fixed(sin * dx + cos * dy + middle + f64::from(self.before.1) - 0.5);
            for pixel in row.chunks_exact_mut(3) {
                let [left, right] = neighbours(u >> 16, self.width);
                let [above, below] = neighbours(v >> 16, self.height);
                let (fx, fy) = (((u >> 8) & 255) as u32, ((v >> 8) & 255) as u32);
                let stride = self.width as usize;
                let corners = [
                    above * stride + left,
                    above * stride + right,
                    below * stride + left,
                    below * stride + right,
                ];
                let weights = [(256 - fx) * (256 - fy), fx * (256 - fy), (256 - fx) * fy, fx * fy];
                for (channel, value) in pixel.iter_mut().enumerate() {
                    let sum: u32 = corners
                        .iter()
                        .zip(&weights)
                        .map(|(corner, weight)| u32::from(canvas[corner * 3 + channel]) * weight)
                        .sum();
                    *value = ((sum + 32_768) >> 16) as u8;
                }
                u += step_x;
                v += step_y;
            }
        }
    }
}

/// A position and the next one, mirrored at the borders of `0..length`.
fn neighbours(position: i64, length: u32) -> [usize; 2] {
    let length = i64::from(length);
    if position >= 0 && position + 1 < length {
        return [position as usize, position as usize + 1];
    }
    [position, position + 1].map(|position| {
        let mirrored = position.rem_euclid(2 * length);
        mirrored.min(2 * length - 1 - mirrored) as usize
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_mirror() {
        let mirrored: Vec<usize> = (-4..8).map(|position| neighbours(position, 3)[0]).collect();
        assert_eq!(mirrored, [2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1]);
    }

    #[test]
    fn windows_keep_their_promises() {
        let crop = RandomCrop::default();
        for item in 0..500 {
            let mut random = Random::keyed(Domain::Crop, [0, 0, item]);
            let window = crop.draw((200, 150), &mut random).unwrap();
            let (share, ratio) = (window.width * window.height / 30_000.0, window.width / window.height);
            assert!((0.34..1.01).contains(&share) && (0.74..1.34).contains(&ratio), "{window:?}");
            assert!(window.left + window.width <= 200.0 && window.top + window.height <= 150.0);
        }
    }

    #[test]
    fn a_long_strip_still_has_windows() {
        let window = RandomCrop::default().draw((4000, 5), &mut Random::keyed(Domain::Crop, [0; 3])).unwrap();
        assert!(window.width <= 7.0 && window.height <= 5.0, "{window:?}");
    }

    /// A quarter turn of a square without surroundings is exact but for the rounding of the middle.
    #[test]
    fn a_quarter_turn_moves_pixels() {
        let side = 8_u32;
        let pixels: Vec<u8> = (0..side * side).flat_map(|i| [i as u8 * 3; 3]).collect();
        let angle = std::f64::consts::FRAC_PI_2;
        let canvas = Canvas::around((side, side), Window::whole((side, side)), side, angle);
        let mut turned = vec![0; pixels.len()];
        canvas.rotate(&pixels, side, angle, &mut turned);
        for y in 0..8_usize {
            for x in 0..8_usize {
                assert_eq!(turned[(y * 8 + x) * 3], pixels[(x * 8 + (7 - y)) * 3], "{x} {y}");
            }
        }
    }

    #[test]
    fn surroundings_turn_into_view() {
        let canvas = Canvas::around((100, 100), Window::within((100, 100), 30.0, 0.0, 40.0, 40.0), 80, 0.3);
        assert!(canvas.before.0 > 0 && canvas.before.1 == 0);
        assert!(canvas.width > 80 && canvas.height > 80);
    }
}
