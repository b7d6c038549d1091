//! Image corruptions in five severities, to measure how robust a classifier is.
//!
//! Kinds and strengths are those of ImageNet-C (Hendrycks and Dietterich 2019, "Benchmarking Neural Network Robustness to
//! Common Corruptions and Perturbations", and its published code) where it has them. A lower brightness is the mirror image
//! of a higher one. Rotation is not part of ImageNet-C.
//!
//! | kind | what is done | at severity 1 to 5 |
//! | --- | --- | --- |
//! | gaussian blur | every channel is convolved with a Gaussian of standard deviation σ | σ = 1, 2, 3, 4, 6 pixels of a side of 224 |
//! | gaussian noise | a normal number of standard deviation 255 σ is added to every value | σ = 0.08, 0.12, 0.18, 0.26, 0.38 |
//! | brighter, darker | the value of (hue, saturation, value) rises or falls by c | c = 0.1, 0.2, 0.3, 0.4, 0.5 |
//! | JPEG | the picture is encoded with quality q and decoded | q = 25, 18, 15, 10, 7 |
//! | rotation | the picture is rotated about its middle by α, to a random side; beyond its border it is mirrored | α = 10, 20, 30, 45, 90 degrees |
//! | grey background, other ground | everything but the leaf is replaced by mid-grey, or by a picture of another ground | once |
//!
//! [`leaf_mask()`](crate::leaf_mask::leaf_mask) finds the background; where it fails the photo stays unchanged.
//!
//! Strengths are defined for a picture of the network's input size: resize first.

mod background;
mod blur;
mod jpeg;
mod noise;
mod rotation;
mod value;

use foliar_picture::Rgb;

use crate::random::Domain;

/// Severities of most kinds.
const SEVERITIES: u8 = 5;
/// Shorter side of the pictures for which ImageNet-C gives lengths in pixels.
const REFERENCE_SIDE: f64 = 224.0;

/// Draws a square picture of ground number `.0` whose side is `.1` pixels or as near as it can draw: what
/// [`Corruption::OtherGround`] puts behind the leaf.
pub type DrawGround = fn(u64, u32) -> Rgb;

/// A kind of corruption.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Corruption {
    /// Out of focus.
    GaussianBlur,
    /// A small sensor in little light.
    GaussianNoise,
    /// Overexposed.
    Brighter,
    /// Underexposed.
    Darker,
    /// Compressed until blocks show, as messengers do.
    Jpeg,
    /// Camera not held upright.
    Rotation,
    /// Flat mid-grey behind the leaf.
    GreyBackground,
    /// Another ground behind the leaf.
    OtherGround,
}

impl Corruption {
    /// All kinds of corruption.
    pub const ALL: [Self; 8] = [
        Self::GaussianBlur,
        Self::GaussianNoise,
        Self::Brighter,
        Self::Darker,
        Self::Jpeg,
        Self::Rotation,
        Self::GreyBackground,
        Self::OtherGround,
    ];

