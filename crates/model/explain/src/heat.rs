//! A map of evidence over a photograph.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | grid | `rows x columns` numbers of evidence over the network's input |
//! | crop | the part of the photograph that the network's input shows, `[left, right) x [top, bottom)` in its pixels |
//!
//! A pixel whose centre is `(x, y)` lies at `((x - left) / (right - left) columns - 1/2, ...)` of the grid, whose values are
//! taken to lie in the middles of their cells. Between them they are interpolated linearly; beyond the outermost ones they
//! stay as they are.

use foliar_vision::Preprocessing;

/// The part of a photograph that a network sees after resizing and the central crop, in pixels of the photograph.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CropGeometry {
    /// Left edge, 0 or more.
    pub left: f64,
    /// Upper edge, 0 or more.
    pub top: f64,
    /// Right edge, at most the width.
    pub right: f64,
    /// Lower edge, at most the height.
    pub bottom: f64,
}

impl CropGeometry {
    /// What `preprocessing` shows of a photograph of `width` x `height` pixels.
    #[must_use]
    pub fn of(preprocessing: &Preprocessing, width: u32, height: u32) -> Self {
        let [left, top, right, bottom] = preprocessing.seen(width, height);
        Self { left, top, right, bottom }
    }

    /// Whether the network sees the centre of a pixel.
    #[must_use]
    pub fn contains(&self, x: u32, y: u32) -> bool {
        let (x, y) = (f64::from(x) + 0.5, f64::from(y) + 0.5);
        self.left <= x && x < self.right && self.top <= y && y < self.bottom
    }
}

/// Evidence for one class at each pixel of a photograph.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatMap {
    /// Pixels in a row, as in the photograph.
    pub width: u32,
    /// Rows, as in the photograph.
    pub height: u32,
    /// `height x width` values from 0 to 1, row by row from the top; the strongest is near 1, and all are 0 where nothing
    /// speaks for the class. 0 where the network does not see.
    pub values: Vec<f32>,
    /// The part of the photograph that the network sees.
    pub crop: CropGeometry,
}

impl HeatMap {
    /// Lays a grid of evidence, row by row, over a photograph; negative evidence counts as none.
    ///
    /// # Panics
    /// If `grid` is not of `rows x columns` numbers, or one of them is not finite.
    #[must_use]
    pub fn from_grid(
        grid: &[f32],
        [rows, columns]: [usize; 2],
        [width, height]: [u32; 2],
        crop: CropGeometry,
    ) -> Self {
        assert!(rows > 0 && grid.len() == rows * columns, "a grid of {rows} x {columns}");
        assert!(grid.iter().all(|value| value.is_finite()), "evidence is a number");
        let largest = grid.iter().copied().fold(0.0, f32::max);
        let scale = if largest > 0.0 { 1.0 / largest } else { 0.0 };
        let across: Vec<Between> = between(width, [crop.left, crop.right], columns).collect();
        let down: Vec<Between> = between(height, [crop.top, crop.bottom], rows).collect();
        let mut values = Vec::with_capacity(width as usize * height as usize);
        for (y, down) in (0..height).zip(&down) {
            for (x, across) in (0..width).zip(&across) {
                let at = |row: usize, column: usize| grid[row * columns + column].max(0.0);
                let [upper, lower] =
                    [down.low, down.high].map(|row| across.mix(at(row, across.low), at(row, across.high)));
                let value = if crop.contains(x, y) { down.mix(upper, lower) * scale } else { 0.0 };
                values.push(value.min(1.0));
            }
        }
        Self { width, height, values, crop }
    }

    /// Whether nothing speaks for the class anywhere.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.iter().all(|&value| value == 0.0)
    }
}

/// A place between two neighbours of a grid.
struct Between {
    low: usize,
    high: usize,
    /// Weight of the higher one.
    share: f32,
}

impl Between {
    fn mix(&self, low: f32, high: f32) -> f32 {
        low + self.share * (high - low)
    }
}

/// For each of `length` pixels, where its centre lies among `cells` cells over `[start, end)`.
fn between(length: u32, [start, end]: [f64; 2], cells: usize) -> impl Iterator<Item = Between> {
    let last = cells - 1;
    (0..length).map(move |pixel| {
        let place = (f64::from(pixel) + 0.5 - start) / (end - start) * cells as f64 - 0.5;
        let place = place.clamp(0.0, last as f64);
        let low = place as usize;
        Between { low, high: (low + 1).min(last), share: (place - low as f64) as f32 }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WHOLE: CropGeometry = CropGeometry { left: 0.0, top: 0.0, right: 8.0, bottom: 4.0 };

    #[test]
    fn a_grid_is_stretched_over_what_is_seen() {
        let map = HeatMap::from_grid(&[0.0, 2.0], [1, 2], [8, 4], WHOLE);
        // Centres of the two cells lie at 2 and 6.
        let expected = [0.0, 0.0, 0.125, 0.375, 0.625, 0.875, 1.0, 1.0];
        assert!(map.values.chunks_exact(8).all(|row| row == expected), "{:?}", &map.values[..8]);
    }

    #[test]
    fn the_border_that_the_crop_leaves_is_unseen() {
        let crop = CropGeometry { left: 2.0, top: 1.0, right: 6.0, bottom: 3.0 };
        let map = HeatMap::from_grid(&[5.0], [1, 1], [8, 4], crop);
        let lit = |x: usize, y: usize| map.values[y * 8 + x];
        assert_eq!((lit(1, 1), lit(2, 1), lit(5, 2), lit(6, 2)), (0.0, 1.0, 1.0, 0.0));
        assert_eq!((lit(3, 0), lit(3, 3)), (0.0, 0.0));
        assert_eq!(map.values.iter().sum::<f32>(), 8.0);
    }

    #[test]
    fn evidence_against_a_class_is_none() {
        let map = HeatMap::from_grid(&[-1.0, -3.0], [1, 2], [8, 4], WHOLE);
        assert!(map.is_empty());
    }

    #[test]
    fn the_crop_of_a_wide_photograph_is_found_again() {
        // Stored at 96 x 48 of 200 x 100; the central 7/8 of the shorter side.
        let preprocessing =
            Preprocessing { store_side: 48, resize_side: 64, size: 56, ..Preprocessing::imagenet(56) };
        let crop = CropGeometry::of(&preprocessing, 200, 100);
        let near = |a: f64, b: f64| (a - b).abs() < 0.02;
        assert!(near(crop.left, 56.25) && near(crop.right, 143.75), "{crop:?}");
        assert!(near(crop.top, 6.25) && near(crop.bottom, 93.75), "{crop:?}");
    }

    proptest! {
        #[test]
        fn values_lie_between_0_and_1(
            grid in prop::collection::vec(-5.0_f32..5.0, 12), width in 1_u32..40, height in 1_u32..40,
        ) {
            let crop = CropGeometry { left: 0.0, top: 0.0, right: f64::from(width), bottom: f64::from(height) };
            let map = HeatMap::from_grid(&grid, [3, 4], [width, height], crop);
            prop_assert_eq!(map.values.len(), (width * height) as usize);
            prop_assert!(map.values.iter().all(|value| (0.0..=1.0).contains(value)));
        }
    }
}
