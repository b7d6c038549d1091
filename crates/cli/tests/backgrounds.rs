//! `foliar train --augment background`: leaves from the laboratory before other backgrounds.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::Path;

use common::{Scene, train_arguments};

/// Pixels along a side.
const SIDE: u32 = 64;

/// A bitmap of 24 bits a pixel.
fn write_bitmap(path: &Path, colour: impl Fn(u32, u32) -> [u8; 3]) {
    let size = 54 + SIDE * SIDE * 3;
    let mut bytes = b"BM".to_vec();
    for number in [size, 0, 54, 40, SIDE, SIDE, 1 | 24 << 16, 0, 0, 0, 0, 0, 0] {
        bytes.extend(number.to_le_bytes());
    }
    for place in 0..SIDE * SIDE {
        let [red, green, blue] = colour(place % SIDE, SIDE - 1 - place / SIDE);
        bytes.extend([blue, green, red]);
    }
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Leaves on grey in two classes, with and without spots, and, if asked for, some that fill the photo.
fn laboratory(scene: &Scene, leaves: u32, filled: u32) {
    for (class, spots) in [("sound", false), ("spotted", true)] {
        for number in 0..leaves + filled {
            let noise = |x: u32, y: u32| (x * 73 + y * 151 + number * 197).wrapping_mul(2_654_435_761) >> 28;
            let (middle, long) = (SIDE as f32 / 2.0, 20.0 + (number % 5) as f32);
            let (sin, cos) = (number as f32).sin_cos();
            write_bitmap(&scene.path(&format!("photos/{class}/{class}-{number:03}.bmp")), |x, y| {
                let (dx, dy) = (x as f32 - middle, y as f32 - middle);
                let inside = (dx * cos + dy * sin).hypot((dy * cos - dx * sin) * 1.4) < long;
                let spot = spots && (x / 5 + y / 5 + number) % 3 == 0;
                let grain = noise(x, y) as u8;
                match (inside || number >= leaves, spot) {
                    (true, true) => [110 + grain, 80, 40],
                    (true, false) => [60 + grain, 130 + (number % 7) as u8 * 4, 50],
                    (false, _) => [140 + grain, 136 + grain, 142 + grain],
                }
            });
        }
    }
}

fn with_background<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let quick = [
        "--weights",
        "weights/model.foliar",
        "--augment",
        "background",
        "--augmented-views",
        "3",
        "--head",
        "logistic",
    ];
    [&train_arguments(out)[..], &quick, more].concat()
}

#[test]
fn leaves_are_found_counted_and_put_before_other_backgrounds() {
    let scene = Scene::empty();
    laboratory(&scene, 12, 2);
    scene.pretrain(4, &["--epochs", "1"]);
    let run = scene.run(&with_background("run", &["--threads", "1"])).expect(0);
    let said = "leaf surely found on 24 of 28 photos; the others stay as they are";
    assert_eq!(run.err.matches(said).count(), 1, "{}", run.err);
    let recipe = fs::read_to_string(scene.path("run/recipe.toml")).unwrap();
    assert!(recipe.contains("background") && recipe.contains("augmented_views = 3"), "{recipe}");
    // The bits depend neither on the threads nor on what is kept of earlier runs.
    scene.run(&with_background("again", &["--threads", "2"])).expect(0);
    fs::remove_dir_all(scene.path("cache")).unwrap();
    scene.run(&with_background("anew", &["--threads", "2"])).expect(0);
    let bundle = |run: &str| fs::read(scene.path(run).join("model.foliar")).unwrap();
    assert!(bundle("run") == bundle("again") && bundle("run") == bundle("anew"));
    // The option has an effect, and without it there is no trace of it.
    let plain = [&train_arguments("plain")[..], &["--weights", "weights/model.foliar"]].concat();
    let plain = scene.run(&plain).expect(0);
    assert!(!plain.err.contains("surely found"), "{}", plain.err);
    assert!(!fs::read_to_string(scene.path("plain/recipe.toml")).unwrap().contains("background"));
    assert!(bundle("plain") != bundle("run"));
    // The report says what they have changed, and what it would need to say more.
    let report = |arguments: &[&str]| {
        scene.run(&[&["report"], arguments].concat()).expect(0);
        fs::read_to_string(scene.path(arguments[0]).join("model-card.md")).unwrap()
    };
    let card = report(&["run"]);
    assert!(
        card.contains("correct from the outer border alone") && card.contains("with --before RUN"),
        "{card}"
    );
    let card = report(&["run", "--before", "plain"]);
    assert!(
        card.contains("evidence on the background; before: plain") && card.contains("the share changed by"),
        "{card}"
    );
    assert!(!card.contains("with --before RUN"), "{card}");
    let card = report(&["plain"]);
    assert!(!card.contains("outer border alone |") && !card.contains("--before"), "{card}");
    let refused = scene.run(&["report", "run", "--before", "nowhere"]).expect(1);
    assert!(refused.err.contains("nowhere"), "{}", refused.err);
}

