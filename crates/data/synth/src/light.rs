//! Sun and shade.

use crate::noise::{fractal, step};
use crate::random::Random;

/// The light over a scene.
pub(crate) struct Light {
    /// Where it comes from, in the picture.
    pub direction: [f32; 2],
    /// How much brighter the picture is on that side.
    gradient: f32,
    /// How dark the shade of things out of sight is, 0..1.
    shade: f32,
    shade_scale: f32,
    seed: u32,
    /// How dark the leaf's own shadow on the ground is, 0..1.
    pub shadow: f32,
    /// How far the shadow falls, in picture units.
    pub height: f32,
}

impl Light {
    pub(crate) fn new(random: &mut Random) -> Self {
        Self {
            direction: random.direction(),
            gradient: random.between(0.0, 0.3),
            shade: if random.chance(0.3) { random.between(0.2, 0.6) } else { 0.0 },
            shade_scale: random.between(0.8, 2.5),
            seed: random.word(),
            shadow: random.between(0.1, 0.65),
            height: random.between(0.015, 0.1),
        }
    }

    /// Strength of the light at a place in the picture.
    pub(crate) fn at(&self, [x, y]: [f32; 2]) -> f32 {
        let slope = 1.0 + self.gradient * (x * self.direction[0] + y * self.direction[1]);
        if self.shade == 0.0 {
            return slope;
        }
        let spots = fractal([x * self.shade_scale, y * self.shade_scale], 2, self.seed);
        slope * (1.0 - self.shade * step(0.45, 0.6, spots))
    }
}
