//! The split of a data set into photos for training, validation and test.
//!
//! Photos that belong together (equal files, or one group given by the caller, such as one leaf) form a *cluster*, and a
//! cluster stays in one split. Folders named `train/ val/ test/` are used as they are. A missing split is drawn from the
//! training photos, class by class, so that each class has its proportion in each split; where photos show sets of labels, each
//! label has.
//!
//! The draw sorts clusters by a hash of the seed and their smallest digest. So it depends on contents and seed alone, and a
//! new photo moves few others.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::dataset::{Dataset, Split};
use crate::digest::Digest;
use crate::problem::{Problem, Reason};
use crate::union_find::UnionFind;

/// How to split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SplitSpec {
    /// Proportion of each class for validation, in `[0, 1)`. Default 0.2. Ignored if there is a validation folder.
    pub validation: f64,
    /// Proportion of each class for the test, in `[0, 1)`. Default 0. Ignored if there is a test folder.
    pub test: f64,
    /// One number for each photo; photos of equal numbers stay in one split.
    #[serde(skip)]
    pub groups: Option<Vec<u64>>,
    /// For each photo whether it may only be trained on, and with it all that stay in one split with it: none is measured on,
    /// and those that a folder sets apart for that are left out.
    #[serde(skip)]
    pub train_only: Option<Vec<bool>>,
}

impl Default for SplitSpec {
    fn default() -> Self {
        Self { validation: 0.2, test: 0.0, groups: None, train_only: None }
    }
}

/// Indices into [`Dataset::photos`], ascending. Each photo is in exactly one split or named in a problem.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Splits {
    /// To learn from.
    pub train: Vec<usize>,
    /// To measure on after each epoch.
    pub validation: Vec<usize>,
    /// To measure on once, at the end.
    pub test: Vec<usize>,
    /// Photos that were left out because folders put their cluster into more than one split.
    pub problems: Vec<Problem>,
}

/// Splits the photos of `data`.
///
/// Of the `n` photos of a class that no folder assigns and that may be measured on, about `validation * n` are for validation: at least one if the
/// proportion is above zero and at least one photo is left for training, unless the whole class is one cluster. A single photo
/// of a class is for training.
///
/// # Panics
/// If a proportion is not in `[0, 1)`, their sum is not below 1, or `groups` or `train_only` does not have one value for each
/// photo.
#[must_use]
pub fn split(data: &Dataset, spec: &SplitSpec, seed: u64) -> Splits {
    let shares = [spec.validation, spec.test, spec.validation + spec.test];
    assert!(shares.iter().all(|share| (0.0..1.0).contains(share)), "proportions are in [0, 1)");
    let mut splits = Splits::default();
    let mut assigned: Vec<Option<Split>> =
        data.photos.iter().map(|photo| photo.split.or(Some(Split::Train))).collect();
    let train_only = |cluster: &Cluster| {
        spec.train_only.as_ref().is_some_and(|only| cluster.members.iter().any(|&index| only[index]))
    };
    let (train_only, clusters): (Vec<_>, Vec<_>) =
        clusters(data, spec.groups.as_deref(), seed).into_iter().partition(train_only);
    for cluster in &train_only {
        keep_the_training_side(data, cluster, &mut assigned, &mut splits.problems);
    }
    for cluster in &clusters {
        keep_the_measuring_side(data, cluster, &mut assigned, &mut splits.problems);
    }
    let pool = trained(data, clusters.iter().flat_map(|cluster| &cluster.members).copied(), &assigned);
    for (split, share) in [(Split::Test, spec.test), (Split::Validation, spec.validation)] {
        if share > 0.0 && data.photos.iter().all(|photo| photo.split != Some(split)) {
            let wanted = pool.iter().map(|&count| ((count as f64 * share).round() as usize).max(1)).collect();
            draw(data, &clusters, split, wanted, &mut assigned);
        }
    }
    for (index, split) in assigned.iter().enumerate() {
        match split {
            Some(Split::Train) => splits.train.push(index),
            Some(Split::Validation) => splits.validation.push(index),
            Some(Split::Test) => splits.test.push(index),
            None => {}
        }
    }
    splits.problems.sort_by(|a, b| a.path.cmp(&b.path));
    splits
}

/// Photos that belong together.
pub(crate) struct Cluster {
    pub(crate) members: Vec<usize>,
    /// Number of members of each of its classes, or of its labels; most clusters have one class.
    pub(crate) classes: Vec<(usize, usize)>,
}

impl Cluster {
    pub(crate) fn new(data: &Dataset, members: Vec<usize>) -> Self {
        let mut classes: Vec<(usize, usize)> = Vec::with_capacity(1);
        for &class in members.iter().flat_map(|&index| data.strata_of(index)) {
            match classes.iter_mut().find(|(of, _)| *of == class) {
                Some((_, count)) => *count += 1,
                None => classes.push((class, 1)),
            }
        }
        Self { members, classes }
    }
}

/// For each photo the lowest index in its cluster. Photos are in one cluster if their files or their `groups` are equal,
/// directly or through other photos.
///
/// # Panics
/// If `groups` does not have one number for each photo.
#[must_use]
pub fn cluster_of(data: &Dataset, groups: Option<&[u64]>) -> Vec<usize> {
    let count = data.photos.len();
    let mut sets = UnionFind::new(count);
    let mut first_of_digest: HashMap<Digest, usize> = HashMap::new();
    for (index, photo) in data.photos.iter().enumerate() {
        let first = *first_of_digest.entry(photo.digest).or_insert(index);
        sets.join(first, index);
    }
    if let Some(groups) = groups {
        assert_eq!(groups.len(), count, "one group for each photo");
        let mut first_of_group: HashMap<u64, usize> = HashMap::new();
        for (index, group) in groups.iter().enumerate() {
            let first = *first_of_group.entry(*group).or_insert(index);
            sets.join(first, index);
        }
    }
    sets.names()
}

