//! TrivialAugment: one operation of many, with a random strength.
//!
//! Source: Müller and Hutter 2021, "TrivialAugment: tuning-free yet state-of-the-art data augmentation", algorithm 1 with the wide space
//! of its table. Other than there, strengths are no steps of 31 but any between none and the greatest, translations are shares of
//! the side, and what lies beyond the border is mirrored, not grey.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | u | strength, drawn from [0, 1] |
//! | ± | a sign, drawn |
//!
//! | operation | by |
//! | --- | --- |
//! | identity, autocontrast, equalize | no strength |
//! | shear along x or y | ± 0.99 u |
//! | translation along x or y | ± u / 7 of the side |
//! | rotation | ± 135° u |
//! | brightness, saturation, contrast, sharpness | factor 1 ± 0.99 u, away from or towards black, each pixel's grey, the mean grey, a blurred picture |
//! | posterize | 8 - 6 u bits, rounded |
//! | solarize | values from 255 (1 - u) on are inverted |

use foliar_random::Random;

const LUMA: [f32; 3] = [0.299, 0.587, 0.114];
/// Greatest shear, and greatest change of a factor.
const GREATEST: f64 = 0.99;
/// Greatest translation, as a share of the side: 32 pixels of 224.
const FARTHEST: f64 = 1.0 / 7.0;
/// Greatest rotation in degrees.
const WIDEST: f64 = 135.0;

/// What is done to a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Operation {
    Identity,
    /// Where a pixel of the result lies in the picture, seen from its middle: a matrix.
    Warp([[f64; 2]; 2]),
    /// By how much, as a share of the side.
    Translate([f64; 2]),
    Brightness(f32),
    Saturation(f32),
    Contrast(f32),
    Sharpness(f32),
    /// Bits that are kept.
    Posterize(u32),
    /// The least value that is inverted.
    Solarize(f64),
    AutoContrast,
    Equalize,
}

impl Operation {
    fn draw(random: &mut Random) -> Self {
        let kind = random.below(14);
        let strength = random.uniform();
        let signed = if random.chance(0.5) { -strength } else { strength };
        let factor = (1.0 + GREATEST * signed) as f32;
        match kind {
            0 => Self::Identity,
            1 => Self::Warp([[1.0, GREATEST * signed], [0.0, 1.0]]),
            2 => Self::Warp([[1.0, 0.0], [GREATEST * signed, 1.0]]),
            3 => Self::Translate([FARTHEST * signed, 0.0]),
            4 => Self::Translate([0.0, FARTHEST * signed]),
            5 => {
                let (sin, cos) = (WIDEST * signed).to_radians().sin_cos();
                Self::Warp([[cos, -sin], [sin, cos]])
            }
            6 => Self::Brightness(factor),
            7 => Self::Saturation(factor),
            8 => Self::Contrast(factor),
            9 => Self::Sharpness(factor),
            10 => Self::Posterize(8 - (6.0 * strength).round() as u32),
            11 => Self::Solarize(255.0 * (1.0 - strength)),
            12 => Self::AutoContrast,
            _ => Self::Equalize,
        }
    }

    /// Changes `pixels`, `side x side x 3` bytes.
    fn apply(self, side: usize, pixels: &mut [u8]) {
        match self {
            Self::Identity => {}
            Self::Warp(matrix) => warp(side, pixels, matrix, [0.0; 2]),
            Self::Translate(shift) => {
                warp(side, pixels, [[1.0, 0.0], [0.0, 1.0]], shift.map(|share| share * side as f64));
            }
            Self::Brightness(factor) => each(pixels, |value, _| factor * value),
            Self::Saturation(factor) => each(pixels, |value, grey| grey + factor * (value - grey)),
            Self::Contrast(factor) => {
                let greys: f64 = pixels.chunks_exact(3).map(|pixel| f64::from(grey(pixel))).sum();
                let mean = (greys / (pixels.len() / 3).max(1) as f64) as f32;
                each(pixels, |value, _| mean + factor * (value - mean));
            }
            Self::Sharpness(factor) => sharpen(side, pixels, factor),
            Self::Posterize(bits) => {
                let mask = !(u8::MAX.checked_shr(bits).unwrap_or(0));
                pixels.iter_mut().for_each(|value| *value &= mask);
            }
            Self::Solarize(least) => {
                let inverted = pixels.iter_mut().filter(|value| f64::from(**value) >= least);
                inverted.for_each(|value| *value = u8::MAX - *value);
            }
            Self::AutoContrast => by_histogram(pixels, stretched),
            Self::Equalize => by_histogram(pixels, equalized),
        }
    }
}

