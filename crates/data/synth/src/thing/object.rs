//! Objects on a ground, and lights in the dark.

use super::axes::Axes;
use crate::colour::Colour;
use crate::ground::Ground;
use crate::noise::{fractal, hash, split, step};
use crate::random::Random;

/// A solid that is lit from the side.
struct Solid {
    form: Form,
    centre: [f32; 2],
    /// In picture units.
    reach: f32,
    axes: Axes,
    colour: Colour,
}

#[derive(Clone, Copy)]
enum Form {
    Ball,
    Ring,
    /// Longer by this factor than wide.
    Box(f32),
    Wedge,
}

/// Balls, rings, boxes and wedges on a bare ground.
pub(crate) struct Shapes {
    /// The uppermost first.
    solids: Vec<Solid>,
    ground: Ground,
}

impl Shapes {
    pub(crate) fn new(random: &mut Random) -> Self {
        let solid = |random: &mut Random| Solid {
            form: match random.count(0, 3) {
                0 => Form::Ball,
                1 => Form::Ring,
                2 => Form::Box(random.between(0.3, 1.0)),
                _ => Form::Wedge,
            },
            centre: [0.8 * random.around_zero(), 0.8 * random.around_zero()],
            reach: random.between(0.2, 0.8),
            axes: Axes { along: random.direction(), scale: 1.0 },
            colour: Colour::random(random),
        };
        let solids = (0..random.count(1, 6)).map(|_| solid(random)).collect();
        Self { solids, ground: Ground::bare(random) }
    }

    pub(crate) fn at(&self, place: [f32; 2], light: [f32; 2]) -> Colour {
        let seen = self.solids.iter().find_map(|solid| solid.at(place, light));
        seen.unwrap_or_else(|| self.ground.at(place, light))
    }
}

impl Solid {
    fn at(&self, [x, y]: [f32; 2], light: [f32; 2]) -> Option<Colour> {
        let offset = [x - self.centre[0], y - self.centre[1]].map(|d| d / self.reach);
        let square = offset[0] * offset[0] + offset[1] * offset[1];
        let lit = offset[0] * light[0] + offset[1] * light[1];
        let [u, v] = self.axes.of(offset);
        let (inside, shade) = match self.form {
            Form::Ball => (square < 1.0, 0.6 + 0.4 * (1.0 - square).max(0.0).sqrt() + 0.4 * lit),
            Form::Ring => (square < 1.0 && square > 0.4, 0.9 + 0.3 * lit),
            Form::Box(width) => (u.abs() < 1.0 && v.abs() < width, if v > 0.0 { 1.0 } else { 0.7 }),
            Form::Wedge => (u > -0.7 && u.abs() < 1.0 && v.abs() < 0.5 * (1.0 - u), 0.9),
        };
        inside.then(|| self.colour * shade.max(0.05))
    }
}

/// A hand with spread fingers.
pub(crate) struct Hand {
    skin: Colour,
    centre: [f32; 2],
    axes: Axes,
    /// Direction and length of each finger, in hands.
    fingers: [([f32; 2], f32); 5],
    ground: Ground,
    seed: u32,
}

impl Hand {
    pub(crate) fn new(random: &mut Random) -> Self {
        let skin = Colour::encoded(70, 44, 32).mix(Colour::encoded(232, 188, 160), random.unit());
        let finger = |number: usize, random: &mut Random| {
            let side = 0.45 * (number as f32 - 2.0) + 0.15 * random.around_zero();
            let length = (1.0 + side * side).sqrt();
            ([1.0 / length, side / length], random.between(0.75, 1.0))
        };
        Self {
            skin,
            centre: [0.3 * random.around_zero(), 0.3 * random.around_zero()],
            axes: Axes::new(random, 1.0, 1.9),
            fingers: [0, 1, 2, 3, 4].map(|number| finger(number, random)),
            ground: Ground::bare(random),
            seed: random.word(),
        }
    }

