//! Random numbers as a pure function of a purpose and three numbers.
//!
//! Every random decision of this crate is drawn from `ChaCha8` whose 256-bit key is `(domain, a, b, c)`, most often
//! `(domain, seed, epoch, item)`. No state is carried from one item to the next, so neither threads nor an interruption
//! can change what an item gets, and switching one decision off leaves the others as they were.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// What random numbers are for. Two domains never share a stream. The numbers are part of the format of a run: never
/// renumber them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Domain {
    /// The order of an epoch.
    Order = 1,
    /// Window of the random resized crop.
    Crop = 2,
    /// Flips and quarter turns.
    Flip = 3,
    /// Small rotations.
    Rotation = 4,
    /// Colour jitter.
    Colour = 5,
    /// Random erasing.
    Erasing = 6,
    /// Corruptions that a classifier is tried with.
    Corruption = 7,
    /// Trees that judge how much a background gives away.
    Forest = 40,
}

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub struct Random(ChaCha8Rng);

impl Random {
    /// The stream of `domain` for the three numbers, most often seed, epoch and item.
    #[must_use]
    pub fn keyed(domain: Domain, numbers: [u64; 3]) -> Self {
        let mut key = [0; 32];
        let words = [domain as u64, numbers[0], numbers[1], numbers[2]];
        for (bytes, word) in key.chunks_exact_mut(8).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// Uniform in `[0, 1)`, a multiple of 2^-53.
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// Uniform in `[low, high)`; `low` if the two are equal.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// True with the given probability: never at 0, always at 1.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Uniform in `0..bound`, without bias (Lemire, *Fast Random Integer Generation in an Interval*, 2019, algorithm 5).
    ///
    /// # Panics
    /// If `bound` is zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "an empty range has no member");
        let threshold = bound.wrapping_neg() % bound;
        loop {
            let product = u128::from(self.0.next_u64()) * u128::from(bound);
            if product as u64 >= threshold {
                return (product >> 64) as u64;
            }
        }
    }

    /// Fills `bytes` with uniform bytes.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }

    /// A uniformly drawn order of `0..count` (Fisher and Yates).
    pub fn permutation(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            order.swap(last, self.below(last as u64 + 1) as usize);
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_depend_on_every_part_of_the_key() {
        let first = |domain, numbers| Random::keyed(domain, numbers).unit();
        let base = first(Domain::Crop, [1, 2, 3]);
        assert_eq!(base, first(Domain::Crop, [1, 2, 3]));
        assert_ne!(base, first(Domain::Flip, [1, 2, 3]));
        for numbers in [[0, 2, 3], [1, 0, 3], [1, 2, 0], [2, 1, 3]] {
            assert_ne!(base, first(Domain::Crop, numbers));
        }
    }

    #[test]
    fn a_permutation_holds_each_number_once() {
        let order = Random::keyed(Domain::Order, [7, 0, 0]).permutation(100);
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..100).collect::<Vec<_>>());
        assert_ne!(order, sorted);
    }

    #[test]
    fn below_is_even() {
        let mut random = Random::keyed(Domain::Order, [0; 3]);
        let mut counts = [0_u32; 6];
        (0..60_000).for_each(|_| counts[random.below(6) as usize] += 1);
        assert!(counts.iter().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
    }

    /// The stream is part of the format of a run: a new version of a dependency must not change it.
    #[test]
    fn the_stream_is_pinned() {
        let mut random = Random::keyed(Domain::Order, [1, 2, 3]);
        assert_eq!(random.permutation(10), PINNED);
    }

    const PINNED: [usize; 10] = [9, 5, 1, 0, 4, 2, 8, 3, 6, 7];
}
