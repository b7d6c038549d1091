//! Names of classes that differ in spelling, and classes that are one.

use foliar_scan::{ScanOptions, scan};

use crate::tree::{counts, plant};

#[test]
fn class_names_that_differ_in_spelling_are_named_and_matched() {
    let tree = "train/{Bean_rust healthy}*3 val/{bean~rust Healthy}*2";
    let folder = tempfile::tempdir().unwrap();
    plant(folder.path(), tree);
    let error = scan(folder.path(), &ScanOptions::default()).unwrap_err();
    assert!(error.is_of_the_layout());
    let text = error.to_string();
    for part in ["val/bean rust (2 photos) looks like Bean_rust", "val/Healthy", "--match-names"] {
        assert!(text.contains(part), "{text}");
    }
    let matching = ScanOptions { match_names: true, ..ScanOptions::default() };
    let (dataset, problems) = scan(folder.path(), &matching).unwrap();
    assert_eq!(dataset.classes, ["Bean_rust", "healthy"]);
    assert_eq!(counts(&dataset), [6, 4, 0]);
    assert!(problems.is_empty(), "{problems:?}");
    let said = dataset.layout.unwrap();
    assert!(said.contains("bean rust is read as Bean_rust (2 photos)"), "{said}");
}

#[test]
fn alike_classes_of_one_part_are_said_and_kept_apart() {
    let folder = tempfile::tempdir().unwrap();
    plant(folder.path(), "{Rust rust healthy}*3");
    let (dataset, problems) = scan(folder.path(), &ScanOptions::default()).unwrap();
    assert_eq!(dataset.classes.len(), 3);
    let text = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    assert!(text.contains("looks like Rust") && text.contains("3 photos"), "{text}");
    assert!(!problems[0].reason.excludes());
    let matching = ScanOptions { match_names: true, ..ScanOptions::default() };
    assert_eq!(scan(folder.path(), &matching).unwrap().0.classes, ["Rust", "healthy"]);
}

#[test]
fn classes_that_a_number_tells_apart_are_said() {
    for (tree, words) in [
        ("{rust~(1) rust~(2) healthy}*3", "rust (1) to rust (2) are taken for 2 classes"),
        ("{stage~(0) stage~(1) stage~(2)}*3", "stage (0) to stage (2) are taken for 3 classes"),
        ("{rust~(1) healthy~(1)}*3", ""),
        ("{rust1 rust2}*3", ""),
        ("{rust_1 rust_2 healthy_1 healthy_2}*3", "healthy, rust are taken for 2 classes each"),
        ("{rust_1 rust_2 healthy}*3", ""),
    ] {
        let folder = tempfile::tempdir().unwrap();
        plant(folder.path(), tree);
        let said = scan(folder.path(), &ScanOptions::default()).unwrap().0.layout.unwrap_or_default();
        assert!(said.contains(words) && said.is_empty() == words.is_empty(), "{tree}: {said}");
    }
}

#[test]
fn photos_of_a_class_without_training_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    plant(folder.path(), "train/{rust healthy} val/{rust healthy scab}*5");
    let (_, problems) = scan(folder.path(), &ScanOptions::default()).unwrap();
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].reason.files(), 5);
    assert!(problems[0].to_string().contains("its 5 photos are left out"), "{}", problems[0]);
}

#[test]
fn a_class_that_is_a_second_copy_is_said_once() {
    let folder = tempfile::tempdir().unwrap();
    plant(folder.path(), "{rust healthy}*6");
    std::fs::create_dir(folder.path().join("scab")).unwrap();
    for number in 0..6 {
        let name = format!("{number}.png");
        std::fs::copy(folder.path().join("rust").join(&name), folder.path().join("scab").join(&name))
            .unwrap();
    }
    let (_, problems) = scan(folder.path(), &ScanOptions::default()).unwrap();
    let text: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(text.len(), 1, "{text:?}");
    assert!(text[0].starts_with("scab: a second copy of rust: 6 of its 6 photos"), "{text:?}");
}