    pub(crate) fn at(&self, place: [f32; 2], light: [f32; 2]) -> Colour {
        let [u, v] = self.axes.of([place[0] - self.centre[0], place[1] - self.centre[1]]);
        // Distance from the middle of palm, finger or arm as a share of its half-width.
        let palm = (u * u + v * v).sqrt() / 0.42;
        let arm = if u < 0.0 { v.abs() / 0.3 } else { f32::MAX };
        let finger = |&([a, b], length): &([f32; 2], f32)| {
            let along = u * a + v * b;
            let across = (v * a - u * b).abs();
            if along > 0.0 && along < length { across / 0.11 } else { f32::MAX }
        };
        let nearest = self.fingers.iter().map(finger).fold(palm.min(arm), f32::min);
        if nearest >= 1.0 {
            return self.ground.at(place, light);
        }
        let crease = fractal([8.0 * u, 8.0 * v], 3, self.seed);
        self.skin * (0.6 + 0.4 * (1.0 - nearest * nearest).sqrt()) * (0.85 + 0.3 * crease)
    }
}

/// Rows of signs, as on a page, a screen or a label.
pub(crate) struct Lettering {
    colours: [Colour; 2],
    axes: Axes,
    seed: u32,
}

impl Lettering {
    pub(crate) fn new(random: &mut Random) -> Self {
        let (ink, sheet) = (Colour::random(random) * 0.25, Colour::random(random).mix(Colour([1.0; 3]), 0.7));
        let colours = if random.chance(0.3) { [sheet, ink] } else { [ink, sheet] };
        Self { colours, axes: Axes::new(random, 4.0, 14.0), seed: random.word() }
    }

    pub(crate) fn at(&self, place: [f32; 2]) -> Colour {
        let [u, v] = self.axes.of(place);
        let ((sign, across), (line, down)) = (split(1.6 * u), split(v));
        let bits = hash(sign, line, self.seed);
        // A sign is a matrix of 4 x 5 dots, of which about half are inked, within a margin; every sixth place is a space.
        let (column, row) = ((across * 5.0) as u32, (down * 8.0) as u32);
        let printed = column < 4 && (1..6).contains(&row) && !bits.is_multiple_of(6);
        let inked = printed && (bits >> (4 + column + 4 * (row - 1))) & 1 == 1;
        self.colours[usize::from(!inked)]
    }
}

/// Lamps in the dark.
pub(crate) struct Night {
    lamps: Vec<Lamp>,
    sky: Colour,
    seed: u32,
}

struct Lamp {
    centre: [f32; 2],
    radius: f32,
    colour: Colour,
    /// Whether its border is sharp, as of a lamp out of focus, or it fades.
    disc: bool,
}

impl Night {
    /// A few lamps that fade into nearly nothing.
    pub(crate) fn dark(random: &mut Random) -> Self {
        let count = random.count(0, 6);
        Self::new(random, count, [0.01, 0.06], false)
    }

    /// Many lamps out of focus.
    pub(crate) fn unfocused(random: &mut Random) -> Self {
        let count = random.count(12, 40);
        Self::new(random, count, [0.08, 0.35], true)
    }

    fn new(random: &mut Random, count: usize, [low, high]: [f32; 2], disc: bool) -> Self {
        let lamp = |random: &mut Random| Lamp {
            centre: [random.between(-1.0, 1.0), random.between(-1.0, 1.0)],
            radius: random.between(low, high),
            colour: Colour::random(random).mix(Colour::encoded(255, 220, 160), 0.5),
            disc,
        };
        let lamps = (0..count).map(|_| lamp(random)).collect();
        Self { lamps, sky: Colour::random(random) * random.between(0.002, 0.03), seed: random.word() }
    }

    pub(crate) fn at(&self, [x, y]: [f32; 2]) -> Colour {
        let dusk = self.sky * (0.5 + fractal([2.0 * x, 2.0 * y], 3, self.seed));
        self.lamps.iter().fold(dusk, |sum, lamp| {
            let [dx, dy] = [x - lamp.centre[0], y - lamp.centre[1]];
            let square = (dx * dx + dy * dy) / (lamp.radius * lamp.radius);
            let light =
                if lamp.disc { 0.35 * step(1.05, 0.95, square) } else { 1.0 / (1.0 + square * square) };
            sum + lamp.colour * light
        })
    }
}
