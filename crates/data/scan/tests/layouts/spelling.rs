//! Names of classes that differ in spelling, and classes that are one.

use foliar_scan::{ClassesFrom, ScanOptions, scan, scan_for_evaluation};

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
    plant(folder.path(), "{leaf_spot leaf~Spot healthy}*3");
    let (dataset, problems) = scan(folder.path(), &ScanOptions::default()).unwrap();
    assert_eq!(dataset.classes.len(), 3);
    let text = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    assert!(text.contains("looks like leaf Spot") && text.contains("3 photos"), "{text}");
    assert!(!problems[0].reason.excludes());
    let matching = ScanOptions { match_names: true, ..ScanOptions::default() };
    assert_eq!(scan(folder.path(), &matching).unwrap().0.classes, ["healthy", "leaf Spot"]);
}

#[test]
fn classes_whose_names_differ_in_case_blanks_or_bytes_alone_are_asked_about() {
    let composed = "rouill\u{e9}";
    let decomposed = "rouille\u{301}";
    for (names, words) in [
        (["Rust", "rust"], "looks like Rust; choose: `"),
        (["rust", "rust~"], "looks like rust, and one of them has a blank at its end; choose: `"),
        ([composed, decomposed], "written with other bytes"),
        ([composed, "Rouille\u{301}"], "looks like"),
    ] {
        for tree in [
            format!("{{{} {} healthy}}*3", names[0], names[1]),
            format!("{{train val}}/{{{} {} healthy}}*3", names[0], names[1]),
        ] {
            let folder = tempfile::tempdir().unwrap();
            plant(folder.path(), &tree);
            let error = scan(folder.path(), &ScanOptions::default()).unwrap_err();
            assert!(error.is_of_the_layout() && error.to_string().contains(words), "{tree}: {error}");
            let matching = ScanOptions { match_names: true, ..ScanOptions::default() };
            assert_eq!(scan(folder.path(), &matching).unwrap().0.classes.len(), 2, "{tree}");
            let apart = ScanOptions { classes_from: Some(ClassesFrom::Depth(1)), ..ScanOptions::default() };
            assert_eq!(scan(folder.path(), &apart).unwrap().0.classes.len(), 3, "{tree}");
            let offers = error.to_string().contains("--classes-from 1` if they are two");
            assert_eq!(offers, !tree.contains("train"), "{tree}: {error}");
        }
    }
    // Another accent is another word.
    let folder = tempfile::tempdir().unwrap();
    plant(folder.path(), "{p\u{ea}che p\u{e9}che healthy}*3");
    assert_eq!(scan(folder.path(), &ScanOptions::default()).unwrap().0.classes.len(), 3);
}

#[test]
fn a_validation_class_in_other_bytes_is_told_apart_in_words() {
    let folder = tempfile::tempdir().unwrap();
    plant(folder.path(), "train/{rouill\u{e9} sain}*3 val/{rouille\u{301} sain}*2");
    let text = scan(folder.path(), &ScanOptions::default()).unwrap_err().to_string();
    assert!(text.contains("though written with other bytes"), "{text}");
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

/// Puts the first photos of `from` into `to` again.
fn copy(root: &std::path::Path, [from, to]: [&str; 2], count: usize) {
    std::fs::create_dir_all(root.join(to)).unwrap();
    for number in 0..count {
        let name = format!("{number}.png");
        std::fs::copy(root.join(from).join(&name), root.join(to).join(format!("copy{number}.png"))).unwrap();
    }
}

#[test]
fn a_class_of_which_nearly_all_is_a_second_copy_is_said_once() {
    let folder = tempfile::tempdir().unwrap();
    plant(folder.path(), "{rust healthy}*20 scab*1");
    copy(folder.path(), ["rust", "scab"], 19);
    let (_, problems) = scan(folder.path(), &ScanOptions::default()).unwrap();
    let text: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(text.len(), 1, "{text:?}");
    assert!(text[0].starts_with("scab: a second copy of rust: 19 of its 20 photos"), "{text:?}");
}

#[test]
fn a_class_all_of_whose_photos_are_those_of_another_is_refused() {
    for (count, class, like, photos) in [(6, "scab", "rust", 6), (4, "scab", "rust", 4)] {
        let folder = tempfile::tempdir().unwrap();
        plant(folder.path(), "{rust healthy}*6");
        copy(folder.path(), ["rust", "scab"], count);
        let error = scan(folder.path(), &ScanOptions::default()).unwrap_err();
        let text = error.to_string();
        assert!(error.is_of_the_layout(), "{text}");
        for words in [
            format!("all {photos} photos of {class} are also in {like}"),
            format!("move {class} out of the folder"),
            format!("`{class},`"),
            format!("`{class},{like}`"),
        ] {
            assert!(text.contains(&words), "{words}: {text}");
        }
        // Which label is right can be looked at all the same.
        assert!(scan_for_evaluation(folder.path(), &ScanOptions::default()).is_ok());
    }
    // A few photos with two labels are slips.
    let folder = tempfile::tempdir().unwrap();
    plant(folder.path(), "{rust healthy}*6");
    copy(folder.path(), ["rust", "scab"], 2);
    assert!(scan(folder.path(), &ScanOptions::default()).is_ok());
}

#[cfg(unix)]
#[test]
fn of_a_class_and_a_link_to_it_the_link_is_the_copy() {
    for (link, other) in [("rost", "rust"), ("zzz", "rust")] {
        let folder = tempfile::tempdir().unwrap();
        plant(folder.path(), "{rust healthy}*6");
        std::os::unix::fs::symlink(folder.path().join(other), folder.path().join(link)).unwrap();
        let text = scan(folder.path(), &ScanOptions::default()).unwrap_err().to_string();
        assert!(text.contains(&format!("of {link} are also in {other}")), "{text}");
    }
}
