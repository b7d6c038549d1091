//! The border of a leaf: half-widths along a bent midrib. For s and t see [`pose`](crate::pose).

use crate::noise::{split, triangle};
use crate::random::Random;

/// The form of a leaf.
pub(crate) struct Outline {
    /// Greatest half-width on each side.
    half_width: [f32; 2],
    /// The widest place is at s = skew / (1 + skew).
    skew: f32,
    /// How round the two ends are: 0 pointed, 1 like an ellipse.
    roundness: [f32; 2],
    /// Number and depth of lobes along one side.
    lobes: (f32, f32),
    /// Number and depth of teeth along one side.
    teeth: (f32, f32),
    /// How far the middle of the midrib lies off the line from base to tip.
    bend: f32,
    stalk: f32,
}

impl Outline {
    /// An outline from one of four families: ovate, lanceolate, obovate or lobed, with a smooth or a toothed border.
    pub(crate) fn new(random: &mut Random) -> Self {
        let (width, skew, base, tip) = match random.count(0, 3) {
            0 => (random.between(0.24, 0.34), random.between(0.50, 0.75), 0.9, 0.3),
            1 => (random.between(0.13, 0.20), random.between(0.75, 1.0), 0.4, 0.2),
            2 => (random.between(0.21, 0.29), random.between(1.0, 1.4), 0.3, 0.8),
            _ => (random.between(0.27, 0.36), random.between(0.7, 1.0), 0.7, 0.6),
        };
        let lobed = width > 0.2 && random.chance(0.3);
        let toothed = !lobed && random.chance(0.5);
        Self {
            half_width: [0, 1].map(|_| width * random.between(0.93, 1.07)),
            skew,
            roundness: [base, tip].map(|mean: f32| mean + random.between(-0.15, 0.15)),
            lobes: if lobed { (random.between(3.5, 5.5), random.between(0.25, 0.5)) } else { (1.0, 0.0) },
            teeth: if toothed {
                (random.between(12.0, 30.0), random.between(0.06, 0.14))
            } else {
                (1.0, 0.0)
            },
            bend: 0.13 * random.around_zero(),
            stalk: random.between(0.08, 0.25),
        }
    }

    /// Straightens the midrib: t as measured from it.
    pub(crate) fn straighten(&self, [s, t]: [f32; 2]) -> f32 {
        t - self.bend * 4.0 * s * (1.0 - s)
    }

    /// Distance from the midrib to the border, on the side of `t`.
    pub(crate) fn half_width(&self, s: f32, t: f32) -> f32 {
        if s <= 0.0 || s >= 1.0 {
            return 0.0;
        }
        let x = s / (s + self.skew * (1.0 - s));
        let bulge = 4.0 * x * (1.0 - x);
        let round = self.roundness[0] + (self.roundness[1] - self.roundness[0]) * s;
        let smooth = round * bulge.sqrt() + (1.0 - round) * bulge * (0.55 + 0.45 * bulge);
        let lobe = 1.0 - triangle(s * self.lobes.0);
        let tooth = split(s * self.teeth.0).1 - 0.5;
        let width = smooth * (1.0 - self.lobes.1 * lobe * lobe + self.teeth.1 * tooth);
        width * self.half_width[usize::from(t > 0.0)]
    }

    /// Whether a place with straightened `t` is on the stalk.
    pub(crate) fn on_stalk(&self, s: f32, t: f32) -> bool {
        s > -self.stalk && s < 0.03 && t.abs() < 0.011 - 0.01 * s
    }
}
