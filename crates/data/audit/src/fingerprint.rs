//! A perceptual hash that gives the hashes of all eight symmetries at once.
//!
//! | symbol | is |
//! | --- | --- |
//! | N | side of the hashed window of the thumbnail, in pixels |
//! | p(x, y) | luminance of column x and row y of the window |
//! | F(u, v) | `sum p(x, y) cos(pi u (x + 1/2) / N) cos(pi v (y + 1/2) / N)`, the cosine transform of the second kind |
//!
//! A bit is the sign of F(u, v), 0 <= u, v < 8, without F(0, 0), which depends on brightness alone. (The usual hash, Zauner
//! 2010, compares with the median of F instead.) With signs, exchanging left and right multiplies F by (-1)^u, up and down by
//! (-1)^v, and exchanging rows and columns exchanges u and v. So the hash of a turned or mirrored picture is a rearrangement
//! of these bits, and no picture has to be turned.
//!
//! A cropped copy has other frequencies. So each fingerprint also has the hashes of two inner windows, which are near the
//! hashes of copies without their border.

use foliar_results::audit::Symmetry;

use crate::thumbnail::{SIDE, Thumbnail};

/// Frequencies along an axis.
const FREQUENCIES: usize = 8;
/// Pixels cut off each side of a thumbnail for the inner windows: 3 % and 6 % of the side.
const MARGINS: [usize; 2] = [2, 4];
/// Bits of the frequencies with odd u, whose sign changes where left and right are exchanged.
const ODD_COLUMNS: u64 = 0xAAAA_AAAA_AAAA_AAAA;
/// Bits of the frequencies with odd v.
const ODD_ROWS: u64 = 0xFF00_FF00_FF00_FF00;

/// A perceptual hash: bit 8 v + u is 1 where F(u, v) > 0; bit 0 is always 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub u64);

impl Hash {
    /// Bits in which two hashes differ, 0 to 63.
    #[must_use]
    pub fn distance(self, other: Self) -> u32 {
        (self.0 ^ other.0).count_ones()
    }

    /// The hash of the picture turned or mirrored.
    #[must_use]
    pub fn seen(self, symmetry: Symmetry) -> Self {
        let (transposed, mirrored, flipped) = symmetry.parts();
        let mut bits = if transposed { transpose(self.0) } else { self.0 };
        if mirrored {
            bits ^= ODD_COLUMNS;
        }
        if flipped {
            bits ^= ODD_ROWS;
        }
        Self(bits & !1)
    }
}

/// A matrix of 8 x 8 bits, rows and columns exchanged (Warren, *Hacker's Delight*, 7-3).
fn transpose(mut bits: u64) -> u64 {
    for (shift, mask) in
        [(7, 0x00AA_00AA_00AA_00AA), (14, 0x0000_CCCC_0000_CCCC), (28, 0x0000_0000_F0F0_F0F0)]
    {
        let change = (bits ^ (bits >> shift)) & mask;
        bits ^= change ^ (change << shift);
    }
    bits
}

/// The hashes of one photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// Of the whole photo.
    pub whole: Hash,
    /// Of the inner windows: without 3 % and without 6 % of each side.
    pub inner: [Hash; 2],
}

impl Fingerprint {
    /// The fingerprint of a photo.
    #[must_use]
    pub fn of(thumbnail: &Thumbnail) -> Self {
        Self { whole: hash(thumbnail, 0), inner: MARGINS.map(|margin| hash(thumbnail, margin)) }
    }

    /// The hash of the whole, then those of the inner windows.
    pub(crate) fn hashes(&self) -> [Hash; 3] {
        [self.whole, self.inner[0], self.inner[1]]
    }
}

/// The hash of a thumbnail without `margin` pixels at each side.
fn hash(thumbnail: &Thumbnail, margin: usize) -> Hash {
    let length = SIDE - 2 * margin;
    let waves: Vec<[f32; FREQUENCIES]> = (0..length)
        .map(|x| {
            std::array::from_fn(|u| {
                (std::f64::consts::PI * u as f64 * (x as f64 + 0.5) / length as f64).cos() as f32
            })
        })
        .collect();
    let mut sums = [[0.0_f32; FREQUENCIES]; FREQUENCIES];
    for (y, down) in waves.iter().enumerate() {
        let begin = (y + margin) * SIDE + margin;
        let row = &thumbnail.pixels()[begin..begin + length];
        let mut across = [0.0_f32; FREQUENCIES];
        for (&value, wave) in row.iter().zip(&waves) {
            // Centred, so that rounding of large sums does not hide small ones.
            let value = f32::from(value) - 127.5;
            across.iter_mut().zip(wave).for_each(|(sum, factor)| *sum += value * factor);
        }
        for (sums, factor) in sums.iter_mut().zip(down) {
            sums.iter_mut().zip(&across).for_each(|(sum, value)| *sum += value * factor);
        }
    }
    let mut bits = 0;
    for (place, sum) in sums.as_flattened().iter().enumerate().skip(1) {
        bits |= u64::from(*sum > 0.0) << place;
    }
    Hash(bits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::thumbnail::PIXELS;

    #[test]
    fn transposition_exchanges_rows_and_columns() {
        for place in 0..64 {
            assert_eq!(transpose(1 << place), 1 << (place % 8 * 8 + place / 8));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// Bits whose sum rounds to either side of zero may differ; there are few of them.
        #[test]
        fn hashes_of_turned_pictures_are_rearranged(pixels in prop::collection::vec(any::<u8>(), PIXELS)) {
            let thumbnail = Thumbnail::from_pixels(&pixels).unwrap();
            let own = Fingerprint::of(&thumbnail);
            for symmetry in Symmetry::ALL {
                let turned = Fingerprint::of(&thumbnail.seen(symmetry));
                for (own, turned) in own.hashes().into_iter().zip(turned.hashes()) {
                    prop_assert!(own.seen(symmetry).distance(turned) <= 1, "{symmetry:?}");
                }
            }
        }

        #[test]
        fn symmetries_of_hashes_are_undone(bits in any::<u64>()) {
            let hash = Hash(bits & !1);
            for symmetry in Symmetry::ALL {
                prop_assert_eq!(hash.seen(symmetry).seen(symmetry.inverse()), hash);
            }
        }
    }
}
