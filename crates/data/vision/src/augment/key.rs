//! What the random choices for a picture depend on.

use foliar_random::Random;

use crate::random::Domain;

/// The key of all random choices for one picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AugmentKey {
    /// Seed of the run.
    pub seed: u64,
    /// Number of the epoch.
    pub epoch: u64,
    /// Index of the item in the training list.
    pub item: u64,
}

impl AugmentKey {
    pub(super) fn random(self, domain: Domain) -> Random {
        domain.stream([self.seed, self.epoch, self.item])
    }
}
