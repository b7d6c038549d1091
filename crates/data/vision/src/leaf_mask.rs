//! Segments the leaf in a photo: simple and fast, with a check of whether it worked.
//!
//! The picture is reduced to at most 128 pixels a side. If the border shows a plain backdrop, as in a laboratory, pixels are
//! scored by the distance of their colour from the backdrop, whatever their lightness: green, yellow and brown leaves are
//! kept, shadows are not. Otherwise pixels are scored by how green they are, and every plant counts as leaf. Otsu's
//! threshold separates leaf and background; the largest regions are kept, and holes such as white mildew are filled.
//!
//! A mask that cannot be trusted has a [`MaskFailure`]. For example, a pale leaf in front of a meadow has no colour that
//! separates it.

mod backdrop;
mod lab;
mod region;
mod threshold;

use foliar_picture::{Resizer, Rgb, Window};
use serde::Serialize;

use backdrop::Backdrop;
use region::{Region, box_mean};
use threshold::Cut;

/// Longer side of the reduced picture, in pixels.
const WORK_SIDE: u32 = 128;
/// Proportions of the picture between which a leaf mask is plausible.
const SHARES: std::ops::RangeInclusive<f64> = 0.05..=0.95;
/// Largest proportion of pixels whose colour is neither clearly leaf nor clearly background.
const MOST_UNDECIDED: f64 = 0.11;
/// Smallest region that is kept, as a proportion of the largest: leaflets are kept, crumbs are not.
const LEAST_PART: f64 = 0.2;
/// Largest hole that is filled, as a proportion of the leaf.
const LARGEST_HOLE: f64 = 0.25;

/// The leaf of a photo.
#[derive(Clone, Debug, PartialEq)]
pub struct LeafMask {
    /// Pixels in a row, as in the photo.
    pub width: u32,
    /// Rows, as in the photo.
    pub height: u32,
    /// Whether each pixel belongs to the leaf: `height x width`, row by row from the top.
    pub pixels: Vec<bool>,
    /// Proportion of the photo that the leaf covers, 0 to 1.
    pub share: f64,
    /// Whether the leaf lies on a plain backdrop, as in a laboratory.
    pub plain_backdrop: bool,
    /// Why the mask cannot be trusted; `None` if it can.
    pub failure: Option<MaskFailure>,
}

/// Why a mask cannot be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MaskFailure {
    /// Less than 5 % of the photo would be leaf.
    TooSmall,
    /// More than 95 % of the photo would be leaf.
    TooLarge,
    /// The colours of leaf and background overlap.
    Unclear,
    /// The middle would have less leaf than the whole photo: background was taken for leaf.
    OffCentre,
}

impl LeafMask {
    /// Whether the mask can be trusted.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.failure.is_none()
    }

    /// Whether the leaf can be cut out: the mask can be trusted, and a plain backdrop ends where the leaf begins. Among plants,
    /// what is green is found, which may be several leaves or a part of one.
    #[must_use]
    pub fn is_sure(&self) -> bool {
        self.is_trusted() && self.plain_backdrop
    }

    /// Whether a pixel belongs to the leaf; `false` beyond the picture.
    #[must_use]
    pub fn contains(&self, x: u32, y: u32) -> bool {
        let pixel = y as usize * self.width as usize + x as usize;
        x < self.width && self.pixels.get(pixel).copied().unwrap_or(false)
    }
}

/// The leaf mask of a photo, in the size of the photo.
#[must_use]
pub fn leaf_mask(photo: &Rgb) -> LeafMask {
    let small = reduced(photo);
    let (width, height) = (small.width as usize, small.height as usize);
    let colours = lab::colours(&small);
    let backdrop = Backdrop::of(&colours, width, height);
    let scores = box_mean(&backdrop.scores(&colours), width, height, 1);
    let [least, most] = backdrop.thresholds();
    let cut = threshold::otsu(&scores, least, most);
    let inside = scores.iter().map(|&score| score > cut.threshold).collect();
    let region = Region { width, height, inside };
    let region = region.majority(1).large_components(LEAST_PART).filled(LARGEST_HOLE);
    LeafMask {
        width: photo.width,
        height: photo.height,
        pixels: region.enlarged(photo.width, photo.height),
        share: region.share(),
        plain_backdrop: backdrop.is_plain(),
        failure: failure(&region, cut),
    }
}

fn failure(region: &Region, cut: Cut) -> Option<MaskFailure> {
    let share = region.share();
    if share < *SHARES.start() {
        Some(MaskFailure::TooSmall)
    } else if share > *SHARES.end() {
        Some(MaskFailure::TooLarge)
    } else if cut.undecided > MOST_UNDECIDED {
        Some(MaskFailure::Unclear)
    } else if region.share_of_middle() < share {
        Some(MaskFailure::OffCentre)
    } else {
        None
    }
}

