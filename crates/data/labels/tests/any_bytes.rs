//! No content makes the reader of tables panic, and what it reads does not depend on how it is written.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use std::path::Path;

use foliar_labels::{ClassMap, ColumnChoice, FileIndex, Labels, names_beside};
use proptest::prelude::*;

const NAMES: [&str; 8] = ["t.csv", "t.tsv", "t.txt", "t.json", "t.jsonl", "data.yaml", "classes.txt", "t"];

fn read_all(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    for name in NAMES {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let _ = Labels::read(&path, &ColumnChoice::default());
        let _ = Labels::photos(&path);
        let _ = ClassMap::read(&path);
    }
    let _ = names_beside(folder.path(), &["0", "1"].into(), &[]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_a_table_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read_all(&bytes);
    }

    #[test]
    fn anything_like_a_table_is_one_or_an_error(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "image", "label", "path", "split", "1.jpg", "a/2.png", "0", "1", "rust", "*", ",", ";", "\t", "|", " ", "\n",
                "\r\n", "\"", "'", "[", "]", "{", "}", ":", "\\", "\u{feff}", "names:", "- ", "sep=;", "null", "\"images\"",
                "\"annotations\"", "é", "\0",
            ]),
            0..60,
        )
    ) {
        read_all(pieces.concat().as_bytes());
    }

    #[test]
    fn a_table_says_the_same_however_it_is_written(
        rows in prop::collection::vec(("[a-z]{1,6}", "[A-Za-z ]{1,8}"), 1..20),
        separator in prop::sample::select(vec![",", ";", "\t"]),
        end in prop::sample::select(vec!["\n", "\r\n"]),
        bom in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        let said = |text: &str| {
            std::fs::write(&path, text).unwrap();
            Labels::read(&path, &ColumnChoice::default()).map(|labels| labels.rows).map_err(|error| error.to_string())
        };
        let write = |separator: &str, end: &str| {
            let rows = rows.iter().map(|(name, label)| format!("\"{name}.jpg\"{separator}{label}{end}"));
            format!("image{separator}label{end}{}", rows.collect::<String>())
        };
        let plain = said(&write(",", "\n"));
        let other = said(&format!("{}{}", if bom { "\u{feff}" } else { "" }, write(separator, end)));
        prop_assert_eq!(plain, other);
    }

    #[test]
    fn a_name_means_files_that_end_in_it(
        files in prop::collection::btree_set("[a-c]/[a-c]/[a-c]\\.(jpg|png)", 1..12),
        names in prop::collection::vec("([a-c]/)?[a-c](\\.jpg)?", 1..6),
    ) {
        let index = FileIndex::new(files.iter().map(Path::new));
        let files: Vec<&String> = files.iter().collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        for (name, found) in names.iter().zip(index.matched(&names)) {
            let last = name.rsplit('/').next().unwrap().trim_end_matches(".jpg");
            for file in found {
                let stem = files[file].rsplit('/').next().unwrap();
                prop_assert!(stem.starts_with(last), "{} for {}", files[file], name);
            }
        }
    }
}
