//! The ground below the leaf: soil, grass, other leaves, pebbles or paper, independent of the class.

use crate::colour::Colour;
use crate::leaf::Leaf;
use crate::noise::{cell, fractal, hash, split, step, unit, value};
use crate::pose::Pose;
use crate::random::Random;

/// The ground of one picture.
pub(crate) struct Ground {
    kind: Kind,
    /// Two colours that it varies between.
    colours: [Colour; 2],
    /// Features per picture unit, relative to the usual.
    scale: f32,
    seed: u32,
}

enum Kind {
    Soil,
    Grass {
        direction: [f32; 2],
    },
    /// Other leaves on soil, the uppermost first.
    Litter(Vec<(Pose, Leaf)>),
    Pebbles,
    Paper,
}

impl Ground {
    /// Any ground.
    pub(crate) fn new(random: &mut Random) -> Self {
        let number = random.count(0, 4);
        Self::numbered(number, random)
    }

    /// Soil, pebbles or paper, without any plant.
    pub(crate) fn bare(random: &mut Random) -> Self {
        let number = [0, 3, 4][random.count(0, 2)];
        Self::numbered(number, random)
    }

    pub(crate) fn soil_alone(random: &mut Random) -> Self {
        Self::numbered(0, random)
    }

    pub(crate) fn pebbles_alone(random: &mut Random) -> Self {
        Self::numbered(3, random)
    }

    pub(crate) fn paper_alone(random: &mut Random) -> Self {
        Self::numbered(4, random)
    }

    fn numbered(number: usize, random: &mut Random) -> Self {
        let soil = [Colour::encoded(62, 46, 34), Colour::encoded(150, 118, 88)];
        let (kind, colours) = match number {
            0 => (Kind::Soil, soil),
            1 => {
                let direction = random.direction();
                let colours = [Colour::encoded(58, 92, 36), Colour::encoded(158, 176, 88)];
                (Kind::Grass { direction }, colours)
            }
            2 => (Kind::Litter((0..random.count(8, 16)).map(|_| fallen(random)).collect()), soil),
            3 => (Kind::Pebbles, [Colour::encoded(96, 92, 88), Colour::encoded(196, 184, 166)]),
            _ => (Kind::Paper, [Colour::encoded(150, 150, 154), Colour::encoded(228, 226, 222)]),
        };
        // A picture shows one stretch between the two colours.
        let [from, to] = [random.between(0.0, 0.6), random.between(0.4, 1.0)];
        Self {
            kind,
            colours: [colours[0].mix(colours[1], from), colours[0].mix(colours[1], to)],
            scale: random.between(0.7, 1.5),
            seed: random.word(),
        }
    }

    /// The light that a place reflects under a light of strength 1 that comes from direction `light`.
    pub(crate) fn at(&self, [x, y]: [f32; 2], light: [f32; 2]) -> Colour {
        let scaled = [x * self.scale, y * self.scale];
        match &self.kind {
            Kind::Soil => self.soil(scaled, light),
            Kind::Grass { direction } => self.grass(scaled, *direction),
            Kind::Litter(leaves) => leaves
                .iter()
                .filter(|(pose, _)| pose.may_cover([x, y]))
                .find_map(|(pose, leaf)| {
                    leaf.at(pose.to_leaf([x, y]), pose.direction_to_leaf(light), |tissue, _| tissue)
                })
                .map_or_else(|| self.soil(scaled, light) * 0.6, |colour| colour * 0.75),
            Kind::Pebbles => self.pebbles(scaled, light),
            Kind::Paper => {
                let fibre = fractal([x * 25.0, y * 25.0], 2, self.seed) - 0.5;
                let stain = value([x * 1.5, y * 1.5], self.seed ^ 1);
                self.colours[0].mix(self.colours[1], stain) * (1.0 + 0.06 * fibre)
            }
        }
    }

