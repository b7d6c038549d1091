//! Properties of the split on random data sets.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::dataset;
use foliar_vision::{Reason, Split, SplitSpec, Splits, cluster_of, split};
use proptest::prelude::*;

/// A photograph by its class, its content (equal numbers are equal bytes) and its folder's split.
type Sketch = (usize, u32, Option<Split>);

fn split_of(splits: &Splits, photos: usize) -> Vec<Option<Split>> {
    let mut assigned = vec![None; photos];
    for (split, indices) in
        [(Split::Train, &splits.train), (Split::Validation, &splits.validation), (Split::Test, &splits.test)]
    {
        for &index in indices {
            assert_eq!(assigned[index].replace(split), None, "photograph {index} is in two assigned");
        }
    }
    assigned
}

fn sketches(assigned: BoxedStrategy<Option<Split>>) -> impl Strategy<Value = Vec<Sketch>> {
    prop::collection::vec((0..4_usize, 0..60_u32, assigned), 1..120)
}

fn no_parts() -> BoxedStrategy<Option<Split>> {
    Just(None).boxed()
}

fn any_part() -> BoxedStrategy<Option<Split>> {
    prop_oneof![4 => Just(Some(Split::Train)), 1 => Just(Some(Split::Validation)), 1 => Just(Some(Split::Test))]
        .boxed()
}

proptest! {
    #[test]
    fn equal_photographs_and_groups_never_cross(
        sketches in sketches(no_parts()), seed: u64, validation in 0.0..0.5, test in 0.0..0.4, groups in 1..40_u64,
    ) {
        let data = dataset(4, &sketches);
        let groups: Vec<u64> = (0..sketches.len() as u64).map(|index| index * 7 % groups).collect();
        let spec = SplitSpec { validation, test, groups: Some(groups.clone()), train_only: None };
        let splits = split(&data, &spec, seed);
        let assigned = split_of(&splits, sketches.len());
        prop_assert!(splits.problems.is_empty());
        prop_assert!(assigned.iter().all(Option::is_some));
        for a in 0..sketches.len() {
            for b in 0..a {
                if sketches[a].1 == sketches[b].1 || groups[a] == groups[b] {
                    prop_assert_eq!(assigned[a], assigned[b]);
                }
            }
        }
    }

    #[test]
    fn what_only_trains_is_measured_on_nowhere_and_with_it_its_group(
        sketches in sketches(any_part()), seed: u64, validation in 0.0..0.5, test in 0.0..0.4, groups in 1..40_u64,
        every in 1..9_usize,
    ) {
        let data = dataset(4, &sketches);
        let groups: Vec<u64> = (0..sketches.len() as u64).map(|index| index * 7 % groups).collect();
        let only: Vec<bool> = (0..sketches.len()).map(|index| index % every == 0).collect();
        let spec = SplitSpec { validation, test, groups: Some(groups.clone()), train_only: Some(only.clone()) };
        let splits = split(&data, &spec, seed);
        let assigned = split_of(&splits, sketches.len());
        let names = cluster_of(&data, Some(&groups));
        let fixed: BTreeSet<usize> = (0..names.len()).filter(|&index| only[index]).map(|index| names[index]).collect();
        for (index, split) in assigned.iter().enumerate() {
            let trains = sketches[index].2.is_none_or(|split| split == Split::Train);
            if fixed.contains(&names[index]) {
                prop_assert_eq!(*split, trains.then_some(Split::Train));
            }
        }
        let before = splits.problems.iter().filter(|p| matches!(p.reason, Reason::LearnedBefore { .. })).count();
        let apart = |index: &usize| fixed.contains(&names[*index]) && matches!(sketches[*index].2, Some(Split::Validation | Split::Test));
        prop_assert_eq!(before, (0..sketches.len()).filter(apart).count());
    }

    #[test]
    fn contents_and_seed_decide_and_not_the_order(sketches in sketches(no_parts()), seed: u64) {
        let spec = SplitSpec { validation: 0.3, test: 0.1, groups: None, train_only: None };
        let outcome = |sketches: &[Sketch]| -> BTreeMap<u32, Option<Split>> {
            let splits = split(&dataset(4, sketches), &spec, seed);
            let assigned = split_of(&splits, sketches.len());
            sketches.iter().zip(assigned).map(|(sketch, split)| (sketch.1, split)).collect()
        };
        let mut reversed = sketches.clone();
        reversed.reverse();
        prop_assert_eq!(outcome(&sketches), outcome(&reversed));
    }

    #[test]
    fn every_class_is_learned_from(sketches in sketches(no_parts()), seed: u64, validation in 0.01..0.9) {
        let data = dataset(4, &sketches);
        let splits = split(&data, &SplitSpec { validation, ..SplitSpec::default() }, seed);
        let trained: BTreeSet<usize> = splits.train.iter().map(|&index| sketches[index].0).collect();
        let all: BTreeSet<usize> = sketches.iter().map(|sketch| sketch.0).collect();
        prop_assert_eq!(trained, all);
    }

    #[test]
    fn folders_are_obeyed_and_leaks_reported(sketches in sketches(any_part()), seed: u64) {
        let data = dataset(4, &sketches);
        let splits = split(&data, &SplitSpec::default(), seed);
        let assigned = split_of(&splits, sketches.len());
        let measured = sketches.iter().any(|sketch| sketch.2 == Some(Split::Validation));
        for (index, sketch) in sketches.iter().enumerate() {
            let last = sketches.iter().filter(|other| other.1 == sketch.1).filter_map(|other| other.2).max();
            let reported = splits.problems.iter().any(|problem| problem.path == data.photos[index].path);
            prop_assert_eq!(reported, last != sketch.2);
            match assigned[index] {
                None => prop_assert!(reported),
                split if split == sketch.2 => {}
                // Without a validation folder, some of the training photographs are validated on.
                split => prop_assert!(!measured && split == Some(Split::Validation) && sketch.2 == Some(Split::Train)),
            }
        }
    }
}

