//! Views of a photograph: the square that a network sees, as it is, mirrored and turned.
//!
//! A leaf shows the same disease whichever way it is held, and a network that has not learned this quite errs otherwise on each
//! view. The mean of its outputs errs less often (Krizhevsky et al. 2012, "ImageNet classification with deep convolutional neural
//! networks", section 4.1, for mirror images; Dieleman et al. 2015, "Rotation-invariant convolutional neural networks for galaxy
//! morphology prediction", section 5.3, for turns and mirror images). Views are symmetries of a square, so no pixel is computed anew.
//!
//! | symbol | shape | meaning |
//! | --- | --- | --- |
//! | x | (s, s, 3) | the prepared photograph |
//! | N | | number of views: 1, 2, 4 or 8 |
//! | k | | a view, 0 to N - 1. Its bits say what is done to x: 1 mirrors columns, 2 then mirrors rows, 4 then exchanges rows and columns |
//! | z_k | (C) | logits of view k |
//!
//! The logits of a photograph are (Σ_k z_k) / N: probabilities are the geometric mean of those of the views, up to a factor. Any first
//! N views are a group, so that a photograph that was held otherwise gets the same views in another order.

use crate::error::ModelError;

/// How many views of each photograph a classifier sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Views(u8);

impl Default for Views {
    fn default() -> Self {
        Self::ONE
    }
}

impl Views {
    /// The photograph as it is, and nothing else.
    pub const ONE: Self = Self(1);
    /// The numbers that there are.
    pub const COUNTS: [usize; 4] = [1, 2, 4, 8];

    /// 1: the photograph as it is; 2: its mirror image too; 4: both upside down too; 8: all of them turned by a quarter too.
    ///
    /// # Errors
    /// [`ModelError::Views`] for another number.
    pub fn new(count: usize) -> Result<Self, ModelError> {
        match count {
            1 | 2 | 4 | 8 => Ok(Self(count as u8)),
            _ => Err(ModelError::Views { count }),
        }
    }

    /// N.
    #[must_use]
    pub fn count(self) -> usize {
        usize::from(self.0)
    }

    /// Whether there is no view but the photograph as it is.
    #[must_use]
    pub fn is_one(self) -> bool {
        self == Self::ONE
    }
}

/// View `view`, 0 to 7, of an `image` of `side` x `side` pixels, (side, side, 3).
pub(crate) fn turn_into(view: usize, image: &[f32], side: usize, out: &mut [f32]) {
    let [columns, rows, exchange] = [1, 2, 4].map(|bit| view & bit != 0);
    let mirrored = |place: usize, mirror: bool| if mirror { side - 1 - place } else { place };
    for (place, pixel) in out.chunks_exact_mut(3).enumerate() {
        let (row, column) = (place / side, place % side);
        let (row, column) = if exchange { (column, row) } else { (row, column) };
        let from = (mirrored(row, rows) * side + mirrored(column, columns)) * 3;
        pixel.copy_from_slice(&image[from..from + 3]);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn turned(view: usize, image: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; image.len()];
        turn_into(view, image, 3, &mut out);
        out
    }

    fn image() -> Vec<f32> {
        (0..27).map(|value| value as f32).collect()
    }

    #[test]
    fn the_first_view_is_the_photograph_and_the_second_its_mirror_image() {
        let image = image();
        assert_eq!(turned(0, &image), image);
        assert_eq!(turned(1, &image)[..3], image[6..9]);
        assert_eq!(turned(2, &image)[..3], image[18..21]);
        assert_eq!(turned(4, &image)[3..6], image[9..12]);
    }

    #[test]
    fn all_views_differ_and_any_number_of_them_is_a_group() {
        let image = image();
        for count in Views::COUNTS {
            let bits = |image: &[f32]| image.iter().map(|value| value.to_bits()).collect::<Vec<u32>>();
            let views: BTreeSet<Vec<u32>> = (0..count).map(|view| bits(&turned(view, &image))).collect();
            assert_eq!(views.len(), count);
            for (first, second) in (0..count).flat_map(|first| (0..count).map(move |second| (first, second)))
            {
                assert!(views.contains(&bits(&turned(second, &turned(first, &image)))), "{first} {second}");
            }
        }
    }

    #[test]
    fn other_numbers_are_refused() {
        for count in [0, 3, 5, 16, 257] {
            let refused = Views::new(count).unwrap_err().to_string();
            assert!(refused.contains("1, 2, 4 or 8"), "{refused}");
        }
        assert_eq!(Views::default(), Views::new(1).unwrap());
    }
}
