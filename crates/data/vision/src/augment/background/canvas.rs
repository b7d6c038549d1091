//! A picture that is being composed.

use foliar_picture::Rgb;
use foliar_random::Random;

use super::blur::blurred;
use super::cutout::Cutout;
use super::field::Field;
use super::light::Light;
use super::placement::Placement;

/// A picture of numbers, 0 to 255, that may leave that range until it is a picture of bytes.
#[derive(Clone, Debug)]
pub(super) struct Canvas {
    pub(super) width: usize,
    pub(super) height: usize,
    /// `height x width` colours, row by row.
    pub(super) pixels: Vec<[f32; 3]>,
}

impl Canvas {
    /// One colour.
    pub(super) fn plain(width: usize, height: usize, colour: [f32; 3]) -> Self {
        Self { width, height, pixels: vec![colour; width * height] }
    }

    /// The shorter side, in pixels.
    pub(super) fn shorter(&self) -> f32 {
        self.width.min(self.height) as f32
    }

    /// Puts the leaf on it.
    pub(super) fn draw(&mut self, leaf: &Cutout, placement: &Placement, light: &Light) {
        let width = self.width;
        placement.visit(leaf, (self.width, self.height), |x, y, [red, green, blue, alpha]| {
            let pixel = &mut self.pixels[y * width + x];
            let lit = light.of([red, green, blue].map(|value| value / alpha.max(1e-6)));
            for (old, new) in pixel.iter_mut().zip(lit) {
                *old += alpha * (new - *old);
            }
        });
    }

    /// Darkens where a leaf, as it will be placed, keeps the light away; `shade` is its blurred shape.
    pub(super) fn cast_shadow(&mut self, shade: &Cutout, placement: &Placement, random: &mut Random) {
        let reach = self.shorter() * random.between(0.01, 0.08) as f32;
        let angle = random.between(0.0, std::f64::consts::TAU);
        let moved = placement.moved([reach * angle.cos() as f32, reach * angle.sin() as f32]);
        let depth = random.between(0.25, 0.75) as f32;
        let width = self.width;
        moved.visit(shade, (self.width, self.height), |x, y, [.., alpha]| {
            self.pixels[y * width + x].iter_mut().for_each(|value| *value *= 1.0 - depth * alpha);
        });
    }

    /// Light and shade in spots, as under leaves: factors of up to `1 + depth` and down to its inverse.
    pub(super) fn dapple(&mut self, depth: f32, random: &mut Random) {
        let field = Field::draw(self.width, self.height, self.shorter() / 2.0, 2.0, random);
        for (pixel, value) in self.pixels.iter_mut().zip(&field.values) {
            let factor = (depth * value).exp();
            pixel.iter_mut().for_each(|channel| *channel *= factor);
        }
    }

    /// Another light over all of it.
    pub(super) fn lit(&mut self, light: &Light) {
        self.pixels.iter_mut().for_each(|pixel| *pixel = light.of(*pixel));
    }

    /// The mean of the square of `2 radius + 1` pixels, twice: nearly a disc.
    pub(super) fn blur(&mut self, radius: usize) {
        let values = blurred(self.pixels.as_flattened(), self.width, 3, radius);
        self.pixels.as_flattened_mut().copy_from_slice(&values);
    }

    /// Adds noise of this standard deviation, the same to each channel but for a part.
    pub(super) fn grain(&mut self, deviation: f32, random: &mut Random) {
        for pixel in &mut self.pixels {
            // The sum of uniform numbers is normal enough for grain.
            let bits = random.bits64();
            let byte = |place: u32| ((bits >> (8 * place)) & 255) as f32 / 128.0 - 1.0;
            let shared = byte(0) + byte(1) + byte(2);
            for (value, place) in pixel.iter_mut().zip(3..) {
                *value += deviation * (0.8 * shared + 0.6 * byte(place));
            }
        }
    }

    /// As bytes.
    pub(super) fn picture(&self) -> Rgb {
        let byte = |value: &f32| value.round().clamp(0.0, 255.0) as u8;
        let pixels = self.pixels.iter().flatten().map(byte).collect();
        Rgb::new(self.width as u32, self.height as u32, pixels)
    }
}
