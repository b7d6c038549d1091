//! Surfaces that fill the picture.

use super::axes::Axes;
use crate::colour::Colour;
use crate::noise::{fractal, hash, split, step, triangle, unit};
use crate::random::Random;

pub(crate) struct Surface {
    kind: Kind,
    colours: [Colour; 2],
    axes: Axes,
    seed: u32,
}

#[derive(Clone, Copy)]
enum Kind {
    /// Blue that pales downward, with clouds where the noise exceeds a share.
    Sky {
        clear: f32,
    },
    Bricks,
    Wood,
    Cloth,
    /// Every square of the axes has a colour of its own.
    Noise,
}

impl Surface {
    pub(crate) fn sky(random: &mut Random) -> Self {
        let blue = Colour::encoded(70, 120, 200).mix(Colour::encoded(130, 150, 170), random.unit());
        let colours = [blue, Colour::encoded(225, 228, 232)];
        let clear = random.between(0.35, 0.75);
        Self::new(Kind::Sky { clear }, colours, random, [0.8, 2.5])
    }

    pub(crate) fn bricks(random: &mut Random) -> Self {
        let brick = Colour::encoded(150, 70, 50).mix(Colour::encoded(190, 160, 130), random.unit());
        Self::new(Kind::Bricks, [Colour::encoded(180, 176, 168), brick], random, [2.0, 6.0])
    }

    pub(crate) fn wood(random: &mut Random) -> Self {
        let colours = [Colour::encoded(90, 58, 34), Colour::encoded(200, 160, 110)];
        Self::new(Kind::Wood, colours, random, [1.0, 3.0])
    }

    pub(crate) fn cloth(random: &mut Random) -> Self {
        let colours = [Colour::random(random), Colour::random(random)];
        Self::new(Kind::Cloth, colours, random, [10.0, 30.0])
    }

    pub(crate) fn noise(random: &mut Random) -> Self {
        let colours = [Colour::BLACK, Colour([1.0; 3])];
        Self::new(Kind::Noise, colours, random, [8.0, 120.0])
    }

    fn new(kind: Kind, colours: [Colour; 2], random: &mut Random, [low, high]: [f32; 2]) -> Self {
        Self { kind, colours, axes: Axes::new(random, low, high), seed: random.word() }
    }

    pub(crate) fn at(&self, [x, y]: [f32; 2]) -> Colour {
        let [u, v] = self.axes.of([x, y]);
        let [first, second] = self.colours;
        match self.kind {
            Kind::Sky { clear } => {
                let cloud = step(clear, clear + 0.2, fractal([u, 2.0 * v], 5, self.seed));
                first.mix(second, 0.25 + 0.2 * y).mix(second, cloud)
            }
            Kind::Bricks => {
                let (row, down) = split(2.0 * v);
                let (brick, across) = split(u + 0.5 * (row & 1) as f32);
                let joint =
                    step(0.0, 0.06, (across.min(1.0 - across)).min(0.5 * down.min(1.0 - down)) - 0.02);
                let tone = 0.7 + 0.5 * unit(hash(brick, row, self.seed));
                let grain = 0.85 + 0.3 * fractal([9.0 * u, 9.0 * v], 3, self.seed ^ 1);
                first.mix(second * tone, joint) * grain
            }
            Kind::Wood => {
                let rings = fractal([0.4 * u, 3.0 * v], 3, self.seed);
                let fibre = fractal([2.0 * u, 60.0 * v], 2, self.seed ^ 1);
                first.mix(second, 0.6 * triangle(7.0 * rings) + 0.4 * fibre)
            }
            Kind::Cloth => {
                let over = (split(u).0 + split(v).0) & 1 == 0;
                let thread = if over { triangle(v) } else { triangle(u) };
                let colour = if over { first } else { second };
                colour * (0.45 + 0.6 * thread + 0.2 * fractal([0.2 * u, 0.2 * v], 2, self.seed))
            }
            Kind::Noise => {
                let bits = hash(split(u).0, split(v).0, self.seed);
                Colour([bits, bits << 8, bits << 16].map(unit))
            }
        }
    }
}
