//! From light to bytes: lens, exposure, white balance and sensor.

use image::{Rgb, RgbImage};

use crate::colour::Colour;
use crate::noise::{hash, unit};
use crate::random::Random;

/// How the photo is taken.
pub(crate) struct Camera {
    /// Exposure and white balance.
    gains: [f32; 3],
    /// Reach of the blur as a share of the picture's side.
    blur: f32,
    /// Standard deviation of the sensor's noise, in encoded values of 0..1.
    noise: f32,
    seed: u32,
}

impl Camera {
    pub(crate) fn new(random: &mut Random) -> Self {
        let exposure = random.between(0.75, 1.5);
        let warmth = 0.18 * random.around_zero();
        let tint = 0.06 * random.around_zero();
        Self {
            gains: [1.0 + warmth, 1.0 + tint, 1.0 - warmth].map(|gain| gain * exposure),
            blur: if random.chance(0.4) { random.between(0.002, 0.012) } else { 0.0 },
            noise: random.between(0.004, 0.035),
            seed: random.word(),
        }
    }

    /// Develops `size` x `size` pixels of light, row by row.
    pub(crate) fn develop(&self, light: &[Colour], size: u32) -> RgbImage {
        let light = self.blurred(light, size as usize);
        RgbImage::from_fn(size, size, |x, y| {
            let encoded = light[(y * size + x) as usize].filtered(self.gains).0.map(f32::sqrt);
            let mut channel = 0;
            Rgb(encoded.map(|value| {
                channel += 1;
                let noisy = value + self.noise * bell(x as i32, y as i32, self.seed ^ channel);
                (noisy.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
            }))
        })
    }

    /// Blurs along rows and then along columns, with weights that fall off as a parabola.
    fn blurred(&self, light: &[Colour], size: usize) -> Vec<Colour> {
        let reach = self.blur * size as f32;
        let weights: Vec<f32> = (0..=reach as usize)
            .map(|offset| {
                let share = offset as f32 / (reach + 1.0);
                1.0 - share * share
            })
            .collect();
        let rows = blur_lines(light, size, &weights, |line, place| line * size + place);
        blur_lines(&rows, size, &weights, |line, place| place * size + line)
    }
}

/// Blurs along lines; `index` finds a place on a line. The border is repeated beyond the picture.
fn blur_lines(
    light: &[Colour],
    size: usize,
    weights: &[f32],
    index: impl Fn(usize, usize) -> usize,
) -> Vec<Colour> {
    let total = weights[0] + 2.0 * weights[1..].iter().sum::<f32>();
    let mut out = vec![Colour::BLACK; light.len()];
    for line in 0..size {
        for place in 0..size {
            let mut sum = light[index(line, place)] * weights[0];
            for (offset, &weight) in weights.iter().enumerate().skip(1) {
                let before = light[index(line, place.saturating_sub(offset))];
                let after = light[index(line, (place + offset).min(size - 1))];
                sum = sum + (before + after) * weight;
            }
            out[index(line, place)] = sum * (1.0 / total);
        }
    }
    out
}

/// Noise of mean 0 and variance 1, nearly Gaussian: the sum of three uniform numbers.
fn bell(x: i32, y: i32, seed: u32) -> f32 {
    let sum: f32 = (0..3).map(|part| unit(hash(x, y, seed.wrapping_add(part << 8)))).sum();
    2.0 * (sum - 1.5)
}
