//! A leaf as a surface with colours. For s and t see [`pose`](crate::pose).

use crate::blemish::Blemishes;
use crate::colour::Colour;
use crate::noise::{cell, fractal, step, value};
use crate::outline::Outline;
use crate::place::Place;
use crate::random::Random;
use crate::veins::Veins;

const YELLOWED: Colour = Colour::encoded(196, 178, 62);

/// A leaf without its place in the picture.
pub(crate) struct Leaf {
    pub outline: Outline,
    pub veins: Veins,
    green: Colour,
    vein_colour: Colour,
    /// How far age has yellowed it, 0..1.
    age: f32,
    /// How strongly the fields between the veins bulge.
    quilting: f32,
    /// How far the two halves are folded up along the midrib.
    fold: f32,
    gloss: f32,
    blemishes: Blemishes,
    seed: u32,
}

impl Leaf {
    pub(crate) fn new(random: &mut Random) -> Self {
        let deep = Colour::encoded(38, 84, 36);
        let fresh = Colour::encoded(112, 156, 58);
        let bluish = Colour::encoded(66, 112, 76);
        let green = deep.mix(fresh, random.unit()).mix(bluish, 0.6 * random.unit());
        let outline = Outline::new(random);
        let blemishes = Blemishes::new(random, &outline);
        Self {
            outline,
            veins: Veins::new(random),
            green,
            vein_colour: green.mix(Colour::encoded(196, 206, 138), random.between(0.25, 0.6)),
            age: if random.chance(0.35) { random.between(0.2, 0.9) } else { 0.0 },
            quilting: random.between(0.1, 0.6),
            fold: random.between(0.0, 0.3) * random.sign(),
            gloss: if random.chance(0.3) { random.between(0.05, 0.25) } else { 0.0 },
            blemishes,
            seed: random.word(),
        }
    }

    /// The same leaf, dead for a while.
    pub(crate) fn withered(mut self, random: &mut Random) -> Self {
        let brown = Colour::encoded(112, 82, 48).mix(Colour::encoded(168, 138, 84), random.unit());
        self.green = self.green.mix(brown, random.between(0.5, 1.0));
        self.vein_colour = self.green.mix(self.vein_colour, 0.3);
        self
    }

    /// How far inside the border a place is, across the leaf; negative outside.
    pub(crate) fn inside(&self, [s, t]: [f32; 2]) -> f32 {
        let t = self.outline.straighten([s, t]);
        if self.outline.on_stalk(s, t) {
            return 0.01;
        }
        let beyond = (s - 1.0).max(-s).max(0.0);
        self.outline.half_width(s, t) - t.abs() - beyond
    }

    /// A random place on the blade, uniform along the leaf and from the midrib to the border.
    pub(crate) fn random_place(&self, random: &mut Random) -> [f32; 2] {
        let s = random.between(0.1, 0.92);
        let side = random.sign();
        [s, side * self.outline.half_width(s, side) * random.between(0.05, 0.95)]
    }

    /// The light that a place reflects under a light of strength 1 from direction `light`; `None` beside the leaf and in
    /// its holes. `paint` changes the colour of the healthy tissue before dirt, dust and shading are added.
    pub(crate) fn at(
        &self,
        [s, t]: [f32; 2],
        light: [f32; 2],
        paint: impl FnOnce(Colour, &Place) -> Colour,
    ) -> Option<Colour> {
        let t = self.outline.straighten([s, t]);
        let margin = self.outline.half_width(s, t) - t.abs();
        if margin <= 0.0 {
            let round = 1.0 + light[1] * t * 30.0;
            return self.outline.on_stalk(s, t).then(|| self.vein_colour * (0.8 * round));
        }
        let place = Place { s, t, margin, course: self.veins.course(s, t) };
        if self.blemishes.hole_at(&place) {
            return None;
        }
        let tissue = paint(self.tissue(&place), &place);
        let surface = self.blemishes.paint(tissue, &place);
        Some(surface * self.shading(&place, light) + self.shine(&place, light))
    }

    /// What a glossy surface mirrors of the sky.
    fn shine(&self, place: &Place, light: [f32; 2]) -> Colour {
        if self.gloss == 0.0 {
            return Colour::BLACK;
        }
        let facing = value([place.s * 5.0 + light[0], place.t * 9.0], self.seed ^ 5);
        Colour([1.0, 1.0, 1.1]) * (self.gloss * step(0.55, 0.9, facing))
    }

    /// Colour of healthy tissue: green with age, mottling and veins.
    fn tissue(&self, place: &Place) -> Colour {
        let &Place { s, t, margin, course } = place;
        let mottle = fractal([s * 9.0, t * 9.0], 3, self.seed);
        let mut colour = self.green * (0.72 + 0.56 * mottle);
        if self.age > 0.0 {
            let aged = step(0.35, 0.8, fractal([s * 3.0, t * 3.0], 2, self.seed ^ 1) + 0.15 - margin);
            colour = colour.mix(YELLOWED * (0.8 + 0.4 * mottle), self.age * aged);
        }

        let net = cell([course.number * 3.0, t.abs() * 3.0 * self.veins.density], self.seed ^ 2);
        colour = colour * (0.88 + 0.12 * step(0.0, 0.15, net.border));

        let midrib = step(0.014, 0.005, t.abs() + 0.006 * s);
        let thin = margin / (margin + t.abs());
        let grows = step(-0.1, 0.1, course.number);
        let side = 0.8 * grows * step(0.009, 0.002, course.distance) * (0.3 + 0.7 * thin);
        colour.mix(self.vein_colour, midrib.max(side))
    }

    /// How much of the light reaches the surface, by the way it is tilted.
    fn shading(&self, place: &Place, light: [f32; 2]) -> f32 {
        let across = self.veins.across(place.t);
        let bulge = place.course.field * (across[0] * light[0] + across[1] * light[1]);
        let half = (place.t * 25.0).clamp(-1.0, 1.0) * light[1];
        let curl = value([place.s * 2.5, place.t * 4.0], self.seed ^ 3) - 0.5;
        let rim = step(0.0, 0.02, place.margin);
        (0.92 + self.quilting * bulge + self.fold * half + 0.25 * curl) * (0.88 + 0.12 * rim)
    }
}
