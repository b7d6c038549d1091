//! The purposes of random numbers in this crate.
//!
//! Every random decision has a stream of its own, keyed by (domain, a, b, c), most often (domain, seed, epoch, item), so that
//! switching one decision off leaves the others as they were.

use foliar_random::Random;

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
    /// Image corruptions.
    Corruption = 7,
    /// Other backgrounds.
    Background = 8,
    /// Which photographs of a class are drawn, where rare classes are drawn more often.
    Draw = 9,
    /// Mixing of the photographs of a batch.
    Mixing = 10,
    /// The operation of TrivialAugment.
    Trivial = 11,
}

impl Domain {
    /// The stream of this domain for three numbers, most often seed, epoch and item.
    #[must_use]
    pub fn stream(self, numbers: [u64; 3]) -> Random {
        let [a, b, c] = numbers;
        Random::keyed([self as u64, a, b, c])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_never_share_a_stream() {
        let first = |domain: Domain| domain.stream([1, 2, 3]).uniform();
        assert_eq!(first(Domain::Crop), first(Domain::Crop));
        assert_ne!(first(Domain::Crop), first(Domain::Flip));
    }

    /// The stream is part of the format of a run.
    #[test]
    fn the_stream_is_pinned() {
        assert_eq!(Domain::Order.stream([1, 2, 3]).permutation(10), [9, 5, 1, 0, 4, 2, 8, 3, 6, 7]);
    }
}
