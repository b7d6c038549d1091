//! Folds of a cross-validation: every photo is tested once, by a network that has not learned from it.
//!
//! Photos that [`crate::split()`] keeps together stay in one fold. Clusters are assigned one by one, large ones first, each to
//! the fold that has the fewest photos of its classes so far (the longest-processing-time rule, Graham 1969). If each cluster
//! has one class, the sizes of two folds differ in each class by at most the largest cluster of that class.

use std::cmp::Reverse;

use crate::dataset::Dataset;
use crate::split::{Cluster, clusters};

/// Divides the photos of `pool`, indices into [`Dataset::photos`], into `count` folds. The indices of each fold ascend; each
/// photo of the pool is in exactly one fold. A fold holds every class that has at least `count` clusters of its own.
/// `groups` has one number for each photo of `data`; photos of equal numbers stay together.
///
/// Clusters of equal size are assigned in an order that depends on contents and `seed` alone.
///
/// # Panics
/// If `count` is 0, `pool` has an index out of range or one twice, or `groups` does not have one number for each photo.
#[must_use]
pub fn folds(
    data: &Dataset,
    pool: &[usize],
    groups: Option<&[u64]>,
    count: usize,
    seed: u64,
) -> Vec<Vec<usize>> {
    assert!(count > 0, "there is at least one fold");
    let mut wanted = vec![false; data.photos.len()];
    for &photo in pool {
        assert!(!std::mem::replace(&mut wanted[photo], true), "photo {photo} is in the pool twice");
    }
    let mut dealt: Vec<Cluster> = clusters(data, groups, seed)
        .into_iter()
        .map(|cluster| cluster.members.into_iter().filter(|&photo| wanted[photo]).collect::<Vec<_>>())
        .filter(|members| !members.is_empty())
        .map(|members| Cluster::new(data, members))
        .collect();
    dealt.sort_by_key(|cluster| Reverse(cluster.members.len()));

    let mut folds = vec![Vec::new(); count];
    // Photos of each class in each fold.
    let mut held = vec![vec![0; data.strata()]; count];
    for cluster in dealt {
        let load = |fold: &usize| {
            let of_its_classes: usize = cluster.classes.iter().map(|&(class, _)| held[*fold][class]).sum();
            (of_its_classes, folds[*fold].len(), *fold)
        };
        let Some(fold) = (0..count).min_by_key(load) else { continue };
        cluster.classes.iter().for_each(|&(class, members)| held[fold][class] += members);
        folds[fold].extend(cluster.members);
    }
    folds.iter_mut().for_each(|fold| fold.sort_unstable());
    folds
}
