//! Artificial patterns of two colours.

use super::axes::Axes;
use crate::colour::Colour;
use crate::noise::{split, step, triangle};
use crate::random::Random;

pub(crate) struct Pattern {
    kind: Kind,
    colours: [Colour; 2],
    axes: Axes,
}

#[derive(Clone, Copy)]
enum Kind {
    Checkerboard,
    Stripes,
    Gradient,
    Dots,
}

impl Pattern {
    pub(crate) fn checkerboard(random: &mut Random) -> Self {
        Self::new(Kind::Checkerboard, random, [1.5, 9.0])
    }

    pub(crate) fn stripes(random: &mut Random) -> Self {
        Self::new(Kind::Stripes, random, [1.0, 12.0])
    }

    pub(crate) fn gradient(random: &mut Random) -> Self {
        Self::new(Kind::Gradient, random, [0.2, 0.7])
    }

    pub(crate) fn dots(random: &mut Random) -> Self {
        Self::new(Kind::Dots, random, [1.5, 8.0])
    }

    fn new(kind: Kind, random: &mut Random, [low, high]: [f32; 2]) -> Self {
        let colours = [Colour::random(random), Colour::random(random)];
        Self { kind, colours, axes: Axes::new(random, low, high) }
    }

    pub(crate) fn at(&self, place: [f32; 2]) -> Colour {
        let [u, v] = self.axes.of(place);
        let share = match self.kind {
            Kind::Checkerboard => ((split(u).0 + split(v).0) & 1) as f32,
            Kind::Stripes => step(0.4, 0.6, triangle(u)),
            Kind::Gradient => (0.5 + u).clamp(0.0, 1.0),
            Kind::Dots => {
                let [a, b] = [u, v].map(|x| split(x).1 - 0.5);
                step(0.1, 0.08, a * a + b * b)
            }
        };
        self.colours[0].mix(self.colours[1], share)
    }
}