/// The picture with its longer side at most [`WORK_SIDE`].
fn reduced(photo: &Rgb) -> Rgb {
    let longer = u64::from(photo.width.max(photo.height));
    let side = longer.min(u64::from(WORK_SIDE));
    let scaled = |length: u32| u32::try_from(u64::from(length) * side / longer).unwrap_or(1).max(1);
    let (width, height) = (scaled(photo.width), scaled(photo.height));
    let mut pixels = vec![0; width as usize * height as usize * 3];
    Resizer::default().resize(photo, Window::whole((photo.width, photo.height)), width, height, &mut pixels);
    Rgb::new(width, height, pixels)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A disc of a third of the width on a ground, by the colours of (leaf, ground) at each pixel.
    fn disc(side: u32, colours: impl Fn(bool, u32, u32) -> [u8; 3]) -> Rgb {
        let pixels = (0..side * side).flat_map(|pixel| {
            let (x, y) = (pixel % side, pixel / side);
            colours(in_disc(side, x, y), x, y)
        });
        Rgb::new(side, side, pixels.collect())
    }

    fn in_disc(side: u32, x: u32, y: u32) -> bool {
        let half = side as f32 / 2.0;
        (x as f32 + 0.5 - half).hypot(y as f32 + 0.5 - half) < side as f32 / 3.0
    }

    /// Intersection over union with the disc.
    fn agreement(mask: &LeafMask) -> f64 {
        let (mut both, mut either) = (0, 0);
        for (pixel, &inside) in mask.pixels.iter().enumerate() {
            let disc = in_disc(mask.width, pixel as u32 % mask.width, pixel as u32 / mask.width);
            both += u32::from(inside && disc);
            either += u32::from(inside || disc);
        }
        f64::from(both) / f64::from(either)
    }

    #[test]
    fn leaves_of_any_colour_stand_out_from_grey_with_a_shadow() {
        for leaf in [[60, 120, 50], [200, 190, 60], [110, 75, 40]] {
            // The lower half of the ground lies in the shade.
            let photo = disc(200, |inside, _, y| match (inside, y < 100) {
                (true, _) => leaf,
                (false, true) => [150, 145, 155],
                (false, false) => [60, 57, 66],
            });
            let mask = leaf_mask(&photo);
            assert!(mask.is_trusted(), "{leaf:?}: {:?}", mask.failure);
            assert!(agreement(&mask) > 0.95, "{leaf:?}: {}", agreement(&mask));
        }
    }

    #[test]
    fn white_and_black_lesions_belong_to_the_leaf() {
        let photo = disc(160, |inside, x, y| match (inside, (x / 12 + y / 12) % 4) {
            (true, 0) => [235, 235, 235],
            (true, 2) => [15, 12, 10],
            (true, _) => [70, 130, 60],
            (false, _) => [140, 135, 140],
        });
        // Those at the edge of the leaf are lost in part.
        let mask = leaf_mask(&photo);
        assert!(agreement(&mask) > 0.85, "{}", agreement(&mask));
    }

    #[test]
    fn coloured_marks_beside_the_leaf_are_no_leaf() {
        for mark in [[40, 60, 220], [220, 30, 30], [220, 40, 210], [30, 160, 210]] {
            let photo = disc(160, |inside, x, y| match (inside, x > 110 && y > 110) {
                (true, _) => [70, 130, 60],
                (false, true) => mark,
                (false, false) => [140, 135, 140],
            });
            let mask = leaf_mask(&photo);
            assert!(mask.is_trusted() && agreement(&mask) > 0.9, "{mark:?}: {}", agreement(&mask));
        }
    }

    #[test]
    fn greenery_is_told_from_a_mixed_ground() {
        let soil = [[120, 80, 60], [60, 40, 30], [190, 170, 140], [90, 90, 200]];
        let photo = disc(
            192,
            |inside, x, y| if inside { [80, 140, 60] } else { soil[((x / 24 + y / 24) % 4) as usize] },
        );
        let mask = leaf_mask(&photo);
        assert!(mask.is_trusted() && agreement(&mask) > 0.9, "{:?}, {}", mask.failure, agreement(&mask));
    }

    #[test]
    fn photos_without_a_clear_leaf_fail() {
        let check = |what: &str, photo: Rgb, expected: MaskFailure| {
            let mask = leaf_mask(&photo);
            assert_eq!(mask.failure, Some(expected), "{what}: share {}", mask.share);
        };
        check("paper", disc(64, |_, _, _| [200, 200, 200]), MaskFailure::TooSmall);
        check("foliage", disc(64, |_, _, _| [90, 140, 70]), MaskFailure::TooLarge);
        // A pale leaf before a meadow: the meadow is greener.
        check(
            "meadow",
            disc(128, |inside, _, _| if inside { [200, 205, 195] } else { [70, 140, 50] }),
            MaskFailure::OffCentre,
        );
        let gradient = |_, x: u32, _| [140 - x as u8, 100 + x as u8 / 2, 60];
        check("a gradient", disc(128, gradient), MaskFailure::Unclear);
    }

    #[test]
    fn a_pixel_is_asked_for_by_its_place() {
        let photo = disc(90, |inside, _, _| if inside { [60, 120, 50] } else { [150, 150, 150] });
        let mask = leaf_mask(&photo);
        assert!(
            mask.contains(45, 45) && !mask.contains(2, 2) && !mask.contains(90, 45) && !mask.contains(45, 90)
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_picture_has_a_mask_of_its_size(
            width in 1_u32..300, height in 1_u32..40, seed in any::<u32>(),
        ) {
            let byte = |i: u32| (i.wrapping_mul(2_654_435_761).wrapping_add(seed).rotate_left(i % 31) >> 24) as u8;
            let mask = leaf_mask(&Rgb::new(width, height, (0..width * height * 3).map(byte).collect()));
            prop_assert_eq!((mask.width, mask.height), (width, height));
            prop_assert_eq!(mask.pixels.len(), (width * height) as usize);
            prop_assert!((0.0..=1.0).contains(&mask.share));
        }
    }
}
