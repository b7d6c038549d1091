//! What a study searches. It is fixed when the file is created.

use foliar_bayes::{Direction, Options, Pruner, Space, Study, TrialId};
use foliar_random::Random;
use serde::{Deserialize, Serialize};

/// Everything that a study's trials depend on. A worker that opens the file with another definition is refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// Identifies what is tuned, for instance digests of the photos and of the recipe. It is compared, never parsed.
    pub fingerprint: String,
    /// The parameters to search.
    pub space: Space,
    /// Whether the objective is minimised or maximised.
    pub direction: Direction,
    /// Keys every random number, the trials' seeds included.
    pub seed: u64,
    /// How parameter values are chosen.
    pub options: Options,
    /// Which running trials are stopped early.
    pub pruner: Pruner,
}

impl Definition {
    /// A study without trials.
    pub(crate) fn study(&self) -> Study {
        Study::new(self.space.clone(), self.direction, self.seed).with_options(self.options)
    }

    /// The seed of trial `id`: below 2^53, so that every JSON and TOML reader keeps it exactly.
    pub(crate) fn trial_seed(&self, id: TrialId) -> u64 {
        let mut key = *b"foliar study seed of trial      ";
        key[16..24].copy_from_slice(&self.seed.to_le_bytes());
        key[24..].copy_from_slice(&id.0.to_le_bytes());
        Random::of_digest(key).bits64() >> 11
    }

    /// The first part in which `other` differs, in words for the user.
    pub(crate) fn difference(&self, other: &Definition) -> Option<&'static str> {
        let parts = [
            ("search space", self.space != other.space),
            ("direction", self.direction != other.direction),
            ("seed", self.seed != other.seed),
            ("options", self.options != other.options),
            ("pruner", self.pruner != other.pruner),
        ];
        parts.into_iter().find(|(_, differs)| *differs).map(|(part, _)| part)
    }
}

#[cfg(test)]
mod tests {
    use foliar_bayes::{Parameter, Scale};

    use super::*;

    #[test]
    fn seeds_differ_by_study_and_trial_and_fit_a_double() {
        let space = Space::new(vec![Parameter::float("x", 0.0, 1.0, Scale::Linear)]).unwrap();
        let mut definition = Definition {
            fingerprint: String::new(),
            space,
            direction: Direction::Minimise,
            seed: 0,
            options: Options::default(),
            pruner: Pruner::Never,
        };
        let mut seeds = Vec::new();
        for seed in [0, 1, u64::MAX] {
            definition.seed = seed;
            seeds.extend((0..50).map(|id| definition.trial_seed(TrialId(id))));
        }
        assert!(seeds.iter().all(|&seed| seed < 1 << 53));
        seeds.sort_unstable();
        seeds.dedup();
        assert_eq!(seeds.len(), 150);
    }
}