    /// Crumbs of two sizes, each lit from the side, and a few pale grains.
    fn soil(&self, [x, y]: [f32; 2], light: [f32; 2]) -> Colour {
        let broad = fractal([x * 3.0, y * 3.0], 5, self.seed);
        let warp = 0.8 * (value([x * 9.0, y * 9.0], self.seed ^ 2) - 0.5);
        let mut relief = 0.0;
        for (scale, strength) in [(8.0, 0.6), (19.0, 0.8)] {
            let place = [x * scale + warp, y * scale - warp];
            let crumb = cell(place, self.seed.wrapping_add(scale as u32));
            let lit = crumb.offset[0] * light[0] + crumb.offset[1] * light[1];
            let size = unit(crumb.id) - 0.5;
            relief += strength * (size * lit + 0.3 * size);
        }
        let grain = step(0.86, 0.93, value([x * 38.0, y * 38.0], self.seed ^ 3));
        let colour = self.colours[0].mix(self.colours[1], (broad + 0.5 * relief).clamp(0.0, 1.0));
        let brightness = (0.25 + 1.2 * broad + 1.1 * relief).max(0.08);
        (colour * brightness).mix(self.colours[1], 0.5 * grain)
    }

    /// Five layers of blades; the uppermost that covers the place counts, deeper ones are darker.
    fn grass(&self, [x, y]: [f32; 2], direction: [f32; 2]) -> Colour {
        for layer in 0..5 {
            let seed = self.seed.wrapping_add(layer);
            // Blades of a layer lean the same way, off the common direction.
            let lean = 1.6 * (unit(hash(0, 0, seed)) - 0.5);
            let along = x * direction[0] + y * direction[1];
            let across = y * direction[0] - x * direction[1] + lean * along;
            let bend = 0.25 * value([along * 1.5, across * 2.0], seed ^ 7);
            let (blade, place) = split((across + bend) * 9.0);
            let bits = hash(blade, 1, seed);
            let (segment, rise) = split(along * 0.9 + unit(bits));
            let bits = hash(blade, segment, bits);
            let half = 0.42 * (1.0 - rise * rise) * (0.5 + 0.5 * unit(bits));
            let off = place - 0.5;
            if bits & 3 != 0 && off.abs() < half {
                let keel = 0.85 + 0.5 * (off / half).abs() - 0.35 * (off / half);
                let depth = 1.0 - 0.16 * layer as f32;
                let tone = unit(hash(blade, segment, seed ^ 9));
                return self.colours[0].mix(self.colours[1], tone) * (0.85 * keel * depth);
            }
        }
        Colour::encoded(40, 42, 24) * (0.5 + value([x * 12.0, y * 12.0], self.seed))
    }

    /// Rounded stones of two sizes on dark sand; the large ones lie on top.
    fn pebbles(&self, [x, y]: [f32; 2], light: [f32; 2]) -> Colour {
        let grain = fractal([x * 30.0, y * 30.0], 2, self.seed ^ 2);
        let warp = 0.5 * (value([x * 6.0, y * 6.0], self.seed ^ 1) - 0.5);
        for (scale, share) in [(4.0, 0.75), (9.0, 0.9)] {
            let stone = cell([x * scale + warp, y * scale - warp], self.seed.wrapping_add(scale as u32));
            let [dx, dy] = stone.offset;
            // Round in the middle of its cell, and never beyond the cell's border.
            let rim = (stone.border * 2.2).min(1.0 - (dx * dx + dy * dy) * 3.0) - 0.12;
            if rim > 0.0 && unit(stone.id.wrapping_mul(0x85eb_ca6b)) < share {
                let lit = dx * light[0] + dy * light[1];
                let tone = unit(stone.id.wrapping_mul(0x9e37_79b1));
                let colour = self.colours[0].mix(self.colours[1], tone * tone);
                let dome = 0.55 + 0.45 * step(0.0, 0.35, rim);
                return colour * ((0.85 + 0.9 * lit + 0.35 * (grain - 0.5)) * dome).max(0.1);
            }
        }
        self.colours[0] * (0.15 + 0.35 * grain)
    }
}

/// A leaf on the ground: green, yellow or withered.
fn fallen(random: &mut Random) -> (Pose, Leaf) {
    let centre = [random.between(-1.2, 1.2), random.between(-1.2, 1.2)];
    let length = random.between(0.5, 1.2);
    let pose = Pose::new(random, centre, length);
    let leaf = Leaf::new(random);
    let leaf = if random.chance(0.5) { leaf.withered(random) } else { leaf };
    (pose, leaf)
}
