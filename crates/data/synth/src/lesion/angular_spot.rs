//! Angular spots: brown polygons between the veins, in a yellow halo.

use crate::colour::Colour;
use crate::leaf::Leaf;
use crate::noise::{split, step, value};
use crate::place::Place;
use crate::random::Random;
use crate::veins::Veins;

/// The spots of one leaf.
pub(crate) struct AngularSpots {
    spots: Vec<Spot>,
    brown: Colour,
    /// How far the middle of a spot has dried to a pale grey, 0..1.
    dryness: f32,
    /// Width of the halo, in leaf lengths.
    halo: f32,
    seed: u32,
}

/// A box in vein numbers and distance from the midrib, with slanted ends and cut corners.
struct Spot {
    side: f32,
    /// From this vein number to that one, within one field.
    numbers: [f32; 2],
    /// From and to this distance from the midrib.
    away: [f32; 2],
    slant: f32,
    cut: f32,
}

impl AngularSpots {
    pub(crate) fn new(leaf: &Leaf, severity: f32, random: &mut Random) -> Self {
        let count = 3 + (severity * 28.0) as usize;
        let spots = (0..count).map(|_| Spot::new(leaf, random)).collect();
        let brown = Colour::encoded(92, 60, 30).mix(Colour::encoded(138, 96, 50), random.unit());
        Self {
            spots,
            brown,
            dryness: random.between(0.0, 0.7),
            halo: random.between(0.012, 0.03),
            seed: random.word(),
        }
    }

    pub(crate) fn paint(&self, tissue: Colour, place: &Place, veins: &Veins) -> Colour {
        let rough = 0.006 * (value([place.s * 70.0, place.t * 70.0], self.seed) - 0.5);
        let outside =
            self.spots.iter().map(|spot| spot.distance(place, veins.spacing())).fold(1.0, f32::min) + rough;
        if outside > self.halo {
            return tissue;
        }
        let yellow = Colour::encoded(204, 188, 66);
        let haloed = tissue.mix(yellow, 0.75 * step(self.halo, 0.0, outside));
        let dark = step(-0.02, 0.0, outside);
        let pale = Colour::encoded(170, 146, 108);
        let inner = self.brown.mix(pale, self.dryness * step(-0.01, -0.03, outside));
        let dead = inner.mix(self.brown * 0.45, dark);
        haloed.mix(dead, 0.95 * step(0.003, -0.003, outside))
    }
}

impl Spot {
    fn new(leaf: &Leaf, random: &mut Random) -> Self {
        let [s, t] = leaf.random_place(random);
        let (field, _) = split(leaf.veins.course(s, t).number);
        // Some spots fill the field from vein to vein, others one half of it.
        let (from, to) = match random.count(0, 3) {
            0 => (0.06, 0.5),
            1 => (0.5, 0.94),
            _ => (0.06, 0.94),
        };
        let half = random.between(0.014, 0.036);
        Self {
            side: t.signum(),
            numbers: [field as f32 + from, field as f32 + to],
            away: [t.abs() - half, t.abs() + half],
            slant: random.between(-0.8, 0.8),
            cut: random.between(0.3, 0.8),
        }
    }

    /// Distance to the spot in leaf lengths, negative inside.
    fn distance(&self, place: &Place, spacing: f32) -> f32 {
        if place.t * self.side <= 0.0 {
            return 1.0;
        }
        let middle = 0.5 * (self.numbers[0] + self.numbers[1]);
        let half = 0.5 * (self.numbers[1] - self.numbers[0]) * spacing;
        let number = (place.course.number - middle) * spacing;
        let centre = 0.5 * (self.away[0] + self.away[1]);
        let length = 0.5 * (self.away[1] - self.away[0]);
        let away = place.t.abs() - centre + self.slant * number;
        let across = number.abs() - half;
        let along = away.abs() - length;
        let corner = 0.7 * (across + along + self.cut * length.min(half));
        across.max(along).max(corner)
    }
}
