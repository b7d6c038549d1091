//! Axes that a thing is drawn along.

use crate::random::Random;

/// Axes that are turned against the picture's.
pub(super) struct Axes {
    pub(super) along: [f32; 2],
    /// Features per picture unit.
    pub(super) scale: f32,
}

impl Axes {
    /// Random axes with `low` to `high` features per picture unit.
    pub(super) fn new(random: &mut Random, low: f32, high: f32) -> Self {
        Self { along: random.direction(), scale: random.between(low, high) }
    }

    /// A place along and across them.
    pub(super) fn of(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let [a, b] = self.along;
        [(x * a + y * b) * self.scale, (y * a - x * b) * self.scale]
    }
}
