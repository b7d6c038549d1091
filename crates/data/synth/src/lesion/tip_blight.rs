//! Tip blight: dead brown tissue that spreads from the tip or the border inward, behind a yellow front.

use crate::colour::Colour;
use crate::leaf::Leaf;
use crate::noise::{fractal, step, triangle};
use crate::place::Place;
use crate::random::Random;

/// The dead regions of one leaf.
pub(crate) struct TipBlight {
    origins: Vec<Origin>,
    pale: Colour,
    dark: Colour,
    bands: f32,
    seed: u32,
}

struct Origin {
    place: [f32; 2],
    /// How far death has come from here, in leaf lengths.
    reach: f32,
}

impl TipBlight {
    pub(crate) fn new(leaf: &Leaf, severity: f32, random: &mut Random) -> Self {
        let reach = 0.10 + 0.42 * severity;
        let mut origins = Vec::new();
        if random.chance(0.8) {
            origins.push(Origin { place: [1.0, 0.0], reach });
        }
        if origins.is_empty() || random.chance(0.3) {
            let s = random.between(0.35, 0.85);
            let side = random.sign();
            let t = side * leaf.outline.half_width(s, side);
            origins.push(Origin { place: [s, t], reach: reach * random.between(0.6, 1.0) });
        }
        Self {
            origins,
            pale: Colour::encoded(176, 140, 92).mix(Colour::encoded(150, 108, 62), random.unit()),
            dark: Colour::encoded(86, 58, 36),
            bands: random.between(8.0, 22.0),
            seed: random.word(),
        }
    }

    pub(crate) fn paint(&self, tissue: Colour, place: &Place) -> Colour {
        let &Place { s, t, margin, course } = place;
        let front = self
            .origins
            .iter()
            .map(|origin| {
                let [ds, dt] = [s - origin.place[0], t - origin.place[1]];
                origin.reach - (ds * ds + dt * dt).sqrt()
            })
            .fold(-1.0, f32::max);
        if front < -0.25 {
            return tissue;
        }
        // Death runs ahead along the border and lags behind at the veins.
        let ragged = 0.14 * (fractal([s * 10.0, t * 10.0], 3, self.seed) - 0.5);
        let depth = front + ragged + 0.04 * step(0.06, 0.0, margin) + 0.1 * course.distance - 0.02;
        let sick = tissue.mix(Colour::encoded(198, 180, 74), 0.7 * step(-0.08, 0.0, depth));
        let band = triangle(depth * self.bands);
        let mottle = fractal([s * 30.0, t * 30.0], 2, self.seed ^ 1);
        let dead = self.pale.mix(self.dark, 0.45 * band) * (0.7 + 0.5 * mottle);
        let dead = dead.mix(self.dark, 0.7 * step(0.03, 0.0, depth));
        sick.mix(dead, step(-0.005, 0.012, depth))
    }
}
