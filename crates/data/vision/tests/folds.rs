//! Properties of folds on random data sets.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;

use foliar_vision::{Dataset, cluster_of, folds};
use proptest::prelude::*;

/// A photograph by its class, its content (equal numbers are equal bytes) and its group.
type Sketch = (usize, u32, u64);

const CLASSES: usize = 4;

fn dataset(sketches: &[Sketch]) -> Dataset {
    let photographs: Vec<_> = sketches.iter().map(|&(class, content, _)| (class, content, None)).collect();
    common::dataset(CLASSES, &photographs)
}

fn groups(sketches: &[Sketch]) -> Vec<u64> {
    sketches.iter().map(|sketch| sketch.2).collect()
}

/// Equal photographs and groups across classes too.
fn tangled() -> impl Strategy<Value = Vec<Sketch>> {
    prop::collection::vec((0..CLASSES, 0..80_u32, 0..50_u64), 1..150)
}

/// Groups of one class each, and no equal photographs.
fn pure() -> impl Strategy<Value = Vec<Sketch>> {
    let photograph = (0..CLASSES, 0..30_u64);
    prop::collection::vec(photograph, 1..150).prop_map(|drawn| {
        let sketch = |(index, (class, group)): (usize, (usize, u64))| {
            (class, index as u32, group * CLASSES as u64 + class as u64)
        };
        drawn.into_iter().enumerate().map(sketch).collect()
    })
}

proptest! {
    #[test]
    fn they_partition_the_pool_and_keep_what_belongs_together(
        sketches in tangled(), seed: u64, count in 1..8_usize, left_out in 1..6_usize,
    ) {
        let data = dataset(&sketches);
        let groups = groups(&sketches);
        let pool: Vec<usize> = (0..sketches.len()).filter(|index| index % left_out == 0).collect();
        let folds = folds(&data, &pool, Some(&groups), count, seed);
        prop_assert_eq!(folds.len(), count);
        let mut all = folds.concat();
        all.sort_unstable();
        prop_assert_eq!(&all, &pool);
        let mut fold_of = vec![None; sketches.len()];
        for (number, fold) in folds.iter().enumerate() {
            prop_assert!(fold.is_sorted());
            fold.iter().for_each(|&photo| fold_of[photo] = Some(number));
        }
        for &a in &pool {
            for &b in &pool {
                if sketches[a].1 == sketches[b].1 || sketches[a].2 == sketches[b].2 {
                    prop_assert_eq!(fold_of[a], fold_of[b]);
                }
            }
        }
    }

    #[test]
    fn classes_are_spread_evenly(sketches in pure(), seed: u64, count in 1..8_usize) {
        let data = dataset(&sketches);
        let groups = groups(&sketches);
        let pool: Vec<usize> = (0..sketches.len()).collect();
        let folds = folds(&data, &pool, Some(&groups), count, seed);
        for class in 0..CLASSES {
            let held = |fold: &Vec<usize>| fold.iter().filter(|&&photo| sketches[photo].0 == class).count();
            let counts: Vec<usize> = folds.iter().map(held).collect();
            let mut sizes = std::collections::BTreeMap::new();
            for sketch in sketches.iter().filter(|sketch| sketch.0 == class) {
                *sizes.entry(sketch.2).or_insert(0) += 1;
            }
            let (most, least) = (counts.iter().max().unwrap(), counts.iter().min().unwrap());
            prop_assert!(most - least <= sizes.values().max().copied().unwrap_or(0));
            prop_assert!(sizes.len() < count || *least > 0, "{} groups, folds of {:?}", sizes.len(), counts);
        }
    }

    #[test]
    fn contents_and_seed_decide_and_not_the_order(sketches in pure(), seed: u64) {
        let partners = |sketches: &[Sketch]| {
            let pool: Vec<usize> = (0..sketches.len()).collect();
            let folds = folds(&dataset(sketches), &pool, Some(&groups(sketches)), 3, seed);
            let contents = |fold: &Vec<usize>| {
                let mut contents: Vec<u32> = fold.iter().map(|&photo| sketches[photo].1).collect();
                contents.sort_unstable();
                contents
            };
            folds.iter().map(contents).collect::<Vec<_>>()
        };
        let mut reversed = sketches.clone();
        reversed.reverse();
        prop_assert_eq!(partners(&sketches), partners(&reversed));
    }

    #[test]
    fn clusters_are_numbered_by_their_first_member(sketches in tangled()) {
        let clusters = cluster_of(&dataset(&sketches), Some(&groups(&sketches)));
        for (photo, &first) in clusters.iter().enumerate() {
            prop_assert!(first <= photo && clusters[first] == first);
        }
    }
}

#[test]
fn another_seed_deals_otherwise() {
    let sketches: Vec<Sketch> =
        (0..60).map(|index| (index as usize % CLASSES, index, u64::from(index))).collect();
    let pool: Vec<usize> = (0..60).collect();
    let deal = |seed| folds(&dataset(&sketches), &pool, None, 5, seed);
    assert_eq!(deal(1), deal(1));
    assert_ne!(deal(1), deal(2));
}
