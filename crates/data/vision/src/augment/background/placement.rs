//! Where a leaf lies in a scene, how large, and how it is turned.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | `p` | a place in the scene, pixels |
//! | `q` | the place in the cutout that is seen there, pixels from its middle |
//! | `m` | where the middle of the cutout lies in the scene |
//! | `A` | 2 x 2: `q = A (p - m)`, a turn, a squeeze along one axis, a size, and for some a mirror |

use foliar_random::Random;

use super::canvas::Canvas;
use super::cutout::Cutout;

/// Where and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placement {
    /// `m`.
    middle: [f32; 2],
    /// `A`.
    inverse: [[f32; 2]; 2],
    /// The larger factor from the cutout to the scene.
    scale: f32,
}

impl Placement {
    /// The leaf that the photo is of: near the middle, from a little smaller than in the photo to much larger.
    pub(super) fn of_the_leaf(leaf: &Cutout, canvas: &Canvas, random: &mut Random) -> Self {
        let size = random.between(0.65, 1.5) as f32 * canvas.shorter() / leaf.longer();
        let [x, y] =
            [canvas.width, canvas.height].map(|length| length as f32 * random.between(0.35, 0.65) as f32);
        Self::draw([x, y], size, 0.7, random)
    }

    /// A leaf behind it: anywhere, of any size.
    pub(super) fn behind(leaf: &Cutout, canvas: &Canvas, random: &mut Random) -> Self {
        let size = random.between(0.35, 1.3) as f32 * canvas.shorter() / leaf.longer();
        let [x, y] =
            [canvas.width, canvas.height].map(|length| length as f32 * random.between(-0.1, 1.1) as f32);
        Self::draw([x, y], size, 0.5, random)
    }

    /// A leaf before it: at the edge of the scene.
    pub(super) fn before_the_leaf(leaf: &Cutout, canvas: &Canvas, random: &mut Random) -> Self {
        let size = random.between(0.4, 1.0) as f32 * canvas.shorter() / leaf.longer();
        let angle = random.between(0.0, std::f64::consts::TAU);
        let away = random.between(0.5, 0.75);
        let along = [angle.cos(), angle.sin()];
        let mut middle = [canvas.width, canvas.height].map(|length| length as f32);
        middle.iter_mut().zip(along).for_each(|(place, along)| *place *= (0.5 + away * along) as f32);
        Self::draw(middle, size, 0.5, random)
    }

    /// Of this size, squeezed along some axis by a factor down to `narrowest`, turned by any angle.
    fn draw(middle: [f32; 2], size: f32, narrowest: f64, random: &mut Random) -> Self {
        let turn = random.between(0.0, std::f64::consts::TAU);
        let axis = random.between(0.0, std::f64::consts::PI);
        let squeeze = random.between(narrowest, 1.0) as f32;
        let mirror = if random.chance(0.5) { -1.0 } else { 1.0 };
        let turned = |angle: f64| {
            let (sin, cos) = angle.sin_cos();
            [[cos as f32, -sin as f32], [sin as f32, cos as f32]]
        };
        let scaled = [[1.0 / size, 0.0], [0.0, mirror / (size * squeeze)]];
        let inverse = product(turned(turn), product(scaled, turned(axis)));
        Self { middle, inverse, scale: size }
    }

    /// Neither turned nor squeezed, with its middle there.
    #[cfg(test)]
    pub(super) fn plain(middle: [f32; 2]) -> Self {
        Self { middle, inverse: [[1.0, 0.0], [0.0, 1.0]], scale: 1.0 }
    }

    /// The same further on.
    pub(super) fn moved(&self, by: [f32; 2]) -> Self {
        Self { middle: [self.middle[0] + by[0], self.middle[1] + by[1]], ..*self }
    }

    /// Calls `pixel(x, y, colour times opacity and opacity)` for each pixel of a scene of `size` where the leaf is seen.
    pub(super) fn visit(
        &self,
        leaf: &Cutout,
        size: (usize, usize),
        mut pixel: impl FnMut(usize, usize, [f32; 4]),
    ) {
        let reach = self.scale * (leaf.width as f32).hypot(leaf.height as f32) / 2.0 + 1.0;
        let range = |middle: f32, length: usize| {
            let low = (middle - reach).floor().clamp(0.0, length as f32) as usize;
            low..(middle + reach).ceil().clamp(0.0, length as f32) as usize
        };
        let half = [leaf.width as f32 / 2.0, leaf.height as f32 / 2.0];
        for y in range(self.middle[1], size.1) {
            for x in range(self.middle[0], size.0) {
                let [dx, dy] = [x as f32 + 0.5 - self.middle[0], y as f32 + 0.5 - self.middle[1]];
                let [along, down] = self.inverse.map(|row| row[0] * dx + row[1] * dy);
                if along.abs() > half[0] + 1.0 || down.abs() > half[1] + 1.0 {
                    continue;
                }
                let colour = leaf.at(along + half[0], down + half[1]);
                if colour[3] > 0.0 {
                    pixel(x, y, colour);
                }
            }
        }
    }
}

fn product(a: [[f32; 2]; 2], b: [[f32; 2]; 2]) -> [[f32; 2]; 2] {
    std::array::from_fn(|row| {
        std::array::from_fn(|column| a[row][0] * b[0][column] + a[row][1] * b[1][column])
    })
}