    /// Name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::GaussianBlur => "gaussian blur",
            Self::GaussianNoise => "gaussian noise",
            Self::Brighter => "brighter",
            Self::Darker => "darker",
            Self::Jpeg => "JPEG",
            Self::Rotation => "rotation",
            Self::GreyBackground => "grey background",
            Self::OtherGround => "other ground",
        }
    }

    /// Number of severities, counted from 1.
    #[must_use]
    pub fn severities(self) -> u8 {
        match self {
            Self::GreyBackground | Self::OtherGround => 1,
            _ => SEVERITIES,
        }
    }

    /// `photo` corrupted at `severity`, which is 1 to [`Corruption::severities`]. What is random depends on `item` alone, most
    /// often the photo's index in its list. The picture keeps its size. `draw_ground` is called for
    /// [`Corruption::OtherGround`] only.
    ///
    /// # Panics
    /// If `severity` is out of its range.
    #[must_use]
    pub fn apply(self, photo: &Rgb, severity: u8, item: u64, draw_ground: DrawGround) -> Rgb {
        assert!((1..=self.severities()).contains(&severity), "severity {severity} of {}", self.severities());
        let level = usize::from(severity) - 1;
        let mut random = Domain::Corruption.stream([self as u64, u64::from(severity), item]);
        match self {
            Self::GaussianBlur => {
                let deviation = [1.0, 2.0, 3.0, 4.0, 6.0][level];
                blur::blurred(photo, deviation * f64::from(photo.shorter_side()) / REFERENCE_SIDE)
            }
            Self::GaussianNoise => noise::noisy(photo, [0.08, 0.12, 0.18, 0.26, 0.38][level], &mut random),
            Self::Brighter => value::shifted(photo, [26, 51, 77, 102, 128][level]),
            Self::Darker => value::shifted(photo, -[26, 51, 77, 102, 128][level]),
            Self::Jpeg => jpeg::compressed(photo, [25, 18, 15, 10, 7][level]),
            Self::Rotation => {
                let angle = [10.0_f64, 20.0, 30.0, 45.0, 90.0][level].to_radians();
                rotation::turned(photo, if random.chance(0.5) { angle } else { -angle })
            }
            Self::GreyBackground => background::grey(photo),
            Self::OtherGround => background::ground(photo, &draw_ground(item, photo.width.max(photo.height))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Brown, a little different with each item.
    fn ground(item: u64, side: u32) -> Rgb {
        let side = side.clamp(16, 64);
        Rgb::new(side, side, [110, 80 + item as u8 % 8, 50].repeat((side * side) as usize))
    }

    /// A green disc on white, with some structure.
    fn leaf() -> Rgb {
        let side = 96_u32;
        let pixel = |index: u32| {
            let (x, y) = (f64::from(index % side) - 48.0, f64::from(index / side) - 48.0);
            if x.hypot(y) < 34.0 { [40, 110 + (index % 13) as u8 * 3, 30] } else { [228, 226, 224] }
        };
        Rgb::new(side, side, (0..side * side).flat_map(pixel).collect())
    }

    /// Mean absolute difference of two pictures of equal size, in bytes.
    fn distance(a: &Rgb, b: &Rgb) -> f64 {
        assert_eq!((a.width, a.height), (b.width, b.height));
        let sum: u64 = a.pixels.iter().zip(&b.pixels).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        sum as f64 / a.pixels.len() as f64
    }

    #[test]
    fn every_kind_gets_stronger_with_its_severity() {
        let leaf = leaf();
        for kind in Corruption::ALL {
            let distances: Vec<f64> = (1..=kind.severities())
                .map(|severity| distance(&leaf, &kind.apply(&leaf, severity, 0, ground)))
                .collect();
            assert!(distances[0] > 0.5, "{kind:?} {distances:?}");
            if kind == Corruption::Rotation {
                // A disc changes equally by every angle.
                continue;
            }
            // Blocks of a coarser quality may match the structure by chance.
            assert!(distances.windows(2).all(|pair| pair[0] < 1.05 * pair[1]), "{kind:?} {distances:?}");
            let (first, last) = (distances[0], distances[distances.len() - 1]);
            assert!(last > 1.2 * first || kind.severities() == 1, "{kind:?} {distances:?}");
        }
    }

    #[test]
    fn the_same_arguments_give_the_same_picture() {
        let leaf = leaf();
        for kind in Corruption::ALL {
            let apply = || kind.apply(&leaf, 1, 7, ground);
            assert_eq!(apply(), apply(), "{kind:?}");
        }
        let noise = |item| Corruption::GaussianNoise.apply(&leaf, 3, item, ground);
        assert_ne!(noise(7), noise(8));
    }

    #[test]
    fn pictures_of_any_size_keep_it() {
        for (width, height) in [(1, 1), (1, 9), (9, 1), (2, 3), (7, 64)] {
            let pixels = (0..width * height * 3).map(|i| (i * 37 % 251) as u8).collect();
            let photo = Rgb::new(width, height, pixels);
            for kind in Corruption::ALL {
                let worse = kind.apply(&photo, kind.severities(), 1, ground);
                assert_eq!((worse.width, worse.height), (width, height), "{kind:?}");
            }
        }
    }
}
