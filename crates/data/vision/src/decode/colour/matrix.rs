//! Profiles of three curves and a matrix.

use std::sync::LazyLock;

use moxcms::{ColorProfile, ToneReprCurve};

use super::curve::levels;

/// From CIE XYZ (D50) to amounts of sRGB's light, adapted by Bradford's method.
const XYZ_TO_SRGB: [[f64; 3]; 3] = [
    [3.133_856_1, -1.616_866_7, -0.490_614_6],
    [-0.978_768_4, 1.916_141_5, 0.033_454_0],
    [0.071_945_3, -0.228_991_4, 1.405_242_7],
];

/// sRGB's level of each of as many amounts of light, so close that the nearest is found.
static ENCODED: LazyLock<Box<[u8]>> = LazyLock::new(|| {
    let level = |index: u32| {
        let light = f64::from(index) / f64::from(u16::MAX);
        let value = if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
        (value * 255.0).round() as u8
    };
    (0..=u32::from(u16::MAX)).map(level).collect()
});

/// Three curves and a matrix from a profile's space to sRGB.
pub(in crate::decode) struct MatrixShaper {
    light: [[f32; 256]; 3],
    matrix: [[f32; 3]; 3],
}

impl MatrixShaper {
    /// The profile's curves and matrix, if it has them.
    pub(super) fn of(profile: &ColorProfile) -> Option<Self> {
        let curve = |curve: &Option<ToneReprCurve>| levels(curve.as_ref()?);
        let light = [curve(&profile.red_trc)?, curve(&profile.green_trc)?, curve(&profile.blue_trc)?];
        let colorants = [profile.red_colorant, profile.green_colorant, profile.blue_colorant]
            .map(|colour| [colour.x, colour.y, colour.z]);
        let mut matrix = [[0.0; 3]; 3];
        for (row, from_xyz) in matrix.iter_mut().zip(XYZ_TO_SRGB) {
            for (cell, colorant) in row.iter_mut().zip(colorants) {
                *cell = from_xyz.iter().zip(colorant).map(|(a, b)| a * b).sum::<f64>() as f32;
            }
        }
        let is_plausible = matrix.as_flattened().iter().all(|cell| cell.is_finite() && cell.abs() < 8.0)
            && colorants.iter().all(|colour| colour.iter().sum::<f64>() > 0.0);
        is_plausible.then_some(Self { light, matrix })
    }

    /// One curve for pixels that are grey.
    pub(super) fn grey(curve: &ToneReprCurve) -> Option<Self> {
        let one = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        Some(Self { light: [levels(curve)?; 3], matrix: one })
    }

    /// Brings RGB pixels to sRGB.
    pub(super) fn convert(&self, pixels: &mut [u8]) {
        let encoded = &**ENCODED;
        for pixel in pixels.chunks_exact_mut(3) {
            let light = [0, 1, 2].map(|channel| self.light[channel][usize::from(pixel[channel])]);
            for (value, row) in pixel.iter_mut().zip(&self.matrix) {
                let amount = row[0] * light[0] + row[1] * light[1] + row[2] * light[2];
                // `as` brings what lies outside into the table.
                *value = encoded[usize::from((amount * 65_535.0 + 0.5) as u16)];
            }
        }
    }
}