/// Changes `pixels`, `side x side x 3` bytes, by an operation of `random`'s.
pub(super) fn apply(side: usize, random: &mut Random, pixels: &mut [u8]) {
    Operation::draw(random).apply(side, pixels);
}

fn grey(pixel: &[u8]) -> f32 {
    pixel.iter().zip(LUMA).map(|(&value, weight)| f32::from(value) * weight).sum()
}

/// A value of a byte, rounded.
fn byte(value: f32) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

/// Each value by itself and the grey of its pixel.
fn each(pixels: &mut [u8], change: impl Fn(f32, f32) -> f32) {
    for pixel in pixels.chunks_exact_mut(3) {
        let grey = grey(pixel);
        pixel.iter_mut().for_each(|value| *value = byte(change(f32::from(*value), grey)));
    }
}

/// Samples the picture between its pixels at `matrix` times the place, seen from the middle, plus `shift`.
fn warp(side: usize, pixels: &mut [u8], matrix: [[f64; 2]; 2], shift: [f64; 2]) {
    let before = pixels.to_vec();
    let middle = (side as f64 - 1.0) / 2.0;
    let mirrored = |place: i64| {
        let place = place.rem_euclid(2 * side as i64) as usize;
        if place < side { place } else { 2 * side - 1 - place }
    };
    for (index, pixel) in pixels.chunks_exact_mut(3).enumerate() {
        let seen = [(index % side) as f64 - middle, (index / side) as f64 - middle];
        let [x, y] =
            [0, 1].map(|axis| matrix[axis][0] * seen[0] + matrix[axis][1] * seen[1] + middle + shift[axis]);
        let (left, top) = (x.floor(), y.floor());
        let (right_share, lower_share) = ((x - left) as f32, (y - top) as f32);
        let columns = [mirrored(left as i64), mirrored(left as i64 + 1)];
        let rows = [mirrored(top as i64), mirrored(top as i64 + 1)];
        for (channel, value) in pixel.iter_mut().enumerate() {
            let along = |row: usize| {
                let [a, b] = columns.map(|column| f32::from(before[(row * side + column) * 3 + channel]));
                a + right_share * (b - a)
            };
            let [above, below] = rows.map(along);
            *value = byte(above + lower_share * (below - above));
        }
    }
}

/// Away from or towards the picture blurred over 3 x 3 pixels, whose middle counts five times; the outermost pixels stay.
fn sharpen(side: usize, pixels: &mut [u8], factor: f32) {
    let before = pixels.to_vec();
    let at = |x: usize, y: usize, channel: usize| f32::from(before[(y * side + x) * 3 + channel]);
    for y in 1..side.saturating_sub(1) {
        for x in 1..side - 1 {
            for channel in 0..3 {
                let around = (y - 1..=y + 1).flat_map(|y| (x - 1..=x + 1).map(move |x| (x, y)));
                let sum: f32 = around.map(|(x, y)| at(x, y, channel)).sum();
                let own = at(x, y, channel);
                let blurred = (sum + 4.0 * own) / 13.0;
                pixels[(y * side + x) * 3 + channel] = byte(blurred + factor * (own - blurred));
            }
        }
    }
}

/// Replaces the values of each channel by a table that its histogram gives; `None` leaves them.
fn by_histogram(pixels: &mut [u8], table: fn(&[u32; 256]) -> Option<[u8; 256]>) {
    for channel in 0..3 {
        let mut histogram = [0; 256];
        pixels.iter().skip(channel).step_by(3).for_each(|&value| histogram[usize::from(value)] += 1);
        if let Some(table) = table(&histogram) {
            let values = pixels.iter_mut().skip(channel).step_by(3);
            values.for_each(|value| *value = table[usize::from(*value)]);
        }
    }
}

/// The least value becomes 0, the largest 255.
fn stretched(histogram: &[u32; 256]) -> Option<[u8; 256]> {
    let low = histogram.iter().position(|&count| count > 0)?;
    let high = histogram.iter().rposition(|&count| count > 0)?;
    let scale = 255.0 / (high.checked_sub(low).filter(|&range| range > 0)? as f32);
    Some(std::array::from_fn(|value| byte((value as f32 - low as f32) * scale)))
}

