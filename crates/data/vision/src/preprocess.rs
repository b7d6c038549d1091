//! From a picture to the input of a network, in the same way for training, evaluation and serving.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | `photo` | any picture, `h x w x 3` bytes |
//! | `stored` | `photo` with its shorter side reduced to at most `store_side` |
//! | `square` | the central `size x size` pixels of `stored` with its shorter side brought to `resize_side`, bytes |
//! | output | `(square / 255 - mean) / std`, `size x size x 3` numbers, row by row, channels last |
//!
//! Both resamplings use the triangle filter of [`foliar_picture`]; the second one reduces or enlarges, and crops in the same
//! step. The first is part of the definition, and every reader does it with [`crate::decode_reduced`]. So a picture from the
//! cache and one from its file give the same bits.

use foliar_picture::{Resizer, Rgb, Window, reduce, reduced_dimensions};
use serde::{Deserialize, Serialize};

/// Sizes and colour statistics that a network was trained with. Impossible values are refused when it is deserialised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Preprocessing {
    /// Largest shorter side of stored pictures, in pixels; larger than the input, to leave room for random crops.
    pub store_side: u32,
    /// Shorter side before the central crop, in pixels; at least `size`.
    pub resize_side: u32,
    /// Side of the input of the network, in pixels.
    pub size: u32,
    /// Mean of red, green and blue, as a fraction of 255.
    pub mean: [f32; 3],
    /// Standard deviation of red, green and blue, as a fraction of 255; above zero.
    pub std: [f32; 3],
}

/// Why a [`Preprocessing`] is impossible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PreprocessingError {
    /// A side is zero or too large.
    #[error("preprocessing: {field} is {value}; it must be between 1 and {}", Preprocessing::LARGEST_SIDE)]
    Side {
        /// The field.
        field: &'static str,
        /// Its value.
        value: u32,
    },
    /// The crop is larger than the picture.
    #[error("preprocessing: size {size} is larger than resize_side {resize_side}")]
    Crop {
        /// Side of the crop.
        size: u32,
        /// Shorter side of the picture.
        resize_side: u32,
    },
    /// A mean is not finite, or a deviation is not finite and above zero.
    #[error("preprocessing: means must be finite, and deviations finite and above zero")]
    Statistics,
}

/// The fields of a [`Preprocessing`] before they are checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    store_side: u32,
    resize_side: u32,
    size: u32,
    mean: [f32; 3],
    std: [f32; 3],
}

impl TryFrom<Unchecked> for Preprocessing {
    type Error = PreprocessingError;

    fn try_from(fields: Unchecked) -> Result<Self, PreprocessingError> {
        let Unchecked { store_side, resize_side, size, mean, std } = fields;
        let preprocessing = Self { store_side, resize_side, size, mean, std };
        preprocessing.check()?;
        Ok(preprocessing)
    }
}

/// Buffers that are reused between calls; one for each thread.
#[derive(Debug, Default)]
pub struct Workspace {
    pub(crate) resizer: Resizer,
    pub(crate) square: Vec<u8>,
    pub(crate) canvas: Vec<u8>,
}

impl Preprocessing {
    /// The largest accepted side, in pixels.
    pub const LARGEST_SIDE: u32 = 1 << 14;