/// The clusters of all photographs, in an order drawn with `seed`.
pub(crate) fn clusters(data: &Dataset, groups: Option<&[u64]>, seed: u64) -> Vec<Cluster> {
    let mut members: HashMap<usize, Vec<usize>> = HashMap::new();
    for (index, first) in cluster_of(data, groups).into_iter().enumerate() {
        members.entry(first).or_default().push(index);
    }
    // No two clusters share a digest, so the keys are distinct and the order is complete.
    let mut keyed: Vec<([u8; 32], Vec<usize>)> = members
        .into_values()
        .map(|members| {
            let smallest = members.iter().map(|&index| data.photos[index].digest).min();
            let mut hasher = blake3::Hasher::new();
            hasher.update(&seed.to_le_bytes());
            hasher.update(&smallest.map(|digest| digest.0).unwrap_or_default());
            (*hasher.finalize().as_bytes(), members)
        })
        .collect();
    keyed.sort();
    keyed.into_iter().map(|(_, members)| Cluster::new(data, members)).collect()
}

/// If folders put a cluster into several splits, only its members in the last of them (test, then validation) are kept.
fn keep_the_measuring_side(
    data: &Dataset,
    cluster: &Cluster,
    assigned: &mut [Option<Split>],
    problems: &mut Vec<Problem>,
) {
    let Some(&kept) = cluster.members.iter().rev().max_by_key(|&&index| assigned[index]) else {
        return;
    };
    let Some(split) = assigned[kept] else {
        return;
    };
    for &index in &cluster.members {
        if assigned[index] != Some(split) {
            assigned[index] = None;
            let reason = Reason::Leak { other: data.photos[kept].path.clone(), split };
            problems.push(Problem::new(&data.photos[index].path, reason));
        }
    }
}

/// Only the members of a cluster that no folder sets apart for measuring are kept.
fn keep_the_training_side(
    data: &Dataset,
    cluster: &Cluster,
    assigned: &mut [Option<Split>],
    problems: &mut Vec<Problem>,
) {
    for &index in &cluster.members {
        if let Some(split) = assigned[index].filter(|split| *split != Split::Train) {
            assigned[index] = None;
            problems.push(Problem::new(&data.photos[index].path, Reason::LearnedBefore { split }));
        }
    }
}

/// Moving clusters from training to another split; all counts are by class.
struct Draw<'a> {
    assigned: &'a mut [Option<Split>],
    split: Split,
    wanted: Vec<usize>,
    taken: Vec<usize>,
    /// Photos that are still for training.
    left: Vec<usize>,
}

impl Draw<'_> {
    /// Whether the cluster is for training, and each of its classes has other photos for training.
    fn may_go(&self, cluster: &Cluster) -> bool {
        cluster.members.iter().all(|&index| self.assigned[index] == Some(Split::Train))
            && cluster.classes.iter().all(|&(class, count)| count < self.left[class])
    }

    /// Whether at least half of the cluster fits into what its classes still need.
    fn fits(&self, cluster: &Cluster) -> bool {
        let lacks = |class: usize| self.wanted[class].saturating_sub(self.taken[class]);
        cluster.classes.iter().all(|&(class, count)| 2 * lacks(class) >= count)
    }

    fn take(&mut self, cluster: &Cluster) {
        for &(class, count) in &cluster.classes {
            self.taken[class] += count;
            self.left[class] -= count;
        }
        for &index in &cluster.members {
            self.assigned[index] = Some(self.split);
        }
    }
}

/// Number of training photos of each class, or of each label, among `photos`.
fn trained(data: &Dataset, photos: impl Iterator<Item = usize>, assigned: &[Option<Split>]) -> Vec<usize> {
    let mut counts = vec![0; data.strata()];
    for index in photos.filter(|&index| assigned[index] == Some(Split::Train)) {
        data.strata_of(index).iter().for_each(|&class| counts[class] += 1);
    }
    counts
}

/// Moves about the `wanted` photos of each class from training to `split`: clusters in their order as far as they fit. A class
/// that gets none because its clusters are large gives its smallest one.
fn draw(
    data: &Dataset,
    clusters: &[Cluster],
    split: Split,
    wanted: Vec<usize>,
    assigned: &mut [Option<Split>],
) {
    let left = trained(data, 0..data.photos.len(), assigned);
    let taken = vec![0; left.len()];
    let mut draw = Draw { assigned, split, wanted, taken, left };
    for cluster in clusters {
        if draw.may_go(cluster) && draw.fits(cluster) {
            draw.take(cluster);
        }
    }
    for class in 0..data.strata() {
        if draw.taken[class] == 0 {
            let has = |cluster: &&Cluster| cluster.classes.iter().any(|&(of, _)| of == class);
            let candidates = clusters.iter().filter(has).filter(|cluster| draw.may_go(cluster));
            if let Some(smallest) = candidates.min_by_key(|cluster| cluster.members.len()) {
                draw.take(smallest);
            }
        }
    }
}
