//! The audit on drawn leaves with planted faults, and training that heeds it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use common::Scene;
use image::{DynamicImage, Rgb, RgbImage, imageops};
use serde_json::Value;

const SIZE: u32 = 96;
const PER_CLASS: usize = 14;

/// Drawn leaves of five classes, large enough to be no fault in themselves.
fn leaves() -> Scene {
    let scene = Scene::empty();
    foliar_synth::write_dataset(&scene.path("photos"), 3, PER_CLASS, SIZE).unwrap();
    scene
}

fn open(path: &Path) -> RgbImage {
    image::open(path).unwrap().to_rgb8()
}

fn save(picture: RgbImage, path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    DynamicImage::ImageRgb8(picture).save(path).unwrap();
}

fn document(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn ids(audit: &Value) -> Vec<String> {
    let findings = audit["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn planted_faults_are_named() {
    let scene = leaves();
    let photo = |name: &str| scene.path("photos").join(name);
    fs::copy(photo("healthy/healthy_0001.jpg"), photo("tip_blight/stray.jpg")).unwrap();
    let turned = imageops::rotate90(&open(&photo("healthy/healthy_0002.jpg")));
    save(turned, &photo("healthy/again.jpg"));
    for number in 0..PER_CLASS {
        let path = photo(&format!("rust_pustules/rust_pustules_{number:04}.jpg"));
        let mut picture = open(&path);
        for (x, y) in (0..12).flat_map(|x| (0..12).map(move |y| (SIZE - 1 - x, y))) {
            picture.put_pixel(x, y, Rgb([250, 20, 200]));
        }
        save(picture, &path);
    }
    let whole = fs::read(photo("healthy/healthy_0003.jpg")).unwrap();
    fs::write(photo("healthy/healthy_0003.jpg"), &whole[..whole.len() / 2]).unwrap();
    save(RgbImage::from_pixel(SIZE, SIZE, Rgb([120, 130, 120])), &photo("healthy/empty.png"));

    let audit = document(&scene.run(&["audit", "photos", "--json", "--out", "tables"]).expect(3).out);
    let ids = ids(&audit);
    for id in ["copies-across-classes", "copies", "watermark", "broken-files", "quality"] {
        assert!(ids.contains(&id.to_owned()), "{id} of {ids:?}");
    }
    let copies = audit["copies"].as_array().unwrap();
    assert_eq!(copies.len(), 2, "{copies:#?}");
    assert!(
        copies
            .iter()
            .any(|copy| copy["b"] == "healthy/healthy_0002.jpg" && copy["symmetry"] == "quarter-turn")
    );
    assert!(copies.iter().any(|copy| copy["exact"] == true && copy["across_classes"] == true));
    let mark = &audit["background"]["watermarks"][0];
    assert_eq!((&mark["class"], &mark["region"]), (&"rust_pustules".into(), &"upper right corner".into()));
    assert_eq!(audit["background"]["watermarks"].as_array().unwrap().len(), 1);
    let proposed: Vec<&str> =
        audit["quarantine"].as_array().unwrap().iter().map(|row| row["path"].as_str().unwrap()).collect();
    for path in ["healthy/empty.png", "healthy/healthy_0002.jpg", "tip_blight/stray.jpg"] {
        assert!(proposed.contains(&path), "{path} of {proposed:?}");
    }

    let rows = |name: &str| fs::read_to_string(scene.path("tables").join(name)).unwrap().lines().count();
    let photographs = audit["photographs"].as_array().unwrap().len();
    assert_eq!(photographs, 5 * PER_CLASS + 2);
    assert_eq!((rows("audit.csv"), rows("groups.csv")), (photographs + 1, photographs + 1));
    assert_eq!((rows("duplicates.csv"), rows("quarantine.csv")), (3, proposed.len() + 1));
    assert!(rows("labels.csv") >= 1);
    let kept: Value = document(&fs::read_to_string(scene.path("tables/audit.json")).unwrap());
    assert_eq!(kept, audit);
    let page = fs::read_to_string(scene.path("tables/audit.html")).unwrap();
    // Two pairs of copies and a poor photograph.
    assert_eq!(page.matches("data:image/jpeg;base64,").count(), 5);
    // The same again, whatever the number of threads.
    let again = scene.run(&["audit", "photos", "--json", "--threads", "1"]).expect(3).out;
    assert_eq!(document(&again), audit);

    let said = scene.run(&["audit", "photos"]).expect(3).out;
    assert!(said.contains("upper right corner") && said.contains("rust_pustules"), "{said}");
    assert!(said.lines().all(|line| line.chars().count() <= 130), "{said}");
    // What was written can be read as groups, and training heeds what is proposed.
    scene.run(&["audit", "photos", "--groups", "tables/groups.csv"]).expect(3);
    scene.train("run", &["--quarantine", "tables/quarantine.csv", "--epochs", "1"]).expect(3);
    let split = fs::read_to_string(scene.path("run/split.csv")).unwrap();
    let problems = fs::read_to_string(scene.path("run/problems.jsonl")).unwrap();
    for path in proposed {
        assert!(!split.contains(path), "{path}");
        assert!(
            problems.lines().any(|line| line.contains(path) && line.contains("\"quarantined\"")),
            "{problems}"
        );
    }
}

#[test]
fn a_leaf_on_both_sides_of_the_folders_is_named() {
    let scene = leaves();
    for class in foliar_synth::CLASSES {
        for number in 0..PER_CLASS {
            let split = if number < 10 { "train" } else { "test" };
            let name = format!("{class}/{class}_{number:04}.jpg");
            save(open(&scene.path("photos").join(&name)), &scene.path("splits").join(split).join(&name));
        }
    }
    let leaf = open(&scene.path("photos/healthy/healthy_0004.jpg"));
    let cropped = imageops::crop_imm(&leaf, 3, 1, SIZE - 5, SIZE - 5).to_image();
    save(cropped, &scene.path("splits/test/healthy/leak.jpg"));
    let audit = document(&scene.run(&["audit", "splits", "--json"]).expect(3).out);
    assert_eq!(ids(&audit)[0], "copies-across-splits");
    let copies = audit["copies"].as_array().unwrap();
    assert_eq!(copies.len(), 1, "{copies:#?}");
    assert_eq!(copies[0]["across_splits"], true);
    // Training leaves the one that would be learned from out.
    let arguments = ["train", "splits", "--out", "run", "--image-size", "32", "--epochs", "1"];
    scene.run(&arguments).expect(3);
    let problems = fs::read_to_string(scene.path("run/problems.jsonl")).unwrap();
    assert!(
        problems.contains("train/healthy/healthy_0004.jpg") && problems.contains("\"leak\""),
        "{problems}"
    );
}

#[test]
fn copies_stay_on_one_side_and_a_split_is_used_again() {
    let scene = leaves();
    for number in 0..6 {
        let leaf = open(&scene.path(&format!("photos/healthy/healthy_{number:04}.jpg")));
        save(
            imageops::flip_horizontal(&leaf),
            &scene.path(&format!("photos/healthy/copy{}.jpg", "x".repeat(number))),
        );
    }
    let said = scene.train("run", &["--group", "copies", "--epochs", "1"]).expect(0).err;
    assert!(said.contains("6 resized, cropped, rotated"), "{said}");
    let rows = |run: &str| -> Vec<Vec<String>> {
        let text = fs::read_to_string(scene.path(run).join("split.csv")).unwrap();
        text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
    };
    let first = rows("run");
    assert_eq!(first[0], ["path", "class", "split", "group"]);
    let of = |path: &str| first.iter().find(|row| row[0] == path).unwrap();
    for number in 0..6 {
        let copy = of(&format!("healthy/copy{}.jpg", "x".repeat(number)));
        let original = of(&format!("healthy/healthy_{number:04}.jpg"));
        assert_eq!(copy[2..], original[2..]);
    }
    let said =
        scene.train("second", &["--split", "run/split.csv", "--epochs", "1", "--seed", "9"]).expect(0).err;
    assert!(said.contains("using the split given by --split"), "{said}");
    assert_eq!(rows("second"), first);
    // A run is continued on the list that it began with, and on no other.
    fs::write(scene.path("run/split.csv"), "path,split\nhealthy/healthy_0000.jpg,train\n").unwrap();
    let refused = scene.run(&["resume", "second"]).expect(1).err;
    assert!(refused.contains("split.csv") && refused.contains("put the old file back"), "{refused}");
}

#[test]
fn groups_come_from_patterns_and_tables() {
    let scene = leaves();
    let said = scene.train("run", &["--group-by", r"_(\d{4})", "--epochs", "1"]).expect(0).err;
    assert!(said.contains("70 photos in 14 groups"), "{said}");
    let split = fs::read_to_string(scene.path("run/split.csv")).unwrap();
    for number in 0..PER_CLASS {
        let ending = format!("_{number:04}.jpg,");
        let splits: Vec<&str> = split
            .lines()
            .filter(|line| line.contains(&ending))
            .map(|line| line.split(',').nth(2).unwrap())
            .collect();
        assert!(splits.len() == 5 && splits.iter().all(|split| *split == splits[0]), "{number}: {splits:?}");
    }
    let audit = document(&scene.run(&["audit", "photos", "--group-by", r"_(\d{4})", "--json"]).out);
    assert_eq!((&audit["groups"]["count"], &audit["groups"]["source"]), (&14.into(), &"pattern".into()));
}

/// Each pair of near copies that is compared costs half a millisecond: two million pairs would take a quarter of an hour.
#[cfg(unix)]
#[test]
fn two_thousand_copies_of_one_photo_are_one_group_in_little_time() {
    let (few, many) = (time_of_copies(500), time_of_copies(2_000));
    // Four times the copies: four times the time, where all pairs would take sixteen times as much.
    assert!(many < 8 * few, "{few:?} {many:?}");
}

/// The processor time that an audit of so many near copies of one photo takes, after a look at what it found.
#[cfg(unix)]
fn time_of_copies(count: u32) -> Duration {
    let scene = Scene::empty();
    let leaf = foliar_synth::draw(1, 3, 0, 64);
    for copy in 0..count {
        let mut copied = leaf.clone();
        for place in 0..40 {
            let (x, y) = ((copy * 7 + place * 13) % 64, (copy / 64 + place * 29) % 64);
            copied.get_pixel_mut(x, y).0[(place % 3) as usize] ^= 2;
        }
        let class = if copy % 2 == 0 { "rust" } else { "healthy" };
        save(copied, &scene.path(&format!("photos/{class}/{copy:04}.png")));
    }
    let (audited, took) = scene.measured(None, &["audit", "photos", "--group-by", r"(\d{4})", "--json"]);
    let audit = document(&audited.expect(3).out);
    assert_eq!(audit["groups"]["count"], 1);
    assert!(audit["copies"].as_array().unwrap().len() < 100_000);
    took
}

#[test]
fn bad_input_is_told_in_a_line() {
    let scene = leaves();
    let write = |name: &str, text: &str| fs::write(scene.path(name), text).unwrap();
    fs::create_dir(scene.path("nothing")).unwrap();
    write("columns.csv", "path,plant\nhealthy/healthy_0000.jpg,1\n");
    write("strange.csv", "path,group\nnowhere/1.jpg,1\n");
    write("splits.csv", "path,split\nhealthy/healthy_0000.jpg,holdout\n");
    write("file", "");
    let unwritable: PathBuf = scene.path("file").join("tables");
    let unwritable = unwritable.to_str().unwrap();
    for (arguments, code, expected) in [
        (&["audit", "absent"][..], 1, "absent does not exist"),
        (&["audit", "nothing"], 1, "no photos in nothing"),
        (&["audit", "file"], 1, "file is a file"),
        (&["audit", "photos", "--group-by", "plant("], 2, "plant("),
        (&["audit", "photos", "--group-by", "orchid"], 1, "matches none of the 70 photos"),
        (&["audit", "photos", "--groups", "columns.csv"], 1, "no column `group`"),
        (&["audit", "photos", "--groups", "strange.csv"], 1, "none of its 1 rows"),
        (&["audit", "photos", "--groups", "absent.csv"], 1, "absent.csv"),
        (&["audit", "photos", "--out", unwritable], 1, "cannot be written"),
        (&["audit", "photos", "--model", "resnet18"], 2, "--weights"),
        (&["audit", "photos", "--groups", "a.csv", "--group-by", "x"], 2, "--group-by"),
        (&["train", "photos", "--group-by", "plant("], 2, "plant("),
        (&["train", "photos", "--groups", "columns.csv"], 1, "no column `group`"),
        (&["train", "photos", "--split", "splits.csv"], 1, "`holdout` is not a split"),
        (&["train", "photos", "--quarantine", "absent.csv"], 1, "absent.csv"),
    ] {
        let refused = scene.run(arguments).expect(code);
        assert!(refused.err.contains(expected), "{arguments:?}: {}", refused.err);
        assert!(code == 2 || refused.err.lines().count() == 1, "{arguments:?}: {}", refused.err);
        assert!(refused.out.is_empty(), "{arguments:?}");
    }
    assert!(!scene.path("runs").exists());
    let help = scene.run(&["audit", "--help"]).expect(0).out;
    assert!(help.contains("Example") && help.contains("quarantine"), "{help}");
}
