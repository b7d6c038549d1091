//! Perceptual colours: CIE 1976 L*a*b* of sRGB under D65 (CIE 15:2004, section 8.2.1; IEC 61966-2-1).

use foliar_picture::Rgb;

/// Linear sRGB to X / Xn, Y / Yn, Z / Zn.
const TO_XYZ: [[f32; 3]; 3] =
    [[0.433_953, 0.376_219, 0.189_828], [0.212_671, 0.715_160, 0.072_169], [0.017_758, 0.109_477, 0.872_766]];

/// One colour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Lab {
    /// Lightness L*, 0 (black) to 100 (white).
    pub(super) lightness: f32,
    /// a*: green below 0, red above.
    pub(super) a: f32,
    /// b*: blue below 0, yellow above.
    pub(super) b: f32,
}

/// The colours of all pixels of a picture.
pub(super) fn colours(picture: &Rgb) -> Vec<Lab> {
    let linear: [f32; 256] = std::array::from_fn(|byte| {
        let value = byte as f32 / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    });
    let colour = |pixel: &[u8]| {
        let rgb: [f32; 3] = std::array::from_fn(|channel| linear[usize::from(pixel[channel])]);
        let [x, y, z] = TO_XYZ.map(|row| root(row[0] * rgb[0] + row[1] * rgb[1] + row[2] * rgb[2]));
        Lab { lightness: 116.0 * y - 16.0, a: 500.0 * (x - y), b: 200.0 * (y - z) }
    };
    picture.pixels.chunks_exact(3).map(colour).collect()
}

/// The cube root, with the straight line of the standard near zero.
fn root(t: f32) -> f32 {
    if t > 216.0 / 24389.0 { t.cbrt() } else { (24389.0 / 27.0 * t + 16.0) / 116.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_colours() {
        // sRGB primaries and greys; L*a*b* of the standard under D65, to 0.1.
        let cases = [
            ([255, 255, 255], [100.0, 0.0, 0.0]),
            ([0, 0, 0], [0.0, 0.0, 0.0]),
            ([119, 119, 119], [50.0, 0.0, 0.0]),
            ([255, 0, 0], [53.24, 80.09, 67.20]),
            ([0, 255, 0], [87.73, -86.18, 83.18]),
            ([0, 0, 255], [32.30, 79.19, -107.86]),
        ];
        for (rgb, [lightness, a, b]) in cases {
            let got = colours(&Rgb::new(1, 1, rgb.to_vec()))[0];
            let near = |got: f32, expected: f32| (got - expected).abs() < 0.15;
            assert!(near(got.lightness, lightness) && near(got.a, a) && near(got.b, b), "{rgb:?}: {got:?}");
        }
    }
}