#[test]
fn shares_are_kept_in_every_class() {
    let sketches: Vec<Sketch> = (0..1000).map(|index| (usize::from(index >= 100), index, None)).collect();
    let data = dataset(2, &sketches);
    let spec = SplitSpec { validation: 0.2, test: 0.1, groups: None, train_only: None };
    let splits = split(&data, &spec, 5);
    let count = |split: &[usize], class| split.iter().filter(|&&index| sketches[index].0 == class).count();
    assert_eq!([count(&splits.test, 0), count(&splits.test, 1)], [10, 90]);
    assert_eq!([count(&splits.validation, 0), count(&splits.validation, 1)], [20, 180]);
    assert_ne!(splits, split(&data, &spec, 6));
    let none = split(&data, &SplitSpec { validation: 0.0, ..SplitSpec::default() }, 5);
    assert_eq!((none.train.len(), none.validation.len()), (1000, 0));
}

#[test]
fn small_classes_are_validated_where_possible() {
    let sketches: Vec<Sketch> = vec![(0, 0, None), (1, 1, None), (1, 2, None), (2, 3, None), (2, 3, None)];
    let splits = split(&dataset(3, &sketches), &SplitSpec::default(), 1);
    // One photograph; two photographs; two copies of one photograph.
    assert!(splits.train.contains(&0));
    assert_eq!(splits.validation.len(), 1);
    assert!(splits.validation[0] == 1 || splits.validation[0] == 2);
    assert!(splits.train.contains(&3) && splits.train.contains(&4));
}

#[test]
fn two_large_groups_are_parted() {
    let sketches: Vec<Sketch> = (0..20).map(|index| (0, index, None)).collect();
    let groups = Some((0..20).map(|index| index / 10).collect());
    let splits = split(&dataset(1, &sketches), &SplitSpec { groups, ..SplitSpec::default() }, 1);
    assert_eq!((splits.train.len(), splits.validation.len()), (10, 10));
}

#[test]
fn a_leak_names_what_stays() {
    let sketches: Vec<Sketch> = vec![
        (0, 1, Some(Split::Train)),
        (0, 1, Some(Split::Test)),
        (0, 2, Some(Split::Train)),
        (1, 3, Some(Split::Train)),
    ];
    let splits = split(&dataset(2, &sketches), &SplitSpec { validation: 0.0, ..SplitSpec::default() }, 1);
    assert_eq!((splits.train, splits.test), (vec![2, 3], vec![1]));
    assert_eq!(splits.problems[0].reason, Reason::Leak { other: "0/1.jpg".into(), split: Split::Test });
}

/// Photos with any number of labels: each label has its share in validation, and no photo of one group is apart from others.
#[test]
fn every_label_has_its_share() {
    let sets: Vec<Vec<String>> = ["", "a", "b", "a b", "c"]
        .map(|labels| labels.split_whitespace().map(str::to_owned).collect())
        .to_vec();
    for seed in 0..20 {
        let sketches: Vec<Sketch> =
            (0..200).map(|photo| ((photo * 7 + photo / 9) % 5, photo as u32, None)).collect();
        let mut data = dataset(5, &sketches);
        data.label_sets = Some(foliar_vision::LabelSets::new(&sets));
        let groups: Vec<u64> = (0..200).map(|photo| photo / 2).collect();
        let spec = SplitSpec { validation: 0.2, test: 0.0, groups: Some(groups.clone()), train_only: None };
        let splits = split(&data, &spec, seed);
        let sets = data.label_sets.as_ref().unwrap();
        let with = |photos: &[usize], label: usize| {
            photos.iter().filter(|&&photo| sets.of(data.photos[photo].class).contains(&label)).count()
        };
        for label in 0..sets.names.len() {
            let (held, all) = (with(&splits.validation, label), with(&splits.train, label));
            let share = held as f64 / (held + all) as f64;
            assert!((0.1..=0.25).contains(&share), "{seed} {label}: {held} of {}", held + all);
        }
        let apart = |photo: &usize| splits.train.iter().any(|&other| groups[other] == groups[*photo]);
        assert!(!splits.validation.iter().any(apart), "{seed}");
        // Folds hold every label, too.
        let pool: Vec<usize> = (0..200).collect();
        for fold in foliar_vision::folds(&data, &pool, Some(&groups), 5, seed) {
            assert!((0..sets.names.len()).all(|label| with(&fold, label) >= 4), "{seed}");
        }
    }
}
