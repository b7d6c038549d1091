//! Random numbers as a pure function of a seed, a purpose and a number.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// What a stream is drawn for; streams of different purposes are independent. The numbers are part of the meaning of a
/// stored seed: never renumber them.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    /// Groups of a bootstrap.
    Bootstrap = 1,
    /// Outcomes of a perfectly calibrated model.
    Calibrated = 2,
    /// The throw that decides on a last class of a prediction set.
    PredictionSet = 3,
    /// Directions that a subspace is sought from.
    Subspace = 4,
}

/// A stream of pseudo-random numbers: ChaCha8 whose key is (seed, purpose, number).
pub(crate) struct Stream(ChaCha8Rng);

impl Stream {
    pub(crate) fn new(seed: u64, purpose: Purpose, number: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&(purpose as u64).to_le_bytes());
        key[16..24].copy_from_slice(&number.to_le_bytes());
        Self(ChaCha8Rng::from_seed(key))
    }

    /// Even over 0 to 1, without 1.
    pub(crate) fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Standard normal (Box and Muller 1958).
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Even over the integers below `bound`, which is at least 1 and at most 2³², without bias (Lemire 2019, "Fast Random
    /// Integer Generation in an Interval", algorithm 5).
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let bound = bound as u64;
        let mut product = u64::from(self.0.next_u32()) * bound;
        if (product & 0xffff_ffff) < bound {
            let threshold = (1 << 32) % bound;
            while (product & 0xffff_ffff) < threshold {
                product = u64::from(self.0.next_u32()) * bound;
            }
        }
        (product >> 32) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_depend_on_every_part_of_their_key() {
        let draw = |seed, purpose, number| Stream::new(seed, purpose, number).uniform();
        let first = draw(1, Purpose::Bootstrap, 2);
        assert_eq!(first, draw(1, Purpose::Bootstrap, 2));
        for other in
            [draw(2, Purpose::Bootstrap, 2), draw(1, Purpose::Calibrated, 2), draw(1, Purpose::Bootstrap, 3)]
        {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn integers_are_even() {
        let mut stream = Stream::new(0, Purpose::Bootstrap, 0);
        let mut counts = [0; 6];
        (0..60_000).for_each(|_| counts[stream.below(6)] += 1);
        assert!(counts.iter().all(|count| (9_600..10_400).contains(count)), "{counts:?}");
        assert!((0..100).all(|_| stream.below(1) == 0));
    }
}
