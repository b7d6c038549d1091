//! Properties of store and loader: what a batch holds depends on nothing but what it should.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod common;

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{encode, noise, write_tree};
use foliar_scan::{ScanOptions, scan};
use foliar_vision::{
    Augment, Batch, Example, ImageCache, Limits, LoadError, Loader, Preprocessing, Rgb, Transform,
};
use image::ImageFormat;
use proptest::prelude::*;
use tempfile::TempDir;

const SIZE: u32 = 16;

fn pictures(count: usize) -> Vec<Rgb> {
    (0..count as u32).map(|number| Rgb::new(30, 26, noise(number, 30, 26).into_raw())).collect()
}

fn train() -> Transform {
    Transform::Train { preprocessing: Preprocessing::imagenet(SIZE), augment: Augment::all() }
}

fn evaluate() -> Transform {
    Transform::Evaluate { preprocessing: Preprocessing::imagenet(SIZE) }
}

fn items(count: usize) -> Vec<Example> {
    (0..count).map(|photo| Example { photo, label: photo as u32 % 3 }).collect()
}

fn loader(count: usize, transform: Transform, batch_size: usize) -> Loader {
    let side = transform.preprocessing().store_side;
    Loader::new(Arc::new(ImageCache::of_pictures(pictures(count), side)), items(count), transform, batch_size)
}

/// All that a batch holds, with its numbers as bits.
fn content(batch: &Batch) -> (Vec<u32>, Vec<u32>, Vec<usize>) {
    let bits = batch.images.iter().map(|value| value.to_bits()).collect();
    (bits, batch.labels.clone(), batch.photos.clone())
}

fn epoch(loader: &Loader, seed: u64, epoch: u32, first: usize) -> Vec<(Vec<u32>, Vec<u32>, Vec<usize>)> {
    loader.epoch(seed, epoch, first).map(|batch| content(&batch.unwrap())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn threads_change_nothing(count in 1..40_usize, batch_size in 1..9_usize, seed: u64, number in 0..50_u32) {
        let loader = loader(count, train(), batch_size);
        let alone = epoch(&loader.clone().with_workers(0), seed, number, 0);
        for workers in [1, 2, 5] {
            prop_assert_eq!(&alone, &epoch(&loader.clone().with_workers(workers), seed, number, 0));
        }
    }

    #[test]
    fn each_item_comes_once_in_balanced_batches(count in 1..60_usize, batch_size in 1..20_usize, seed: u64) {
        let loader = loader(count, train(), batch_size);
        let batches: Vec<Batch> = loader.epoch(seed, 3, 0).map(Result::unwrap).collect();
        prop_assert_eq!(batches.len(), count.div_ceil(batch_size));
        prop_assert_eq!(batches.len(), loader.batches());
        let sizes: Vec<usize> = batches.iter().map(Batch::len).collect();
        let (least, most) = (*sizes.iter().min().unwrap(), *sizes.iter().max().unwrap());
        prop_assert!(most <= batch_size && most - least <= 1, "{:?}", sizes);
        let mut seen: Vec<usize> = batches.iter().flat_map(|batch| batch.photos.clone()).collect();
        seen.sort_unstable();
        prop_assert_eq!(seen, (0..count).collect::<Vec<_>>());
        for batch in &batches {
            prop_assert_eq!(batch.images.len(), batch.len() * (SIZE * SIZE * 3) as usize);
            prop_assert!(batch.photos.iter().zip(&batch.labels).all(|(photo, label)| *photo as u32 % 3 == *label));
        }
    }

    #[test]
    fn a_resumed_epoch_is_the_tail_of_the_whole(count in 1..40_usize, batch_size in 1..9_usize, skipped in 0..50_usize) {
        let loader = loader(count, train(), batch_size);
        let whole = epoch(&loader, 7, 1, 0);
        let first = skipped % (whole.len() + 1);
        prop_assert_eq!(&whole[first..], &epoch(&loader, 7, 1, first)[..]);
    }
}

#[test]
fn seed_and_epoch_change_order_and_pixels() {
    let loader = loader(30, train(), 8);
    let base = epoch(&loader, 1, 1, 0);
    assert_eq!(base, epoch(&loader, 1, 1, 0));
    assert_ne!(base, epoch(&loader, 1, 2, 0));
    assert_ne!(base, epoch(&loader, 2, 1, 0));
}

#[test]
fn a_repeated_photograph_is_augmented_anew() {
    let store = Arc::new(ImageCache::of_pictures(pictures(1), 24));
    let twice = vec![Example { photo: 0, label: 0 }; 2];
    let batch = Loader::new(store, twice, train(), 2).epoch(1, 0, 0).next().unwrap().unwrap();
    let (first, second) = batch.images.split_at(batch.images.len() / 2);
    assert_ne!(first, second);
}

#[test]
fn evaluation_keeps_order_and_cuts_chunks() {
    let loader = loader(10, evaluate(), 4);
    let batches = epoch(&loader, 1, 0, 0);
    assert_eq!(batches.iter().map(|batch| batch.2.len()).collect::<Vec<_>>(), [4, 4, 2]);
    assert_eq!(batches.concat_photos(), (0..10).collect::<Vec<_>>());
    assert_eq!(batches, epoch(&loader, 99, 5, 0));
}

trait ConcatPhotos {
    fn concat_photos(&self) -> Vec<usize>;
}

impl ConcatPhotos for Vec<(Vec<u32>, Vec<u32>, Vec<usize>)> {
    fn concat_photos(&self) -> Vec<usize> {
        self.iter().flat_map(|batch| batch.2.clone()).collect()
    }
}

#[test]
fn dropping_an_epoch_early_does_not_hang() {
    let loader = loader(64, train(), 2).with_workers(3);
    for taken in [0, 1, 5] {
        let mut batches = loader.epoch(1, 0, 0);
        assert_eq!(batches.by_ref().take(taken).count(), taken);
        assert_eq!(batches.len(), 32 - taken);
    }
}

#[test]
fn no_items_make_no_batches() {
    assert_eq!(loader(0, train(), 4).epoch(1, 0, 0).count(), 0);
    assert_eq!(loader(4, train(), 4).epoch(1, 0, 9).count(), 0);
}

#[test]
fn memory_of_batches_is_used_again() {
    let loader = loader(64, evaluate(), 4).with_workers(0);
    let mut places = Vec::new();
    for batch in loader.epoch(1, 0, 0) {
        places.push(batch.unwrap().images.as_ptr());
    }
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), 1);
}

