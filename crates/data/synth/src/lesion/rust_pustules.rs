//! Rust: many tiny orange discs along the veins.

use crate::colour::Colour;
use crate::leaf::Leaf;
use crate::noise::{split, step, unit};
use crate::place::Place;
use crate::random::Random;

/// Squares of the lookup table per leaf length.
const SQUARES: f32 = 20.0;
/// Squares along and across: s in 0..1, t in -0.5..0.5.
const SIDE: i32 = SQUARES as i32;

/// The pustules of one leaf.
pub(crate) struct RustPustules {
    /// For each square of the leaf, the pustules that reach into it.
    squares: Vec<Vec<Pustule>>,
    orange: Colour,
}

#[derive(Clone, Copy)]
struct Pustule {
    place: [f32; 2],
    radius: f32,
    /// 0 just broken open, 1 old and dark.
    age: f32,
}

impl RustPustules {
    pub(crate) fn new(leaf: &Leaf, severity: f32, random: &mut Random) -> Self {
        let orange = Colour::encoded(206, 96, 24).mix(Colour::encoded(178, 72, 22), random.unit());
        let mut pustules = Self { squares: vec![Vec::new(); (SIDE * SIDE) as usize], orange };
        for _ in 0..25 + (severity * 180.0) as usize {
            pustules.insert(Pustule {
                place: beside_a_vein(leaf, random),
                radius: random.between(0.007, 0.015),
                age: unit(random.word()),
            });
        }
        pustules
    }

    fn insert(&mut self, pustule: Pustule) {
        let [s, t] = pustule.place;
        let reach = 2.0 * pustule.radius;
        for row in square(t + 0.5 - reach)..=square(t + 0.5 + reach) {
            for column in square(s - reach)..=square(s + reach) {
                if (0..SIDE).contains(&row) && (0..SIDE).contains(&column) {
                    self.squares[(row * SIDE + column) as usize].push(pustule);
                }
            }
        }
    }

    pub(crate) fn paint(&self, mut tissue: Colour, place: &Place) -> Colour {
        let &Place { s, t, .. } = place;
        let (row, column) = (square(t + 0.5), square(s));
        if !(0..SIDE).contains(&row) || !(0..SIDE).contains(&column) {
            return tissue;
        }
        for pustule in &self.squares[(row * SIDE + column) as usize] {
            let [ds, dt] = [s - pustule.place[0], t - pustule.place[1]];
            let distance = (ds * ds + dt * dt).sqrt() / pustule.radius;
            if distance < 2.0 {
                let pale = Colour::encoded(188, 176, 70);
                tissue = tissue.mix(pale, 0.5 * step(2.0, 1.0, distance));
                let spores = self.orange * (1.1 - 0.45 * pustule.age);
                tissue = tissue.mix(spores, step(1.1, 0.75, distance));
            }
        }
        tissue
    }
}

fn square(x: f32) -> i32 {
    split(x * SQUARES).0
}

/// Three in four sit at a side vein or at the midrib, the others anywhere.
fn beside_a_vein(leaf: &Leaf, random: &mut Random) -> [f32; 2] {
    let [s, t] = leaf.random_place(random);
    let aside = 0.012 * random.around_zero();
    match random.count(0, 7) {
        0 => [s, 2.0 * aside],
        1 | 2 => [s, t],
        _ => {
            let (field, rest) = split(leaf.veins.course(s, t).number);
            let vein = if rest < 0.5 { field } else { field + 1 };
            let [on_vein, t] = leaf.veins.place(vein as f32, t.abs(), t.signum());
            [on_vein + aside, t]
        }
    }
}
