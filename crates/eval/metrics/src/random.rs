//! What this crate draws random numbers for.

use foliar_random::Random;

/// What a stream is drawn for. The numbers are part of the meaning of a stored seed: never renumber them.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    /// Groups of a bootstrap.
    Bootstrap = 1,
    /// Outcomes of a perfectly calibrated model.
    Calibrated = 2,
    /// Signs of a permutation test.
    SignFlips = 5,
}

impl Purpose {
    /// The stream of this purpose for one number, such as that of a resample.
    pub(crate) fn stream(self, seed: u64, number: u64) -> Random {
        Random::keyed([seed, self as u64, number, 0])
    }
}
