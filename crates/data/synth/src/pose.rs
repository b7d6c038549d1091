//! The position and direction of a leaf in the picture.
//!
//! | symbol | meaning                                                          | unit         |
//! | ------ | ---------------------------------------------------------------- | ------------ |
//! | x, y   | place in the picture, -1..1 from left to right, top to bottom    | half a side  |
//! | s      | place along the leaf: 0 where the blade begins, 1 at its tip     | leaf lengths |
//! | t      | place across the leaf: 0 on the midrib                           | leaf lengths |

use crate::random::Random;

/// The map from places in the picture to places on the leaf.
pub(crate) struct Pose {
    centre: [f32; 2],
    /// Rows give s and t, from picture units.
    inverse: [[f32; 2]; 2],
    /// Half the diagonal of the square around a leaf, in picture units.
    reach: f32,
}

impl Pose {
    /// A leaf of `length` picture units, its middle at `centre`, in any direction and seen a little from the side.
    pub(crate) fn new(random: &mut Random, centre: [f32; 2], length: f32) -> Self {
        let along = random.direction();
        let across = [-along[1], along[0]];
        // Seen from the side, everything shrinks along one axis: divide by that on the way back.
        let axis = random.direction();
        let squeeze = 1.0 / random.between(0.72, 1.0) - 1.0;
        let row = |direction: [f32; 2]| {
            let dot = direction[0] * axis[0] + direction[1] * axis[1];
            [0, 1].map(|i| (direction[i] + squeeze * dot * axis[i]) / length)
        };
        Self { centre, inverse: [row(along), row(across)], reach: 0.8 * length }
    }

    /// (s, t) of a place in the picture.
    pub(crate) fn to_leaf(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let [dx, dy] = [x - self.centre[0], y - self.centre[1]];
        let [s, t] = self.inverse.map(|row| row[0] * dx + row[1] * dy);
        [s + 0.5, t]
    }

    /// A direction in the picture as a direction on the leaf, of length 1.
    pub(crate) fn direction_to_leaf(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let [s, t] = self.inverse.map(|row| row[0] * x + row[1] * y);
        let length = (s * s + t * t).sqrt();
        [s / length, t / length]
    }

    /// False where the leaf cannot be.
    pub(crate) fn may_cover(&self, [x, y]: [f32; 2]) -> bool {
        let [dx, dy] = [x - self.centre[0], y - self.centre[1]];
        dx * dx + dy * dy < self.reach * self.reach
    }
}
