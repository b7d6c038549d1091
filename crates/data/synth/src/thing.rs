//! Photos without a leaf: other things, and artificial pictures.

mod axes;
mod object;
mod pattern;
mod surface;

use crate::colour::Colour;
use crate::ground::Ground;
use crate::random::Random;
use object::{Hand, Lettering, Night, Shapes};
use pattern::Pattern;
use surface::Surface;

/// What is seen instead of a leaf.
pub(crate) enum Thing {
    Ground(Ground),
    Pattern(Pattern),
    Surface(Surface),
    Shapes(Shapes),
    Hand(Hand),
    Lettering(Lettering),
    Night(Night),
}

impl Thing {
    /// One of [`THINGS`](crate::THINGS), by name.
    pub(crate) fn new(name: &str, random: &mut Random) -> Self {
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

    /// The light that a place reflects or emits under a light of strength 1 that comes from direction `light`.
    pub(crate) fn at(&self, place: [f32; 2], light: [f32; 2]) -> Colour {
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
