//! Random and quasi-random points, as pure functions of explicit keys.
//!
//! Sobol points are Owen-scrambled (Burley, "Practical Hash-based Owen Scrambling", 2020; direction numbers of Joe and Kuo).
//! Pseudo-random numbers are those of [`foliar_random`].

use foliar_random::Random;

use crate::TrialId;

/// The purpose of a stream. Streams of different purposes are independent.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    /// The first points of a study.
    Start = 1,
    /// Candidates for the maximum of the acquisition function.
    Candidates = 2,
    /// Points over which importance is averaged.
    Importance = 3,
}

impl Purpose {
    /// The stream of this purpose for one trial of the study that was seeded with `seed`.
    pub(crate) fn stream(self, seed: u64, trial: TrialId) -> Random {
        Random::keyed([seed, self as u64, trial.0, 0])
    }
}

/// Point `index` of the scrambled Sobol sequence with `seed` in the unit cube. A new sequence starts every 65,536 points
/// and every 256 dimensions.
pub(crate) fn sobol(index: u64, dimensions: usize, seed: u32) -> Vec<f64> {
    let (block, place) = ((index >> 16) as u32, (index & 0xffff) as u32);
    let sample = |dimension: usize| {
        let (group, within) = ((dimension / 256) as u32, (dimension % 256) as u32);
        let seed = seed ^ block.wrapping_mul(0x9e37_79b9) ^ group.wrapping_mul(0x85eb_ca6b);
        f64::from(sobol_burley::sample(place, within, seed))
    };
    (0..dimensions).map(sample).collect()
}

/// A Latin hypercube of `count` points: each of `count` equal slices of each dimension holds exactly one.
pub(crate) fn latin_hypercube(count: usize, dimensions: usize, stream: &mut Random) -> Vec<Vec<f64>> {
    let mut points = vec![Vec::with_capacity(dimensions); count];
    for _ in 0..dimensions {
        for (point, slice) in points.iter_mut().zip(stream.permutation(count)) {
            point.push((slice as f64 + stream.uniform()) / count as f64);
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sobol_points_fill_every_elementary_interval_of_one_dimension() {
        for seed in 0..5 {
            for count in [8_u64, 64, 256] {
                for axis in 0..6 {
                    let mut slices: Vec<u64> =
                        (0..count).map(|index| (sobol(index, 6, seed)[axis] * count as f64) as u64).collect();
                    slices.sort_unstable();
                    assert!(slices.into_iter().eq(0..count), "seed {seed}, {count} points, axis {axis}");
                }
            }
        }
    }

    #[test]
    fn the_first_two_sobol_dimensions_are_a_net() {
        // 64 points: every one of the 64 boxes of each shape 2ᵃ by 2ᵇ with a + b = 6 holds exactly one.
        for wide in 0..=6 {
            let (columns, rows) = (1_u64 << wide, 1_u64 << (6 - wide));
            let mut boxes: Vec<u64> = (0..64)
                .map(|index| {
                    let point = sobol(index, 2, 3);
                    (point[0] * columns as f64) as u64 * rows + (point[1] * rows as f64) as u64
                })
                .collect();
            boxes.sort_unstable();
            assert!(boxes.into_iter().eq(0..64), "{columns} by {rows}");
        }
    }

    #[test]
    fn seeds_blocks_and_far_dimensions_differ() {
        assert_ne!(sobol(3, 2, 0), sobol(3, 2, 1));
        assert_ne!(sobol(3, 2, 0), sobol(3 + (1 << 16), 2, 0));
        let wide = sobol(3, 300, 0);
        assert_ne!(wide[0], wide[256]);
    }

    #[test]
    fn a_latin_hypercube_has_one_point_in_every_slice() {
        let mut stream = Purpose::Start.stream(1, TrialId(0));
        let points = latin_hypercube(11, 3, &mut stream);
        for axis in 0..3 {
            let mut slices: Vec<usize> = points.iter().map(|point| (point[axis] * 11.0) as usize).collect();
            slices.sort_unstable();
            assert!(slices.into_iter().eq(0..11));
        }
    }

    #[test]
    fn streams_depend_on_every_part_of_their_key() {
        let draw = |seed, purpose: Purpose, trial| purpose.stream(seed, TrialId(trial)).uniform();
        let first = draw(1, Purpose::Start, 2);
        assert_eq!(first, draw(1, Purpose::Start, 2));
        for other in [draw(2, Purpose::Start, 2), draw(1, Purpose::Candidates, 2), draw(1, Purpose::Start, 3)]
        {
            assert_ne!(first, other);
        }
    }
}
