//! Who is learnt from and who is measured on.
//!
//! Photographs that belong together (equal bytes, or one group of the caller's, such as one leaf) form a *cluster*, and a
//! cluster never crosses a border. Folders named `train/ val/ test/` are obeyed; what they leave open is drawn from the
//! photographs for training, class by class, so that each class has its share on each side.
//!
//! The draw orders clusters by a hash of the seed and their smallest digest: it depends on contents and the seed alone,
//! and adding a photograph moves few others.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::dataset::{Dataset, Part};
use crate::digest::Digest;
use crate::problem::{Problem, Reason};

/// How to split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SplitSpec {
    /// Share of each class to validate on, in `[0, 1)`. Default 0.2. Of no effect if there is a validation folder.
    pub validation: f64,
    /// Share of each class to test on, in `[0, 1)`. Default 0. Of no effect if there is a test folder.
    pub test: f64,
    /// For each photograph a number that those share which must stay on one side.
    #[serde(skip)]
    pub groups: Option<Vec<u64>>,
}

impl Default for SplitSpec {
    fn default() -> Self {
        Self { validation: 0.2, test: 0.0, groups: None }
    }
}

/// Indices into [`Dataset::photos`], ascending. Each photograph is in exactly one part or named in a problem.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Splits {
    /// To learn from.
    pub train: Vec<usize>,
    /// To measure on after each epoch.
    pub validation: Vec<usize>,
    /// To measure on once, at the end.
    pub test: Vec<usize>,
    /// Photographs left out because folders put them, or one of their cluster, on both sides.
    pub problems: Vec<Problem>,
}

/// Splits the photographs of `data`.
///
/// Of a class of `n` photographs about `validation * n` are validated on: at least one if the share is above zero and at
/// least one stays to learn from, unless the whole class is one cluster. A class with a single photograph is learnt from.
///
/// # Panics
/// If a share is not in `[0, 1)`, their sum is not below 1, or `groups` has not one number for each photograph.
#[must_use]
pub fn split(data: &Dataset, spec: &SplitSpec, seed: u64) -> Splits {
    let shares = [spec.validation, spec.test, spec.validation + spec.test];
    assert!(shares.iter().all(|share| (0.0..1.0).contains(share)), "shares lie in [0, 1)");
    let mut splits = Splits::default();
    let mut parts: Vec<Option<Part>> =
        data.photos.iter().map(|photo| photo.part.or(Some(Part::Train))).collect();
    let clusters = clusters(data, spec.groups.as_deref(), seed);
    for cluster in &clusters {
        keep_the_measuring_side(data, cluster, &mut parts, &mut splits.problems);
    }
    for (part, share) in [(Part::Test, spec.test), (Part::Validation, spec.validation)] {
        if share > 0.0 && data.photos.iter().all(|photo| photo.part != Some(part)) {
            draw(data, &clusters, part, share, &mut parts);
        }
    }
    for (index, part) in parts.iter().enumerate() {
        match part {
            Some(Part::Train) => splits.train.push(index),
            Some(Part::Validation) => splits.validation.push(index),
            Some(Part::Test) => splits.test.push(index),
            None => {}
        }
    }
    splits.problems.sort_by(|a, b| a.path.cmp(&b.path));
    splits
}

/// Indices of photographs that belong together, in an order drawn with `seed`.
fn clusters(data: &Dataset, groups: Option<&[u64]>, seed: u64) -> Vec<Vec<usize>> {
    let count = data.photos.len();
    let mut forest: Vec<usize> = (0..count).collect();
    let mut first_of_digest: HashMap<Digest, usize> = HashMap::new();
    for (index, photo) in data.photos.iter().enumerate() {
        let first = *first_of_digest.entry(photo.digest).or_insert(index);
        join(&mut forest, first, index);
    }
    if let Some(groups) = groups {
        assert_eq!(groups.len(), count, "one group for each photograph");
        let mut first_of_group: HashMap<u64, usize> = HashMap::new();
        for (index, group) in groups.iter().enumerate() {
            let first = *first_of_group.entry(*group).or_insert(index);
            join(&mut forest, first, index);
        }
    }
    let mut members: HashMap<usize, Vec<usize>> = HashMap::new();
    for index in 0..count {
        members.entry(find(&mut forest, index)).or_default().push(index);
    }
    // No two clusters share a digest, so the keys are distinct and the order is complete.
    let mut keyed: Vec<([u8; 32], Vec<usize>)> = members
        .into_values()
        .map(|cluster| {
            let smallest =
                cluster.iter().map(|&index| data.photos[index].digest).min().unwrap_or(Digest([0; 32]));
            let mut hasher = blake3::Hasher::new();
            hasher.update(&seed.to_le_bytes());
            hasher.update(&smallest.0);
            (*hasher.finalize().as_bytes(), cluster)
        })
        .collect();
    keyed.sort();
    keyed.into_iter().map(|(_, cluster)| cluster).collect()
}

