#![doc = include_str!("../README.md")]

use chacha20::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// A stream of pseudo-random numbers.
#[derive(Debug)]
pub struct Random(ChaCha8Rng);

impl Random {
    /// The stream of a key: by convention a seed, a purpose and an item, in an order that each crate fixes for itself. Keys
    /// that differ anywhere give independent streams.
    #[must_use]
    pub fn keyed(key: [u64; 4]) -> Self {
        let mut bytes = [0; 32];
        for (bytes, word) in bytes.chunks_exact_mut(8).zip(key) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        Self::of_digest(bytes)
    }

    /// The stream of a key that is a digest, where the item is named by text or bytes.
    #[must_use]
    pub fn of_digest(digest: [u8; 32]) -> Self {
        Self(ChaCha8Rng::from_seed(digest))
    }

    /// The stream of a seed alone, for tests and benchmarks, where one stream is enough.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Any 32 bits.
    pub fn bits32(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// Any 64 bits.
    pub fn bits64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Fills `bytes` with uniform bytes.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }

    /// Uniform in `[0, 1)`, a multiple of 2⁻⁵³.
    pub fn uniform(&mut self) -> f64 {
        (self.bits64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// Uniform in `[0, 1)`, a multiple of 2⁻²⁴; half as many random bits as [`Random::uniform`] takes.
    pub fn uniform_f32(&mut self) -> f32 {
        (self.bits32() >> 8) as f32 * (1.0 / (1 << 24) as f32)
    }

    /// Uniform in `[low, high)`; `low` if the two are equal.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// True with the given probability: never at 0, always at 1.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// Uniform in `0..bound`, without bias (Lemire 2019, "Fast Random Integer Generation in an Interval", algorithm 5).
    ///
    /// # Panics
    /// If `bound` is zero.
    pub fn below(&mut self, bound: usize) -> usize {
        assert!(bound > 0, "an empty range has no member");
        let bound = bound as u64;
        let threshold = bound.wrapping_neg() % bound;
        loop {
            let product = u128::from(self.bits64()) * u128::from(bound);
            if product as u64 >= threshold {
                return (product >> 64) as usize;
            }
        }
    }

    /// Two independent standard normal numbers (Box and Muller 1958).
    pub fn normal_pair(&mut self) -> [f64; 2] {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        let angle = std::f64::consts::TAU * self.uniform();
        [radius * angle.cos(), radius * angle.sin()]
    }

    /// Standard normal: the first of a pair.
    pub fn normal(&mut self) -> f64 {
        self.normal_pair()[0]
    }

    /// Puts `items` in a uniformly drawn order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    /// A uniformly drawn order of `0..count`.
    #[must_use]
    pub fn permutation(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        self.shuffle(&mut order);
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_depend_on_every_part_of_the_key() {
        let first = |key| Random::keyed(key).uniform();
        let base = first([1, 2, 3, 4]);
        assert_eq!(base, first([1, 2, 3, 4]));
        for key in [[0, 2, 3, 4], [1, 0, 3, 4], [1, 2, 0, 4], [1, 2, 3, 0], [2, 1, 3, 4]] {
            assert_ne!(base, first(key));
        }
    }

    #[test]
    fn a_permutation_holds_each_number_once() {
        let order = Random::keyed([1, 7, 0, 0]).permutation(100);
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..100).collect::<Vec<_>>());
        assert_ne!(order, sorted);
    }

    #[test]
    fn all_orders_are_as_likely() {
        let mut random = Random::seeded(1);
        let mut counts = std::collections::BTreeMap::new();
        (0..24_000).for_each(|_| *counts.entry(random.permutation(4)).or_insert(0_u32) += 1);
        assert_eq!(counts.len(), 24);
        assert!(counts.values().all(|count| (850..1150).contains(count)), "{counts:?}");
    }

    #[test]
    fn below_is_even() {
        let mut random = Random::keyed([1, 0, 0, 0]);
        let mut counts = [0_u32; 6];
        (0..60_000).for_each(|_| counts[random.below(6)] += 1);
        assert!(counts.iter().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
        assert!((0..100).all(|_| random.below(1) == 0));
    }

    #[test]
    fn normal_numbers_have_the_moments_of_the_normal_distribution() {
        let mut random = Random::seeded(2);
        let (mut sums, mut product) = ([0.0; 4], 0.0);
        for _ in 0..100_000 {
            let [a, b] = random.normal_pair();
            product += a * b;
            [a, b].iter().for_each(|x| (0..4).for_each(|power| sums[power] += x.powi(power as i32 + 1)));
        }
        for (sum, expected) in sums.iter().zip([0.0, 1.0, 0.0, 3.0]) {
            assert!((sum / 200_000.0 - expected).abs() < 0.06, "{sums:?}");
        }
        assert!((product / 100_000.0).abs() < 0.02);
    }

    /// Streams are part of the meaning of a stored seed: a new version of a dependency must not change them.
    #[test]
    fn the_stream_is_pinned() {
        assert_eq!(Random::keyed([1, 1, 2, 3]).permutation(10), [9, 5, 1, 0, 4, 2, 8, 3, 6, 7]);
    }
}
