//! Brightness, contrast, saturation and hue, as one linear map of the colours.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | `p` | a pixel, red, green and blue, 0 to 255 |
//! | `w` | weights of luma, (0.299, 0.587, 0.114), ITU-R BT.601 |
//! | `m` | mean luma of the picture |
//! | `H` | rotation of the chroma plane of YIQ by the hue's angle; leaves luma as it is |
//! | `S` | `s I + (1 - s) 1 w'`: away from or towards each pixel's own grey |
//! | `b, c` | factors of brightness and contrast |
//!
//! Result: `c b S H p + (1 - c) b m`, clipped to 0 to 255 once, at the end. Each factor of 1 and a hue of 0 is no change.

use serde::{Deserialize, Serialize};

use super::view::View;
use crate::preprocess::Preprocessing;
use foliar_random::Random;

const LUMA: [f64; 3] = [0.299, 0.587, 0.114];

/// Random changes of colour. Ranges are to both sides of no change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ColourJitter {
    /// Probability. Default 0.8.
    pub probability: f64,
    /// Range of the factor of brightness, in `[0, 1]`. Default 0.3: 0.7 to 1.3.
    pub brightness: f64,
    /// Range of the factor of contrast, in `[0, 1]`. Default 0.3.
    pub contrast: f64,
    /// Range of the factor of saturation, in `[0, 1]`. Default 0.3.
    pub saturation: f64,
    /// Range of the change of hue, as a fraction of the whole circle, in `[0, 1]`. Default 0.02: small, because many diseases
    /// differ in the colour of their spots.
    pub hue: f64,
}

impl Default for ColourJitter {
    fn default() -> Self {
        Self { probability: 0.8, brightness: 0.3, contrast: 0.3, saturation: 0.3, hue: 0.02 }
    }
}

/// `matrix p + luma_share m`.
#[derive(Clone, Debug)]
pub(super) struct ColourChange {
    matrix: [[f32; 3]; 3],
    /// `(1 - c) b`; with the mean luma, the offset.
    luma_share: f64,
}

impl ColourJitter {
    /// The change, or none.
    pub(super) fn draw(&self, random: &mut Random) -> Option<ColourChange> {
        let changed = random.chance(self.probability);
        let mut factor = |range: f64| random.between(1.0 - range, 1.0 + range);
        let (brightness, contrast) = (factor(self.brightness), factor(self.contrast));
        let (saturation, turns) = (factor(self.saturation), factor(self.hue) - 1.0);
        if !changed {
            return None;
        }
        let saturate: [[f64; 3]; 3] = std::array::from_fn(|row| {
            std::array::from_fn(|column| {
                let own = if row == column { saturation } else { 0.0 };
                own + (1.0 - saturation) * LUMA[column]
            })
        });
        let map = product(&saturate, &hue_rotation(turns * std::f64::consts::TAU));
        Some(ColourChange {
            matrix: map.map(|row| row.map(|value| (contrast * brightness * value) as f32)),
            luma_share: (1.0 - contrast) * brightness,
        })
    }
}

impl ColourChange {
    /// Changes the colours of `pixels`, flipped by `view`, and normalises them into `out`.
    pub(super) fn apply(&self, preprocessing: &Preprocessing, pixels: &[u8], view: View, out: &mut [f32]) {
        let scale: [f32; 3] = std::array::from_fn(|channel| 1.0 / (255.0 * preprocessing.std[channel]));
        let shift: [f32; 3] =
            std::array::from_fn(|channel| -preprocessing.mean[channel] / preprocessing.std[channel]);
        let offset = (self.luma_share * mean_luma(pixels)) as f32;
        view.rows(out, |pixel, out| {
            let [red, green, blue] = [0, 1, 2].map(|channel| f32::from(pixels[pixel + channel]));
            for channel in 0..3 {
                let [r, g, b] = self.matrix[channel];
                let value = (r * red + g * green + b * blue + offset).clamp(0.0, 255.0);
                out[channel] = value * scale[channel] + shift[channel];
            }
        });
    }
}

