//! Which training photographs an epoch takes, and in what order.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | n | training photographs, and draws of an epoch |
//! | K | classes that have some of them |
//! | e | epoch, from 0 |
//! | s | number of a draw since the run began: `e n` to `(e + 1) n - 1` are those of epoch e |
//! | k | how often a class was drawn before |
//!
//! Balanced: draw s is of class `s mod K`, which was drawn `k = s div K` times before. Photographs of a class are drawn in random
//! order, each once before one is drawn again: its draw k is place `k mod n_c` of permutation `k div n_c` of its n_c photographs. So
//! over the run all photographs of a class are seen equally often, to one, however long an epoch is. Then the draws of an epoch
//! are shuffled. All is a function of seed, epoch and labels.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::order;
use crate::random::Domain;

/// Which photographs are drawn more often than others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Oversample {
    /// None: an epoch takes each photograph once.
    #[default]
    None,
    /// Those of rare classes: an epoch takes equally many of each class, to one, and as many in all as there are photographs. Those of
    /// frequent classes take turns over the epochs.
    Balanced,
}

impl Oversample {
    /// Whether each photograph is taken once.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// One photograph of an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    /// Its position in the list of training photographs.
    pub position: usize,
    /// How often the epoch has taken it before, by which its variation differs.
    pub repetition: usize,
}

/// The draws of epoch `epoch` of a run with `seed`, as many as there are `labels` of photographs.
#[must_use]
pub fn draws(oversample: Oversample, seed: u64, epoch: u32, labels: &[u32]) -> Vec<Draw> {
    let order = order::shuffled(seed, epoch, labels.len());
    if oversample.is_none() {
        return order.into_iter().map(|position| Draw { position, repetition: 0 }).collect();
    }
    let mut classes: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (position, &label) in labels.iter().enumerate() {
        classes.entry(label).or_default().push(position);
    }
    let classes: Vec<(u32, Vec<usize>)> = classes.into_iter().collect();
    let mut permutations: BTreeMap<(u32, u64), Vec<usize>> = BTreeMap::new();
    let mut taken = vec![0; labels.len()];
    let mut draw = |place: usize| {
        let number = u64::from(epoch) * labels.len() as u64 + place as u64;
        let (label, photos) = &classes[(number % classes.len() as u64) as usize];
        let before = number / classes.len() as u64;
        let (pass, place) = (before / photos.len() as u64, before % photos.len() as u64);
        let permutation = permutations.entry((*label, pass)).or_insert_with(|| {
            Domain::Draw.stream([seed, u64::from(*label), pass]).permutation(photos.len())
        });
        let position = photos[permutation[place as usize]];
        let repetition = taken[position];
        taken[position] += 1;
        Draw { position, repetition }
    };
    let drawn: Vec<Draw> = (0..labels.len()).map(&mut draw).collect();
    order.into_iter().map(|place| drawn[place]).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn without_oversampling_it_is_the_order_of_the_epoch() {
        let draws = draws(Oversample::None, 3, 2, &[0; 20]);
        let positions: Vec<usize> = draws.iter().map(|draw| draw.position).collect();
        assert_eq!(positions, order::shuffled(3, 2, 20));
        assert!(draws.iter().all(|draw| draw.repetition == 0));
    }

    proptest! {
        #[test]
        fn classes_are_drawn_equally_often(
            counts in prop::collection::vec(1usize..40, 1..6), seed: u64, epochs in 1u32..8,
        ) {
            let labels: Vec<u32> =
                (0u32..).step_by(2).zip(&counts).flat_map(|(label, &count)| vec![label; count]).collect();
            let mut seen = vec![0usize; labels.len()];
            for epoch in 0..epochs {
                let draws = draws(Oversample::Balanced, seed, epoch, &labels);
                prop_assert_eq!(draws.len(), labels.len());
                let mut of_class = vec![0usize; counts.len()];
                let mut of_photo = vec![0usize; labels.len()];
                let mut repetitions = std::collections::BTreeSet::new();
                for draw in draws {
                    of_class[labels[draw.position] as usize / 2] += 1;
                    of_photo[draw.position] += 1;
                    prop_assert!(repetitions.insert((draw.position, draw.repetition)));
                    seen[draw.position] += 1;
                }
                prop_assert!(of_class.iter().max().unwrap() - of_class.iter().min().unwrap() <= 1);
                prop_assert!(repetitions.iter().all(|&(position, number)| number < of_photo[position]));
            }
            // Over the run no photograph is left behind another one of its class.
            let mut begin = 0;
            for count in counts {
                let class = &seen[begin..begin + count];
                prop_assert!(class.iter().max().unwrap() - class.iter().min().unwrap() <= 1, "{:?}", class);
                begin += count;
            }
        }
    }

    #[test]
    fn epochs_and_seeds_differ_and_nothing_else_does() {
        let labels = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1];
        let of = |seed, epoch| draws(Oversample::Balanced, seed, epoch, &labels);
        assert_eq!(of(1, 1), of(1, 1));
        assert_ne!(of(1, 1), of(1, 2));
        assert_ne!(of(1, 1), of(2, 1));
    }
}
