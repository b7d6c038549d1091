//! Splits that were asked for and cannot be made.

use std::collections::BTreeSet;

use foliar_audit::GroupSource;
use foliar_vision::{Dataset, Split, Splits, cluster_of};

use crate::recipe::DataSpec;

/// Why no photograph is in a split that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indivisible {
    /// The splits without photographs: validation, test or both.
    pub splits: Vec<Split>,
    /// Why.
    pub cause: IndivisibleCause,
    /// Where the groups come from, besides copies.
    pub source: GroupSource,
    /// All photographs.
    pub photographs: usize,
    /// Groups, in which copies are together.
    pub groups: usize,
}

/// What keeps photographs from being divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndivisibleCause {
    /// The split was given, and has none.
    GivenSplit,
    /// All photographs are in one group.
    OneGroup,
    /// Each class is one photograph.
    PhotographPerClass,
    /// All photographs of a class are in one group, for each class.
    GroupPerClass,
    /// Whichever group of photographs for training is held back, some class has none left to train on.
    GroupsHoldClasses,
}

impl Indivisible {
    /// What is missing in `splits` of what `data` asks for; `None` if nothing is. `groups` has one number for each photograph.
    pub(crate) fn of(
        dataset: &Dataset,
        data: &DataSpec,
        splits: &Splits,
        groups: &[u64],
        source: GroupSource,
    ) -> Option<Self> {
        let is_asked = |part: Split, share: f64| {
            share > 0.0
                && (data.split.is_some() || dataset.photos.iter().all(|photo| photo.split != Some(part)))
        };
        let parts = [
            (Split::Validation, data.validation, &splits.validation),
            (Split::Test, data.test, &splits.test),
        ];
        let missing: Vec<Split> = parts
            .into_iter()
            .filter(|&(part, share, found)| found.is_empty() && is_asked(part, share))
            .map(|(part, ..)| part)
            .collect();
        if missing.is_empty() {
            return None;
        }
        let clusters = cluster_of(dataset, Some(groups));
        let of_classes: BTreeSet<(usize, usize)> =
            dataset.photos.iter().zip(&clusters).map(|(photo, &cluster)| (photo.class, cluster)).collect();
        let count = clusters.iter().collect::<BTreeSet<_>>().len();
        let cause = if data.split.is_some() {
            IndivisibleCause::GivenSplit
        } else if dataset.photos.len() == dataset.classes.len() {
            IndivisibleCause::PhotographPerClass
        } else if count == 1 {
            IndivisibleCause::OneGroup
        } else if of_classes.len() == dataset.classes.len() {
            IndivisibleCause::GroupPerClass
        } else {
            IndivisibleCause::GroupsHoldClasses
        };
        let photographs = dataset.photos.len();
        Some(Self { splits: missing, cause, source, photographs, groups: count })
    }
}
