//! Photographs without a leaf: what a phone also takes, and what no camera does.

mod object;
mod pattern;
mod surface;

use super::colour::Colour;
use super::ground::Ground;
use super::random::Random;
use object::{Hand, Lettering, Night, Shapes};
use pattern::Pattern;
use surface::Surface;

/// What is seen instead of a leaf.
pub(super) enum Thing {
    Ground(Ground),
    Pattern(Pattern),
    Surface(Surface),
    Shapes(Shapes),
    Hand(Hand),
    Lettering(Lettering),
    Night(Night),
}

impl Thing {
    /// One of [`THINGS`](super::THINGS), by name.
    pub(super) fn new(name: &str, random: &mut Random) -> Self {
        match name {
            "soil" => Self::Ground(Ground::soil_alone(random)),
            "pebbles" => Self::Ground(Ground::pebbles_alone(random)),
            "paper" => Self::Ground(Ground::paper_alone(random)),
            "sky" => Self::Surface(Surface::sky(random)),
            "bricks" => Self::Surface(Surface::bricks(random)),
            "wood" => Self::Surface(Surface::wood(random)),
            "cloth" => Self::Surface(Surface::cloth(random)),
            "noise" => Self::Surface(Surface::noise(random)),
            "checkerboard" => Self::Pattern(Pattern::checkerboard(random)),
            "stripes" => Self::Pattern(Pattern::stripes(random)),
            "gradient" => Self::Pattern(Pattern::gradient(random)),
            "dots" => Self::Pattern(Pattern::dots(random)),
            "shapes" => Self::Shapes(Shapes::new(random)),
            "hand" => Self::Hand(Hand::new(random)),
            "lettering" => Self::Lettering(Lettering::new(random)),
            "night" => Self::Night(Night::dark(random)),
            _ => Self::Night(Night::unfocused(random)),
        }
    }

    /// The light that a place throws back, or sends out, under a light of strength 1 that comes from direction `light`.
    pub(super) fn at(&self, place: [f32; 2], light: [f32; 2]) -> Colour {
        match self {
            Self::Ground(ground) => ground.at(place, light),
            Self::Pattern(pattern) => pattern.at(place),
            Self::Surface(surface) => surface.at(place),
            Self::Shapes(shapes) => shapes.at(place, light),
            Self::Hand(hand) => hand.at(place, light),
            Self::Lettering(lettering) => lettering.at(place),
            Self::Night(night) => night.at(place),
        }
    }
}

/// Any colour.
fn any_colour(random: &mut Random) -> Colour {
    let [red, green, blue, _] = random.word().to_le_bytes();
    Colour::encoded(red, green, blue)
}

/// Axes that are turned against the picture's.
struct Axes {
    along: [f32; 2],
    /// Features per picture unit.
    scale: f32,
}

impl Axes {
    fn new(random: &mut Random, low: f32, high: f32) -> Self {
        Self { along: random.direction(), scale: random.between(low, high) }
    }

    /// A place along and across them.
    fn of(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let [a, b] = self.along;
        [(x * a + y * b) * self.scale, (y * a - x * b) * self.scale]
    }
}
