//! Colours as amounts of light.
//!
//! Values are linear: two lamps add. Encoded values are their square roots, a gamma of 2, which is near enough to sRGB
//! for a drawing and exact on every machine.

use std::ops::{Add, Mul};

use crate::random::Random;

/// Red, green and blue light; 1 is what a white sheet reflects.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Colour(pub [f32; 3]);

impl Colour {
    pub(crate) const BLACK: Self = Self([0.0; 3]);

    /// From encoded values in 0..=255, as a colour picker shows them.
    pub(crate) const fn encoded(red: u8, green: u8, blue: u8) -> Self {
        const fn light(value: u8) -> f32 {
            let encoded = value as f32 / 255.0;
            encoded * encoded
        }
        Self([light(red), light(green), light(blue)])
    }

    /// A random colour, uniform in its encoded values.
    pub(crate) fn random(random: &mut Random) -> Self {
        let [red, green, blue, _] = random.word().to_le_bytes();
        Self::encoded(red, green, blue)
    }

    /// This colour at `share` 0, the other at 1.
    pub(crate) fn mix(self, other: Self, share: f32) -> Self {
        self * (1.0 - share) + other * share
    }

    /// Channel by channel.
    pub(crate) fn filtered(self, gains: [f32; 3]) -> Self {
        let [red, green, blue] = self.0;
        Self([red * gains[0], green * gains[1], blue * gains[2]])
    }
}

impl Mul<f32> for Colour {
    type Output = Self;

    fn mul(self, factor: f32) -> Self {
        self.filtered([factor; 3])
    }
}

impl Add for Colour {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let ([a, b, c], [x, y, z]) = (self.0, other.0);
        Self([a + x, b + y, c + z])
    }
}