fn mean_luma(pixels: &[u8]) -> f64 {
    let mut sums = [0_u64; 3];
    for pixel in pixels.chunks_exact(3) {
        for (sum, value) in sums.iter_mut().zip(pixel) {
            *sum += u64::from(*value);
        }
    }
    let total: f64 = sums.iter().zip(LUMA).map(|(sum, weight)| *sum as f64 * weight).sum();
    total / (pixels.len() / 3).max(1) as f64
}

/// To YIQ (NTSC, FCC 1953), turned by `angle` radians, and back.
fn hue_rotation(angle: f64) -> [[f64; 3]; 3] {
    const TO_YIQ: [[f64; 3]; 3] = [LUMA, [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]];
    let (sin, cos) = angle.sin_cos();
    let turn = [[1.0, 0.0, 0.0], [0.0, cos, -sin], [0.0, sin, cos]];
    product(&product(&inverse(&TO_YIQ), &turn), &TO_YIQ)
}

fn product(a: &[[f64; 3]; 3], b: &[[f64; 3]; 3]) -> [[f64; 3]; 3] {
    std::array::from_fn(|row| std::array::from_fn(|column| (0..3).map(|k| a[row][k] * b[k][column]).sum()))
}

/// By cofactors.
fn inverse(a: &[[f64; 3]; 3]) -> [[f64; 3]; 3] {
    let cofactor = |row: usize, column: usize| {
        let (r, s) = ((row + 1) % 3, (row + 2) % 3);
        let (c, d) = ((column + 1) % 3, (column + 2) % 3);
        a[r][c] * a[s][d] - a[r][d] * a[s][c]
    };
    let determinant: f64 = (0..3).map(|column| a[0][column] * cofactor(0, column)).sum();
    std::array::from_fn(|row| std::array::from_fn(|column| cofactor(column, row) / determinant))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Domain;

    fn only(brightness: f64, contrast: f64, saturation: f64, hue: f64) -> ColourJitter {
        ColourJitter { probability: 1.0, brightness, contrast, saturation, hue }
    }

    fn changed(jitter: &ColourJitter, pixels: &[u8; 12]) -> Vec<f32> {
        let preprocessing = Preprocessing { mean: [0.0; 3], std: [1.0; 3], ..Preprocessing::imagenet(2) };
        let view = View { side: 2, horizontal: false, vertical: false, transposed: false };
        let mut out = vec![0.0; 12];
        let change = jitter.draw(&mut Domain::Colour.stream([0; 3])).unwrap();
        change.apply(&preprocessing, pixels, view, &mut out);
        out.iter().map(|value| value * 255.0).collect()
    }

    const PIXELS: [u8; 12] = [100, 120, 80, 90, 90, 90, 60, 130, 70, 110, 100, 90];

    #[test]
    fn no_range_is_no_change() {
        for (value, byte) in changed(&only(0.0, 0.0, 0.0, 0.0), &PIXELS).iter().zip(PIXELS) {
            assert!((value - f32::from(byte)).abs() < 1e-3);
        }
    }

    #[test]
    fn brightness_scales() {
        let out = changed(&only(0.3, 0.0, 0.0, 0.0), &PIXELS);
        let factor = out[0] / 100.0;
        assert!((factor - 1.0).abs() > 1e-3);
        assert!(out.iter().zip(PIXELS).all(|(value, byte)| (value / f32::from(byte) - factor).abs() < 1e-4));
    }

    #[test]
    fn saturation_and_hue_leave_grey_and_luma_alone() {
        let out = changed(&only(0.0, 0.0, 0.3, 0.1), &PIXELS);
        assert!(out[3..6].iter().all(|value| (value - 90.0).abs() < 0.1), "{out:?}");
        let luma = |p: &[f32]| 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
        assert!((luma(&out[..3]) - luma(&[100.0, 120.0, 80.0])).abs() < 0.1);
        assert!((out[0] - 100.0).abs() > 0.5);
    }

    #[test]
    fn contrast_keeps_the_mean() {
        let out = changed(&only(0.0, 0.3, 0.0, 0.0), &PIXELS);
        let before = PIXELS.map(f32::from);
        let luma = |pixels: &[f32]| -> f32 {
            pixels.chunks_exact(3).map(|p| 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2]).sum::<f32>()
        };
        assert!((luma(&out) - luma(&before)).abs() < 0.1);
        assert!((out[7] - 130.0).abs() > 0.5);
    }
}
