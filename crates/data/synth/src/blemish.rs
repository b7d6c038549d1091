//! Damage to any leaf, healthy or not: specks of dirt, a film of dust, holes, a dry tip. It has the same distribution in every
//! class, so a brown dot or a pale patch alone does not predict the class.

use crate::colour::Colour;
use crate::noise::{fractal, step, value};
use crate::outline::Outline;
use crate::place::Place;
use crate::random::Random;

/// The damage of one leaf.
pub(crate) struct Blemishes {
    specks: Vec<Speck>,
    holes: Vec<Speck>,
    /// Strength of the film of dust, 0..1.
    dust: f32,
    /// How far the tip has dried, in leaf lengths.
    dry_tip: f32,
    seed: u32,
}

struct Speck {
    place: [f32; 2],
    radius: f32,
    colour: Colour,
}

impl Speck {
    fn new(random: &mut Random, outline: &Outline, radius: f32) -> Self {
        let s = random.between(0.08, 0.95);
        let side = random.sign();
        let t = side * outline.half_width(s, side) * random.between(0.05, 0.95);
        let soil = Colour::encoded(74, 54, 36);
        let dry = Colour::encoded(150, 112, 62);
        Self { place: [s, t], radius, colour: soil.mix(dry, random.unit()) }
    }

    /// 1 in the middle, 0 from the border on.
    fn cover(&self, s: f32, t: f32) -> f32 {
        let [ds, dt] = [s - self.place[0], t - self.place[1]];
        let square = (ds * ds + dt * dt) / (self.radius * self.radius);
        if square < 1.0 { step(1.0, 0.4, square) } else { 0.0 }
    }
}

impl Blemishes {
    pub(crate) fn new(random: &mut Random, outline: &Outline) -> Self {
        let count = if random.chance(0.5) { random.count(1, 9) } else { 0 };
        let specks = (0..count)
            .map(|_| {
                let radius = random.between(0.006, 0.018);
                Speck::new(random, outline, radius)
            })
            .collect();
        let count = if random.chance(0.2) { random.count(1, 3) } else { 0 };
        let holes = (0..count)
            .map(|_| {
                let radius = random.between(0.015, 0.045);
                Speck::new(random, outline, radius)
            })
            .collect();
        Self {
            specks,
            holes,
            dust: if random.chance(0.2) { random.between(0.1, 0.35) } else { 0.0 },
            dry_tip: if random.chance(0.25) { random.between(0.02, 0.09) } else { 0.0 },
            seed: random.word(),
        }
    }

    /// Whether a place has been eaten away.
    pub(crate) fn hole_at(&self, &Place { s, t, .. }: &Place) -> bool {
        if self.holes.is_empty() {
            return false;
        }
        let ragged = 0.6 * value([s * 60.0, t * 60.0], self.seed);
        self.holes.iter().any(|hole| hole.cover(s, t) > ragged)
    }

    /// The colour that a place has under its blemishes.
    pub(crate) fn paint(&self, mut colour: Colour, &Place { s, t, .. }: &Place) -> Colour {
        if self.dry_tip > 0.0 && s > 0.8 {
            let dried = 1.0 - self.dry_tip * (0.5 + value([s * 30.0, t * 30.0], self.seed ^ 1));
            let brown = Colour::encoded(142, 108, 64);
            colour = colour.mix(brown, step(dried, dried + 0.015, s));
        }
        for speck in &self.specks {
            colour = colour.mix(speck.colour, 0.85 * speck.cover(s, t));
        }
        if self.dust > 0.0 {
            let film = step(0.4, 0.75, fractal([s * 5.0, t * 5.0], 3, self.seed ^ 2));
            colour = colour.mix(Colour::encoded(190, 184, 168), self.dust * film);
        }
        colour
    }
}
