//! Image alignment: which window of one small picture shows what another shows, and how well the two agree there.
//!
//! | symbol | is |
//! | --- | --- |
//! | A, B | grey pictures of n x n pixels, with mean 0 and variance 1 |
//! | (x, y) | place in A from its centre, in sides: -1/2 to 1/2 |
//! | W(x, y) | `(s x + p, t y + q)`, the place in B that shows the same |
//! | s, t, p, q | scale and shift along each axis; 1, 1, 0, 0 where nothing was cut off |
//! | g, h | contrast and brightness |
//!
//! The four numbers minimise the sum over the overlap of `(A(x, y) - g B(W(x, y)) - h)^2`, by Gauss and Newton's method on
//! all six unknowns (Lucas and Kanade 1981; Baker and Matthews, *Lucas-Kanade 20 years on*, 2004, section 2), first on
//! pictures of half the side, then on whole ones.

use foliar_results::audit::Symmetry;

/// A grey picture with mean 0 and variance 1.
#[derive(Clone, Debug)]
pub(crate) struct Grey {
    side: usize,
    values: Vec<f32>,
}

/// Where in B the places of A lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Warp {
    /// s and t.
    pub(crate) scale: [f64; 2],
    /// p and q, in sides.
    pub(crate) shift: [f64; 2],
}

/// How well two pictures agree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Agreement {
    /// Correlation of the pictures over their overlap, -1 to 1.
    pub(crate) correlation: f64,
    /// Share of A that lies inside B.
    pub(crate) overlap: f64,
}

/// Gauss-Newton steps on a level.
const STEPS: usize = 6;
/// The steps end once the border of the window moves by less than this, in sides.
const SETTLED: f64 = 5e-4;
/// Largest shift of a border, in sides.
const FURTHEST: f64 = 0.16;
/// Unknowns: scales, shifts, contrast, brightness.
const UNKNOWNS: usize = 6;

impl Warp {
    /// A window in the centre, `scale` times as large.
    pub(crate) fn zoom(scale: f64) -> Self {
        Self { scale: [scale; 2], shift: [0.0; 2] }
    }

    fn is_near(&self) -> bool {
        let near = |(scale, shift): (f64, f64)| (scale - 1.0).abs() / 2.0 + shift.abs() <= FURTHEST;
        self.scale.into_iter().zip(self.shift).all(near)
    }
}

impl Grey {
    /// The picture of `side` x `side` values; `None` if they are all equal.
    pub(crate) fn new(side: usize, values: Vec<f32>) -> Option<Self> {
        let count = values.len() as f32;
        let mean = values.iter().sum::<f32>() / count;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / count;
        let scale = (variance > 1e-6).then(|| variance.sqrt().recip())?;
        Some(Self { side, values: values.into_iter().map(|value| (value - mean) * scale).collect() })
    }

    /// The picture turned or mirrored.
    pub(crate) fn seen(&self, symmetry: Symmetry) -> Self {
        let value = |place: usize| {
            let (x, y) = symmetry.source(place % self.side, place / self.side, self.side);
            self.values[y * self.side + x]
        };
        Self { side: self.side, values: (0..self.values.len()).map(value).collect() }
    }

    /// Half the side: means of two by two pixels.
    pub(crate) fn halved(&self) -> Option<Self> {
        let half = self.side / 2;
        let value = |place: usize| {
            let corner = place / half * 2 * self.side + place % half * 2;
            let pairs = [corner, corner + 1, corner + self.side, corner + self.side + 1];
            pairs.into_iter().map(|place| self.values[place]).sum::<f32>() / 4.0
        };
        Self::new(half, (0..half * half).map(value).collect())
    }

