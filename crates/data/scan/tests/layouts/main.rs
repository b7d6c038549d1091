//! Folders as people have them: each is read as it is meant, or refused with a sentence that says what to do.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod arrangements;
#[path = "../../../vision/tests/common/mod.rs"]
mod common;
mod masks;
mod names;
mod readings;
mod spelling;
mod tree;

use foliar_scan::ClassesFrom::{self, Depth};
use foliar_scan::{ScanError, ScanOptions, scan};
use tree::Expected::{self, Read, Refused};
use tree::{counts, plant};

fn trees() -> impl Iterator<Item = &'static (&'static str, Expected)> {
    [arrangements::TREES, readings::TREES, names::TREES].into_iter().flatten()
}

#[test]
fn each_layout_is_read_as_it_is_meant_or_refused() {
    assert!(trees().count() >= 60);
    let mut wrong = Vec::new();
    for (tree, expected) in trees() {
        let folder = tempfile::tempdir().unwrap();
        plant(folder.path(), tree);
        match (scan(folder.path(), &ScanOptions::default()), expected) {
            (Ok((dataset, _)), Read(classes, parts)) => {
                let split = if classes.contains('|') { '|' } else { ' ' };
                let wanted: Vec<&str> = classes.split(split).collect();
                if dataset.classes != wanted || counts(&dataset) != *parts {
                    wrong.push(format!("{tree}: {:?} {:?}", dataset.classes, counts(&dataset)));
                }
            }
            (Err(error), Refused(words)) => {
                let text = error.to_string().replace(&folder.path().display().to_string(), "ROOT");
                if !words.iter().all(|word| text.contains(word)) || text.contains('\n') {
                    wrong.push(format!("{tree}: {text}"));
                }
            }
            (Ok((dataset, _)), Refused(_)) => wrong.push(format!("{tree}: read as {:?}", dataset.classes)),
            (Err(error), Read(..)) => wrong.push(format!("{tree}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The folders and depths of classes in the ways that an error names: "`ROOT/a --classes-from 2`".
fn ways(text: &str, root: &str) -> Vec<(String, Option<ClassesFrom>)> {
    let quoted = text.split('`').skip(1).step_by(2).map(|way| way.replace('\'', ""));
    let ways = quoted
        .filter(|way| way.starts_with(root) && !way.contains("--classes ") && !way.contains("--labels"));
    ways.map(|way| match way.split_once(" --classes-from ") {
        Some((folder, depth)) => (folder.to_owned(), Some(depth.parse().unwrap())),
        None => (way, None),
    })
    .collect()
}

#[test]
fn the_ways_that_are_named_lead_on() {
    let (mut dead, mut tried) = (Vec::new(), 0);
    for (tree, _) in trees() {
        let folder = tempfile::tempdir().unwrap();
        plant(folder.path(), tree);
        let Err(error) = scan(folder.path(), &ScanOptions::default()) else { continue };
        for (path, classes_from) in ways(&error.to_string(), folder.path().to_str().unwrap()) {
            tried += 1;
            let options = ScanOptions { classes_from, ..ScanOptions::default() };
            // A folder alone may raise the next question.
            match scan(path.as_ref(), &options) {
                Err(ScanError::Undecided { .. }) if classes_from.is_none() => {}
                Err(error) => dead.push(format!("{tree}: {path} {classes_from:?}: {error}")),
                Ok(_) => {}
            }
        }
    }
    assert!(tried > 100, "{tried}");
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

#[test]
fn what_was_understood_is_said() {
    let said = |tree: &str| {
        let folder = tempfile::tempdir().unwrap();
        plant(folder.path(), tree);
        scan(folder.path(), &ScanOptions::default()).unwrap().0.layout
    };
    assert_eq!(said("{rust healthy}"), None);
    assert_eq!(said("{train test}/{rust healthy}"), None);
    let wrapped = said("archive/beans/{rust healthy}").unwrap();
    assert!(wrapped.contains("archive/beans/"), "{wrapped}");
    let parts = said("{Train~Set Test~Set}/{rust healthy}").unwrap();
    assert!(parts.contains("Train Set/ for train") && parts.contains("Test Set/ for test"), "{parts}");
    let unused = said("train/{rust healthy} test*5").unwrap();
    assert!(unused.contains("test is not used: its 5 photos"), "{unused}");
    let masks = said("{train val}/{rust healthy masks}").unwrap();
    assert!(masks.contains("train/masks, val/masks are not used"), "{masks}");
    let masks = said("{rust healthy masks}/{train val}").unwrap();
    assert!(masks.contains("masks is not used"), "{masks}");
    let folds = said("{fold0 fold1}/{rust healthy}").unwrap();
    assert!(folds.contains("hold the same classes"), "{folds}");
    let folds = said("batch1/{a b} batch2/{a c}").unwrap();
    assert!(folds.contains("not each of them holds b, c"), "{folds}");
    let test = said("train/{cat dog} test/unknown*5").unwrap();
    assert!(test.contains("the photos for test are not used: all 5 are in unknown"), "{test}");
    let test = said("train/{cat dog} test/images*5").unwrap();
    assert!(test.contains("test/ is not used: its 5 photos are in no class folder but in images"), "{test}");
    let inside = said("{rust healthy}/{train test}").unwrap();
    assert!(inside.contains("the folders test, train in each class are the parts"), "{inside}");
    let plants = said("{rust healthy}/{1 2 3}").unwrap();
    assert_eq!(
        plants,
        "the folders in healthy (1, 2, 3) belong to healthy: folders in classes are no classes"
    );
    assert_eq!(said("{rust healthy}/{2024-05-01 2024-05-02}"), None);
    let plants = said("{train test}/{Tomato Potato}/{stage1 stage2}").unwrap();
    assert!(plants.contains("the folders in Potato (stage1, stage2) belong"), "{plants}");
    let deep = said("{rust healthy/deep/er}").unwrap();
    assert_eq!(deep, "the photos in healthy/deep belong to healthy: folders in classes are no classes");
    assert_eq!(said("{rust/images healthy/healthy}"), None);
    let film = said("{rust healthy} scab/{1.mp4 2.mp4} docs/a.txt").unwrap();
    assert_eq!(film, "scab is no class: it holds no photo but 2 .mp4 files, which are not read");
    let empty = said("train/{rust healthy} val*0 test/rust*0").unwrap();
    assert_eq!(
        empty,
        "test holds no photo, so there is no such part; val holds no photo, so there is no such part"
    );
    let table = said("{rust healthy} train.csv classes.txt notes.txt data.yaml readme.md").unwrap();
    assert!(
        table.contains("from the folders, not from classes.txt, data.yaml, train.csv (--labels"),
        "{table}"
    );
}

#[test]
fn the_depth_of_the_classes_can_be_given() {
    let folder = tempfile::tempdir().unwrap();
    plant(folder.path(), "{Tomato/{rust healthy} Potato/{blight healthy}}");
    let classes = |depth| {
        let options = ScanOptions { classes_from: Some(Depth(depth)), ..ScanOptions::default() };
        scan(folder.path(), &options).map(|(dataset, _)| dataset.classes)
    };
    assert_eq!(classes(1).unwrap(), ["Potato", "Tomato"]);
    assert_eq!(classes(2).unwrap(), ["Potato blight", "Potato healthy", "Tomato healthy", "Tomato rust"]);
    let parted = tempfile::tempdir().unwrap();
    plant(parted.path(), "{train val}/{Tomato/{rust healthy} Potato/{blight healthy}}");
    let options = ScanOptions { classes_from: Some(Depth(2)), ..ScanOptions::default() };
    let (dataset, _) = scan(parted.path(), &options).unwrap();
    assert_eq!(dataset.classes.len(), 4);
    assert_eq!(counts(&dataset), [8, 8, 0]);
    let masked = tempfile::tempdir().unwrap();
    plant(masked.path(), "{mask no_mask}");
    let options = ScanOptions { classes_from: Some(Depth(1)), ..ScanOptions::default() };
    assert_eq!(scan(masked.path(), &options).unwrap().0.classes, ["mask", "no_mask"]);
    let folds = tempfile::tempdir().unwrap();
    plant(folds.path(), "{fold1 fold2}/{rust rust_aug}");
    let options = ScanOptions { classes_from: Some(Depth(1)), ..ScanOptions::default() };
    assert_eq!(scan(folds.path(), &options).unwrap().0.classes, ["rust", "rust_aug"]);
    assert!(matches!(classes(5), Err(ScanError::AllBroken { .. } | ScanError::NoPhotographs { .. })));
}

#[test]
fn the_last_folders_can_be_the_classes() {
    let read = |tree: &str| {
        let folder = tempfile::tempdir().unwrap();
        plant(folder.path(), tree);
        let options = ScanOptions { classes_from: Some(ClassesFrom::Last), ..ScanOptions::default() };
        let (dataset, problems) = scan(folder.path(), &options).unwrap();
        assert!(problems.is_empty(), "{tree}: {problems:?}");
        (dataset.classes.join(" "), counts(&dataset), dataset.layout.unwrap())
    };
    let (classes, photos, said) = read("{farmA farmB}/{rust healthy} farmC/2021/rust");
    assert_eq!((classes.as_str(), photos), ("healthy rust", [10, 0, 0]));
    assert!(said.contains("they lie in farmA, farmB, farmC (`--group-by '^([^/]+)/'`"), "{said}");
    let (classes, photos, said) = read("data/{2021 2022}/{rust healthy masks}");
    assert_eq!((classes.as_str(), photos), ("healthy rust", [8, 0, 0]));
    assert!(
        said.contains("`--group-by '^[^/]+/([^/]+)/'`") && said.contains("masks are not photos"),
        "{said}"
    );
    let (classes, photos, said) = read("{train val}/{farmA farmB}/{rust healthy}");
    assert_eq!((classes.as_str(), photos), ("healthy rust", [8, 8, 0]));
    assert_eq!(said, "folders of one name are one class");
}
