//! What a scan says of sound trees.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

#[path = "../../vision/tests/common/mod.rs"]
mod common;

use std::fs;

use common::{encode, exif, jpeg, png, quarters, with_segment, write_tree};
use foliar_scan::{ScanOptions, scan, scan_for_evaluation};
use foliar_vision::{Difference, Digest, Split};
use image::ImageFormat;

#[test]
fn photographs_are_sorted_and_described() {
    let folder = tempfile::tempdir().unwrap();
    let turned = with_segment(&jpeg(), 0xE1, &[b"Exif\0\0", &exif(6)[..]].concat());
    write_tree(
        folder.path(),
        &[
            ("rust/b.JPG", turned.clone()),
            ("rust/a/z.png", png(1)),
            ("healthy/1.bmp", encode(quarters(9, 7), ImageFormat::Bmp)),
            ("healthy/2.png", png(2)),
        ],
    );
    let (dataset, problems) = scan(folder.path(), &ScanOptions::default()).unwrap();
    assert_eq!(problems, []);
    assert_eq!(dataset.classes, ["healthy", "rust"]);
    let told: Vec<_> = dataset
        .photos
        .iter()
        .map(|photo| (photo.path.to_str().unwrap(), photo.class, photo.width, photo.height))
        .collect();
    let told_of_a = if cfg!(windows) { "rust\\a\\z.png" } else { "rust/a/z.png" };
    assert_eq!(told[2], (told_of_a, 1, 12, 10));
    assert_eq!((told[0].2, told[0].3), (9, 7));
    assert_eq!((told[3].2, told[3].3), (32, 48), "upright");
    assert_eq!(dataset.photos[3].digest, Digest::of(&turned));
    assert_eq!(dataset.photos[3].bytes, turned.len() as u64);
    assert!(dataset.photos.iter().all(|photo| photo.split.is_none()));
}

#[test]
fn parts_come_from_folders_in_all_spellings() {
    for (train, validation, test) in [("train", "val", "test"), ("Training", "VALID", "testing")] {
        let folder = tempfile::tempdir().unwrap();
        let mut files = Vec::new();
        for (number, split) in [train, validation, test].into_iter().enumerate() {
            for (class, offset) in [("a", 0), ("b", 1), ("c", 2)] {
                for copy in 0..2 {
                    let seed = (number * 10 + offset * 3 + copy) as u32;
                    files.push((format!("{split}/{class}/{copy}.png"), png(seed)));
                }
            }
        }
        let files: Vec<_> = files.iter().map(|(path, bytes)| (path.as_str(), bytes.clone())).collect();
        write_tree(folder.path(), &files);
        let (dataset, problems) = scan(folder.path(), &ScanOptions::default()).unwrap();
        assert_eq!(problems, []);
        assert_eq!(dataset.classes, ["a", "b", "c"]);
        for split in [Split::Train, Split::Validation, Split::Test] {
            assert_eq!(dataset.photos.iter().filter(|photo| photo.split == Some(split)).count(), 6);
        }
    }
}

#[test]
fn one_class_can_be_evaluated() {
    let folder = tempfile::tempdir().unwrap();
    write_tree(folder.path(), &[("rust/1.png", png(1))]);
    let (dataset, problems) = scan_for_evaluation(folder.path(), &ScanOptions::default()).unwrap();
    assert_eq!((dataset.classes, problems), (vec!["rust".to_owned()], vec![]));
}

#[test]
fn fingerprints_tell_data_sets_apart() {
    let folder = tempfile::tempdir().unwrap();
    write_tree(
        folder.path(),
        &[("a/1.png", png(1)), ("a/2.png", png(2)), ("b/1.png", png(3)), ("b/2.png", png(4))],
    );
    let scanned = || scan(folder.path(), &ScanOptions::default()).unwrap().0;
    let before = scanned();
    assert_eq!(before.fingerprint(), scanned().fingerprint());
    fs::write(folder.path().join("a/1.png"), png(5)).unwrap();
    fs::rename(folder.path().join("b/2.png"), folder.path().join("b/3.png")).unwrap();
    let after = scanned();
    assert_ne!(before.fingerprint(), after.fingerprint());
    assert_eq!(
        after.manifest().difference(&before.manifest()),
        [
            Difference::PhotographAdded("b/3.png".to_owned()),
            Difference::PhotographRemoved("b/2.png".to_owned()),
            Difference::PhotographChanged("a/1.png".to_owned()),
        ]
    );
}