#[test]
fn every_recipe_takes_it_and_says_so() {
    let scene = Scene::empty();
    laboratory(&scene, 8, 0);
    scene.pretrain(4, &["--epochs", "1"]);
    let weights = ["--weights", "weights/model.foliar"];
    for (name, more) in [
        ("quick", &weights[..]),
        ("solved", &[&weights[..], &["--head", "logistic"]].concat()),
        ("fine", &[&weights[..], &["--recipe", "fine"]].concat()),
        ("scratch", &[]),
    ] {
        let asked = [&train_arguments(name)[..], &["--augment", "background,colour,flips"], more].concat();
        let planned = scene.run(&[&asked[..], &["--dry-run"]].concat()).expect(0);
        assert!(planned.out.contains("before other backgrounds"), "{name}: {}", planned.out);
        let run = scene.run(&asked).expect(0);
        assert!(run.err.contains("leaf surely found on all 16 photos"), "{name}: {}", run.err);
        let solved = run.err.contains("solved on all 16 photos");
        assert_eq!(solved, name == "solved", "{name}: {}", run.err);
    }
}

#[test]
fn a_field_photo_is_no_reason_to_stop() {
    let scene = Scene::empty();
    laboratory(&scene, 0, 8);
    let run = scene.train("run", &["--augment", "background"]).expect(0);
    assert!(run.err.contains("leaf surely found on none of 16 photos"), "{}", run.err);
}

#[test]
fn folders_of_backgrounds_are_used_and_kept() {
    let scene = Scene::empty();
    laboratory(&scene, 8, 0);
    for number in 0..3 {
        let path = scene.path(&format!("fields/{number}.bmp"));
        write_bitmap(&path, |x, y| [90, 60 + (x + y + number) as u8, 30]);
    }
    let given = ["--augment", "background", "--backgrounds", "fields"];
    let planned = scene.train("run", &[&given[..], &["--dry-run"]].concat()).expect(0);
    assert!(planned.out.contains("3 photos in"), "{}", planned.out);
    scene.train("run", &given).expect(0);
    scene.train("drawn", &given[..2]).expect(0);
    let bundle = |run: &str| fs::read(scene.path(run).join("model.foliar")).unwrap();
    assert!(bundle("run") != bundle("drawn"));
    // Names are of no effect, other pictures are another run.
    fs::rename(scene.path("fields/0.bmp"), scene.path("fields/z.bmp")).unwrap();
    scene.run(&["resume", "run"]).expect(0);
    write_bitmap(&scene.path("fields/z.bmp"), |_, _| [1, 2, 3]);
    let refused = scene.run(&["resume", "run"]).expect(1);
    assert!(refused.err.contains("not the pictures that the run began with"), "{}", refused.err);
}

#[test]
fn unusable_folders_of_backgrounds_are_named() {
    let scene = Scene::empty();
    laboratory(&scene, 3, 0);
    fs::create_dir_all(scene.path("nothing/below")).unwrap();
    fs::write(scene.path("list.csv"), "path").unwrap();
    fs::create_dir_all(scene.path("text")).unwrap();
    fs::write(scene.path("text/readme.txt"), "no pictures").unwrap();
    write_bitmap(&scene.path("broken/good.bmp"), |_, _| [90, 80, 70]);
    fs::write(scene.path("broken/torn.jpg"), [0xFF, 0xD8, 0xFF, 0xE0, 0, 16]).unwrap();
    for (folder, code, expected) in [
        ("absent", 1, "absent"),
        ("list.csv", 1, "list.csv"),
        ("nothing", 1, "there are no photos in this folder"),
        ("text", 1, "there are no photos in this folder"),
        ("broken", 1, "torn.jpg"),
    ] {
        let refused = scene.train("run", &["--augment", "background", "--backgrounds", folder]).expect(code);
        assert!(refused.err.contains(expected), "{folder}: {}", refused.err);
        assert_eq!(refused.err.lines().count(), 1, "{folder}: {}", refused.err);
        assert!(!scene.path("run").exists());
    }
    let refused = scene.train("run", &["--backgrounds", "broken"]).expect(2);
    assert!(refused.err.contains("--backgrounds needs --augment background"), "{}", refused.err);
}
