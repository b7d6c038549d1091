//! Powdery mildew: floury white-grey patches without a border, anywhere on the surface.

use crate::colour::Colour;
use crate::leaf::Leaf;
use crate::noise::{fractal, step, value};
use crate::place::Place;
use crate::random::Random;

/// The patches of one leaf.
pub(crate) struct PowderyMildew {
    patches: Vec<Patch>,
    /// How much of the leaf the thickest flour hides, 0..1.
    thickness: f32,
    seed: u32,
}

struct Patch {
    centre: [f32; 2],
    radius: f32,
}

impl PowderyMildew {
    pub(crate) fn new(leaf: &Leaf, severity: f32, random: &mut Random) -> Self {
        let count = 2 + (severity * 9.0) as usize;
        let patches = (0..count)
            .map(|_| Patch { centre: leaf.random_place(random), radius: random.between(0.06, 0.17) })
            .collect();
        let thickness = 0.4 + 0.4 * severity + random.between(0.0, 0.15);
        Self { patches, thickness, seed: random.word() }
    }

    pub(crate) fn paint(&self, tissue: Colour, place: &Place) -> Colour {
        let &Place { s, t, .. } = place;
        let growth = self
            .patches
            .iter()
            .map(|patch| {
                let [ds, dt] = [s - patch.centre[0], t - patch.centre[1]];
                1.0 - (ds * ds + dt * dt) / (patch.radius * patch.radius)
            })
            .fold(-1.0, f32::max);
        if growth < -0.9 {
            return tissue;
        }
        let threads = fractal([s * 22.0, t * 22.0], 3, self.seed) - 0.5;
        let flour = step(-0.3, 0.75, growth + 1.8 * threads);
        let grain = 0.8 + 0.4 * value([s * 90.0, t * 90.0], self.seed ^ 1);
        let share = (self.thickness * flour * grain).min(0.95);
        tissue.mix(Colour::encoded(216, 219, 212), share)
    }
}
