//! Tables of labels as people have them: each is read as it is meant, or refused with a sentence that says what to do.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod case;
mod classes;
#[path = "../../../vision/tests/common/mod.rs"]
mod common;
mod kinds;
mod labels;
mod lists;
mod names;
mod parts_and_rows;

use std::path::Path;

use case::Expected::{Read, Refused};
use case::{Case, EIGHT, PLAIN, counted, plant, scanned};
use foliar_vision::Split;

#[test]
fn each_table_is_read_as_it_is_meant_or_refused() {
    let of_each =
        [kinds::cases, parts_and_rows::cases, classes::cases, lists::cases, names::cases, labels::cases];
    let cases: Vec<Case> = of_each.iter().flat_map(|cases| cases()).collect();
    assert!(cases.len() >= 45, "{}", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let folder = tempfile::tempdir().unwrap();
        plant(folder.path(), case);
        let name = format!(
            "{} {:?} {}",
            case.photos,
            case.files.iter().map(|file| file.0).collect::<Vec<_>>(),
            case.options
        );
        match (scanned(folder.path(), case.options), &case.expected) {
            (Ok((dataset, problems)), Read(classes, parts, codes, said)) => {
                let found = counted(dataset.photos.iter().map(|photo| dataset.classes[photo.class].as_str()));
                let part = |wanted| {
                    dataset
                        .photos
                        .iter()
                        .filter(|photo| photo.split.unwrap_or(Split::Train) == wanted)
                        .count()
                };
                let found_parts = [Split::Train, Split::Validation, Split::Test].map(part);
                let found_codes = counted(problems.iter().map(|problem| problem.reason.code()));
                let layout = dataset.layout.unwrap_or_default();
                let right = found == *classes
                    && found_parts == *parts
                    && found_codes == *codes
                    && said.iter().all(|word| layout.contains(word));
                if !right {
                    wrong.push(format!("{name}: {found} {found_parts:?} {found_codes} {layout}"));
                }
            }
            (Err(error), Refused(words)) => {
                let text = error.to_string();
                let usage = error.is_of_the_layout();
                if !usage || !words.iter().all(|word| text.contains(word)) || text.contains('\n') {
                    wrong.push(format!("{name}: {usage} {text}"));
                }
            }
            (Ok((dataset, _)), Refused(_)) => {
                wrong.push(format!("{name}: read as {:?} {:?}", dataset.classes, dataset.layout))
            }
            (Err(error), Read(..)) => wrong.push(format!("{name}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_changed_label_is_another_data_set() {
    let folder = tempfile::tempdir().unwrap();
    plant(
        folder.path(),
        &Case { photos: EIGHT, files: &[("train.csv", PLAIN)], options: "", expected: Refused(&[]) },
    );
    let manifest = || scanned(folder.path(), "").unwrap().0.manifest();
    let before = manifest();
    std::fs::write(folder.path().join("train.csv"), PLAIN.replace("3.png,a", "3.png,b")).unwrap();
    let difference: Vec<String> = manifest().difference(&before).iter().map(ToString::to_string).collect();
    assert_eq!(difference, ["class of the photo changed: images/3.png"]);
    assert_ne!(manifest().fingerprint(), before.fingerprint());
}

#[test]
fn groups_and_codes_go_with_the_data_set() {
    let folder = tempfile::tempdir().unwrap();
    let table = "image,label,plant\n1.png,0,x\n2.png,0,x\n3.png,0,y\n4.png,1,z\n5.png,1,z\n6.png,1,\n";
    let files: &[(&str, &str)] = &[("train.csv", table), ("names.json", "[\"rust\", \"scab\"]")];
    let files: &'static [(&'static str, &'static str)] = Box::leak(files.to_vec().into_boxed_slice());
    plant(folder.path(), &Case { photos: "images/1-6.png", files, options: "", expected: Refused(&[]) });
    let tables = scanned(folder.path(), "").unwrap().0.tables.unwrap();
    assert_eq!(tables.groups[Path::new("images/2.png")], "x");
    assert_eq!((tables.groups.len(), tables.codes["scab"].as_str()), (5, "1"));
    assert_eq!(tables.tables, [folder.path().join("train.csv")]);
}
