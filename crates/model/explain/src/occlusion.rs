//! Occlusion maps (Zeiler and Fergus, *Visualizing and Understanding Convolutional Networks*, 2014, section 4.2).
//!
//! | symbol | meaning |
//! | --- | --- |
//! | S | side of the network's input, in pixels |
//! | p(x) | probability of the class for the input x |
//! | x without P | x with the patch P grey: the mean colour that preprocessing subtracts |
//! | evidence at a pixel | mean over the patches P that cover it of p(x) - p(x without P) |

use std::ops::Range;

/// Patches along a side at most: a map then takes 169 passes at most.
const PATCHES: usize = 13;

/// Covers an input patch by patch, over a grid of overlapping patches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occluder {
    /// Side of the network's input, in pixels, 1 or more.
    pub size: usize,
    /// Side of a patch, in pixels, 1 to `size`.
    pub patch: usize,
    /// From one patch to the next, in pixels, 1 or more.
    pub stride: usize,
}

impl Occluder {
    /// Patches of a seventh of the side that overlap by half: at most 13 a side.
    ///
    /// # Panics
    /// If `size` is 0.
    #[must_use]
    pub fn usual(size: usize) -> Self {
        assert!(size > 0, "a picture has pixels");
        let patch = size.div_ceil(7);
        Self { size, patch, stride: (size - patch).div_ceil(PATCHES - 1).max(1) }
    }

    /// Start of each patch along a side; the last one ends at the border.
    fn starts(&self) -> Vec<usize> {
        let last = self.size - self.patch;
        (0..last).step_by(self.stride).chain([last]).collect()
    }

    /// The patches, as (rows, columns), row by row.
    #[must_use]
    pub fn all(&self) -> Vec<(Range<usize>, Range<usize>)> {
        let starts = self.starts();
        let range = |start: usize| start..start + self.patch;
        starts.iter().flat_map(|&y| starts.iter().map(move |&x| (range(y), range(x)))).collect()
    }

    /// Covers a patch of an input, (size, size, 3), with grey.
    ///
    /// # Panics
    /// If the input has another size.
    pub fn cover(&self, (rows, columns): &(Range<usize>, Range<usize>), input: &mut [f32]) {
        assert_eq!(input.len(), self.size * self.size * 3, "an input of {} pixels a side", self.size);
        for y in rows.clone() {
            let row = y * self.size;
            input[3 * (row + columns.start)..3 * (row + columns.end)].fill(0.0);
        }
    }

    /// The evidence at each pixel, `size x size` values, from what the probability loses behind each of [`Occluder::all`].
    ///
    /// # Panics
    /// If there is not one loss for each patch.
    #[must_use]
    pub fn evidence(&self, losses: &[f64]) -> Vec<f32> {
        let patches = self.all();
        assert_eq!(losses.len(), patches.len(), "one loss for each patch");
        let mut sums = vec![(0.0, 0.0); self.size * self.size];
        for ((rows, columns), loss) in patches.into_iter().zip(losses) {
            for y in rows {
                for (sum, count) in &mut sums[y * self.size..][columns.clone()] {
                    *sum += loss;
                    *count += 1.0;
                }
            }
        }
        // A stride beyond the patch leaves pixels that nothing has covered.
        sums.into_iter().map(|(sum, count)| if count > 0.0 { (sum / count) as f32 } else { 0.0 }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_patches_cover_everything_in_less_than_200_passes() {
        for size in 1..400 {
            let occluder = Occluder::usual(size);
            let all = occluder.all();
            assert!(all.len() <= PATCHES * PATCHES, "{size}: {}", all.len());
            let mut covered = vec![1.0; size * size * 3];
            all.iter().for_each(|patch| occluder.cover(patch, &mut covered));
            assert!(covered.iter().all(|&value| value == 0.0), "{size}");
        }
    }

    #[test]
    fn evidence_lies_where_covering_hurts() {
        let occluder = Occluder { size: 4, patch: 2, stride: 2 };
        assert_eq!(occluder.all().len(), 4);
        let map = occluder.evidence(&[0.0, 0.5, 0.0, -0.1]);
        assert_eq!(map[..4], [0.0, 0.0, 0.5, 0.5]);
        assert_eq!(map[12..], [0.0, 0.0, -0.1, -0.1]);
    }

    #[test]
    fn overlapping_patches_share() {
        let occluder = Occluder { size: 3, patch: 2, stride: 1 };
        let map = occluder.evidence(&[1.0, 0.0, 0.0, 0.0]);
        assert_eq!(map, [1.0, 0.5, 0.0, 0.5, 0.25, 0.0, 0.0, 0.0, 0.0]);
    }
}