/// Eight JPEGs larger than the store keeps them, in two classes.
fn photographs() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..8 {
        let path = format!("{}/{number}.jpg", ["healthy", "rust"][number as usize % 2]);
        let bytes = encode(noise(number, 90 + 5 * number, 120), ImageFormat::Jpeg);
        write_tree(folder.path(), &[(&path, bytes)]);
    }
    folder
}

#[test]
fn the_budget_changes_nothing_but_memory() {
    let folder = photographs();
    let limits = Limits::default();
    let preprocessing = Preprocessing::imagenet(SIZE);
    let (dataset, _) = scan(folder.path(), &ScanOptions { limits, ..ScanOptions::default() }).unwrap();
    let one = 24 * 32 * 3;
    let mut first: Option<Vec<_>> = None;
    for budget in [0, 3 * one, u64::MAX] {
        let done = AtomicUsize::new(0);
        let seen = |_: &foliar_vision::Photo, picture: Option<&foliar_vision::Rgb>| {
            done.fetch_add(usize::from(picture.is_some()), Ordering::Relaxed);
        };
        let (kept, store, problems) = ImageCache::prepare(
            dataset.clone(),
            preprocessing.store_side,
            budget,
            &limits,
            &|_| false,
            &seen,
        );
        assert_eq!((kept.photos.len(), problems.len(), done.into_inner()), (8, 0, 8));
        assert!(store.bytes() <= budget);
        assert_eq!(store.cached() == 8, budget == u64::MAX);
        assert_eq!(store.cached() == 0, budget == 0);
        // Straight from the file, as serving does it.
        for (index, photo) in kept.photos.iter().enumerate() {
            let fresh = foliar_vision::decode_file(&folder.path().join(&photo.path), &limits).unwrap();
            assert_eq!(preprocessing.prepare(&fresh), preprocessing.prepare(&store.get(index).unwrap()));
        }
        let store = Arc::new(store);
        let contents: Vec<_> = [train(), evaluate()]
            .into_iter()
            .map(|transform| epoch(&Loader::new(Arc::clone(&store), items(8), transform, 3), 1, 1, 0))
            .collect();
        assert_eq!(first.get_or_insert(contents.clone()), &contents);
    }
}

#[test]
fn a_photograph_that_vanishes_or_changes_is_an_error_with_its_name() {
    let folder = photographs();
    let limits = Limits::default();
    let (dataset, _) = scan(folder.path(), &ScanOptions { limits, ..ScanOptions::default() }).unwrap();
    let (dataset, store, _) = ImageCache::prepare(dataset, 24, 0, &limits, &|_| false, &|_, _| {});
    let path = |index: usize| folder.path().join(&dataset.photos[index].path);
    fs::remove_file(path(1)).unwrap();
    fs::write(path(5), encode(noise(77, 50, 50), ImageFormat::Jpeg)).unwrap();
    let loader = Loader::new(Arc::new(store), items(8), evaluate(), 2);
    let results: Vec<_> = loader.epoch(0, 0, 0).collect();
    assert!(results[1].is_ok() && results[3].is_ok());
    match (&results[0], &results[2]) {
        (Err(LoadError::Photograph { path: gone, .. }), Err(LoadError::Changed { path: changed })) => {
            assert_eq!((gone, changed), (&path(1), &path(5)));
        }
        other => panic!("{other:?}"),
    }
}
