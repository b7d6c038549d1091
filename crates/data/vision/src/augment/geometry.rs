//! The random window of the stored picture, and its rotation.
//!
//! Lengths are in pixels. `S` is the side of the output; a window of `w x h` source pixels fills it, so that one source
//! pixel is `S / w` output pixels wide.

use foliar_picture::{Rgb, Window};
use serde::{Deserialize, Serialize};

use super::key::AugmentKey;
use super::turn::Turn;
use super::view::View;
use crate::preprocess::{Preprocessing, Workspace};
use crate::random::Domain;
use foliar_random::Random;

/// A random window, as in Szegedy et al., *Going Deeper with Convolutions* (2015), section 6.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RandomCrop {
    /// Probability; otherwise the central crop of evaluation is used. Default 1.
    pub probability: f64,
    /// Smallest and largest proportion of the area of the picture, in `(0, 1]`. Default 0.35 to 1.
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
    /// A window of a picture of `bounds` (width, height), or none for the central crop. If ten windows of random area and ratio
    /// do not fit, the largest central one of an allowed ratio is used.
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

/// Rotation by a small angle about the middle of the window. Pixels beyond the window are those of the picture; beyond the
/// border of the picture they are mirrored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rotation {
    /// Probability. Default 0.5.
    pub probability: f64,
    /// Largest angle to both sides, in degrees, in `[0, 180]`. Default 20.
    pub degrees: f64,
}

impl Default for Rotation {
    fn default() -> Self {
        Self { probability: 0.5, degrees: 20.0 }
    }
}

impl Rotation {
    /// An angle in radians, or none for no rotation.
    fn draw(&self, random: &mut Random) -> Option<f64> {
        let turned = random.chance(self.probability);
        let angle = random.between(-self.degrees, self.degrees).to_radians();
        turned.then_some(angle)
    }
}

/// The window of a stored picture, and its rotation.
pub(super) struct Shot<'a> {
    stored: &'a Rgb,
    side: u32,
    window: Window,
    angle: Option<f64>,
}

impl<'a> Shot<'a> {
    pub(super) fn draw(
        crop: &RandomCrop,
        rotation: &Rotation,
        preprocessing: &Preprocessing,
        stored: &'a Rgb,
        sample: AugmentKey,
    ) -> Self {
        let bounds = (stored.width, stored.height);
        let window = crop.draw(bounds, &mut sample.random(Domain::Crop));
        Self {
            stored,
            side: preprocessing.size,
            window: window.unwrap_or_else(|| preprocessing.window((stored.width, stored.height))),
            angle: rotation.draw(&mut sample.random(Domain::Rotation)),
        }
    }

    /// Resamples it into `workspace.square`, `size x size x 3` bytes.
    pub(super) fn bytes(&self, workspace: &mut Workspace) {
        let Workspace { resizer, square, canvas } = workspace;
        square.resize(self.side as usize * self.side as usize * 3, 0);
        match self.angle {
            None => resizer.resize(self.stored, self.window, self.side, self.side, square),
            Some(angle) => {
                let turn = Turn::new(self.stored, self.window, self.side, angle, resizer, canvas);
                turn.sample(square, |colour, place| place.copy_from_slice(&colour));
            }
        }
    }

    /// Resamples it into `out`, flipped by `view`; each byte becomes the number that `table` has for its channel.
    pub(super) fn normalised(
        &self,
        view: View,
        table: &[[f32; 256]; 3],
        workspace: &mut Workspace,
        out: &mut [f32],
    ) {
        match self.angle {
            None => {
                self.bytes(workspace);
                view.normalised(&workspace.square, table, out);
            }
            Some(angle) => {
                let Workspace { resizer, canvas, .. } = workspace;
                let turn = Turn::new(self.stored, self.window, self.side, angle, resizer, canvas);
                turn.seen(view).sample(out, |colour, place| {
                    for channel in 0..3 {
                        place[channel] = table[channel][usize::from(colour[channel])];
                    }
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_keep_their_promises() {
        let crop = RandomCrop::default();
        for item in 0..500 {
            let mut random = Domain::Crop.stream([0, 0, item]);
            let window = crop.draw((200, 150), &mut random).unwrap();
            let (share, ratio) = (window.width * window.height / 30_000.0, window.width / window.height);
            assert!((0.34..1.01).contains(&share) && (0.74..1.34).contains(&ratio), "{window:?}");
            assert!(window.left + window.width <= 200.0 && window.top + window.height <= 150.0);
        }
    }

    #[test]
    fn a_long_strip_still_has_windows() {
        let window = RandomCrop::default().draw((4000, 5), &mut Domain::Crop.stream([0; 3])).unwrap();
        assert!(window.width <= 7.0 && window.height <= 5.0, "{window:?}");
    }
}