    /// The picture less its box blur over `2 radius + 1` pixels along both axes; beyond a border its pixels go on.
    pub(crate) fn detail(&self, radius: usize) -> Option<Self> {
        let (side, offsets) = (self.side, 0..=2 * radius);
        let share = (2 * radius + 1) as f32;
        let mut across = vec![0.0_f32; self.values.len()];
        let mut padded = vec![0.0_f32; side + 2 * radius];
        for (means, row) in across.chunks_exact_mut(side).zip(self.values.chunks_exact(side)) {
            padded[..radius].fill(row[0]);
            padded[radius..radius + side].copy_from_slice(row);
            padded[radius + side..].fill(row[side - 1]);
            for offset in offsets.clone() {
                means.iter_mut().zip(&padded[offset..]).for_each(|(mean, value)| *mean += value);
            }
            means.iter_mut().for_each(|mean| *mean /= share);
        }
        let mut values = self.values.clone();
        let mut means = vec![0.0_f32; side];
        for (y, row) in values.chunks_exact_mut(side).enumerate() {
            means.fill(0.0);
            for offset in offsets.clone() {
                let near = (y + offset).saturating_sub(radius).min(side - 1);
                let near = &across[near * side..(near + 1) * side];
                means.iter_mut().zip(near).for_each(|(mean, value)| *mean += value);
            }
            row.iter_mut().zip(&means).for_each(|(value, mean)| *value -= mean / share);
        }
        Self::new(side, values)
    }

    /// For each row or column of A: the pixel of B before its place, the rest of the way to the next, and its own place;
    /// only those that lie inside B.
    fn places(&self, scale: f64, shift: f64) -> Vec<(usize, usize, f32, f32)> {
        let side = self.side as f64;
        let centre = (side - 1.0) / 2.0;
        (0..self.side)
            .filter_map(|own| {
                let from_centre = (own as f64 - centre) / side;
                let place = (scale * from_centre + shift) * side + centre;
                // A border pixel may lie a rounding outside.
                let inside = (-1e-6..=side - 1.0 + 1e-6).contains(&place);
                let before = (place.max(0.0) as usize).min(self.side - 2);
                inside.then_some((own, before, (place - before as f64) as f32, (from_centre * side) as f32))
            })
            .collect()
    }

    /// How well `other` agrees under `warp`; `None` without overlap or contrast in it.
    pub(crate) fn agreement(&self, other: &Self, warp: &Warp) -> Option<Agreement> {
        let (columns, rows) =
            (self.places(warp.scale[0], warp.shift[0]), self.places(warp.scale[1], warp.shift[1]));
        let mut sums = [0.0_f64; 5];
        for &(y, below, down, _) in &rows {
            let mut row = [0.0_f32; 5];
            let (upper, lower) = (below * self.side, (below + 1) * self.side);
            for &(x, right, across, _) in &columns {
                let a = self.values[y * self.side + x];
                let b = (1.0 - down)
                    * ((1.0 - across) * other.values[upper + right]
                        + across * other.values[upper + right + 1])
                    + down
                        * ((1.0 - across) * other.values[lower + right]
                            + across * other.values[lower + right + 1]);
                for (sum, value) in row.iter_mut().zip([a, b, a * a, b * b, a * b]) {
                    *sum += value;
                }
            }
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += f64::from(value));
        }
        let count = (columns.len() * rows.len()) as f64;
        let [a, b, aa, bb, ab] = sums.map(|sum| sum / count.max(1.0));
        let (variance_a, variance_b) = (aa - a * a, bb - b * b);
        let floor = 1e-4;
        (variance_a > floor && variance_b > floor).then(|| Agreement {
            correlation: (ab - a * b) / (variance_a * variance_b).sqrt(),
            overlap: count / (self.side * self.side) as f64,
        })
    }

    /// The warp near `warp` under which `other` agrees best; `None` if there is none near it.
    pub(crate) fn align(&self, other: &Self, mut warp: Warp) -> Option<Warp> {
        let (mut contrast, mut brightness) = (1.0_f64, 0.0_f64);
        for _ in 0..STEPS {
            let [scale_x, scale_y, shift_x, shift_y, gain, offset] =
                self.step(other, &warp, contrast as f32, brightness as f32)?;
            warp.scale[0] += scale_x;
            warp.scale[1] += scale_y;
            warp.shift[0] += shift_x / self.side as f64;
            warp.shift[1] += shift_y / self.side as f64;
            contrast += gain;
            brightness += offset;
            if !warp.is_near() {
                return None;
            }
            let moved = [scale_x, scale_y, shift_x / self.side as f64, shift_y / self.side as f64];
            if moved.iter().all(|change| change.abs() < SETTLED) {
                break;
            }
        }
        Some(warp)
    }

    /// One Gauss-Newton step: changes of the scales, of the shifts in pixels, of contrast and of brightness.
    fn step(&self, other: &Self, warp: &Warp, contrast: f32, brightness: f32) -> Option<[f64; UNKNOWNS]> {
        let (columns, rows) =
            (self.places(warp.scale[0], warp.shift[0]), self.places(warp.scale[1], warp.shift[1]));
        // The lower triangle of the matrix of the normal equations, row by row, then the right side.
        let mut matrix = [[0.0_f64; UNKNOWNS]; UNKNOWNS];
        let mut right_side = [0.0_f64; UNKNOWNS];
        for &(y, below, down, from_centre_y) in &rows {
            let mut row = [[0.0_f32; UNKNOWNS + 1]; UNKNOWNS];
            let (upper, lower) = (below * self.side, (below + 1) * self.side);
            for &(x, right, across, from_centre_x) in &columns {
                let corners = [
                    other.values[upper + right],
                    other.values[upper + right + 1],
                    other.values[lower + right],
                    other.values[lower + right + 1],
                ];
                let top = corners[0] + across * (corners[1] - corners[0]);
                let bottom = corners[2] + across * (corners[3] - corners[2]);
                let b = top + down * (bottom - top);
                let along_x =
                    contrast * ((1.0 - down) * (corners[1] - corners[0]) + down * (corners[3] - corners[2]));
                let along_y = contrast * (bottom - top);
                let residual = self.values[y * self.side + x] - contrast * b - brightness;
                let slopes = [along_x * from_centre_x, along_y * from_centre_y, along_x, along_y, b, 1.0];
                for (i, sums) in row.iter_mut().enumerate() {
                    for (j, sum) in sums[..=i].iter_mut().enumerate() {
                        *sum += slopes[i] * slopes[j];
                    }
                    sums[UNKNOWNS] += slopes[i] * residual;
                }
            }
            for (i, sums) in row.iter().enumerate() {
                for j in 0..=i {
                    matrix[i][j] += f64::from(sums[j]);
                }
                right_side[i] += f64::from(sums[UNKNOWNS]);
            }
        }
        solve(matrix, right_side)
    }
}