/// All values become about equally frequent.
fn equalized(histogram: &[u32; 256]) -> Option<[u8; 256]> {
    let last = histogram.iter().rposition(|&count| count > 0)?;
    let all: u32 = histogram.iter().sum();
    let step = (all - histogram[last]) / 255;
    if step == 0 {
        return None;
    }
    let mut below = step / 2;
    Some(std::array::from_fn(|value| {
        let equal = (below / step).min(255) as u8;
        below += histogram[value];
        equal
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Domain;

    const SIDE: usize = 16;

    fn picture() -> Vec<u8> {
        (0..SIDE * SIDE * 3).map(|place| (40 + (place * 37) % 150) as u8).collect()
    }

    fn changed(operation: Operation) -> Vec<u8> {
        let mut pixels = picture();
        operation.apply(SIDE, &mut pixels);
        pixels
    }

    #[test]
    fn no_strength_is_no_change() {
        for operation in [
            Operation::Identity,
            Operation::Warp([[1.0, 0.0], [0.0, 1.0]]),
            Operation::Translate([0.0; 2]),
            Operation::Brightness(1.0),
            Operation::Saturation(1.0),
            Operation::Contrast(1.0),
            Operation::Sharpness(1.0),
            Operation::Posterize(8),
            Operation::Solarize(255.0),
        ] {
            assert_eq!(changed(operation), picture(), "{operation:?}");
        }
    }

    #[test]
    fn a_quarter_turn_moves_pixels_only() {
        let turned = changed(Operation::Warp([[0.0, -1.0], [1.0, 0.0]]));
        let before = picture();
        for (x, y) in [(0, 0), (3, 9), (15, 2)] {
            let (column, row) = (SIDE - 1 - y, x);
            assert_eq!(turned[(y * SIDE + x) * 3..][..3], before[(row * SIDE + column) * 3..][..3]);
        }
    }

    #[test]
    fn a_translation_mirrors_at_the_border() {
        let moved = changed(Operation::Translate([2.0 / SIDE as f64, 0.0]));
        let before = picture();
        assert_eq!(moved[..3], before[6..9]);
        let last = |pixels: &[u8], from_end: usize| pixels[(SIDE - 1 - from_end) * 3..][..3].to_vec();
        assert_eq!(last(&moved, 0), last(&before, 1));
    }

    #[test]
    fn colours_change_as_they_are_said_to() {
        let before = picture();
        let darker = changed(Operation::Brightness(0.5));
        assert!(darker.iter().zip(&before).all(|(&dark, &value)| dark == byte(f32::from(value) / 2.0)));
        let grey = changed(Operation::Saturation(0.0));
        assert!(grey.chunks(3).all(|pixel| pixel[0] == pixel[1] && pixel[1] == pixel[2]));
        let flat = changed(Operation::Contrast(0.0));
        assert!(flat.iter().all(|&value| value == flat[0]) && (60..160).contains(&flat[0]));
        let coarse = changed(Operation::Posterize(2));
        assert!(coarse.iter().all(|value| value % 64 == 0));
        assert!(changed(Operation::Solarize(0.0)).iter().zip(&before).all(|(a, b)| a + b == 255));
        let stretched = changed(Operation::AutoContrast);
        assert!(stretched.contains(&0) && stretched.contains(&255));
    }

    #[test]
    fn equal_values_are_left_alone() {
        for operation in [Operation::AutoContrast, Operation::Equalize, Operation::Sharpness(0.1)] {
            let mut pixels = vec![77; SIDE * SIDE * 3];
            operation.apply(SIDE, &mut pixels);
            assert_eq!(pixels, vec![77; SIDE * SIDE * 3], "{operation:?}");
        }
    }

    #[test]
    fn equalizing_spreads_values() {
        // Two thirds of the values lie between 100 and 110.
        let mut pixels: Vec<u8> = (0..64 * 64 * 3)
            .map(
                |place: usize| {
                    if (place / 3) % 3 < 2 { 100 + (place / 9 % 11) as u8 } else { (place / 9 % 256) as u8 }
                },
            )
            .collect();
        Operation::Equalize.apply(64, &mut pixels);
        let between = pixels.iter().filter(|value| (64..192).contains(*value)).count() as f64;
        assert!((between / pixels.len() as f64 - 0.5).abs() < 0.1, "{between}");
    }

    #[test]
    fn all_operations_occur() {
        let mut kinds = std::collections::BTreeSet::new();
        for item in 0..500 {
            let operation = Operation::draw(&mut Domain::Trivial.stream([0, 0, item]));
            let name = format!("{operation:?}");
            kinds.insert(name.split('(').next().unwrap_or_default().to_owned());
        }
        assert_eq!(kinds.len(), 11, "{kinds:?}");
    }
}
