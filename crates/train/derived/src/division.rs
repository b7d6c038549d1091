//! From which photographs the detector of unlike ones learns, and on which its threshold is fitted.
//!
//! It learns from features of photographs for training; its threshold comes from features of photographs that no network before the
//! classifiers has learned from, since what a network has learned from lies closer to the rest than anything new. So the first are those
//! that all networks that learn were trained on, the second those that all of them held back for validation. A network that
//! a refit has tuned on all photographs has an earlier state, in the run's last checkpoint, which has not learned from the second.

use std::collections::BTreeMap;

use foliar_model::{FeatureSamples, OodDetector};
use foliar_nn::{Graph, StateDict};
use foliar_vision::{Digest, Preprocessing};

use crate::common::groups;
use crate::error::DerivedError;
use crate::features::{Progress, outputs};
use crate::member::{Learned, Member};
use crate::network::Outputs;

/// Most training photographs whose features are asked for.
const MOST: usize = 2048;

/// Photographs for the detector.
pub(crate) struct Division {
    /// With their classes, in the order of the first member.
    pub(crate) training: Vec<(Digest, u32)>,
    pub(crate) validation: Vec<Digest>,
    validation_groups: Vec<u64>,
}

impl Division {
    pub(crate) fn of(members: &[Member]) -> Self {
        let learners: Vec<&Member> =
            members.iter().filter(|member| member.learned != Learned::Nothing).collect();
        // Where no network has learned, any division is as good.
        let of = |split: fn(&Member) -> &BTreeMap<Digest, String>| -> BTreeMap<Digest, String> {
            let Some(first) = learners.first().copied().or_else(|| members.first()) else {
                return BTreeMap::new();
            };
            let in_all = |digest: &Digest| learners.iter().all(|member| split(member).contains_key(digest));
            let chosen = split(first).iter().filter(|(digest, _)| in_all(digest));
            chosen.map(|(digest, class)| (*digest, class.clone())).collect()
        };
        let training: Vec<(Digest, u32)> = of(|member| &member.training)
            .into_iter()
            .filter_map(|(digest, class)| {
                let classes = &members.first()?.bundle.classes;
                let label = classes.iter().position(|name| *name == class)?;
                Some((digest, label as u32))
            })
            .collect();
        let validation: Vec<Digest> = of(|member| &member.validation).into_keys().collect();
        let validation_groups = groups(members, &validation);
        Self { training: spread(training, MOST), validation, validation_groups }
    }

    /// What a network makes of them, as far as they are still there.
    pub(crate) fn features(
        &self,
        members: &[Member],
        preprocessing: &Preprocessing,
        graph: &Graph,
        state: &StateDict,
        progress: &mut Progress<'_>,
    ) -> Result<FeatureSamples, DerivedError> {
        let training = self.training.iter().map(|(digest, _)| *digest);
        let photographs: Vec<Digest> = training.chain(self.validation.iter().copied()).collect();
        let mut found = outputs(members, preprocessing, graph, state, &photographs, progress)?;
        let validation = found.split_off(self.training.len());
        let width = found.iter().chain(&validation).flatten().map(|outputs| outputs.features.len()).next();
        let features = |found: &[Option<Outputs>]| -> Vec<f32> {
            found.iter().flatten().flat_map(|outputs| outputs.features.iter().copied()).collect()
        };
        let kept = |found: &[Option<Outputs>]| -> Vec<usize> {
            (0..found.len()).filter(|&place| found[place].is_some()).collect()
        };
        Ok(FeatureSamples {
            width: width.unwrap_or(0),
            train: features(&found),
            train_labels: kept(&found).into_iter().map(|place| self.training[place].1).collect(),
            validation: features(&validation),
            validation_groups: kept(&validation)
                .into_iter()
                .map(|place| self.validation_groups[place])
                .collect(),
        })
    }
}

/// `detector` with the limit of one whose network has not learned from the photographs that it rests on; `None` if either is missing.
pub(crate) fn with_limit_of(
    detector: Option<OodDetector>,
    unseen: Option<OodDetector>,
) -> Option<OodDetector> {
    let (detector, OodDetector { threshold, .. }) = detector.zip(unseen)?;
    Some(OodDetector { threshold, ..detector })
}

/// At most `most` of `all`, evenly spread.
pub(crate) fn spread<T>(all: Vec<T>, most: usize) -> Vec<T> {
    let count = all.len();
    if count <= most {
        return all;
    }
    let mut chosen = (0..most).map(|place| place * count / most).peekable();
    all.into_iter()
        .enumerate()
        .filter(|(place, _)| chosen.next_if_eq(place).is_some())
        .map(|(_, one)| one)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_are_spread_evenly() {
        assert_eq!(spread(vec![0, 1, 2], 5), [0, 1, 2]);
        assert_eq!(spread((0..10).collect(), 5), [0, 2, 4, 6, 8]);
    }
}
