//! Midrib and side veins.
//!
//! A side vein leaves the midrib at s = q and runs along s = q + slope a + curve a^2, where a = |t| (see
//! [`pose`](crate::pose)). Turned round, q n + phase numbers the veins: they lie at whole numbers, and the fields
//! between two of them limit lesions that cannot cross a vein.

use crate::noise::{split, value};
use crate::random::Random;

/// The veins of a leaf.
pub(crate) struct Veins {
    /// Side veins per leaf length, on each side.
    pub density: f32,
    slope: f32,
    curve: f32,
    phase: [f32; 2],
    seed: u32,
}

/// Where a place lies among the side veins.
#[derive(Clone, Copy)]
pub(crate) struct Course {
    /// Number of the vein, with a fraction between two veins.
    pub number: f32,
    /// Distance to the nearest side vein, in leaf lengths.
    pub distance: f32,
    /// Where in its field, -0.5..0.5; 0 is half-way between two veins.
    pub field: f32,
}

impl Veins {
    pub(crate) fn new(random: &mut Random) -> Self {
        Self {
            density: random.between(5.0, 10.0),
            slope: random.between(0.35, 1.1),
            curve: random.between(0.0, 1.2),
            phase: [random.unit(), random.unit()],
            seed: random.word(),
        }
    }

    /// Where a place with straightened `t` lies among the veins.
    pub(crate) fn course(&self, s: f32, t: f32) -> Course {
        let away = t.abs();
        let wobble = 0.05 * (value([s * 8.0, t * 8.0], self.seed) - 0.5);
        let origin = s + wobble - self.slope * away - self.curve * away * away;
        let number = origin * self.density + self.phase[usize::from(t > 0.0)];
        let field = split(number).1 - 0.5;
        Course { number, distance: (0.5 - field.abs()) * self.spacing(), field }
    }

    /// Distance between two side veins, in leaf lengths.
    pub(crate) fn spacing(&self) -> f32 {
        1.0 / (self.density * (1.0 + self.slope * self.slope).sqrt())
    }

    /// The place (s, t) on vein `number` at distance `away` from the midrib, on the side of `side`.
    pub(crate) fn place(&self, number: f32, away: f32, side: f32) -> [f32; 2] {
        let origin = (number - self.phase[usize::from(side > 0.0)]) / self.density;
        [origin + self.slope * away + self.curve * away * away, side * away]
    }

    /// Across the side veins, in s and t, for a place on the side of `t`.
    pub(crate) fn across(&self, t: f32) -> [f32; 2] {
        let length = (1.0 + self.slope * self.slope).sqrt();
        let slope = if t > 0.0 { -self.slope } else { self.slope };
        [1.0 / length, slope / length]
    }
}