/// Solves `matrix x = right_side` for a positive definite matrix of which the lower triangle is given, by Cholesky's
/// decomposition; `None` if it is not definite.
pub(crate) fn solve<const N: usize>(mut matrix: [[f64; N]; N], mut right_side: [f64; N]) -> Option<[f64; N]> {
    for i in 0..N {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|k| matrix[i][k] * matrix[j][k]).sum();
            let rest = matrix[i][j] - dot;
            matrix[i][j] = if i > j {
                rest / matrix[j][j]
            } else if rest > 1e-9 * matrix[i][i].abs().max(1e-9) {
                rest.sqrt()
            } else {
                return None;
            };
        }
    }
    for i in 0..N {
        let dot: f64 = (0..i).map(|k| matrix[i][k] * right_side[k]).sum();
        right_side[i] = (right_side[i] - dot) / matrix[i][i];
    }
    for i in (0..N).rev() {
        let dot: f64 = (i + 1..N).map(|k| matrix[k][i] * right_side[k]).sum();
        right_side[i] = (right_side[i] - dot) / matrix[i][i];
    }
    right_side.iter().all(|value| value.is_finite()).then_some(right_side)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detail_is_what_the_mean_of_the_neighbours_leaves() {
        let side = 9;
        let picture = Grey::new(side, (0..81).map(|place| (place * place % 23) as f32).collect()).unwrap();
        let at = |x: isize, y: isize| {
            let [x, y] = [x, y].map(|at| at.clamp(0, side as isize - 1) as usize);
            picture.values[y * side + x]
        };
        for radius in [0, 1, 2, 12] {
            let reach = radius as isize;
            let mean = |place: usize| {
                let (x, y) = ((place % side) as isize, (place / side) as isize);
                let near = (-reach..=reach).flat_map(|dy| (-reach..=reach).map(move |dx| (x + dx, y + dy)));
                near.map(|(x, y)| at(x, y)).sum::<f32>() / ((2 * reach + 1) * (2 * reach + 1)) as f32
            };
            let left = (0..side * side).map(|place| picture.values[place] - mean(place)).collect();
            let expected = Grey::new(side, left);
            let found = picture.detail(radius);
            assert_eq!(found.is_some(), expected.is_some(), "{radius}");
            let (Some(found), Some(expected)) = (found, expected) else { continue };
            for (found, expected) in found.values.iter().zip(expected.values) {
                assert!((found - expected).abs() < 1e-4, "{radius}: {found} and {expected}");
            }
        }
    }
}