    /// With the colour statistics of ImageNet, as for the networks of torchvision; `size` is at least 1.
    #[must_use]
    pub fn imagenet(size: u32) -> Self {
        Self::with_statistics(size, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    }

    /// With values from -1 to 1, as for the MobileNets of TensorFlow; `size` is at least 1.
    #[must_use]
    pub fn minus_one_to_one(size: u32) -> Self {
        Self::with_statistics(size, [0.5; 3], [0.5; 3])
    }

    /// The central crop shows seven eighths of the shorter side; stored pictures are half as large again.
    fn with_statistics(size: u32, mean: [f32; 3], std: [f32; 3]) -> Self {
        let resize_side = (f64::from(size) / 0.875).round() as u32;
        Self { store_side: (size * 3).div_ceil(2), resize_side, size, mean, std }
    }

    /// Refuses impossible values.
    ///
    /// # Errors
    /// [`PreprocessingError`] naming the field.
    pub fn check(&self) -> Result<(), PreprocessingError> {
        let sides = [("store_side", self.store_side), ("resize_side", self.resize_side), ("size", self.size)];
        for (field, value) in sides {
            if !(1..=Self::LARGEST_SIDE).contains(&value) {
                return Err(PreprocessingError::Side { field, value });
            }
        }
        if self.size > self.resize_side {
            return Err(PreprocessingError::Crop { size: self.size, resize_side: self.resize_side });
        }
        let spread = self.std.iter().all(|std| std.is_finite() && *std > 0.0);
        if !spread || !self.mean.iter().all(|mean| mean.is_finite()) {
            return Err(PreprocessingError::Statistics);
        }
        Ok(())
    }

    /// Numbers in a prepared picture: `size x size x 3`.
    #[must_use]
    pub fn len(&self) -> usize {
        self.size as usize * self.size as usize * 3
    }

    /// Whether a prepared picture has no numbers; [`Preprocessing::check`] refuses that.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The input of the network for `photo`: `size x size x 3`, channels last.
    ///
    /// # Panics
    /// If [`Preprocessing::check`] fails.
    #[must_use]
    pub fn prepare(&self, photo: &Rgb) -> Vec<f32> {
        let mut out = vec![0.0; self.len()];
        self.prepare_into(photo, &mut Workspace::default(), &mut out);
        out
    }

    /// As [`Preprocessing::prepare`], but into `out` and without allocations after the first call.
    ///
    /// # Panics
    /// If [`Preprocessing::check`] fails or `out` does not have [`Preprocessing::len`] numbers.
    pub fn prepare_into(&self, photo: &Rgb, workspace: &mut Workspace, out: &mut [f32]) {
        let stored = reduce(photo, self.store_side, &mut workspace.resizer);
        workspace.square.resize(self.len(), 0);
        workspace.resizer.resize(
            &stored,
            self.window((stored.width, stored.height)),
            self.size,
            self.size,
            &mut workspace.square,
        );
        self.normalise(&workspace.square, out);
    }

    /// The part of a photo of `width` x `height` pixels that the network sees: left, top, right and bottom edge in pixels of the
    /// photo.
    ///
    /// # Panics
    /// If [`Preprocessing::check`] fails or a side is zero.
    #[must_use]
    pub fn seen(&self, width: u32, height: u32) -> [f64; 4] {
        let stored = reduced_dimensions((width, height), self.store_side);
        let Window { left, top, width: across, height: down } = self.window(stored);
        let [x, y] = [f64::from(width) / f64::from(stored.0), f64::from(height) / f64::from(stored.1)];
        [left * x, top * y, (left + across) * x, (top + down) * y]
    }

    /// The part of a stored picture of these dimensions that the central crop shows.
    pub(crate) fn window(&self, (width, height): (u32, u32)) -> Window {
        let side = f64::from(width.min(height)) * f64::from(self.size) / f64::from(self.resize_side);
        let middle = |length: u32| (f64::from(length) - side) / 2.0;
        Window::within((width, height), middle(width), middle(height), side, side)
    }

    /// `(square / 255 - mean) / std`, by a table.
    fn normalise(&self, square: &[u8], out: &mut [f32]) {
        assert_eq!(square.len(), out.len(), "one number for each byte");
        let table = self.table();
        for (pixel, out) in square.chunks_exact(3).zip(out.chunks_exact_mut(3)) {
            for channel in 0..3 {
                out[channel] = table[channel][usize::from(pixel[channel])];
            }
        }
    }

    /// The normalised value of each byte, by channel.
    pub(crate) fn table(&self) -> [[f32; 256]; 3] {
        std::array::from_fn(|channel| {
            std::array::from_fn(|byte| (byte as f32 / 255.0 - self.mean[channel]) / self.std[channel])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_follow_the_input() {
        let usual = Preprocessing::imagenet(224);
        assert_eq!((usual.store_side, usual.resize_side, usual.size), (336, 256, 224));
        assert_eq!(Preprocessing::imagenet(33).store_side, 50);
    }

    #[test]
    fn a_flat_picture_is_a_flat_input() {
        let photo = Rgb::new(40, 90, vec![51; 40 * 90 * 3]);
        let out = Preprocessing::minus_one_to_one(32).prepare(&photo);
        assert_eq!(out.len(), 32 * 32 * 3);
        assert!(out.iter().all(|value| (value + 0.6).abs() < 1e-6), "{:?}", &out[..3]);
    }

    #[test]
    fn the_middle_is_kept() {
        // Left third red, middle third green, right third blue: the central square is green.
        let row = [[255, 0, 0]; 60].into_iter().chain([[0, 255, 0]; 60]).chain([[0, 0, 255]; 60]);
        let row: Vec<u8> = row.flatten().collect();
        let photo = Rgb::new(180, 60, row.repeat(60));
        let out = Preprocessing::minus_one_to_one(32).prepare(&photo);
        assert!(out.chunks_exact(3).all(|pixel| pixel == [-1.0, 1.0, -1.0]));
    }

    #[test]
    fn a_stored_picture_gives_the_same_bits_as_a_fresh_one() {
        let pixels = (0..300 * 200 * 3_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let fresh = Rgb::new(300, 200, pixels);
        let preprocessing = Preprocessing::imagenet(64);
        let stored = reduce(&fresh, preprocessing.store_side, &mut Resizer::default());
        assert!(stored.width < fresh.width);
        assert_eq!(preprocessing.prepare(&fresh), preprocessing.prepare(&stored));
    }

    #[test]
    fn impossible_values_are_refused() {
        let good = serde_json::to_value(Preprocessing::imagenet(64)).unwrap();
        assert_eq!(
            serde_json::from_value::<Preprocessing>(good.clone()).unwrap(),
            Preprocessing::imagenet(64)
        );
        for (field, value) in
            [("size", 0.into()), ("size", 100.into()), ("std", serde_json::json!([0.2, 0.0, 0.2]))]
        {
            let mut bad = good.clone();
            bad[field] = value;
            assert!(serde_json::from_value::<Preprocessing>(bad).is_err(), "{field}");
        }
    }
}