/// The representative of `index` in a union-find forest; halves the path on its way.
fn find(forest: &mut [usize], mut index: usize) -> usize {
    while forest[index] != index {
        forest[index] = forest[forest[index]];
        index = forest[index];
    }
    index
}

fn join(forest: &mut [usize], a: usize, b: usize) {
    let (a, b) = (find(forest, a), find(forest, b));
    forest[a.max(b)] = a.min(b);
}

/// Where folders tear a cluster apart, only its members in the part that measures last stay.
fn keep_the_measuring_side(
    data: &Dataset,
    cluster: &[usize],
    parts: &mut [Option<Part>],
    problems: &mut Vec<Problem>,
) {
    let Some(part) = cluster.iter().filter_map(|&index| parts[index]).max() else {
        return;
    };
    let Some(&kept) = cluster.iter().find(|&&index| parts[index] == Some(part)) else {
        return;
    };
    for &index in cluster.iter().filter(|&&index| parts[index] != Some(part)).collect::<Vec<_>>() {
        parts[index] = None;
        let reason = Reason::Leak { other: data.photos[kept].path.clone(), part };
        problems.push(Problem::new(&data.photos[index].path, reason));
    }
}

/// Moves about `share` of each class from training to `part`.
///
/// Clusters are taken in their order as long as at least half of one fits what its classes still lack, and each of its
/// classes keeps another to learn from. A class that got nothing this way gives its smallest cluster.
fn draw(data: &Dataset, clusters: &[Vec<usize>], part: Part, share: f64, parts: &mut [Option<Part>]) {
    let classes = data.classes.len();
    let totals = data.class_counts();
    let wanted: Vec<usize> =
        totals.iter().map(|&total| ((total as f64 * share).round() as usize).max(1)).collect();
    let mut taken = vec![0_usize; classes];
    let mut left = vec![0_usize; classes];
    for (photo, part) in data.photos.iter().zip(parts.iter()) {
        left[photo.class] += usize::from(*part == Some(Part::Train));
    }
    let candidates: Vec<(&Vec<usize>, Vec<(usize, usize)>)> = clusters
        .iter()
        .filter(|cluster| cluster.iter().all(|&index| parts[index] == Some(Part::Train)))
        .map(|cluster| (cluster, count_by_class(data, cluster)))
        .collect();
    let mut open: Vec<bool> = vec![true; candidates.len()];
    let mut take = |which: usize, taken: &mut [usize], left: &mut [usize]| {
        for &(class, count) in &candidates[which].1 {
            taken[class] += count;
            left[class] -= count;
        }
        candidates[which].0.iter().for_each(|&index| parts[index] = Some(part));
    };
    for (which, (_, counts)) in candidates.iter().enumerate() {
        let fits = |&(class, count): &(usize, usize)| {
            count < left[class] && 2 * wanted[class].saturating_sub(taken[class]) >= count
        };
        if counts.iter().all(fits) {
            take(which, &mut taken, &mut left);
            open[which] = false;
        }
    }
    for class in 0..classes {
        if taken[class] > 0 {
            continue;
        }
        let smallest = candidates
            .iter()
            .enumerate()
            .filter(|(which, (_, counts))| {
                open[*which]
                    && counts.iter().any(|&(of, _)| of == class)
                    && counts.iter().all(|&(of, count)| count < left[of])
            })
            .min_by_key(|(_, (cluster, _))| cluster.len());
        if let Some((which, _)) = smallest {
            take(which, &mut taken, &mut left);
            open[which] = false;
        }
    }
}

/// How many photographs of each class a cluster has; most clusters have one class.
fn count_by_class(data: &Dataset, cluster: &[usize]) -> Vec<(usize, usize)> {
    let mut counts: Vec<(usize, usize)> = Vec::with_capacity(1);
    for &index in cluster {
        let class = data.photos[index].class;
        match counts.iter_mut().find(|(of, _)| *of == class) {
            Some((_, count)) => *count += 1,
            None => counts.push((class, 1)),
        }
    }
    counts
}
